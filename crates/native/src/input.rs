//! Files that the user names: never without end where they are read whole.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use flate2::bufread::MultiGzDecoder;

use crate::data::shown;

/// Ratings: MovieLens's largest file takes 0.7 GB.
pub(crate) const RATINGS: u64 = 16 << 30;
/// A model: 400 million numbers with both moments.
pub(crate) const MODEL: u64 = 5 << 30;
/// Titles.
pub(crate) const TITLES: u64 = 1 << 30;
/// Settings: a run's own file takes less than 1 KiB.
pub(crate) const CONFIG: u64 = 1 << 20;

/// A pipe does not say how much is to come, and what it gives is copied as it grows.
const PIPE: u64 = 2 << 30;

/// Reads a file, or what comes through a pipe (up to 2 GiB), whole.
///
/// # Errors
/// When it cannot be read, is longer than `limit` bytes, or is a device, which may never end.
pub(crate) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let name = shown(path);
    let cannot = || format!("cannot read {name}");
    let metadata = metadata(path)?;
    let (kind, limit) =
        if metadata.is_file() { ("file", limit) } else { ("pipe", limit.min(PIPE)) };
    let too_long = || {
        let limit = if limit >> 30 > 0 { format!("{} GiB", limit >> 30) } else { "1 MiB".into() };
        format!("cannot read {name}: the {kind} holds more than {limit}; give a smaller file")
    };
    if metadata.len() > limit {
        bail!(too_long());
    }
    let mut bytes = Vec::new();
    let expected = usize::try_from(metadata.len()).with_context(too_long)?;
    bytes.try_reserve_exact(expected).with_context(cannot)?;
    let file = File::open(path).with_context(cannot)?;
    file.take(limit + 1).read_to_end(&mut bytes).with_context(cannot)?;
    if bytes.len() as u64 > limit {
        bail!(too_long());
    }
    Ok(bytes)
}

/// Opens a file or a pipe, to be read piece by piece; one that is gzipped is unpacked meanwhile.
///
/// # Errors
/// When it cannot be read, is a device, which may never end, or a zip.
pub(crate) fn open_text(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let cannot = || format!("cannot read {}", shown(path));
    metadata(path)?;
    let mut file = BufReader::new(File::open(path).with_context(cannot)?);
    let start = file.fill_buf().with_context(cannot)?;
    if start.starts_with(b"PK\x03\x04") {
        bail!(
            "cannot read {}: it is a zip; give the file inside it, plain or gzipped",
            shown(path)
        );
    }
    if start.starts_with(b"\x1f\x8b") {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

/// Of a file or a pipe.
fn metadata(path: &Path) -> anyhow::Result<fs::Metadata> {
    let name = shown(path);
    let metadata = fs::metadata(path).with_context(|| format!("cannot read {name}"))?;
    if !metadata.is_file() && !is_pipe(&metadata) {
        bail!("cannot read {name}: it is not a file; give a file");
    }
    Ok(metadata)
}

#[cfg(unix)]
fn is_pipe(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_file_is_read_up_to_its_limit_and_no_further() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "abcd").expect("the folder is ours");
        assert_eq!(read(&path, 4).expect("short enough"), b"abcd");
        let error = read(&path, 3).expect_err("too long").to_string();
        assert!(error.contains("holds more than"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_refused() {
        let error = read("/dev/zero".as_ref(), 10).expect_err("it never ends").to_string();
        assert!(error.contains("cannot read /dev/zero: it is not a file"), "{error}");
    }
}
