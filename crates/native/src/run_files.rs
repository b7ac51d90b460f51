//! What a run's folder holds, before anything of it is read: plain files, as a run writes them.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use crate::checkpoints::MODEL;
use crate::config_file::FIRST_LINE;
use crate::data::shown;
use crate::journal::{EVENTS, METRICS};
use crate::lock::LOCK;
use crate::older::REPLACES;

/// A run's folder that cannot be used as it is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadRun(pub(crate) String);

/// Whether a folder holds a run, whole or begun: nothing else is ever replaced.
pub(crate) fn is_run(folder: &Path) -> bool {
    has_config(folder).unwrap_or(false) && has_journal(folder)
}

/// Whether a folder has the settings that a run wrote.
///
/// # Errors
/// A file of the run that is a pipe, a device or a folder: what reads it might wait without end. A
/// run whose settings are others', or nothing any more.
pub(crate) fn has_config(folder: &Path) -> Result<bool, BadRun> {
    for name in ["config.toml", METRICS, EVENTS, MODEL, "summary.json", LOCK, REPLACES] {
        let path = folder.join(name);
        if fs::metadata(&path).is_ok_and(|file| !file.is_file()) {
            return Err(BadRun(format!("{} is not a file, as a run's is", shown(&path))));
        }
    }
    let path = folder.join("config.toml");
    let Ok(file) = File::open(&path) else { return Ok(false) };
    let mut start = Vec::new();
    let read = file.take(FIRST_LINE.len() as u64).read_to_end(&mut start);
    match read.is_ok() && start == FIRST_LINE.as_bytes() {
        false if has_journal(folder) || folder.join(MODEL).is_file() => Err(BadRun(format!(
            "{} does not begin as its run wrote it; bring the old one back",
            shown(&path)
        ))),
        whole => Ok(whole),
    }
}

fn has_journal(folder: &Path) -> bool {
    ["summary.json", EVENTS].iter().any(|name| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::is_run;
    use crate::config_file::FIRST_LINE;

    #[test]
    fn only_what_this_program_wrote_is_a_run() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        for (config, other, expected) in [
            ("epochs = 3\n", "summary.json", false),
            (FIRST_LINE, "notes.txt", false),
            (FIRST_LINE, "events.jsonl", true),
        ] {
            fs::write(path.join("config.toml"), config).expect("the folder is ours");
            fs::write(path.join(other), "").expect("the folder is ours");
            assert_eq!(is_run(path), expected, "{config:?} beside {other}");
            fs::remove_file(path.join(other)).expect("just written");
        }
    }
}
