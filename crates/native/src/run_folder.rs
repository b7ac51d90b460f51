//! The folder of a run: where it is, that it can be written, and that nothing of worth is overwritten.

use std::cell::Cell;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use trainer::{Config, EpochReport, Objective};

use crate::atomic;
use crate::clock;
use crate::data::shown;
use crate::journal::{EVENTS, Journal, METRICS};
use crate::lock::{LOCK, Lock};
use crate::older::{Older, REPLACES};
use crate::replace::{beside, make_beside, make_free, swap};
use crate::run_files::is_run;

/// A folder for one run.
pub(crate) struct RunFolder {
    /// Where the run is written.
    pub(crate) path: PathBuf,
    /// The older run whose place it takes once it is complete.
    pub(crate) replaces: Option<Older>,
    /// The run whose place it does not take, because that one is newer.
    stays: Option<PathBuf>,
    /// Keep other programs out of both.
    locks: Cell<Vec<Lock>>,
}

/// A file of a run: its name within the folder, and its content.
pub(crate) type Content = (&'static str, Vec<u8>);

/// The usual name: when, and what.
fn name(config: &Config) -> String {
    // Colons separate drives and streams on Windows.
    format!("{}-{}-k{}", clock::now().replace(':', "-"), config.model, config.factors)
}

impl RunFolder {
    /// A folder that takes nobody's place, and that no lock guards yet.
    pub(crate) fn at(path: PathBuf) -> RunFolder {
        RunFolder { path, replaces: None, stays: None, locks: Cell::default() }
    }

    /// What the user should know of other folders: a run that was to take the same place and never ended, or a newer
    /// one that stays.
    pub(crate) fn warning(&self) -> Option<String> {
        if let Some(newer) = &self.stays {
            let (newer, place) = (shown(newer), shown(&self.path));
            return Some(format!(
                "{newer} has changed since this run was to replace it, and stays; this one stays in {place}"
            ));
        }
        let old = &self.replaces.as_ref()?.run;
        let usual = beside(old);
        if self.path == usual || Older::beside(&usual).is_none() {
            return None;
        }
        let (old, usual) = (shown(old), shown(&usual));
        Some(format!(
            "{usual} is left of a run that was to replace {old} and did not end; go on with it by --resume, or remove it"
        ))
    }

    /// Refuses, before any work is done, a folder that already holds something: a run is replaced only on request,
    /// anything else never.
    pub(crate) fn refuse_taken(out: Option<&Path>, force: bool) -> anyhow::Result<()> {
        let Some(path) = out else { return Ok(()) };
        let place = path.display();
        match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
            Ok(true) if !is_run(path) => bail!(
                "{place} is not empty and holds no run; it is left as it is: give another --out"
            ),
            Ok(true) if !force => bail!(
                "{place} holds a run and is left as it is; give another --out, or --force to replace the run in it"
            ),
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => Ok(()),
            Err(error) => Err(error).with_context(|| {
                format!("cannot use {place} as the run's folder; give another --out")
            }),
            Ok(_) => Ok(()),
        }
    }

    /// Makes the folder and its first files: proof, before training, that the rest can follow.
    pub(crate) fn create(
        out: Option<&Path>,
        force: bool,
        config: &Config,
        first: &[Content],
    ) -> anyhow::Result<(RunFolder, Journal)> {
        // Reading the data took a while: another run may be there by now.
        RunFolder::refuse_taken(out, force)?;
        let folder = match out {
            Some(path) if is_run(path) => RunFolder::beside(path)?,
            Some(path) => RunFolder::at(path.to_owned()),
            None => {
                let path = make_free(&Path::new("runs").join(name(config)))
                    .context("cannot make a folder for the run below runs/; give one with --out")?;
                RunFolder::at(path)
            }
        };
        let place = folder.path.display().to_string();
        folder
            .begin(first, config.objective)
            .with_context(|| format!("cannot write to {place}; give another folder with --out"))
    }

    /// Goes on in the folder of a run that was begun, after these epochs.
    pub(crate) fn reopen(
        path: &Path,
        lock: Lock,
        first: &[Content],
        (objective, history): (Objective, &[EpochReport]),
    ) -> anyhow::Result<(RunFolder, Journal)> {
        let place = shown(path);
        let path = std::path::absolute(path).with_context(|| place.clone())?;
        let (mut replaces, mut stays, mut locks) = (None, None, vec![lock]);
        if let Some(older) = Older::beside(&path) {
            if older.is_as_it_was() {
                locks.push(Lock::take(&older.run)?);
            }
            // It may have been another program's until now.
            if older.is_as_it_was() {
                replaces = Some(older);
            } else {
                locks.truncate(1);
                stays = Some(older.run);
            }
        }
        let folder = RunFolder { path, replaces, stays, locks: Cell::new(locks) };
        atomic::clear(&folder.path);
        folder.write(first)?;
        let journal = Journal::reopen(&folder.path, objective, history)
            .with_context(|| format!("cannot write to {place}"))?;
        if folder.stays.is_some() {
            let _ = fs::remove_file(folder.path.join(REPLACES)); // of no use any more, and no harm
        }
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

    /// Puts a complete run where the older one is. What of the older one could not be moved or removed is returned.
    ///
    /// # Errors
    /// The older one has changed meanwhile, where no lock keeps others out; a folder that cannot be renamed.
    pub(crate) fn take_over(&self, older: &Older) -> anyhow::Result<Option<PathBuf>> {
        drop(self.locks.take()); // some systems rename no folder with an open file
        let old = &older.run;
        if !older.is_as_it_was() {
            bail!("{} has changed meanwhile, and stays", shown(old));
        }
        let rest =
            swap(&self.path, old).with_context(|| format!("cannot replace {}", shown(old)))?;
        let _ = fs::remove_file(old.join(REPLACES)); // of no use any more, and no harm
        Ok(rest)
    }

    /// Removes the files of a run that never began, and the folder if nothing else is in it.
    pub(crate) fn abandon(&self) {
        // What cannot be removed does no harm: the folder is not taken for a finished run.
        for file in ["config.toml", "env.json", METRICS, EVENTS, LOCK, REPLACES] {
            let _ = fs::remove_file(self.path.join(file));
        }
        for folder in [self.path.join("ids"), self.path.clone()] {
            let _ = fs::remove_dir(folder);
        }
    }

    fn beside(old: &Path) -> anyhow::Result<RunFolder> {
        let cannot =
            || format!("cannot make a folder beside {}; give another --out", old.display());
        // A link stays, and what it leads to is replaced.
        let old = fs::canonicalize(old).with_context(cannot)?;
        let locks = Cell::new(vec![Lock::take(&old)?]);
        let path = make_beside(&old).with_context(cannot)?;
        Ok(RunFolder { path, replaces: Some(Older::of(&old)), stays: None, locks })
    }

    fn begin(
        self,
        first: &[Content],
        objective: Objective,
    ) -> anyhow::Result<(RunFolder, Journal)> {
        fs::create_dir_all(self.path.join("ids"))?;
        let mut locks = self.locks.take();
        locks.push(Lock::take(&self.path)?);
        let folder =
            RunFolder { path: std::path::absolute(&self.path)?, locks: Cell::new(locks), ..self };
        let older = folder.replaces.as_ref().and_then(Older::note);
        let older = older.map(|note| (REPLACES, note));
        let journal = folder
            .write(first)
            .and_then(|()| folder.write(older.as_slice()))
            .and_then(|()| Ok(Journal::create(&folder.path, objective)?))
            .inspect_err(|_| folder.abandon())?;
        Ok((folder, journal))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use trainer::{Config, ModelKind};

    use super::RunFolder;
    use crate::config_file::FIRST_LINE;

    #[test]
    fn only_an_empty_folder_is_free_and_only_a_run_is_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        let refused = |force| {
            let answer = RunFolder::refuse_taken(Some(path), force);
            answer.err().map(|error| error.to_string())
        };
        assert_eq!(refused(false), None, "an empty folder is free");
        fs::write(path.join("mine.txt"), "mine").expect("the folder is ours");
        for force in [false, true] {
            let said = refused(force).expect("a stranger's folder is taken");
            assert!(said.contains("holds no run") && !said.contains("--force"), "{said}");
        }
        fs::write(path.join("config.toml"), FIRST_LINE).expect("the folder is ours");
        fs::write(path.join("summary.json"), "{}").expect("the folder is ours");
        let said = refused(false).expect("a run is taken");
        assert!(said.contains("--force"), "{said}");
        assert_eq!(refused(true), None);
    }

    #[test]
    fn a_run_that_replaces_another_begins_beside_it() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let path = parent.path().join("run");
        let (first, mf) = ([("config.toml", FIRST_LINE.into())], Config::usual(ModelKind::Mf));
        let (old, _) = RunFolder::create(Some(&path), false, &mf, &first).expect("writable");
        assert_eq!((&old.path, old.replaces.is_none()), (&path, true));
        let busy = RunFolder::create(Some(&path), true, &mf, &first).err().expect("it is in use");
        assert!(format!("{busy:#}").contains("another program"), "{busy:#}");
        assert!(RunFolder::create(Some(&path), false, &mf, &first).is_err(), "a run is there");
        drop(old); // its program is over
        let (new, journal) = RunFolder::create(Some(&path), true, &mf, &first).expect("writable");
        assert_eq!(new.path.file_name(), Some("run.new".as_ref()));
        let replaced = new.replaces.as_ref().map(|older| &older.run);
        assert_eq!(replaced, Some(&fs::canonicalize(&path).expect("it is there")));
        drop(journal);
        new.abandon();
        assert!(path.join("events.jsonl").exists() && !new.path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("absent", &link).expect("the folder is ours");
        assert!(RunFolder::refuse_taken(Some(&link), false).is_err());
    }
}
