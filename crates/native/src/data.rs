//! Bytes to table.

use std::path::Path;
use std::time::Instant;

use anyhow::bail;
use ratings::sample::{self, SampleConfig};
use ratings::{Loaded, ReadError, ReadOptions, Statistics, Table, Titles};
use serde::Serialize;

use crate::input;
use crate::text::{counted, grouped};

/// Ratings in memory, and where they come from.
pub(crate) struct Data {
    /// What the file says.
    pub(crate) table: Table,
    /// What the items are called, if anything says so.
    pub(crate) titles: Option<Titles>,
    /// Why the titles in the same zip are of no use.
    pub(crate) titles_error: Option<ReadError>,
    /// Seconds from bytes to table, reading from disk not counted; for the sample, seconds to make it up.
    pub(crate) parse_seconds: f64,
    /// The best RMSE any model could have here; known for the sample only.
    pub(crate) noise_floor: Option<f64>,
    /// The file as the user knows it, or `built-in sample`.
    pub(crate) name: String,
}

/// A table in numbers, as `--json` and `summary.json` give it.
#[derive(Debug, Serialize)]
pub(crate) struct Facts {
    name: String,
    format: Option<String>,
    #[serde(flatten)]
    pub(crate) statistics: Statistics,
    /// Bad lines left out on request.
    skipped_lines: usize,
    /// Items that have a title; absent when nothing names any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) titled_items: Option<usize>,
}

impl Data {
    /// Reads a ratings file, and titles from their own file or from the same zip.
    pub(crate) fn read(
        path: &Path,
        titles: Option<&Path>,
        options: &ReadOptions,
    ) -> anyhow::Result<Data> {
        let name = shown(path);
        let bytes = bytes_of(path, input::RATINGS)?;
        let started = Instant::now();
        let Loaded { table, titles: inner, titles_error } = ratings::read(&name, &bytes, options)?;
        let parse_seconds = started.elapsed().as_secs_f64();
        drop(bytes); // training needs the room
        let (titles, titles_error) = match titles {
            Some(path) => {
                (Some(Titles::parse(&shown(path), &bytes_of(path, input::TITLES)?)?), None)
            }
            None => (inner, titles_error),
        };
        Ok(Data { table, titles, titles_error, parse_seconds, noise_floor: None, name })
    }

    /// Makes up the built-in sample.
    pub(crate) fn sample() -> Data {
        let started = Instant::now();
        let sample = sample::generate(&SampleConfig::default());
        Data {
            table: sample.table,
            titles: Some(sample.titles),
            titles_error: None,
            parse_seconds: started.elapsed().as_secs_f64(),
            noise_floor: Some(sample.noise_floor),
            name: "built-in sample".into(),
        }
    }

    /// The table in numbers.
    pub(crate) fn facts(&self) -> Facts {
        let items = &self.table.items;
        let titled = |titles: &Titles| items.iter().filter(|id| titles.get(id).is_some()).count();
        Facts {
            name: self.name.clone(),
            format: self.format(),
            statistics: Statistics::of(&self.table),
            skipped_lines: self.table.skipped.count,
            titled_items: self.titles.as_ref().map(titled),
        }
    }

    /// How the file was written and wrapped; `None` for the sample, which never was a file.
    pub(crate) fn format(&self) -> Option<String> {
        self.noise_floor
            .is_none()
            .then(|| format!("{}, {}", self.table.format, self.table.container))
    }

    /// What the user should not miss: skipped lines, titles that could not be read.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let titles =
            self.titles_error.as_ref().map(|error| format!("there are no titles: {error}"));
        self.skipped_note().into_iter().chain(titles).collect()
    }

    /// How many bad lines were left out, and why the first of them.
    pub(crate) fn skipped_note(&self) -> Option<String> {
        const SHOWN: usize = 3;
        let skipped = &self.table.skipped;
        if skipped.count == 0 {
            return None;
        }
        let mut lines =
            vec![format!("{}: {} skipped", self.name, counted(skipped.count, "bad line"))];
        lines.extend(
            skipped.examples.iter().take(SHOWN).map(|bad| format!("  {}:{bad}", self.name)),
        );
        if skipped.count > SHOWN {
            lines.push(format!("  and {} more", grouped(skipped.count - SHOWN)));
        }
        Some(lines.join("\n"))
    }
}

/// How a file is read whose times are of no interest.
pub(crate) fn skipping(skip_bad_lines: bool) -> ReadOptions {
    ReadOptions { skip_bad_lines, times: false }
}

/// A path as the user most likely typed it: relative to where they are, if it is below.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path =
        path.strip_prefix(here).ok().filter(|rest| !rest.as_os_str().is_empty()).unwrap_or(path);
    path.display().to_string()
}

fn bytes_of(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let name = shown(path);
    if path.is_dir() {
        let inside = ["ratings.dat", "ratings.csv", "u.data"]
            .into_iter()
            .find(|file| path.join(file).is_file());
        let file = inside.unwrap_or("ratings.dat");
        bail!(
            "{name} is a folder; give the file inside it, such as {}",
            Path::new(&name).join(file).display()
        );
    }
    input::read(path, limit)
}
