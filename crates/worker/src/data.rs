//! A file to a table, and to what the page shows of it.

use protocol::{BadData, DataReport, Row};
use ratings::{
    BadLine, Fingerprint, Loaded, Problem, ReadError, ReadOptions, Skipped, Statistics, Table,
    Titles,
};

use crate::matrix;

/// Ratings that are shown as they are.
const FIRST_ROWS: usize = 10;

/// Ratings at hand.
pub(crate) struct Data {
    pub(crate) name: String,
    /// Which of the files that were given holds them.
    pub(crate) file: usize,
    pub(crate) table: Table,
    /// What came with the data, or was given for it.
    pub(crate) titles: Option<Titles>,
    /// What came with it and is of no use, and why.
    pub(crate) unused: Vec<String>,
    pub(crate) fingerprint: Fingerprint,
}

/// What a file holds.
pub(crate) enum Content {
    Ratings(Box<Data>),
    Titles(Titles),
}

/// Reads a file. Whatever can be read as ratings is ratings; what cannot may be titles.
///
/// # Errors
/// What is wrong with it, and how much of it: where leaving out bad lines would help, they are
/// counted.
pub(crate) fn read(name: &str, bytes: &[u8], skip_bad_lines: bool) -> Result<Content, BadData> {
    let error = match ratings::read(name, bytes, &options(skip_bad_lines)) {
        Ok(loaded) => return Ok(Content::Ratings(Box::new(Data::of(name, loaded)))),
        Err(error) => error,
    };
    match error.problem {
        Problem::TitlesNotRatings => Titles::parse(name, bytes)
            .map(Content::Titles)
            .map_err(|error| bad_data(name, error.to_string())),
        // A zip of titles alone.
        Problem::NothingInZip(_) => Titles::parse(name, bytes)
            .map(Content::Titles)
            .map_err(|_| bad_data(name, error.to_string())),
        _ => Err(refused(name, bytes, &error)),
    }
}

fn options(skip_bad_lines: bool) -> ReadOptions {
    ReadOptions { skip_bad_lines, ..ReadOptions::default() }
}

fn refused(name: &str, bytes: &[u8], error: &ReadError) -> BadData {
    let mut bad = bad_data(name, error.to_string());
    if matches!(error.problem, Problem::Line(_))
        && let Ok(Loaded { table, .. }) = ratings::read(name, bytes, &options(true))
    {
        let Skipped { count, examples, .. } = &table.skipped;
        bad.bad_lines = Some(*count);
        bad.examples = examples.iter().map(shown).collect();
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
    fn of(name: &str, Loaded { table, titles, titles_error }: Loaded) -> Self {
        let unused = titles_error.map(|error| error.to_string()).into_iter().collect();
        let fingerprint = Fingerprint::of(&table);
        Self { name: name.to_owned(), file: 0, table, titles, unused, fingerprint }
    }

    /// What the page shows of it.
    pub(crate) fn report(&self, bytes: u64, seconds: f64) -> DataReport {
        let Self { name, file, table, titles, unused, fingerprint } = self;
        DataReport {
            file: *file,
            name: name.clone(),
            bytes,
            seconds,
            format: format!("{}, {}", table.format, table.container),
            statistics: Statistics::of(table),
            first_rows: self.first_rows(),
            skipped: table.skipped.count,
            skipped_examples: table.skipped.examples.iter().map(shown).collect(),
            titles: titles.as_ref().map_or(0, Titles::len),
            unused: unused.clone(),
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

    /// The ratings in a file that holds some.
    fn data(name: &str, bytes: &[u8], skip_bad_lines: bool) -> Data {
        match read(name, bytes, skip_bad_lines) {
            Ok(Content::Ratings(data)) => *data,
            Ok(Content::Titles(_)) => panic!("{name} is taken for titles"),
            Err(bad) => panic!("{}", bad.message),
        }
    }

    #[test]
    fn a_report_shows_the_first_ratings_as_the_file_has_them() {
        let text = b"ann::up::5::0\nann::brazil::4::0\nbob::up::2::0\n";
        let mut data = data("ratings.dat", text, false);
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
        assert_eq!(data("r.dat", text, true).report(0, 0.0).skipped, 2);
    }

    #[test]
    fn a_file_is_told_by_what_can_be_read_in_it() {
        let ratings = [
            &b"A1::B001::4\nA2::B002::5\n"[..],
            b"user,item,title,rating\na,b,Up,4\nc,d,Brazil,2\n",
            b"1::10::4::978300760\n2::10::3::978300761\n",
        ];
        for text in ratings {
            assert_eq!(data("a", text, false).report(0, 0.0).statistics.ratings, 2);
        }
        let bad = b"A1::B001::4\nA2::B002::5\nA2::B003::x\n";
        let Err(refused) = read("a", bad, false) else { panic!("line 3 is bad") };
        assert_eq!(refused.bad_lines, Some(1));
        for text in [
            &b"1::Toy Boat (1995)::Animation\n2::Ship (1995)::Adventure\n"[..],
            b"movieId,title,genres\n1,Toy Boat (1995),Comedy\n2,Ship,Drama\n",
        ] {
            for skip_bad_lines in [false, true] {
                let Ok(Content::Titles(titles)) = read("a", text, skip_bad_lines) else {
                    panic!("these are titles")
                };
                assert_eq!(titles.len(), 2);
            }
        }
    }

    #[test]
    fn a_file_that_is_no_ratings_file_offers_no_skipping() {
        let Err(bad) = read("page.html", b"<!doctype html><html></html>", false) else {
            panic!("a web page is refused")
        };
        assert_eq!((bad.bad_lines, bad.examples.len()), (None, 0));
    }
}
