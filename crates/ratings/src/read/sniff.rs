//! What is certainly not a ratings file, told by its first bytes.

use super::error::Problem;

/// How much of a file is looked at for bytes that no text has.
const LOOKED_AT: usize = 8 * 1024;

/// The text behind a UTF-8 byte order mark.
pub(crate) fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Refuses what cannot be lines of text, and says what it is.
pub(crate) fn refuse_what_is_not_text(bytes: &[u8]) -> Result<(), Problem> {
    let start = &bytes[..bytes.len().min(LOOKED_AT)];
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::Empty);
    }
    if let Some(problem) = by_signature(start) {
        return Err(problem);
    }
    if start.iter().any(|&byte| is_never_text(byte)) {
        return Err(Problem::Binary("it has control characters"));
    }
    let text = start.trim_ascii_start();
    let starts_with =
        |tag: &[u8]| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    if [&b"<!doctype"[..], b"<html", b"<head", b"<?xml", b"<!--"].into_iter().any(starts_with) {
        return Err(Problem::WebPage);
    }
    if matches!(text, [b'{' | b'[', ..]) {
        return Err(Problem::Json);
    }
    if text.trim_ascii_end().contains(&b'\r') && memchr::memchr(b'\n', bytes).is_none() {
        return Err(Problem::BareCarriageReturns);
    }
    Ok(())
}

fn by_signature(start: &[u8]) -> Option<Problem> {
    const PACKED: [(&[u8], &str); 6] = [
        (b"\xFD7zXZ\0", "an xz file"),
        (b"BZh", "a bzip2 file"),
        (b"\x28\xB5\x2F\xFD", "a Zstandard file"),
        (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
        (b"Rar!", "a RAR archive"),
        (b"\x04\x22\x4D\x18", "an LZ4 file"),
    ];
    const BINARY: [(&[u8], &str); 6] = [
        (b"%PDF", "a PDF document"),
        (b"\x89PNG", "a PNG image"),
        (b"PAR1", "a Parquet table"),
        (b"SQLite format 3", "an SQLite database"),
        (b"\x89HDF", "an HDF5 file"),
        (b"\x93NUMPY", "a NumPy array"),
    ];
    if start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") {
        return Some(Problem::Utf16);
    }
    if start.get(257..262) == Some(b"ustar") {
        return Some(Problem::Packed("a tar archive"));
    }
    let packed = PACKED.into_iter().find(|(signature, _)| start.starts_with(signature));
    let binary = BINARY.into_iter().find(|(signature, _)| start.starts_with(signature));
    let packed = packed.map(|(_, what)| Problem::Packed(what));
    packed.or(binary.map(|(_, what)| Problem::Binary(what)))
}

/// Control characters other than tab, newline, form feed, carriage return, and DOS's end of file.
pub(super) fn is_never_text(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | 0x1A)
}

/// The column of a byte of a line, in characters from 1. In text that is not UTF-8 (Latin-1) every
/// byte is a character.
pub(crate) fn column_of(line: &[u8], byte: usize) -> usize {
    let before = &line[..byte.min(line.len())];
    std::str::from_utf8(before).map_or(before.len(), |text| text.chars().count()) + 1
}
