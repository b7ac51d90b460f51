//! Files that are there whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes to a temporary file beside the target, makes sure that it is on the disk, and renames it into place:
/// a reader, or a crash, sees the old content or the new one.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".latent-").suffix(".part");
    #[cfg(unix)]
    {
        // Temporary files are for their owner alone; these become ordinary ones, as the umask says.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    if cfg!(unix) {
        fs::File::open(folder)?.sync_all()?; // the new name, too
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn the_new_content_replaces_the_old_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.txt");
        for content in ["first", "second"] {
            super::write(&path, content.as_bytes()).expect("the folder is writable");
            assert_eq!(fs::read_to_string(&path).expect("just written"), content);
        }
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_no_trace() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let taken = folder.path().join("folder");
        fs::create_dir_all(taken.join("full")).expect("the folder is ours");
        assert!(super::write(&taken, b"text").is_err(), "a file cannot replace a folder");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
