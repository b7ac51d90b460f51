//! `train --cv`: as many runs as there are folds, each tested on another part of the ratings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use pollster::block_on;
use ratings::{Folds, SplitKind};
use serde::Serialize;
use trainer::ModelKind;

use crate::args::{ProgressChoice, TrainFlags};
use crate::data::Data;
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::plan;
use crate::settings::Settings;
use crate::streams;
use crate::text::{aligned, grouped};
use crate::trial::{self, Score};

/// The object of `--json`.
#[derive(Serialize)]
struct CrossValidation {
    model: ModelKind,
    data: String,
    settings: toml::Table,
    folds: Vec<Fold>,
    /// Absent of a model that ranks, as the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_rmse: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_mae: Option<Spread>,
    /// Of a model that ranks, of held-out items among 99 sampled ones each.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_hit_rate: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_ndcg: Option<Spread>,
}

#[derive(Serialize)]
struct Fold {
    fold: usize,
    train_ratings: usize,
    test_ratings: usize,
    #[serde(flatten)]
    score: Score,
}

/// Over the folds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Spread {
    mean: f64,
    /// Standard deviation, with one less than the number of folds as its divisor.
    deviation: f64,
}

impl Spread {
    /// `None` without a value.
    fn of(values: &[f64]) -> Option<Spread> {
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Some(Spread { mean, deviation: (squares / (n - 1.0).max(1.0)).sqrt() })
    }
}

/// Most folds: more of them only take longer.
const MOST: usize = 100;

/// Bytes of a rating of a fold, at most, while the fold is cut: its row, and its place in two splits.
const RATING: u64 = 28;

/// Why some things cannot go with folds.
const WHAT: &str = "it leaves no run, and every rating tests once";

/// Refuses flags that cannot go with folds, or go with nothing else.
///
/// # Errors
/// Names the flag.
pub(crate) fn check(flags: &TrainFlags) -> Result<(), Usage> {
    if flags.cv.is_none() {
        return match flags.jobs {
            Some(_) => Err(Usage("--jobs is for --cv; one run uses all cores by itself".into())),
            None => Ok(()),
        };
    }
    let given = [
        (flags.resume.is_some(), "--resume"),
        (flags.out.is_some(), "--out"),
        (flags.test_share.is_some(), "--test-share"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(Usage(format!("{flag} cannot go with --cv: {WHAT}"))),
        None => Ok(()),
    }
}

/// Refuses settings, whoever made them, with which there are no folds.
///
/// # Errors
/// Names the setting, and the range of a number.
pub(crate) fn suits(folds: usize, settings: &Settings) -> Result<(), Usage> {
    if !(2..=MOST).contains(&folds) {
        return Err(Usage(format!("--cv is {folds}; it must be from 2 to {MOST}")));
    }
    let given = [
        (settings.test.is_some(), "a file of tests (--test)"),
        (settings.warm_start.is_some(), "--warm-start"),
    ];
    if let Some((_, what)) = given.into_iter().find(|(given, _)| *given) {
        return Err(Usage(format!("{what} cannot go with --cv: {WHAT}")));
    }
    if settings.split != SplitKind::Random {
        let split = settings.split;
        return Err(Usage(format!("--split {split} cannot go with --cv: {WHAT}")));
    }
    trial::check(settings)
}

/// Trains and tests every fold, and says what they come to.
pub(crate) fn run(
    folds: usize,
    settings: &Settings,
    data: &Data,
    flags: &TrainFlags,
) -> anyhow::Result<Exit> {
    let jobs = flags.jobs.unwrap_or(1).clamp(1, folds);
    let cut = Folds::new(&data.table, folds, settings.seed)?;
    let held = RATING * data.table.ratings.len() as u64;
    let device = trial::share_of(&block_on(settings.open())?, jobs, held);
    device.engine(&settings.config)?;
    let note = |line: &str| {
        if flags.progress != ProgressChoice::None {
            streams::say(line);
        }
    };
    note(&format!("model   {}", plan::of(&settings.config)));
    interrupt::training_begins();
    let failed = AtomicBool::new(false); // then nothing comes of the others
    let train = |fold: usize| -> anyhow::Result<Option<Fold>> {
        if failed.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let split = cut.at(fold).with_validation(settings.validation, settings.seed)?;
        let (train_ratings, test_ratings) = (split.train.len(), split.test.len());
        let score = trial::train(&Arc::new(split), settings, &device);
        let Some(score) = score.map_err(|error| trial::among(error, jobs))? else {
            return Ok(None);
        };
        if let Some([(name, figure), _]) = score.tested() {
            let (number, seconds) = (fold + 1, score.seconds);
            note(&format!("fold {number} of {folds}: Test{name}: {figure:.4}, {seconds:.2} s"));
        }
        Ok(Some(Fold { fold: fold + 1, train_ratings, test_ratings, score }))
    };
    let numbers: Vec<usize> = (0..folds).collect();
    let results = trial::side_by_side(jobs, &numbers, |_, &fold| {
        let result = train(fold).with_context(|| format!("fold {} of {folds}", fold + 1));
        failed.fetch_or(result.is_err(), Ordering::Relaxed);
        result
    });
    let results = results.into_iter().flatten().collect::<anyhow::Result<Vec<_>>>()?;
    let done: Vec<Fold> = results.into_iter().flatten().collect();
    if done.len() < folds {
        note("Interrupted; a cross-validation keeps nothing.");
        return Ok(Exit::Interrupted);
    }
    let over = |of: fn(&Score) -> Option<f64>| {
        Spread::of(&done.iter().filter_map(|fold| of(&fold.score)).collect::<Vec<_>>())
    };
    let result = CrossValidation {
        model: settings.config.model,
        data: data.name.clone(),
        settings: toml::Table::try_from(settings.to_file())?,
        test_rmse: over(|score| score.test_rmse),
        test_mae: over(|score| score.test_mae),
        test_hit_rate: over(|score| Some(score.test_hits?.hit_rate)),
        test_ndcg: over(|score| Some(score.test_hits?.ndcg)),
        folds: done,
    };
    let text = match flags.json {
        true => serde_json::to_string_pretty(&result)? + "\n",
        false => table(&result),
    };
    streams::print(&text).context("cannot write to standard output")?;
    Ok(Exit::Done)
}

fn table(result: &CrossValidation) -> String {
    let CrossValidation { test_rmse, test_mae, test_hit_rate, test_ndcg, .. } = result;
    let [first, second] = match test_rmse {
        Some(_) => ["RMSE", "MAE"],
        None => ["HR@10", "NDCG@10"],
    };
    let head = ["fold", "train", "test", "epoch", first, second, "seconds"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let four = |number: Option<f64>| number.map_or(String::new(), |number| format!("{number:.4}"));
    for Fold { fold, train_ratings, test_ratings, score } in &result.folds {
        rows.push(vec![
            fold.to_string(),
            grouped(*train_ratings),
            grouped(*test_ratings),
            score.epoch.to_string(),
            four(score.tested().map(|[(_, figure), _]| figure)),
            four(score.tested().map(|[_, (_, figure)]| figure)),
            format!("{:.2}", score.seconds),
        ]);
    }
    let spreads = [test_rmse.or(*test_hit_rate), test_mae.or(*test_ndcg)];
    for name in ["mean", "deviation"] {
        let blank = String::new;
        let part = |of: Spread| if name == "mean" { of.mean } else { of.deviation };
        let [first, second] = spreads.map(|spread| four(spread.map(part)));
        rows.push(vec![name.into(), blank(), blank(), blank(), first, second]);
    }
    aligned(&rows)
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let spread = Spread::of(&[1.0, 2.0, 4.0, 5.0]).expect("four values");
        assert_eq!((spread.mean, spread.deviation), (3.0, (10.0_f64 / 3.0).sqrt()));
    }
}
