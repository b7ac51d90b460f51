//! All lines, run beside run, to one table.
//!
//! The text is cut at line ends into runs. Each is parsed on its own into its own part of the
//! columns, with row numbers for its ids that count from 0; then the ids of all runs are merged in
//! the order of the file, and the local numbers replaced in place. The result does not depend on
//! where the text was cut. Memory: the columns, 12 bytes a rating, and the ids.

use memchr::{memchr, memchr_iter};

use crate::ids::{DenseIndex, Ids, ItemIndex, UserIndex};
use crate::parallel;
use crate::table::Ratings;

use super::chunk::{Chunk, Columns, Parsed};
use super::error::{BadLine, Problem, Skipped};
use super::format::{Layout, first_lines};
use super::local_ids::Names;

/// The shortest run worth a thread's while, in bytes.
const SHORTEST_RUN: usize = if cfg!(test) { 1 } else { 256 * 1024 };

/// The fewest bytes a rating takes, its line end included: `1,2,3\n`.
const FEWEST_BYTES: usize = 6;

/// What a text of ratings holds.
#[derive(Debug, PartialEq)]
pub(super) struct Rows {
    pub(super) users: Ids<UserIndex>,
    pub(super) items: Ids<ItemIndex>,
    pub(super) ratings: Ratings,
    pub(super) skipped: Skipped,
}

/// Why no table came of a text.
#[derive(Debug)]
pub(super) enum Stop {
    /// The first bad line.
    Line(BadLine),
    /// Something about the text as a whole.
    File(Problem),
}

/// Parses `text` in at most `runs` runs of lines.
pub(super) fn parse(
    text: &[u8],
    layout: &Layout,
    skip_bad_lines: bool,
    runs: usize,
) -> Result<Rows, Stop> {
    let (body, first_line) = below_header(text, layout);
    let runs = if layout.quoted { 1 } else { runs }; // a quoted field may hold line ends
    let texts = cut(body, runs.min(body.len() / SHORTEST_RUN).max(1));
    let lines = parallel::map(texts.clone(), |text| memchr_iter(b'\n', text).count());
    let room: Vec<usize> = texts
        .iter()
        .zip(&lines)
        .map(|(text, lines)| (lines + 1).min(text.len() / FEWEST_BYTES + 1))
        .collect();
    let total: usize = room.iter().sum();
    if u32::try_from(total).is_err() {
        return Err(Stop::File(Problem::TooManyLines));
    }
    let mut ratings = blank_ratings(total);
    let mut first_line = first_line;
    let mut chunks = Vec::with_capacity(texts.len());
    for ((text, lines), columns) in texts.iter().zip(&lines).zip(parts(&mut ratings, &room)) {
        chunks.push(Chunk { text, first_line, columns });
        first_line += lines;
    }
    let parsed = parallel::map(chunks, |chunk| chunk.parse(layout, skip_bad_lines));
    let parsed: Vec<Parsed> = parsed.into_iter().collect::<Result<_, _>>().map_err(Stop::Line)?;
    let counts: Vec<usize> = parsed.iter().map(|parsed| parsed.rows).collect();
    close_gaps(&mut ratings, &room, &counts);
    let (mut user_names, mut item_names) = (Vec::new(), Vec::new());
    let mut skipped = Skipped::default();
    for run in parsed {
        user_names.push(run.users);
        item_names.push(run.items);
        skipped.append(run.skipped);
    }
    let (users, user_rows) = merge(user_names);
    let (items, item_rows) = merge(item_names);
    let work = parts(&mut ratings, &counts).into_iter().zip(user_rows).zip(item_rows);
    parallel::map(work.collect(), |((columns, users), items)| {
        renumber(columns.users, &users);
        renumber(columns.items, &items);
    });
    Ok(Rows { users, items, ratings, skipped })
}

/// The lines behind the header, and the number of the first of them.
pub(super) fn below_header<'a>(text: &'a [u8], layout: &Layout) -> (&'a [u8], usize) {
    let Some(header) = layout.header.as_ref().and_then(|_| first_lines(text).next()) else {
        return (text, 1);
    };
    let start = header.as_ptr().addr() - text.as_ptr().addr();
    let end = memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at + 1);
    (&text[end..], memchr_iter(b'\n', &text[..end]).count() + 1)
}

/// A text in runs of whole lines, as even as the lines allow; never an empty list.
fn cut(text: &[u8], runs: usize) -> Vec<&[u8]> {
    let mut rest = text;
    let mut texts = Vec::with_capacity(runs);
    for left in (1..runs).rev() {
        let about = rest.len() / (left + 1);
        let end = memchr(b'\n', &rest[about..]).map_or(rest.len(), |at| about + at + 1);
        let (run, after) = rest.split_at(end);
        texts.push(run);
        rest = after;
    }
    texts.push(rest);
    texts
}

fn blank_ratings(rows: usize) -> Ratings {
    // Zeroed by the system, page by page as the rows are written.
    Ratings {
        users: bytemuck::allocation::cast_vec(vec![0_u32; rows]),
        items: bytemuck::allocation::cast_vec(vec![0_u32; rows]),
        values: vec![0.0; rows],
    }
}

/// The columns in consecutive parts of the given lengths.
fn parts<'a>(ratings: &'a mut Ratings, lengths: &[usize]) -> Vec<Columns<'a>> {
    let (mut users, mut items, mut values) =
        (&mut ratings.users[..], &mut ratings.items[..], &mut ratings.values[..]);
    let mut parts = Vec::with_capacity(lengths.len());
    for &length in lengths {
        let (some_users, other_users) = users.split_at_mut(length);
        let (some_items, other_items) = items.split_at_mut(length);
        let (some_values, other_values) = values.split_at_mut(length);
        parts.push(Columns { users: some_users, items: some_items, values: some_values });
        (users, items, values) = (other_users, other_items, other_values);
    }
    parts
}

/// Moves the `counts` rows of each part, which had `room` for more, up to those before it.
fn close_gaps(ratings: &mut Ratings, room: &[usize], counts: &[usize]) {
    let (mut from, mut to) = (0, 0);
    for (&room, &count) in room.iter().zip(counts) {
        if from != to {
            ratings.users.copy_within(from..from + count, to);
            ratings.items.copy_within(from..from + count, to);
            ratings.values.copy_within(from..from + count, to);
        }
        from += room;
        to += count;
    }
    ratings.users.truncate(to);
    ratings.items.truncate(to);
    ratings.values.truncate(to);
    if to < from / 8 * 7 {
        ratings.users.shrink_to_fit();
        ratings.items.shrink_to_fit();
        ratings.values.shrink_to_fit();
    }
}

/// The ids of all runs in the order of the file, and for each run the index of each of its ids.
fn merge<I: DenseIndex>(runs: Vec<Names>) -> (Ids<I>, Vec<Vec<I>>) {
    let mut all = Ids::default();
    let rows = runs.into_iter().map(|names| names.merge_into(&mut all)).collect();
    (all, rows)
}

fn renumber<I: DenseIndex>(column: &mut [I], rows: &[I]) {
    if rows.iter().enumerate().all(|(local, row)| row.index() == local) {
        return; // as in the first run, and in a text that was not cut
    }
    for index in column {
        *index = rows[index.index()];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some 200 lines of all kinds: text and number ids, blank lines, bad lines, CRLF.
    fn mixed_lines() -> String {
        let line = |k: usize| match k % 11 {
            0 => format!("u{}::{}::3.25\n", k % 5, k * 7919 % 97),
            1 => "\n".to_owned(),
            2 => format!("{}::00{}::4::{k}\r\n", k % 13, k % 3),
            3 => format!("{}::{}::bad\n", 1_000 + k, k),
            4 => format!("{}::9{:015}::2\n", k % 13, k % 17),
            _ => format!("{}::{}::{}.5::97830{k}\n", k * k % 31, k * 31 % 23, k % 5),
        };
        (0..200).map(line).collect::<String>() + "7::7::7"
    }

    #[test]
    fn the_table_does_not_depend_on_where_the_text_is_cut() {
        let text = mixed_lines();
        let layout = Layout::detect(text.as_bytes()).expect("a known format");
        let whole = parse(text.as_bytes(), &layout, true, 1).expect("bad lines are skipped");
        assert_eq!(whole.ratings.len(), 201 - 19 - 18);
        assert_eq!(whole.skipped.count, 18);
        for runs in (2..60).chain([199, 500, 5_000]) {
            let cut = parse(text.as_bytes(), &layout, true, runs).expect("bad lines are skipped");
            assert_eq!(cut, whole, "{runs} runs");
        }
    }

    #[test]
    fn the_first_bad_line_of_the_file_is_named_wherever_the_text_is_cut() {
        let text = mixed_lines();
        let layout = Layout::detect(text.as_bytes()).expect("a known format");
        for runs in 1..60 {
            let stop = parse(text.as_bytes(), &layout, false, runs).expect_err("line 4 is bad");
            assert!(matches!(stop, Stop::Line(BadLine { line: 4, column: 10, .. })), "{stop:?}");
        }
    }

    #[test]
    fn runs_are_whole_lines_and_all_of_the_text() {
        let text = mixed_lines();
        for runs in 1..300 {
            let texts = cut(text.as_bytes(), runs);
            assert_eq!(texts.len(), runs);
            assert_eq!(texts.concat(), text.as_bytes());
            let not_empty: Vec<&&[u8]> = texts.iter().filter(|run| !run.is_empty()).collect();
            let (_, others) = not_empty.split_last().expect("the text is not empty");
            assert!(others.iter().all(|run| run.ends_with(b"\n")));
        }
    }

    #[test]
    fn a_file_of_blank_lines_needs_no_room_for_rows() {
        let text = [&b"1::2::3\n"[..], &[b'\n'; 100_000], b"1::2::4\n"].concat();
        let layout = Layout::detect(&text).expect("a known format");
        let rows = parse(&text, &layout, false, 7).expect("good lines");
        assert_eq!(rows.ratings.values, [3.0, 4.0]);
        assert!(rows.ratings.values.capacity() < 1_000, "{}", rows.ratings.values.capacity());
    }
}
