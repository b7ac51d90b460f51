//! `train --cv`: as many runs as there are folds, each tested on another part of the ratings.

use std::sync::Arc;

use anyhow::Context as _;
use pollster::block_on;
use ratings::{Split, SplitKind};
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

/// Refuses what cannot go with folds, or goes with nothing else.
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
    let what = "it leaves no run, and every rating tests once";
    let given = [
        (flags.resume.is_some(), "--resume"),
        (flags.warm_start.is_some(), "--warm-start"),
        (flags.out.is_some(), "--out"),
        (flags.test_share.is_some(), "--test-share"),
        (flags.test.is_some(), "--test"),
        (flags.split.is_some_and(|split| split != SplitKind::Random), "--split"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(Usage(format!("{flag} cannot go with --cv: {what}"))),
        None => Ok(()),
    }
}

/// Trains and tests every fold, and says what they come to.
pub(crate) fn run(
    folds: usize,
    settings: &Settings,
    data: &Data,
    flags: &TrainFlags,
) -> anyhow::Result<Exit> {
    let jobs = flags.jobs.unwrap_or(1).max(1);
    let validated = |split: Split| split.with_validation(settings.validation, settings.seed);
    let splits = Split::folds(&data.table, folds, settings.seed)?
        .map(validated)
        .map(|split| split.map(Arc::new));
    let splits = splits.collect::<Result<Vec<_>, _>>()?;
    let device = block_on(settings.open())?;
    let device = trial::share_of(&device, jobs.min(folds));
    device.engine(&settings.config)?;
    let note = |line: &str| {
        if flags.progress != ProgressChoice::None {
            streams::say(line);
        }
    };
    note(&format!("model   {}", plan::of(&settings.config)));
    interrupt::training_begins();
    let scores = trial::side_by_side(jobs, &splits, |at, split| {
        let score = trial::train(split, settings, &device);
        if let Ok(Some(score)) = &score
            && let Some([(name, figure), _]) = score.tested()
        {
            let (fold, seconds) = (at + 1, score.seconds);
            note(&format!("fold {fold} of {folds}: Test{name}: {figure:.4}, {seconds:.2} s"));
        }
        score
    });
    let mut done = Vec::new();
    for ((fold, split), score) in (1..).zip(&splits).zip(scores) {
        let score = score.transpose().with_context(|| format!("fold {fold} of {folds}"))?;
        let Some(score) = score.flatten() else {
            if interrupt::asked() {
                note("Interrupted; a cross-validation keeps nothing.");
                return Ok(Exit::Interrupted);
            }
            return Err(Usage("epochs is 0: there is nothing to judge".into()).into());
        };
        let (train_ratings, test_ratings) = (split.train.len(), split.test.len());
        done.push(Fold { fold, train_ratings, test_ratings, score });
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
