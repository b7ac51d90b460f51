//! Files that are there whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// How the temporary files are called.
const PREFIX: &str = ".latent-";
const SUFFIX: &str = ".part";

/// Removes the temporary files that a killed program left in a folder of one's own.
pub(crate) fn clear(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours =
            name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if ours {
            let _ = fs::remove_file(entry.path()); // it does no harm but to take room
        }
    }
}

/// Writes to a temporary file beside the target, makes sure that it is on the disk, and renames it into place:
/// a reader, or a crash, sees the old content or the new one. A link stays, and what it leads to is replaced;
/// a pipe or a device takes the bytes as they are.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let led_to = fs::canonicalize(path); // an error where nothing is there yet
    let path = led_to.as_deref().unwrap_or(path);
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
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

    #[cfg(unix)]
    #[test]
    fn links_and_what_is_no_file_stay_what_they_are() {
        use std::os::unix::{fs::FileTypeExt as _, fs::symlink, net::UnixListener};
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (target, link) = (folder.path().join("a.txt"), folder.path().join("link"));
        fs::write(&target, "old").expect("the folder is ours");
        symlink("a.txt", &link).expect("the folder is ours");
        super::write(&link, b"new").expect("the folder is writable");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&target).expect("it is there"), "new");
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).expect("the folder is ours");
        assert!(super::write(&socket, b"text").is_err(), "a socket is not opened as a file");
        assert!(fs::metadata(&socket).expect("it is there").file_type().is_socket());
    }

    #[test]
    fn what_a_killed_program_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in [".latent-Xy1.part", "model.part", ".lock"] {
            fs::write(folder.path().join(name), "").expect("the folder is ours");
        }
        super::clear(folder.path());
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        left.sort();
        assert_eq!(left, [".lock", "model.part"]);
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
