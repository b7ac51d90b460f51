//! The two streams: data on standard output, everything said about it on standard error.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

/// Writes text to standard output.
///
/// # Errors
/// Whatever the stream says; a reader that went away (`| head -1`) is one of them, see [`is_broken_pipe`].
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stream = io::stdout().lock();
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

/// Writes a line to standard error. There is nowhere left to complain about a failure.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Says what the user should not miss.
pub(crate) fn warn(what: &str) {
    say(&format!("warning: {what}"));
}

/// Whether an error only says that the reader of the output went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

/// Whether standard error is a terminal that moves its cursor.
pub(crate) fn is_live() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether colours are welcome on standard error.
pub(crate) fn is_coloured() -> bool {
    welcomes_colour(is_live(), std::env::var_os("NO_COLOR").as_deref())
}

/// The width that text may take.
pub(crate) fn columns() -> usize {
    console::Term::stderr().size_checked().map_or(80, |(_, columns)| usize::from(columns))
}

/// The rule of <https://no-color.org>: any value of `NO_COLOR` but the empty one turns colours off.
fn welcomes_colour(live: bool, no_color: Option<&OsStr>) -> bool {
    live && no_color.is_none_or(OsStr::is_empty)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::welcomes_colour;

    #[test]
    fn colours_are_for_terminals_and_for_those_who_did_not_decline() {
        for (live, no_color, expected) in [
            (true, None, true),
            (true, Some(""), true),
            (true, Some("1"), false),
            (false, None, false),
        ] {
            assert_eq!(
                welcomes_colour(live, no_color.map(OsStr::new)),
                expected,
                "{live} {no_color:?}"
            );
        }
    }
}
