//! One program a run: two that trained in one folder would write over each other.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::data::shown;

/// The file that is locked. It stays when the run is over; the lock ends with the program, however that ends.
pub(crate) const LOCK: &str = ".lock";

/// A folder of one's own, until this is dropped.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes a folder that is there.
    ///
    /// # Errors
    /// Another program trains in it; it cannot be written.
    pub(crate) fn take(folder: &Path) -> anyhow::Result<Lock> {
        let path = folder.join(LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.with_context(|| format!("cannot write {}", shown(&path)))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => bail!(
                "another program is training in {}; wait until it is done, or stop it with Ctrl-C",
                shown(folder)
            ),
            // Not every file system has locks; without them all is as if the folder were free.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Lock { _file: file }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lock;

    #[test]
    fn a_folder_is_taken_once_until_it_is_left() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lock = Lock::take(folder.path()).expect("nobody is there");
        let refused = Lock::take(folder.path()).err().expect("taken").to_string();
        assert!(refused.contains("another program is training"), "{refused}");
        drop(lock);
        assert!(Lock::take(folder.path()).is_ok());
        assert!(Lock::take(&folder.path().join("absent")).is_err());
    }
}
