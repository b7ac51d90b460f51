//! Keeping what was trained: in the run's folder, or wherever there is room.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::data::shown;
use crate::interrupt;
use crate::report::Report;
use crate::run_folder::{Content, RunFolder};
use crate::summary::Summary;

/// Where a run ended up.
pub(crate) struct Saved {
    /// The folder that holds it.
    pub(crate) path: PathBuf,
    /// The object for `--json`.
    pub(crate) json: String,
    /// Why it is not the folder it should be, if it is another.
    pub(crate) misplaced: Option<anyhow::Error>,
}

/// Everything there is to write.
pub(crate) struct Keepsake<'a> {
    /// What was written before training; written again if the run has to move.
    pub(crate) first: &'a [Content],
    /// What training gave.
    pub(crate) last: &'a [Content],
    /// The summary, which names the folder.
    pub(crate) summary: &'a mut Summary,
}

/// Writes a run to its folder; if that fails, to a new folder below the system's temporary one or the user's own;
/// if that fails too and somebody sits at the terminal, to where they say.
///
/// # Errors
/// When no place takes it.
pub(crate) fn keep(
    mut run: Keepsake<'_>,
    folder: &RunFolder,
    report: &Report,
) -> anyhow::Result<Saved> {
    let failure = match run.write(folder, &[]) {
        Ok(json) => return Ok(Saved { path: folder.path.clone(), json, misplaced: None }),
        Err(error) => error,
    };
    report.warn(&format!("{failure:#}; the model is still in memory and goes elsewhere"));
    let first = run.first;
    for path in elsewhere(&folder.path) {
        match run.write(&RunFolder { path: path.clone() }, first) {
            Ok(json) => return Ok(misplaced(path, json, failure)),
            Err(error) => report.warn(&format!("{error:#}")),
        }
        // A part of a run in a folder that nobody knows helps nobody, and takes room.
        let _ = fs::remove_dir_all(&path);
    }
    while let Some(path) = ask(&folder.path)? {
        match run.write(&RunFolder { path: path.clone() }, first) {
            Ok(json) if path == folder.path => return Ok(Saved { path, json, misplaced: None }),
            Ok(json) => return Ok(misplaced(path, json, failure)),
            Err(error) => report.warn(&format!("{error:#}")),
        }
    }
    Err(failure.context("the run could not be saved anywhere; free some space and train again, with --out on a disk that has room"))
}

/// A run that is kept, but not where it was meant to be.
fn misplaced(path: PathBuf, json: String, failure: anyhow::Error) -> Saved {
    let failure = failure.context(format!("the run is saved in {} instead", path.display()));
    Saved { path, json, misplaced: Some(failure) }
}

impl Keepsake<'_> {
    /// Writes the run, the model first, and gives the JSON object that names this folder.
    fn write(&mut self, folder: &RunFolder, first: &[Content]) -> anyhow::Result<String> {
        let json = self.summary.json_of(&folder.path)?;
        folder.write(self.last)?;
        folder.write(first)?;
        folder.write(&[("summary.json", json.clone().into_bytes())])?;
        Ok(json)
    }
}

/// New folders that may have room when the run's own has none.
fn elsewhere(taken: &Path) -> impl Iterator<Item = PathBuf> {
    let name = taken.file_name().map_or("run".into(), |name| name.to_string_lossy().into_owned());
    let home = std::env::home_dir();
    [Some(std::env::temp_dir()), home].into_iter().flatten().filter_map(move |parent| {
        let prefix = format!("latent-{name}-");
        // Unique, and kept: it is the run's folder now.
        tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(parent)
            .ok()
            .map(tempfile::TempDir::keep)
    })
}

/// Asks whoever sits at the terminal for another folder; `None` when nobody does, or they give up.
fn ask(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    interrupt::let_go();
    let mut console = io::stderr();
    let place = shown(folder);
    writeln!(
        console,
        "Free some space and press Enter to try {place} again, or type another folder (Ctrl-C gives up):"
    )?;
    let mut line = String::new();
    if io::stdin().read_line(&mut line).context("cannot read the answer")? == 0 {
        return Ok(None);
    }
    let answer = line.trim();
    let path = if answer.is_empty() { folder } else { Path::new(answer) };
    std::path::absolute(path).map(Some).map_err(|error| anyhow!("{}: {error}", path.display()))
}
