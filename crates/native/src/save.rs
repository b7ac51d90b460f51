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
    /// The older run that it should have replaced, and that is left.
    pub(crate) left: Option<PathBuf>,
}

/// Everything there is to write.
pub(crate) struct Keepsake<'a> {
    /// What was written before training; written again if the run has to move.
    pub(crate) first: &'a [Content],
    /// What training gave.
    pub(crate) last: &'a [Content],
    /// The summary, which names the folder.
    pub(crate) summary: &'a mut Summary,
    /// Whether every epoch was trained: only then may it take an older run's place.
    pub(crate) complete: bool,
}

impl Saved {
    /// That the older run is still there.
    pub(crate) fn left_note(&self) -> Option<String> {
        self.left.as_ref().map(|old| format!("The run in {} is left as it was.", shown(old)))
    }
}

/// Writes a run to its folder; if that fails, to a new folder below the system's temporary one or the user's own;
/// if that fails too and somebody sits at the terminal, to where they say.
///
/// # Errors
/// When no place takes it.
pub(crate) fn keep(
    mut run: Keepsake<'_>,
    folder: &RunFolder,
    report: &mut Report,
) -> anyhow::Result<Saved> {
    let failure = match run.settle(folder, &[], report) {
        Ok(saved) => return Ok(saved),
        Err(error) => error,
    };
    report.warn(&format!("{failure:#}; the model is still in memory and goes elsewhere"));
    let first = run.first;
    for path in elsewhere(&folder.path) {
        match run.write(&RunFolder::at(path.clone()), first, &path) {
            Ok(json) => return Ok(misplaced(path, json, failure, folder)),
            Err(error) => report.warn(&format!("{error:#}")),
        }
        // A part of a run in a folder that nobody knows helps nobody, and takes room.
        let _ = fs::remove_dir_all(&path);
    }
    while let Some(path) = ask(&folder.path)? {
        if path == folder.path {
            match run.settle(folder, first, report) {
                Ok(saved) => return Ok(saved),
                Err(error) => report.warn(&format!("{error:#}")),
            }
            continue;
        }
        let other = RunFolder::at(path.clone());
        let written = RunFolder::refuse_taken(Some(&path), false)
            .and_then(|()| run.write(&other, first, &path));
        match written {
            Ok(json) => return Ok(misplaced(path, json, failure, folder)),
            Err(error) => report.warn(&format!("{error:#}")),
        }
    }
    Err(failure.context("the run could not be saved anywhere; free some space and train again, with --out on a disk that has room"))
}

/// A run that is kept, but not where it was meant to be.
fn misplaced(path: PathBuf, json: String, failure: anyhow::Error, folder: &RunFolder) -> Saved {
    let failure = failure.context(format!("the run is saved in {} instead", path.display()));
    Saved { path, json, misplaced: Some(failure), left: left(folder) }
}

/// The older run that is left as it was.
fn left(folder: &RunFolder) -> Option<PathBuf> {
    folder.replaces.as_ref().map(|older| older.run.clone())
}

impl Keepsake<'_> {
    /// Writes the run to its own folder and, if it is complete, puts it in the place of the run it replaces.
    fn settle(
        &mut self,
        folder: &RunFolder,
        first: &[Content],
        report: &mut Report,
    ) -> anyhow::Result<Saved> {
        let Some(older) = folder.replaces.as_ref().filter(|_| self.complete) else {
            let (path, left) = (folder.path.clone(), left(folder));
            let json = self.write(folder, first, &path)?;
            return Ok(Saved { path, json, misplaced: None, left });
        };
        let json = self.write(folder, first, &older.run)?;
        match folder.take_over(older) {
            Ok(rest) => {
                if let Some(rest) = rest {
                    let place = shown(&rest);
                    report.warn(&format!(
                        "the older run is replaced; what is left of it is in {place}"
                    ));
                }
                Ok(Saved { path: older.run.clone(), json, misplaced: None, left: None })
            }
            Err(error) => {
                let json = self.summary.json_of(&folder.path)?;
                folder.write(&[("summary.json", json.clone().into_bytes())])?;
                Ok(misplaced(folder.path.clone(), json, error, folder))
            }
        }
    }

    /// Writes the run, the model first, and gives the JSON object, which names the place where the run will be.
    fn write(
        &mut self,
        folder: &RunFolder,
        first: &[Content],
        place: &Path,
    ) -> anyhow::Result<String> {
        let json = self.summary.json_of(place)?;
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
