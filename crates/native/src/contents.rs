//! What stands in the files of a run's folder.

use anyhow::Context as _;
use chart::Size;
use ratings::Titles;
use serde::Serialize;
use trainer::{Adapter, Device, DeviceKind, EngineKind};

use crate::checkpoints::MODEL;
use crate::curve;
use crate::data::Data;
use crate::journal::{EVENTS, Journal, METRICS};
use crate::model::full_title;
use crate::run_folder::Content;
use crate::settings::Settings;
use crate::summary::Summary;

/// The machine a run was made on.
#[derive(Serialize)]
struct Environment<'a> {
    version: &'static str,
    os: &'static str,
    arch: &'static str,
    cores: usize,
    device: DeviceKind,
    device_reason: &'a str,
    engine: EngineKind,
    threads: Option<usize>, // that train
    adapter: Option<&'a Adapter>,
}

/// What is known before training: enough to repeat the run.
pub(crate) fn first(
    settings: &Settings,
    device: &Device,
    engine: EngineKind,
) -> anyhow::Result<Vec<Content>> {
    let environment = Environment {
        version: env!("CARGO_PKG_VERSION"),
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        device: device.kind(),
        device_reason: device.reason(),
        engine,
        threads: device.training_threads(&settings.config),
        adapter: device.adapter(),
    };
    let environment = serde_json::to_string_pretty(&environment)? + "\n";
    Ok(vec![
        ("config.toml", settings.to_file().to_text()?.into_bytes()),
        ("env.json", environment.into_bytes()),
    ])
}

/// What is known after training, the model's file and the rest, the summary excepted: that one names its folder.
pub(crate) fn last(
    model: Vec<u8>,
    data: &Data,
    journal: &Journal,
    summary: &Summary,
) -> anyhow::Result<Vec<Content>> {
    let chart = curve::of(summary);
    let titles = data.titles.as_ref();
    Ok(vec![
        (MODEL, model),
        ("ids/users.csv", ids(data.table.users.iter(), None)?),
        ("ids/items.csv", ids(data.table.items.iter(), titles)?),
        (METRICS, journal.metrics.text().into()),
        (EVENTS, journal.events.text().into()),
        ("curve.svg", chart::svg(&chart, Size::default()).into_bytes()),
    ])
}

/// Dense index, raw id and, where there are titles, the title.
fn ids<'a>(raw: impl Iterator<Item = &'a str>, titles: Option<&Titles>) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    match titles {
        Some(_) => table.write_record(["index", "id", "title"])?,
        None => table.write_record(["index", "id"])?,
    }
    for (index, id) in raw.enumerate() {
        let index = index.to_string();
        match titles {
            Some(titles) => {
                let title = titles.get(id).map_or(String::new(), full_title);
                table.write_record([index.as_str(), id, &title])?;
            }
            None => table.write_record([index.as_str(), id])?,
        }
    }
    table.into_inner().context("a table in memory takes every row")
}
