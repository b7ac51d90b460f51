//! A run of lines to rows.

use memchr::memchr_iter;

use crate::ids::{ItemIndex, UserIndex};

use super::error::{BadLine, Field, LineProblem, Skipped};
use super::fields::{FieldText, Fields, Separator, record_end, trim};
use super::format::Layout;
use super::local_ids::{LocalIds, Names};
use super::sniff::{column_of, is_never_text};
use super::{fast, number};

/// Where the rows of a run of lines go: its own part of the columns of the table.
pub(super) struct Columns<'a> {
    pub(super) users: &'a mut [UserIndex],
    pub(super) items: &'a mut [ItemIndex],
    pub(super) values: &'a mut [f32],
}

/// A run of whole lines, its place in the file, and room for as many rows as it may have.
pub(super) struct Chunk<'a> {
    pub(super) text: &'a [u8],
    pub(super) first_line: usize,
    pub(super) columns: Columns<'a>,
}

/// What a run of lines gave, besides the rows in its columns.
pub(super) struct Parsed {
    /// How many rows were written.
    pub(super) rows: usize,
    pub(super) users: Names,
    pub(super) items: Names,
    pub(super) skipped: Skipped,
}

impl Chunk<'_> {
    /// Parses all lines, or stops at the first bad one unless bad ones are to be skipped.
    pub(super) fn parse(self, layout: &Layout, skip_bad_lines: bool) -> Result<Parsed, BadLine> {
        let in_order = layout.columns == [0, 1, 2];
        match (layout.separator, layout.most_fields) {
            (Separator::DoubleColon, 4) if in_order => {
                self.lines(layout, skip_bad_lines, |text, at| fast::row::<2, true>(text, at, b':'))
            }
            (Separator::Byte(byte), 4) if in_order => {
                self.lines(layout, skip_bad_lines, |text, at| fast::row::<1, true>(text, at, byte))
            }
            (Separator::Byte(byte), 3) if in_order => {
                self.lines(layout, skip_bad_lines, |text, at| fast::row::<1, false>(text, at, byte))
            }
            _ => self.lines(layout, skip_bad_lines, |_, _| None),
        }
    }

    fn lines(
        mut self,
        layout: &Layout,
        skip_bad_lines: bool,
        common: impl Fn(&[u8], usize) -> Option<fast::FastRow>,
    ) -> Result<Parsed, BadLine> {
        let text = self.text;
        let mut users = LocalIds::of_run(text.len());
        let mut items = LocalIds::of_run(text.len());
        let mut rows = 0;
        let mut skipped = Skipped::default();
        let mut at = 0;
        while at < text.len() {
            if let Some(row) = common(text, at) {
                let user = index_of(row.user, text, &mut users);
                let item = index_of(row.item, text, &mut items);
                self.columns.write(rows, user, item, row.rating);
                rows += 1;
                at = row.next;
                continue;
            }
            let end = match record_end(text, at, layout.separator, layout.quoted) {
                Ok(end) => end,
                Err(quote) => {
                    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
                    // The quote may stand on a later line of the record: name the line it stands on.
                    let start = memchr::memrchr(b'\n', &text[at..quote]).map_or(at, |n| at + n + 1);
                    let fault = Fault { byte: quote - start, problem: LineProblem::OpenQuote };
                    self.bad(&mut skipped, start, fault, skip_bad_lines)?;
                    at = end + 1;
                    continue;
                }
            };
            let line = trim(&text[at..end]);
            match row(line, layout) {
                Ok(Some((user, item, rating))) => {
                    let user = users.of_name(&user.text);
                    let item = items.of_name(&item.text);
                    self.columns.write(rows, user, item, rating);
                    rows += 1;
                }
                Ok(None) => {}
                Err(fault) => self.bad(&mut skipped, at, fault, skip_bad_lines)?,
            }
            at = end + 1;
        }
        Ok(Parsed { rows, users: users.into_names(), items: items.into_names(), skipped })
    }

    /// Notes a bad line that starts at `start`, or stops at it.
    fn bad(
        &self,
        skipped: &mut Skipped,
        start: usize,
        fault: Fault,
        skip_bad_lines: bool,
    ) -> Result<(), BadLine> {
        skipped.count += 1;
        if skipped.examples.len() == Skipped::MOST_EXAMPLES {
            return Ok(()); // counted; to find its line number would be wasted work
        }
        let bad = BadLine {
            line: self.first_line + memchr_iter(b'\n', &self.text[..start]).count(),
            column: column_of(&self.text[start..], fault.byte),
            problem: fault.problem,
        };
        if !skip_bad_lines {
            return Err(bad);
        }
        skipped.examples.push(bad);
        Ok(())
    }
}

impl Columns<'_> {
    #[inline(always)]
    fn write(&mut self, row: usize, user: u32, item: u32, rating: f32) {
        self.users[row] = UserIndex(user);
        self.items[row] = ItemIndex(item);
        self.values[row] = rating;
    }
}

#[inline(always)]
fn index_of(id: fast::Id, text: &[u8], ids: &mut LocalIds) -> u32 {
    match id.number {
        Some(number) => ids.of_number(number, &text[id.span]),
        None => ids.of_name(&text[id.span]),
    }
}

/// What is wrong with a line, and at which byte of it.
struct Fault {
    byte: usize,
    problem: LineProblem,
}

/// The fields of one line; `None` for a blank line.
type Row<'a> = Option<(FieldText<'a>, FieldText<'a>, f32)>;

/// Whether a line is a good one.
pub(super) fn is_rating(line: &[u8], layout: &Layout) -> bool {
    matches!(row(line, layout), Ok(Some(_)))
}

fn row<'a>(line: &'a [u8], layout: &Layout) -> Result<Row<'a>, Fault> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut found = [None, None, None]; // user, item, rating
    for (place, field) in Fields::of(line, layout.separator, layout.quoted).enumerate() {
        if place == layout.most_fields {
            return Err(too_many_fields(line, layout, field.start));
        }
        if let Some(column) = layout.columns.iter().position(|&column| column == place) {
            found[column] = Some(field);
        }
    }
    for (id, field) in [(&found[0], Field::User), (&found[1], Field::Item)] {
        if let Some(id) = id
            && id.text.iter().copied().any(is_never_text)
        {
            return Err(control_character(line, id.start, field));
        }
    }
    let end = line.trim_ascii_end().len();
    let missing = |field| Fault {
        byte: end,
        problem: LineProblem::MissingField { field, expected: layout.expected() },
    };
    let [user, item, rating] = found;
    let user = user.ok_or_else(|| missing(Field::User))?;
    let item = item.ok_or_else(|| missing(Field::Item))?;
    let rating = rating.ok_or_else(|| missing(Field::Rating))?;
    for (field, name) in [(&user, Field::User), (&item, Field::Item)] {
        if field.text.is_empty() {
            return Err(Fault { byte: field.start, problem: LineProblem::EmptyId(name) });
        }
    }
    let text = rating.text.trim_ascii();
    if text.is_empty() {
        return Err(Fault { byte: rating.start, ..missing(Field::Rating) });
    }
    match number::parse(text) {
        Ok(value) => Ok(Some((user, item, value))),
        Err(problem) => Err(Fault { byte: rating.start, problem }),
    }
}

fn control_character(line: &[u8], start: usize, field: Field) -> Fault {
    let at = line[start..].iter().position(|&byte| is_never_text(byte)).unwrap_or(0);
    let byte = start + at;
    Fault { byte, problem: LineProblem::ControlCharacter { field, byte: line[byte] } }
}

fn too_many_fields(line: &[u8], layout: &Layout, byte: usize) -> Fault {
    let found = Fields::of(line, layout.separator, layout.quoted).count();
    let most = layout.most_fields;
    Fault { byte, problem: LineProblem::TooManyFields { found, most, expected: layout.expected() } }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};

    use super::*;
    use crate::ids::Ids;
    use crate::read::format::Format;

    type Common = fn(&[u8], usize) -> Option<fast::FastRow>;

    /// Everything a run of lines gives, with bad lines skipped.
    fn outcome(text: &str, layout: &Layout, common: Common) -> (Vec<String>, Skipped) {
        let room = text.len() + 1;
        let (mut users, mut items) = (vec![UserIndex(0); room], vec![ItemIndex(0); room]);
        let mut values = vec![0.0; room];
        let columns = Columns { users: &mut users, items: &mut items, values: &mut values };
        let chunk = Chunk { text: text.as_bytes(), first_line: 1, columns };
        let parsed = chunk.lines(layout, true, common).expect("bad lines are skipped");
        let (mut user_ids, mut item_ids) =
            (Ids::<UserIndex>::default(), Ids::<ItemIndex>::default());
        parsed.users.merge_into(&mut user_ids);
        parsed.items.merge_into(&mut item_ids);
        let row = |row: usize| {
            let (user, item) = (user_ids.name_of(users[row]), item_ids.name_of(items[row]));
            format!("{user}|{item}|{:?}|{}|{}", values[row], users[row].0, items[row].0)
        };
        ((0..parsed.rows).map(row).collect(), parsed.skipped)
    }

    /// The common way and the careful way must read every text alike.
    fn check(text: &str, separator: Separator, most_fields: usize, common: Common) {
        let layout = Layout {
            format: Format::Csv,
            separator,
            quoted: text.contains('"') && separator != Separator::DoubleColon,
            columns: [0, 1, 2],
            time: None,
            most_fields,
            header: None,
        };
        assert_eq!(outcome(text, &layout, common), outcome(text, &layout, |_, _| None), "{text:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn both_ways_read_every_text_alike(text in "([0-9a\"\u{0} ]{0,3}(::|:|,|\t)){1,3}[0-5]?(\\.[0-9]{0,2})?(::[0-9]{0,9}|,[0-9]{0,9}|x)?(\r?\n|)([0-9]{1,9}(::|,)[0-9é]{1,9}(::|,)[0-9]([.][0-9])?\n){0,3}") {
            check(&text, Separator::DoubleColon, 4, |text, at| fast::row::<2, true>(text, at, b':'));
            check(&text, Separator::Byte(b','), 4, |text, at| fast::row::<1, true>(text, at, b','));
            check(&text, Separator::Byte(b','), 3, |text, at| fast::row::<1, false>(text, at, b','));
            check(&text, Separator::Byte(b'\t'), 4, |text, at| fast::row::<1, true>(text, at, b'\t'));
        }
    }
}
