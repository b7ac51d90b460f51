//! Runs that were made: a list, one of them, several side by side, their curves in one picture.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chart::{Axis, Chart, Kind, Series, Size, Terminal};
use serde::Serialize;

use crate::args_use::RunsCommand;
use crate::atomic;
use crate::data::shown;
use crate::exit::Exit;
use crate::input;
use crate::journal::METRICS;
use crate::replace::is_run;
use crate::streams;
use crate::text::{aligned, duration};

/// A run, as its folder tells it.
#[derive(Serialize)]
struct Record {
    run: String,
    /// The settings, as `config.toml` has them.
    settings: toml::Table,
    epochs: Vec<Epoch>,
    /// Whether every epoch is done.
    complete: bool,
}

/// A line of `metrics.csv`.
#[derive(Serialize, serde::Deserialize)]
struct Epoch {
    epoch: usize,
    train_rmse: f64,
    test_rmse: Option<f64>,
    seconds: f64,
}

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
            let picture = chart::svg(&curves(&records, *train), Size::default());
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
        if !is_run(path) {
            bail!("{place} holds no run");
        }
        let text = |name: &str| -> anyhow::Result<String> {
            let bytes = input::read(&path.join(name), input::TITLES)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let settings: toml::Table =
            text("config.toml")?.parse().with_context(|| format!("{place}/config.toml"))?;
        // A line that was being written when the run was killed is left out.
        let metrics = if path.join(METRICS).exists() { text(METRICS)? } else { String::new() };
        let epochs: Vec<Epoch> = csv::Reader::from_reader(metrics.as_bytes())
            .deserialize()
            .map_while(Result::ok)
            .collect();
        let wanted = settings.get("epochs").and_then(toml::Value::as_integer);
        let complete = wanted == i64::try_from(epochs.len()).ok();
        Ok(Record { run: place, settings, epochs, complete })
    }

    fn setting(&self, name: &str) -> String {
        self.settings.get(name).map_or("-".into(), |value| match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// The last RMSE of the train and of the test part.
    fn last(&self) -> [String; 2] {
        let last = self.epochs.last();
        let shown = |rmse: Option<f64>| rmse.map_or("-".into(), |rmse| format!("{rmse:.4}"));
        [shown(last.map(|of| of.train_rmse)), shown(last.and_then(|of| of.test_rmse))]
    }

    fn seconds(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.seconds).sum::<f64>() + 0.0 // the sum of nothing is -0
    }
}

/// The runs in a folder, by name; a folder that is one itself is the only one.
fn all(folder: &Path) -> anyhow::Result<Vec<Record>> {
    if is_run(folder) {
        return Ok(vec![Record::read(folder)?]);
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", shown(folder)))?;
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_run(path)).collect();
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
    let head = ["run", "model", "K", "epochs", "train", "test", "trained in", ""];
    let row = |record: &Record| {
        let [train, test] = record.last();
        [
            record.run.clone(),
            record.setting("model"),
            record.setting("factors"),
            record.epochs.len().to_string(),
            train,
            test,
            duration(record.seconds()),
            if record.complete { String::new() } else { "not complete".into() },
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
    let state = if record.complete { "complete" } else { "not complete" };
    let trained = duration(record.seconds());
    let [train, test] = record.last();
    format!(
        "{}, {state}\n{}\n{picture}\nAfter {} epochs, trained in {trained}: train RMSE {train}, test RMSE {test}\n",
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
    rows.push(line("epochs done", by(&|record| record.epochs.len().to_string())));
    rows.push(line("trained in", by(&|record| duration(record.seconds()))));
    rows.push(line("train RMSE", by(&|record| record.last()[0].clone())));
    rows.push(line("test RMSE", by(&|record| record.last()[1].clone())));
    aligned(&rows)
}

/// Both curves of a run.
fn curve(record: &Record) -> Chart {
    let part = |name: &str, train| Series { name: name.into(), points: points(record, train) };
    let series = vec![part("train", true), part("test", false)];
    titled(format!("RMSE of {} by epoch", record.run), series)
}

/// One curve of each run.
fn curves(records: &[Record], train: bool) -> Chart {
    let part = if train { "Train" } else { "Test" };
    let series = records
        .iter()
        .map(|record| Series { name: record.run.clone(), points: points(record, train) });
    titled(format!("{part} RMSE by epoch"), series.collect())
}

fn titled(title: String, series: Vec<Series>) -> Chart {
    Chart {
        title,
        x: Axis { label: "epoch".into(), kind: Kind::Whole },
        y: Axis { label: "RMSE".into(), kind: crate::curve::spacing(&series) },
        series,
        rules: Vec::new(),
    }
}

fn points(record: &Record, train: bool) -> Vec<(f64, f64)> {
    let point = |epoch: &Epoch| {
        let rmse = if train { Some(epoch.train_rmse) } else { epoch.test_rmse };
        Some((epoch.epoch as f64, rmse?))
    };
    record.epochs.iter().filter_map(point).collect()
}
