//! The run whose place another takes once that is complete: which it is, and how it ended when that was settled.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::journal::EVENTS;
use crate::run_files::is_run;

/// The note of it, in the folder that grows beside it.
pub(crate) const REPLACES: &str = ".replaces";

/// A run that is to make way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Older {
    /// Its folder.
    pub(crate) run: PathBuf,
    ending: String,
}

impl Older {
    /// A run as it is now.
    pub(crate) fn of(run: &Path) -> Self {
        Self { run: run.to_owned(), ending: ending(run).unwrap_or_default() }
    }

    /// What is noted of it; a name that is no text cannot be.
    pub(crate) fn note(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    /// The one beside which a folder grows, if it does.
    pub(crate) fn beside(path: &Path) -> Option<Self> {
        let older: Self = serde_json::from_slice(&fs::read(path.join(REPLACES)).ok()?).ok()?;
        (is_run(&older.run) && grows_beside(path, &older.run)).then_some(older)
    }

    /// Whether it is still the run that was to make way, and has not gone on.
    pub(crate) fn is_as_it_was(&self) -> bool {
        ending(&self.run).is_some_and(|ending| ending == self.ending)
    }
}

/// What a run noted last, and when: no two runs end alike, nor does one that went on. The time that the
/// last epoch took is not enough: it may be the same few microseconds. `None` if it cannot be read.
fn ending(run: &Path) -> Option<String> {
    let path = run.join(EVENTS);
    let events = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Some(String::new()),
        events => events.ok()?,
    };
    let noted = fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let events: Vec<&str> = events.lines().collect();
    let last = &events[events.len().saturating_sub(2)..];
    Some(format!("{} ns\n{}", noted.as_nanos(), last.join("\n")))
}

/// Whether a folder is one that grows beside an older run: nothing else is ever replaced. One that has
/// taken over, and was killed before it could forget that, names itself.
fn grows_beside(path: &Path, older: &Path) -> bool {
    let (Ok(path), Ok(older)) = (fs::canonicalize(path), fs::canonicalize(older)) else {
        return false;
    };
    let [new, old] =
        [&path, &older].map(|path| path.file_name().unwrap_or_default().to_string_lossy());
    path.parent() == older.parent() && new.starts_with(&format!("{old}.new"))
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::{EVENTS, Older, REPLACES};
    use crate::config_file::FIRST_LINE;

    #[test]
    fn a_run_that_went_on_or_lost_its_events_is_not_as_it_was() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [run, new, other] =
            ["a\nrun", "a\nrun.new", "else.new"].map(|name| folder.path().join(name));
        for folder in [&run, &new, &other] {
            fs::create_dir(folder).expect("the folder is ours");
        }
        let write = |text: &str| fs::write(run.join(EVENTS), text).expect("the folder is ours");
        fs::write(run.join("config.toml"), FIRST_LINE).expect("the folder is ours");
        fs::write(run.join("summary.json"), "{}").expect("the folder is ours");
        write("start\nepoch 0.5 s\nend\n");
        let note = Older::of(&run).note().expect("a name that is text");
        for folder in [&new, &other] {
            fs::write(folder.join(REPLACES), &note).expect("the folder is ours");
        }
        assert!(Older::beside(&other).is_none(), "it grows beside no run of its name");
        let as_it_was = || Older::beside(&new).expect("it grows beside the run").is_as_it_was();
        assert!(as_it_was());
        let noted = fs::metadata(run.join(EVENTS)).and_then(|events| events.modified());
        let noted = noted.expect("a file that is ours");
        let noted_at = |time| {
            let events = fs::File::options().append(true).open(run.join(EVENTS));
            events.and_then(|events| events.set_modified(time)).expect("a file that is ours");
        };
        noted_at(noted + Duration::from_millis(1));
        assert!(!as_it_was(), "another run, as fast");
        write("start\nepoch 0.6 s\nend\n");
        noted_at(noted);
        assert!(!as_it_was(), "another run");
        write("start\nepoch 0.5 s\nend\nstart\n");
        assert!(!as_it_was(), "it went on");
        fs::remove_file(run.join(EVENTS)).expect("the folder is ours");
        assert!(!as_it_was(), "its events are gone");
    }
}
