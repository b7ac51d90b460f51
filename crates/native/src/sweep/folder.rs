//! The folder of a sweep: what it is, and the trials that are over.

use std::cmp::Ordering;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail};
use ratings::Fingerprint;
use serde::{Deserialize, Serialize};
use trainer::Objective;

use super::axis::Values;
use crate::atomic;
use crate::clock;
use crate::data::shown;
use crate::lock::Lock;
use crate::replace::make_free;
use crate::trial::Score;

/// A trial that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Trial {
    pub(super) values: Values,
    /// Epochs it was given.
    pub(super) epochs: usize,
    /// Absent if it failed.
    #[serde(flatten)]
    pub(super) score: Option<Score>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<String>,
    /// Whether it failed by its own settings: its loss left the range of numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) diverged: bool,
}

impl Trial {
    /// Whether it would come to the same again: the device, or the memory that there was, has no part in it.
    pub(super) fn is_final(&self) -> bool {
        self.score.is_some() || self.diverged
    }

    /// What it is judged by, its validation figure; `None` if it failed.
    pub(super) fn figure(&self) -> Option<f64> {
        self.score.and_then(|score| score.validation())
    }

    /// The better first, by what a model is trained for; a failure is worse than anything.
    pub(super) fn compare(&self, other: &Self, objective: Objective) -> Ordering {
        match (self.figure(), other.figure()) {
            (Some(a), Some(b)) if objective.is_better(a, b) => Ordering::Less,
            (Some(a), Some(b)) if objective.is_better(b, a) => Ordering::Greater,
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

/// A folder of a sweep, which no other program uses meanwhile.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    trials: Mutex<(File, Vec<Trial>)>,
    _lock: Lock,
}

/// What the sweep is, and a line for each trial.
const SWEEP: &str = "sweep.toml";
const TRIALS: &str = "trials.jsonl";

impl Folder {
    /// A new folder, or one that holds the same sweep, begun; `sweep` says all that decides on it but the ratings.
    ///
    /// # Errors
    /// A folder with something else in it, one of a sweep over other ratings, or one that cannot be written.
    pub(super) fn open(
        out: Option<&Path>,
        model: &str,
        sweep: &str,
        ratings: Fingerprint,
    ) -> anyhow::Result<Folder> {
        let whole = format!("{sweep}# ratings {ratings}\n");
        let path = match out {
            Some(path) => path.to_owned(),
            None => {
                let name = format!("{}-{model}", clock::now().replace(':', "-"));
                make_free(&Path::new("sweeps").join(name))
                    .context("cannot make a folder for the sweep")?
            }
        };
        let place = shown(&path);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {place}"))?;
        let lock = Lock::take(&path)?;
        let about = path.join(SWEEP);
        match fs::read_to_string(&about) {
            Ok(there) if there == whole => {}
            Ok(there) if there.starts_with(sweep) => bail!(
                "the ratings are not those that the sweep in {place} began with; bring the old ones back, or give another --out"
            ),
            Ok(_) => bail!(
                "{place} holds another sweep; repeat its command to go on with it, or give another --out"
            ),
            Err(_) if is_taken(&path)? => {
                bail!("{place} is not empty and holds no sweep; give another --out")
            }
            Err(_) => atomic::write(&about, whole.as_bytes())
                .with_context(|| format!("cannot write {}", shown(&about)))?,
        }
        let trials = path.join(TRIALS);
        let mut text = match fs::read_to_string(&trials) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("cannot read {}", shown(&trials)))?,
        };
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1)); // a line that was cut short
        let over = text.lines().map(serde_json::from_str).collect::<Result<Vec<Trial>, _>>();
        let mut over = over.with_context(|| format!("{} is damaged", shown(&trials)))?;
        over.retain(Trial::is_final); // older programs kept failures of every kind
        atomic::write(&trials, text.as_bytes()).with_context(|| shown(&trials))?;
        let file = File::options().append(true).open(&trials).with_context(|| shown(&trials))?;
        Ok(Folder { path, trials: Mutex::new((file, over)), _lock: lock })
    }

    /// The trial with these values and so many epochs, if it is over.
    pub(super) fn find(&self, values: &Values, epochs: usize) -> Option<Trial> {
        let (_, over) = &*self.trials.lock().unwrap_or_else(PoisonError::into_inner);
        over.iter().find(|trial| trial.values == *values && trial.epochs == epochs).cloned()
    }

    /// How many trials are over.
    pub(super) fn count(&self) -> usize {
        self.trials.lock().unwrap_or_else(PoisonError::into_inner).1.len()
    }

    /// Keeps a trial that is over.
    ///
    /// # Errors
    /// A disk that does not take it.
    pub(super) fn keep(&self, trial: &Trial) -> anyhow::Result<()> {
        let line = serde_json::to_string(trial)? + "\n";
        let (file, over) = &mut *self.trials.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        written.with_context(|| format!("cannot write {}", shown(&self.path.join(TRIALS))))?;
        over.push(trial.clone());
        Ok(())
    }

    /// Writes a file of the sweep.
    ///
    /// # Errors
    /// A disk that does not take it.
    pub(super) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path.join(name);
        atomic::write(&path, text.as_bytes())
            .with_context(|| format!("cannot write {}", shown(&path)))
    }
}

/// Whether there is anything but a lock in a folder.
fn is_taken(folder: &Path) -> anyhow::Result<bool> {
    let mut entries = fs::read_dir(folder).with_context(|| shown(folder))?;
    Ok(entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != crate::lock::LOCK)))
}
