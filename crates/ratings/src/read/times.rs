//! When the ratings of a file were given: a walk of its own, made only where somebody asks.

use memchr::{memchr, memchr_iter, memrchr};

use super::chunk;
use super::error::{BadLine, Field, LineProblem};
use super::fields::{Fields, decode, record_end, trim};
use super::format::Layout;
use super::rows::below_header;
use super::sniff::column_of;

/// The times of the good lines of a text, in their order; `None` if the text has none.
///
/// # Errors
/// A rating without a time where others have one, or one that is no finite number.
pub(super) fn parse(text: &[u8], layout: &Layout) -> Result<Option<Vec<f64>>, BadLine> {
    let Some(column) = layout.time else { return Ok(None) };
    let (body, first_line) = below_header(text, layout);
    let mut times = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let Ok(end) = record_end(body, at, layout.separator, layout.quoted) else {
            at = memchr(b'\n', &body[at..]).map_or(body.len(), |n| at + n) + 1; // a bad line
            continue;
        };
        let line = trim(&body[at..end]);
        if chunk::is_rating(line, layout) {
            match time(line, layout, column) {
                Ok(time) => times.push(time),
                Err((_, LineProblem::MissingField { .. }))
                    if times.is_empty() && layout.header.is_none() =>
                {
                    return Ok(None);
                }
                Err((byte, problem)) => {
                    // A quoted field may have line ends of its own.
                    let start = memrchr(b'\n', &body[..at + byte]).map_or(0, |n| n + 1);
                    let line = first_line + memchr_iter(b'\n', &body[..start]).count();
                    let column = column_of(&body[start..], at + byte - start);
                    return Err(BadLine { line, column, problem });
                }
            }
        }
        at = end + 1;
    }
    Ok(Some(times))
}

/// The time of a line, or what is wrong with it and at which byte.
fn time(line: &[u8], layout: &Layout, column: usize) -> Result<f64, (usize, LineProblem)> {
    let field = Fields::of(line, layout.separator, layout.quoted).nth(column);
    let Some(field) = field.filter(|field| !field.text.trim_ascii().is_empty()) else {
        let missing = LineProblem::MissingField { field: Field::Time, expected: layout.expected() };
        return Err((line.trim_ascii_end().len(), missing));
    };
    let text = decode(field.text.trim_ascii());
    match text.parse::<f64>() {
        Ok(time) if time.is_finite() => Ok(time + 0.0), // -0 and 0 are one time
        _ => Err((field.start, LineProblem::NoTime(text.into_owned()))),
    }
}
