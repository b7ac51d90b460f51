//! The folder of a run: where it is, that it can be written, and that nothing of worth is overwritten.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use trainer::Config;

use crate::atomic;
use crate::clock;
use crate::data::shown;
use crate::journal::{EVENTS, Journal, METRICS};

/// Everything a run leaves, in the order in which it is written: what is dearest first.
pub(crate) const FILES: [&str; 9] = [
    "model.bpk",
    "config.toml",
    "ids/users.csv",
    "ids/items.csv",
    METRICS,
    EVENTS,
    "env.json",
    "curve.svg",
    "summary.json",
];

/// A folder for one run.
pub(crate) struct RunFolder {
    pub(crate) path: PathBuf,
}

/// A file of a run: its name within the folder, and its content.
pub(crate) type Content = (&'static str, Vec<u8>);

/// The usual name: when, and what.
pub(crate) fn name(config: &Config) -> String {
    // Colons separate drives and streams on Windows.
    format!("{}-{}-k{}", clock::now().replace(':', "-"), config.model, config.factors)
}

impl RunFolder {
    /// Refuses, before any work is done, a folder that already holds something.
    pub(crate) fn refuse_taken(out: Option<&Path>, force: bool) -> anyhow::Result<()> {
        let Some(path) = out else { return Ok(()) };
        match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
            Ok(true) if !force => bail!(
                "{} is not empty and is left as it is; give another --out, or --force to replace the run in it",
                path.display()
            ),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(|| {
                format!("cannot use {} as the run's folder; give another --out", path.display())
            }),
            _ => Ok(()),
        }
    }

    /// Makes the folder and its first files: proof, before training, that the rest can follow.
    pub(crate) fn create(
        out: Option<&Path>,
        name: &str,
        first: &[Content],
    ) -> anyhow::Result<(RunFolder, Journal)> {
        let path = match out {
            Some(path) => path.to_owned(),
            None => make_free(&Path::new("runs").join(name))
                .context("cannot make a folder for the run below runs/; give one with --out")?,
        };
        let cannot =
            || format!("cannot write to {}; give another folder with --out", path.display());
        fs::create_dir_all(path.join("ids")).with_context(cannot)?;
        let folder = RunFolder { path: std::path::absolute(&path).with_context(cannot)? };
        // What an earlier run left would contradict what this one writes.
        for file in FILES {
            match fs::remove_file(folder.path.join(file)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(cannot);
                }
                _ => {}
            }
        }
        folder.write(first).with_context(cannot)?;
        let journal = Journal::create(&folder.path).with_context(cannot)?;
        Ok((folder, journal))
    }

    /// Writes files, each whole or not at all; stops at the first that fails.
    pub(crate) fn write(&self, files: &[Content]) -> anyhow::Result<()> {
        for (name, bytes) in files {
            let path = self.path.join(name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)
                    .with_context(|| format!("cannot make {}", shown(folder)))?;
            }
            atomic::write(&path, bytes)
                .with_context(|| format!("cannot write {}", shown(&path)))?;
        }
        Ok(())
    }
}

/// Makes a folder of this name, or of the name with the first number that nobody took: two runs may start in the
/// same second.
fn make_free(path: &Path) -> io::Result<PathBuf> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut number = 1;
    loop {
        let path = if number == 1 {
            path.to_owned()
        } else {
            PathBuf::from(format!("{}-{number}", path.display()))
        };
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            made => return made.map(|()| path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{RunFolder, make_free};

    #[test]
    fn a_taken_folder_is_refused_unless_forced_and_strangers_files_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        assert!(RunFolder::refuse_taken(Some(path), false).is_ok(), "an empty folder is free");
        fs::write(path.join("mine.txt"), "mine").expect("the folder is ours");
        fs::write(path.join("model.bpk"), "old").expect("the folder is ours");
        assert!(RunFolder::refuse_taken(Some(path), false).is_err(), "a full folder is taken");
        assert!(RunFolder::refuse_taken(Some(path), true).is_ok(), "force");
        RunFolder::create(Some(path), "", &[("config.toml", b"new".to_vec())]).expect("writable");
        assert!(path.join("mine.txt").exists() && path.join("config.toml").exists());
        assert!(!path.join("model.bpk").exists(), "the old model is not this run's");
    }

    #[test]
    fn two_runs_of_one_second_get_two_names() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("runs").join("run");
        assert_eq!(make_free(&path).expect("writable"), path);
        assert_eq!(make_free(&path).expect("writable"), folder.path().join("runs").join("run-2"));
    }
}
