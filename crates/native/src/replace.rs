//! One run in place of another: the old one stays until the new one is complete.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Makes a folder beside the old run, on the same disk, where the new one grows.
pub(crate) fn make_beside(old: &Path) -> io::Result<PathBuf> {
    make_free(&beside(old))
}

/// Where that is, if nobody was there before.
pub(crate) fn beside(old: &Path) -> PathBuf {
    with_ending(old, ".new")
}

/// Puts the new folder in the old one's place. What the old folder held besides its run moves along; where that
/// fails, the rest of the old folder is kept, and is what this returns.
///
/// # Errors
/// When the folders cannot be renamed; both are then as they were.
pub(crate) fn swap(new: &Path, old: &Path) -> io::Result<Option<PathBuf>> {
    let aside = make_free(&with_ending(old, ".old"))?;
    fs::remove_dir(&aside)?; // only its name is wanted: not every system renames onto a folder
    fs::rename(old, &aside)?;
    if let Err(error) = fs::rename(new, old) {
        fs::rename(&aside, old)?;
        return Err(error);
    }
    let emptied = carry_over(&aside, old).and_then(|()| fs::remove_dir_all(&aside));
    Ok(emptied.err().map(|_| aside))
}

/// Makes a folder of this name, or of the name with the first number that nobody took: two runs may start in the
/// same second.
pub(crate) fn make_free(path: &Path) -> io::Result<PathBuf> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut number = 1;
    loop {
        let path =
            if number == 1 { path.to_owned() } else { with_ending(path, &format!("-{number}")) };
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            made => return made.map(|()| path),
        }
    }
}

/// Moves whatever has no namesake in the other folder.
fn carry_over(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match fs::symlink_metadata(&target) {
            Err(error) if error.kind() == ErrorKind::NotFound => fs::rename(entry.path(), target)?,
            Err(error) => return Err(error),
            Ok(namesake) if namesake.is_dir() && entry.file_type()?.is_dir() => {
                carry_over(&entry.path(), &target)?;
            }
            Ok(_) => {} // a file of the old run
        }
    }
    Ok(())
}

/// The path with something more at the end of its name.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{make_beside, make_free, swap};

    #[test]
    fn the_new_run_takes_the_place_and_strangers_files_move_along() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let old = folder.path().join("run");
        fs::create_dir_all(old.join("ids")).expect("the folder is ours");
        let new = make_beside(&old).expect("writable");
        assert_eq!(new, folder.path().join("run.new"));
        fs::create_dir(new.join("ids")).expect("the folder is ours");
        for (path, text) in [
            (old.join("model.safetensors"), "old"),
            (old.join("mine.txt"), "mine"),
            (old.join("ids/mine.txt"), "mine"),
            (new.join("model.safetensors"), "new"),
        ] {
            fs::write(path, text).expect("the folder is ours");
        }
        assert_eq!(swap(&new, &old).expect("writable"), None);
        for (name, text) in
            [("model.safetensors", "new"), ("mine.txt", "mine"), ("ids/mine.txt", "mine")]
        {
            assert_eq!(fs::read_to_string(old.join(name)).expect("it is there"), text, "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no rest");
    }

    #[test]
    fn a_swap_that_fails_changes_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let old = folder.path().join("run");
        fs::create_dir(&old).expect("the folder is ours");
        fs::write(old.join("model.safetensors"), "old").expect("the folder is ours");
        assert!(swap(&folder.path().join("absent"), &old).is_err());
        assert_eq!(fs::read_to_string(old.join("model.safetensors")).expect("it is back"), "old");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no rest");
    }

    #[test]
    fn two_runs_of_one_second_get_two_names() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("runs").join("run");
        assert_eq!(make_free(&path).expect("writable"), path);
        assert_eq!(make_free(&path).expect("writable"), folder.path().join("runs").join("run-2"));
    }
}
