//! The bytes of a file to a table: unwrap, recognise, parse.

mod container; // gzip and zip to text
mod sniff; // what is certainly not a ratings file
mod format; // which columns, told by the first lines
mod rows; // all runs, side by side, to one table
mod chunk; // a run of lines to rows
mod fast; // the common line, eight bytes at a time
mod fields; // a line to its fields
mod number; // the text of a rating to its value
mod local_ids; // the ids of one run of lines
mod times; // when, where somebody asks
mod error; // what can be wrong

use crate::table::Table;
use crate::titles::{self, Titles};

pub use self::container::Container;
pub(crate) use self::container::unwrap_titles;
pub use self::error::{BadLine, Field, LineProblem, Position, Problem, ReadError, Skipped};
pub(crate) use self::fields::{Fields, Separator, decode, record_end, trim};
pub use self::format::Format;
use self::format::Layout;
pub(crate) use self::format::{Column, HeaderNames, ITEM, first_lines};
pub(crate) use self::sniff::{column_of, refuse_what_is_not_text, without_bom};

/// How much of a text tells whether it holds ratings, in bytes.
const START: usize = 64 * 1024;

/// How strictly to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Leave bad lines out and count them, instead of stopping at the first.
    pub skip_bad_lines: bool,
    /// Read when the ratings were given, too, if the file says.
    pub times: bool,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The ratings.
    pub table: Table,
    /// The titles, when the file is a zip that has them too.
    pub titles: Option<Titles>,
    /// Why the titles in the zip could not be read; the ratings are good all the same.
    pub titles_error: Option<ReadError>,
}

/// Refuses the first bytes of a file that cannot be lines of text; nothing at all passes.
///
/// # Errors
/// Says what it is instead, such as UTF-16 or a packed file.
pub fn refuse_binary(name: &str, start: &[u8]) -> Result<(), ReadError> {
    match refuse_what_is_not_text(start) {
        Ok(()) | Err(Problem::Empty) => Ok(()),
        Err(problem) => Err(ReadError::of_file(name, problem)),
    }
}

/// Reads a ratings file.
///
/// The format is told by the content, never by the name; `name` only appears in errors. Accepted are
/// `user::item::rating::timestamp` (the timestamp may be missing), CSV with a header in any column
/// order (commas, semicolons, bars or tabs), and columns separated by tabs, blanks or commas; any of these gzipped; and a zip that
/// holds one. Ids are any text, without the blanks around it. A byte order mark, CRLF, blank lines
/// and a missing last newline are fine.
///
/// Compressed data may grow a hundredfold, and 16 MiB in any case; beyond that it is refused.
///
/// # Errors
/// [`ReadError`] says where, what, and what to do next. With
/// [`skip_bad_lines`](ReadOptions::skip_bad_lines) a bad line is no error as long as one line is good.
pub fn read(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Loaded, ReadError> {
    let opened = container::open(name, bytes)?;
    let text = without_bom(&opened.text);
    let table = table(&opened.name, text, opened.container, options);
    let table = table.map_err(|error| {
        // Some bad lines make no file of titles: ids may be any text.
        let start = &text[..text.len().min(START)];
        if !looks_like_ratings(start) && titles::looks_like_titles(text) {
            ReadError::of_file(&opened.name, Problem::TitlesNotRatings)
        } else {
            error
        }
    })?;
    let titles = opened
        .titles
        .map(|unpacked| unpacked.and_then(|(name, text)| Titles::parse_text(&name, &text)));
    let (titles, titles_error) = match titles.transpose() {
        Ok(titles) => (titles, None),
        Err(error) => (None, Some(error)),
    };
    Ok(Loaded { table, titles, titles_error })
}

fn table(
    name: &str,
    text: &[u8],
    container: Container,
    options: &ReadOptions,
) -> Result<Table, ReadError> {
    let of_file = |problem| ReadError::of_file(name, problem);
    let layout = Layout::detect(text).map_err(of_file)?;
    let rows = rows::parse(text, &layout, options.skip_bad_lines, crate::parallel::pieces())
        .map_err(|stop| match stop {
            rows::Stop::Line(bad) => ReadError::of_line(name, bad, Problem::Line),
            rows::Stop::File(problem) => of_file(problem),
        })?;
    if rows.ratings.is_empty() {
        return Err(of_file(match rows.skipped.examples.first() {
            Some(first) => {
                Problem::AllLinesBad { lines: rows.skipped.count, first: Box::new(first.clone()) }
            }
            None => Problem::NoRatings,
        }));
    }
    let times = match options.times {
        true => times::parse(text, &layout)
            .map_err(|bad| ReadError::of_line(name, bad, Problem::TimeLine))?,
        false => None,
    };
    Ok(Table {
        users: rows.users,
        items: rows.items,
        ratings: rows.ratings,
        times,
        format: layout.format,
        container,
        skipped: rows.skipped,
    })
}

/// Whether the start of a file reads like ratings: more good lines than bad ones.
fn looks_like_ratings(start: &[u8]) -> bool {
    let start = without_bom(start);
    let whole = memchr::memrchr(b'\n', start).map_or(start, |end| &start[..=end]);
    let Ok(layout) = Layout::detect(whole) else {
        return false;
    };
    rows::parse(whole, &layout, true, 1).is_ok_and(|rows| rows.ratings.len() > rows.skipped.count)
}
