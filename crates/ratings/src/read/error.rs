//! What can be wrong with a file: where, what, and what to do next.

use std::fmt;

/// A file that cannot be read, and where it stops making sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {problem}", self.name, Place(self.position))]
pub struct ReadError {
    /// The file; for a member of a zip, `archive.zip/path/of/member`.
    pub name: String,
    /// Where in the file, when it is about one place.
    pub position: Option<Position>,
    /// What is wrong there.
    pub problem: Problem,
}

/// A place in a text file; both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// What is wrong with a file as a whole, or with one of its lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No bytes, or only blank ones.
    #[error("the file is empty; expected lines such as user::item::rating::timestamp")]
    Empty,
    /// The same, where titles were expected.
    #[error("the file is empty; expected lines such as id::title::genres")]
    NoTitleLines,
    /// Bytes that no text has.
    #[error(
        "this is a binary file ({0}), not text; give a text file, as it is, gzipped, or in a zip"
    )]
    Binary(&'static str),
    /// Something that has to be unpacked elsewhere.
    #[error("this is {0}; unpack it and give the file inside")]
    Packed(&'static str),
    /// A spreadsheet.
    #[error("this is an Excel workbook; save the sheet as CSV and give that")]
    Workbook,
    /// Text in 16-bit units.
    #[error("the text is encoded as UTF-16; save it as UTF-8 and try again")]
    Utf16,
    /// Lines that no line feed ends.
    #[error("the lines end in CR alone, as on old Macs; convert the line ends to LF and try again")]
    BareCarriageReturns,
    /// A page that was saved in place of the file.
    #[error(
        "this is a web page, not a data file; the download probably failed: fetch the file itself and try again"
    )]
    WebPage,
    /// JSON text.
    #[error("this is JSON; convert it to CSV with a header")]
    Json,
    /// No known arrangement of columns.
    #[error(
        "no known format: the first lines hold neither user::item::rating, nor a CSV header with user, item and rating columns, nor blank-separated columns"
    )]
    UnknownFormat,
    /// A header that lacks a column.
    #[error(
        "the header names no {missing} column (its columns: {found}); rename one to \"{missing}\""
    )]
    MissingColumn {
        /// The column that was looked for.
        missing: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// Not a single rating.
    #[error("there is no rating in this file; expected at least one line after the header")]
    NoRatings,
    /// Not a single title.
    #[error("there is no title in this file; expected at least one line after the header")]
    NoTitles,
    /// Not a single rating, for all lines are bad.
    #[error("none of the {lines} lines holds a rating; the first one: line {}, column {}: {}", first.line, first.column, first.problem)]
    AllLinesBad {
        /// How many lines were skipped.
        lines: usize,
        /// The first of them.
        first: Box<BadLine>,
    },
    /// More than 2³²−1 lines.
    #[error(
        "the file has more lines than 4,294,967,295, the most this program reads; give a part of it"
    )]
    TooManyLines,
    /// Titles where ratings were expected.
    #[error(
        "this file holds titles, not ratings; give the ratings file, and this one as the titles"
    )]
    TitlesNotRatings,
    /// Ratings where titles were expected.
    #[error(
        "this file holds ratings, not titles; give a file such as movies.dat, u.item or movies.csv"
    )]
    RatingsNotTitles,
    /// No known arrangement of titles.
    #[error(
        "no known format of titles: expected id::title::genres, id|title|..., or a CSV header with id and title columns"
    )]
    UnknownTitles,
    /// Compressed data that stops early.
    #[error("the {0} data ends early; the file is probably cut short: fetch it again")]
    Truncated(&'static str),
    /// Compressed data that makes no sense.
    #[error("the {0} data is damaged ({1}); fetch the file again")]
    Damaged(&'static str, String),
    /// A zip that holds no ratings.
    #[error(
        "no member of this zip holds ratings (it has: {0}); unpack it and give the ratings file"
    )]
    NothingInZip(String),
    /// A zip that needs a password.
    #[error("{0} is encrypted; unpack the zip and give the ratings file inside")]
    Encrypted(String),
    /// A zip whose members are packed in an unusual way.
    #[error(
        "{0} is packed by a method that is not supported; unpack the zip and give the ratings file inside"
    )]
    UnsupportedMethod(String),
    /// Far more text than a ratings file of this size can hold.
    #[error(
        "the data unpacks to more than {limit} bytes, over {ratio} times its packed size, as no ratings file does; if it is one all the same, unpack it and give the plain file"
    )]
    Bomb {
        /// Where unpacking stopped, in bytes.
        limit: u64,
        /// The most times that data may grow.
        ratio: u64,
    },
    /// More than fits.
    #[error(
        "the data unpacks to more than {limit} bytes, more than fits in memory here; give a part of it"
    )]
    TooLarge {
        /// Where unpacking stopped, in bytes.
        limit: u64,
    },
    /// One bad line of titles.
    #[error("{0}; correct the line")]
    TitleLine(LineProblem),
    /// One line whose time is bad, though its rating is not.
    #[error("{0}; correct the line, or split the ratings at random")]
    TimeLine(LineProblem),
    /// One bad line of ratings.
    #[error("{0}; correct the line, or have bad lines skipped")]
    Line(LineProblem),
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// A line that ends before its columns do.
    #[error("the {field} is missing; a line reads {expected}")]
    MissingField {
        /// The first column that is not there.
        field: Field,
        /// What a line should look like.
        expected: String,
    },
    /// A line with more columns than there are names for.
    #[error("{found} fields where {most} are the most; a line reads {expected}")]
    TooManyFields {
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
        /// What a line should look like.
        expected: String,
    },
    /// An id without a character.
    #[error("the {0} is empty")]
    EmptyId(Field),
    /// An id with a character that no text has, such as NUL.
    #[error(
        "control character 0x{byte:02X} in the {field}; if the file is damaged, fetch it again"
    )]
    ControlCharacter {
        /// The column that has it.
        field: Field,
        /// Which character.
        byte: u8,
    },
    /// A rating that is no number.
    #[error("rating {:?} is not a number", Excerpt(.0))]
    NotANumber(String),
    /// A rating with a decimal comma.
    #[error("rating {:?} has a decimal comma; write it with a point", Excerpt(.0))]
    DecimalComma(String),
    /// A rating that is a number by name only.
    #[error("rating {:?} is not finite", Excerpt(.0))]
    NotFinite(String),
    /// A rating beyond the range of a 32-bit float.
    #[error("rating {:?} is too large; at most 3.4e38 can be read", Excerpt(.0))]
    TooLarge(String),
    /// A time that is no number.
    #[error("time {:?} is not a number, such as seconds since 1970", Excerpt(.0))]
    NoTime(String),
    /// A quote that runs to the end of the file.
    #[error("the quote that opens here is never closed")]
    OpenQuote,
}

/// A column of a ratings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The raw id of the user.
    User,
    /// The raw id of the item.
    Item,
    /// The rating.
    Rating,
    /// When the rating was given.
    Time,
    /// The title of an item.
    Title,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user id",
            Self::Item => "item id",
            Self::Rating => "rating",
            Self::Time => "timestamp",
            Self::Title => "title",
        })
    }
}

/// A line that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong with it.
    pub problem: LineProblem,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.problem)
    }
}

/// The lines that were left out: all are counted, the first few are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many lines were left out.
    pub count: usize,
    /// The first [`Skipped::MOST_EXAMPLES`] of them.
    pub examples: Vec<BadLine>,
}

impl Skipped {
    /// How many skipped lines are kept with their reason.
    pub const MOST_EXAMPLES: usize = 20;

    /// Adds those of the lines that follow.
    pub(super) fn append(&mut self, next: Self) {
        self.count += next.count;
        let room = Self::MOST_EXAMPLES - self.examples.len();
        self.examples.extend(next.examples.into_iter().take(room));
    }
}

/// A place as it stands behind a file name.
struct Place(Option<Position>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Position { line, column }) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}

/// The start of a text that may be long.
struct Excerpt<'a>(&'a str);

impl fmt::Debug for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 40;
        match self.0.char_indices().nth(LONGEST) {
            Some((end, _)) => write!(f, "{:?}...", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

impl ReadError {
    pub(crate) fn of_file(name: &str, problem: Problem) -> Self {
        Self { name: name.to_owned(), position: None, problem }
    }

    pub(crate) fn of_line(
        name: &str,
        bad: BadLine,
        problem: impl FnOnce(LineProblem) -> Problem,
    ) -> Self {
        let BadLine { line, column, problem: of_line } = bad;
        Self {
            name: name.to_owned(),
            position: Some(Position { line, column }),
            problem: problem(of_line),
        }
    }
}
