//! Runs that were made: a list, one of them, several side by side, their curves in one picture.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chart::{Axis, Chart, Kind, Series, Size, Terminal};
use serde::Serialize;
use trainer::{EpochReport, Objective, SampledHits};

use crate::args_use::RunsCommand;
use crate::atomic;
use crate::checkpoints::MODEL;
use crate::config_file::ConfigFile;
use crate::data::shown;
use crate::exit::{Exit, Usage};
use crate::input;
use crate::journal::{EVENTS, METRICS};
use crate::run_files::{BadRun, has_config, is_run};
use crate::streams;
use crate::text::{aligned, duration};

/// A run, as its folder tells it.
#[derive(Serialize)]
struct Record {
    run: String,
    /// The settings, as `config.toml` has them.
    settings: toml::Table,
    epochs: Vec<Epoch>,
    /// The epoch whose model is kept, if a validation part chose it.
    chosen: Option<usize>,
    /// Whether every epoch is done.
    complete: bool,
    /// Whether its model is there.
    #[serde(skip)]
    model: bool,
}

/// A line of `metrics.csv`, whose columns are those of errors or those of a model that ranks.
#[derive(Serialize, serde::Deserialize)]
struct Epoch {
    epoch: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    train_rmse: Option<f64>,
    #[serde(default)]
    test_rmse: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    train_loss: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test_hit_rate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test_ndcg: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validation_rmse: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validation_hit_rate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validation_ndcg: Option<f64>,
    seconds: f64,
}

/// The last line of `events.jsonl` of a run that is over: patience may end one before its last epoch.
#[derive(serde::Deserialize)]
struct End {
    event: String,
    status: String,
}

/// A figure of an epoch.
type Figure = fn(&Epoch) -> Option<f64>;

/// Does what was asked.
pub(crate) fn run(command: &RunsCommand) -> anyhow::Result<Exit> {
    let text = match command {
        RunsCommand::List { folder, json } => {
            let records = all(folder)?;
            if *json { serde_json::to_string_pretty(&records)? + "\n" } else { list(&records) }
        }
        RunsCommand::Show { run } => show(&Record::read(run)?),
        RunsCommand::Compare { runs, json } => {
            let records = runs.iter().map(|run| Record::read(run));
            let records = records.collect::<anyhow::Result<Vec<_>>>()?;
            if *json { serde_json::to_string_pretty(&records)? + "\n" } else { compare(&records) }
        }
        RunsCommand::Plot { runs, out, train } => {
            let records = runs.iter().map(|run| Record::read(run));
            let records = records.collect::<anyhow::Result<Vec<_>>>()?;
            let picture = chart::svg(&curves(&records, *train)?, Size::default());
            atomic::write(out, picture.as_bytes())
                .with_context(|| format!("cannot write {}", shown(out)))?;
            format!("Wrote {}.\n", shown(out))
        }
    };
    streams::print(&text).context("cannot write to standard output")?;
    Ok(Exit::Done)
}

impl Record {
    fn read(path: &Path) -> anyhow::Result<Record> {
        let place = shown(path);
        ConfigFile::of_run(path)?;
        let text = |name: &str| -> anyhow::Result<String> {
            let bytes = input::read(&path.join(name), input::TITLES)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let settings: toml::Table =
            text("config.toml")?.parse().with_context(|| format!("{place}/config.toml"))?;
        let metrics = if path.join(METRICS).exists() { text(METRICS)? } else { String::new() };
        let epochs = epochs(&metrics);
        let epochs = epochs.map_err(|why| BadRun(format!("{place}/{METRICS}: {why}")))?;
        let events = if path.join(EVENTS).exists() { text(EVENTS)? } else { String::new() };
        let last = events.lines().last().and_then(|line| serde_json::from_str(line).ok());
        let complete = last.is_some_and(|End { event, status }| event == "end" && status == "done");
        if complete && metrics.is_empty() {
            streams::warn(&format!(
                "{place}/{METRICS} holds nothing: what its epochs gave is not known"
            ));
        }
        let reports: Vec<EpochReport> = epochs.iter().map(Epoch::report).collect();
        let chosen = EpochReport::chosen(&reports).map(|report| report.epoch);
        let model = path.join(MODEL).exists();
        Ok(Record { run: place, settings, epochs, chosen, complete, model })
    }

    fn setting(&self, name: &str) -> String {
        self.settings.get(name).map_or("-".into(), |value| match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// The epoch whose model is kept: the chosen one, or the last.
    fn kept(&self) -> Option<&Epoch> {
        let chosen = |epoch: &&Epoch| Some(epoch.epoch) == self.chosen;
        self.epochs.iter().find(chosen).or(self.epochs.last())
    }

    /// A figure of that epoch.
    fn figure(&self, figure: Figure) -> String {
        let kept = self.kept().and_then(figure);
        kept.map_or("-".into(), |figure| format!("{figure:.4}"))
    }

    /// How many epochs are done, and which of them was chosen.
    fn done(&self) -> String {
        let done = self.epochs.len();
        self.chosen.map_or(done.to_string(), |chosen| format!("{done}, kept {chosen}"))
    }

    /// What the model is trained for.
    fn objective(&self) -> Objective {
        match self.epochs.last().and_then(|epoch| epoch.train_loss) {
            None => Objective::Rating,
            Some(_) => Objective::Ranking,
        }
    }

    /// What it lacks to be a whole run; nothing if it is one.
    fn lacks(&self) -> &'static str {
        match (self.complete, self.model || self.epochs.is_empty()) {
            (true, true) => "",
            (false, true) => "not complete",
            (true, false) => "without its model",
            (false, false) => "not complete, without its model",
        }
    }

    fn seconds(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.seconds).sum::<f64>() + 0.0 // the sum of nothing is -0
    }
}

/// The epochs of `metrics.csv`, in their order. A last line that was being written when the run was
/// killed is left out.
///
/// # Errors
/// Says which line is none of a run's.
fn epochs(metrics: &str) -> Result<Vec<Epoch>, String> {
    let whole = &metrics[..metrics.rfind('\n').map_or(0, |end| end + 1)];
    if !metrics.is_empty() && !whole.starts_with("epoch,") {
        return Err("it does not begin with the names of its columns".into());
    }
    let mut epochs: Vec<Epoch> = Vec::new();
    for line in csv::Reader::from_reader(whole.as_bytes()).deserialize() {
        let next = epochs.len() + 1;
        let epoch = line.ok().filter(|epoch: &Epoch| epoch.epoch == next);
        let epoch = epoch.ok_or(format!("line {} is not that of epoch {next}", next + 1))?;
        let errors = [epoch.train_rmse, epoch.test_rmse, epoch.validation_rmse, epoch.train_loss];
        let is_one = |figure: &f64| (0.0..=f64::from(f32::MAX)).contains(figure);
        if !errors.iter().flatten().all(is_one) {
            return Err(format!("line {} has a figure that is out of range", next + 1));
        }
        epochs.push(epoch);
    }
    Ok(epochs)
}

/// The runs in a folder, by name; a folder that is one itself is the only one.
fn all(folder: &Path) -> anyhow::Result<Vec<Record>> {
    // A run that is damaged is told when it is read.
    let is_one = |path: &Path| has_config(path).is_err() || is_run(path);
    if is_one(folder) {
        return Ok(vec![Record::read(folder)?]);
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", shown(folder)))?;
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_one(path)).collect();
    paths.sort();
    // One that is damaged hides no other.
    let read = |path: &PathBuf| match Record::read(path) {
        Ok(record) => Some(record),
        Err(error) => {
            streams::warn(&format!("{error:#}"));
            None
        }
    };
    Ok(paths.iter().filter_map(read).collect())
}

fn list(records: &[Record]) -> String {
    if records.is_empty() {
        return "No runs.\n".into();
    }
    let head = ["run", "model", "K", "epochs", "train", "validation", "test", "trained in", ""];
    let row = |record: &Record| {
        [
            record.run.clone(),
            record.setting("model"),
            record.setting("factors"),
            record.done(),
            record.figure(|of| of.train_rmse),
            record.figure(Epoch::validation),
            match record.objective() {
                Objective::Rating => record.figure(|of| of.test_rmse),
                ranking => format!("{} {}", ranking.figure(), record.figure(|of| of.test_ndcg)),
            },
            duration(record.seconds()),
            record.lacks().into(),
        ]
    };
    let rows = std::iter::once(head.map(str::to_owned)).chain(records.iter().map(row));
    aligned(&rows.map(Vec::from).collect::<Vec<_>>())
}

fn show(record: &Record) -> String {
    let settings = record.settings.iter().map(|(name, value)| format!("  {name} = {value}\n"));
    let style = Terminal { columns: streams::columns(), rows: 14, colour: false };
    let picture = match record.epochs.as_slice() {
        [] => "No epoch is done.\n".into(),
        _ => chart::terminal(&curve(record), style) + "\n",
    };
    let state = if record.lacks().is_empty() { "complete" } else { record.lacks() };
    let trained = duration(record.seconds());
    let figures: [(&str, Figure); 2] = match record.objective() {
        Objective::Rating => [("train RMSE", |of| of.train_rmse), ("test RMSE", |of| of.test_rmse)],
        Objective::Ranking => {
            [("test HR@10", |of| of.test_hit_rate), ("NDCG@10", |of| of.test_ndcg)]
        }
    };
    let [first, second] = figures.map(|(name, of)| format!("{name} {}", record.figure(of)));
    let kept = record.chosen.map_or(String::new(), |chosen| {
        let (figure, best) = (record.objective().figure(), record.figure(Epoch::validation));
        format!("; kept is epoch {chosen}, the best by validation {figure}, {best}")
    });
    format!(
        "{}, {state}\n{}\n{picture}\nAfter {} epochs, trained in {trained}{kept}: {first}, {second}\n",
        record.run,
        settings.collect::<String>(),
        record.epochs.len()
    )
}

/// The settings in which the runs differ, and where they ended.
fn compare(records: &[Record]) -> String {
    let names: std::collections::BTreeSet<&String> =
        records.iter().flat_map(|record| record.settings.keys()).collect();
    let values = |name: &str| records.iter().map(|record| record.setting(name)).collect::<Vec<_>>();
    let differ = names.into_iter().filter(|name| {
        let values = values(name);
        values.iter().any(|value| *value != values[0])
    });
    let line = |name: &str, values: Vec<String>| [vec![name.to_owned()], values].concat();
    let mut rows = vec![line("", records.iter().map(|record| record.run.clone()).collect())];
    rows.extend(differ.map(|name| line(name, values(name))));
    let by = |of: &dyn Fn(&Record) -> String| records.iter().map(of).collect::<Vec<_>>();
    rows.push(line("epochs done", by(&Record::done)));
    rows.push(line("trained in", by(&|record| duration(record.seconds()))));
    let figures: [(&str, Figure); 7] = [
        ("train RMSE", |of| of.train_rmse),
        ("validation RMSE", |of| of.validation_rmse),
        ("validation NDCG@10", |of| of.validation_ndcg),
        ("test RMSE", |of| of.test_rmse),
        ("train loss", |of| of.train_loss),
        ("test HR@10", |of| of.test_hit_rate),
        ("test NDCG@10", |of| of.test_ndcg),
    ];
    for (name, of) in figures {
        let has = |record: &Record| record.epochs.iter().any(|epoch| of(epoch).is_some());
        if ["train RMSE", "test RMSE"].contains(&name) || records.iter().any(has) {
            rows.push(line(name, by(&|record| record.figure(of))));
        }
    }
    aligned(&rows)
}

/// Both curves of a run.
fn curve(record: &Record) -> Chart {
    let figure = record.objective().figure();
    let part = |name: &str, of| Series { name: name.into(), points: points(record, of) };
    let mut series = vec![
        part("train", |of| of.train_rmse),
        part("validation", Epoch::validation),
        part("test", Epoch::test),
    ];
    series.retain(|series| !series.points.is_empty());
    titled(figure, format!("{figure} of {} by epoch", record.run), series)
}

/// One curve of each run.
///
/// # Errors
/// Runs that predict ratings beside runs that rank, and no train curve of one that ranks.
fn curves(records: &[Record], train: bool) -> Result<Chart, Usage> {
    let objective = records.first().map_or(Objective::Rating, Record::objective);
    if records.iter().any(|record| record.objective() != objective) {
        let what = "some of these runs predict ratings and others rank: their figures do not go in one picture";
        return Err(Usage(what.into()));
    }
    if train && objective == Objective::Ranking {
        return Err(Usage("a model that ranks has no train RMSE; leave --train out".into()));
    }
    let part = if train { "Train" } else { "Test" };
    let of = if train { |of: &Epoch| of.train_rmse } else { Epoch::test };
    let series = records
        .iter()
        .map(|record| Series { name: record.run.clone(), points: points(record, of) });
    let figure = objective.figure();
    Ok(titled(figure, format!("{part} {figure} by epoch"), series.collect()))
}

fn titled(figure: &str, title: String, series: Vec<Series>) -> Chart {
    Chart {
        title,
        x: Axis { label: "epoch".into(), kind: Kind::Whole },
        y: Axis { label: figure.into(), kind: crate::curve::spacing(&series) },
        series,
        rules: Vec::new(),
    }
}

fn points(record: &Record, of: Figure) -> Vec<(f64, f64)> {
    let point = |epoch: &Epoch| Some((epoch.epoch as f64, of(epoch)?));
    record.epochs.iter().filter_map(point).collect()
}

impl Epoch {
    /// The figure that the test part is judged by.
    fn test(&self) -> Option<f64> {
        self.test_rmse.or(self.test_ndcg)
    }

    /// The same of the validation part.
    fn validation(&self) -> Option<f64> {
        self.validation_rmse.or(self.validation_ndcg)
    }

    /// As training tells it, by which an epoch is chosen.
    fn report(&self) -> EpochReport {
        let hits = self.validation_hit_rate.zip(self.validation_ndcg);
        EpochReport {
            epoch: self.epoch,
            validation_rmse: self.validation_rmse,
            train_loss: self.train_loss,
            validation_hits: hits.map(|(hit_rate, ndcg)| SampledHits { hit_rate, ndcg }),
            ..EpochReport::default()
        }
    }
}
