//! A file to a table, and to what the page shows of it.

use protocol::{BadData, DataReport, Row};
use ratings::{
    BadLine, Fingerprint, Loaded, Problem, ReadError, ReadOptions, Statistics, Table, Titles,
};

use crate::matrix;

/// Ratings that are shown as they are.
const FIRST_ROWS: usize = 10;

/// Ratings at hand.
pub(crate) struct Data {
    pub(crate) name: String,
    pub(crate) table: Table,
    /// What came with the data, or was given for it.
    pub(crate) titles: Option<Titles>,
    pub(crate) titles_error: Option<String>,
    pub(crate) fingerprint: Fingerprint,
}

/// Reads a file.
///
/// # Errors
/// What is wrong with it, and how much of it: where leaving out bad lines would help, they are
/// counted.
pub(crate) fn read(name: &str, bytes: &[u8], skip_bad_lines: bool) -> Result<Data, BadData> {
    match ratings::read(name, bytes, &ReadOptions { skip_bad_lines, ..ReadOptions::default() }) {
        Ok(Loaded { table, titles, titles_error }) => Ok(Data {
            name: name.to_owned(),
            fingerprint: Fingerprint::of(&table),
            table,
            titles,
            titles_error: titles_error.map(|error| error.to_string()),
        }),
        Err(error) => Err(refused(name, bytes, &error)),
    }
}

/// Whether a file that was refused holds titles, packed perhaps.
pub(crate) fn holds_titles(name: &str, bytes: &[u8]) -> bool {
    let error = ratings::read(name, bytes, &ReadOptions::default()).err();
    error.is_some_and(|error| error.problem == Problem::TitlesNotRatings)
}

fn refused(name: &str, bytes: &[u8], error: &ReadError) -> BadData {
    let mut bad = bad_data(name, error.to_string());
    if matches!(error.problem, Problem::Line(_)) {
        let without =
            ratings::read(name, bytes, &ReadOptions { skip_bad_lines: true, ..Default::default() });
        if let Ok(Loaded { table, .. }) = without {
            bad.bad_lines = Some(table.skipped.count);
            bad.examples = table.skipped.examples.iter().map(shown).collect();
        }
    }
    bad
}

/// A file that no skipping makes usable.
pub(crate) fn bad_data(name: &str, message: String) -> BadData {
    BadData { name: name.to_owned(), message, bad_lines: None, examples: Vec::new() }
}

fn shown(BadLine { line, column, problem }: &BadLine) -> String {
    format!("line {line}, column {column}: {problem}")
}

impl Data {
    /// What the page shows of it.
    pub(crate) fn report(&self, bytes: u64, seconds: f64) -> DataReport {
        let Self { name, table, titles, titles_error, fingerprint } = self;
        DataReport {
            name: name.clone(),
            bytes,
            seconds,
            format: format!("{}, {}", table.format, table.container),
            statistics: Statistics::of(table),
            first_rows: self.first_rows(),
            skipped: table.skipped.count,
            skipped_examples: table.skipped.examples.iter().map(shown).collect(),
            titles: titles.as_ref().map_or(0, Titles::len),
            titles_error: titles_error.clone(),
            matrix: matrix::picture(table),
            fingerprint: fingerprint.to_string(),
        }
    }

    /// The first ratings as the file has them.
    pub(crate) fn first_rows(&self) -> Vec<Row> {
        (0..self.table.ratings.len().min(FIRST_ROWS)).map(|i| self.row(i)).collect()
    }

    fn row(&self, i: usize) -> Row {
        let (user, item) = (self.table.ratings.users[i], self.table.ratings.items[i]);
        let item = self.table.items.name_of(item);
        let title = self.titles.as_ref().and_then(|titles| titles.get(item));
        Row {
            user: self.table.users.name_of(user).to_owned(),
            item: item.to_owned(),
            title: title.map(|title| title.title.clone()),
            rating: self.table.ratings.values[i],
        }
    }

    /// Items that have a title among these.
    pub(crate) fn titled(&self, titles: &Titles) -> usize {
        self.table.items.iter().filter(|id| titles.get(id).is_some()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_the_first_ratings_as_the_file_has_them() {
        let text = b"ann::up::5::0\nann::brazil::4::0\nbob::up::2::0\n";
        let mut data = read("ratings.dat", text, false).expect("good lines");
        data.titles = Titles::parse("movies.csv", b"id,title\nup,Up (2009)\n").ok();
        let report = data.report(text.len() as u64, 0.5);
        assert_eq!(report.format, "user::item::rating, plain");
        assert_eq!((report.statistics.users, report.titles), (2, 1));
        let row = |user: &str, item: &str, title: Option<&str>, rating| Row {
            user: user.into(),
            item: item.into(),
            title: title.map(Into::into),
            rating,
        };
        let expected = [
            row("ann", "up", Some("Up"), 5.0),
            row("ann", "brazil", None, 4.0),
            row("bob", "up", Some("Up"), 2.0),
        ];
        assert_eq!(report.first_rows, expected);
    }

    #[test]
    fn a_refused_file_says_how_many_lines_are_bad() {
        let text = b"1::2::3\n1::2::x\n2::2::4\n3\n";
        let Err(bad) = read("r.dat", text, false) else { panic!("line 2 is bad") };
        assert!(bad.message.starts_with("r.dat:2:7: "), "{}", bad.message);
        assert_eq!(bad.bad_lines, Some(2));
        assert!(bad.examples[0].starts_with("line 2, column 7: "), "{:?}", bad.examples);
        let data = read("r.dat", text, true).unwrap_or_else(|bad| panic!("{}", bad.message));
        assert_eq!(data.report(0, 0.0).skipped, 2);
    }

    #[test]
    fn a_file_that_is_no_ratings_file_offers_no_skipping() {
        let Err(bad) = read("page.html", b"<!doctype html><html></html>", false) else {
            panic!("a web page is refused")
        };
        assert_eq!((bad.bad_lines, bad.examples.len()), (None, 0));
    }
}
