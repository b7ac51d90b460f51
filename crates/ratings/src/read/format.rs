//! Which columns a file has, told by its first lines.

use std::fmt;

use memchr::memchr;

use super::error::Problem;
use super::fields::{Fields, Separator, decode, trim};
use super::number;
use super::sniff::refuse_what_is_not_text;

/// How many of the first lines decide on the format.
const LINES_LOOKED_AT: usize = 50;

/// The longest line that is looked at to tell the format, in bytes.
const LONGEST_LINE: usize = 64 * 1024;

/// How much of a header an error shows, in characters.
const LONGEST_EXPECTED: usize = 120;

/// How the lines of a ratings file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Format {
    /// `user::item::rating::timestamp`, as in MovieLens-1M; the timestamp may be missing.
    DoubleColon,
    /// Commas, semicolons, or, below a header, bars or tabs; quoted fields or not.
    Csv,
    /// Columns `user item rating timestamp` with tabs or blanks between, as in u.data.
    Blank,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DoubleColon => "user::item::rating",
            Self::Csv => "CSV",
            Self::Blank => "tab- or blank-separated",
        })
    }
}

/// What the first lines tell about all lines.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) format: Format,
    pub(super) separator: Separator,
    /// Whether any field may be quoted.
    pub(super) quoted: bool,
    /// Which field is the user, the item and the rating.
    pub(super) columns: [usize; 3],
    /// Which field says when, if one does; without a header it may be missing.
    pub(super) time: Option<usize>,
    /// How many fields a line may have.
    pub(super) most_fields: usize,
    /// The header, if the first line is one.
    pub(super) header: Option<String>,
}

impl Layout {
    /// Tells the layout by the first lines of a text without byte order mark.
    pub(super) fn detect(text: &[u8]) -> Result<Self, Problem> {
        refuse_what_is_not_text(text)?;
        let lines: Vec<&[u8]> = first_lines(text).collect();
        let first = lines.first().ok_or(Problem::UnknownFormat)?;
        let mut half_named = None;
        for separator in [
            Separator::DoubleColon,
            Separator::Byte(b'\t'),
            Separator::Byte(b','),
            Separator::Byte(b';'),
            Separator::Byte(b'|'),
            Separator::Blank,
        ] {
            let names = HeaderNames::of(first, separator);
            match names.columns([&USER, &ITEM, &RATING]) {
                Ok(columns) => return Ok(Self::below_header(text, separator, &names, columns)),
                Err(problem) if names.knows_any([&USER, &ITEM, &RATING]) => {
                    half_named.get_or_insert(problem);
                }
                Err(_) => {}
            }
        }
        if let Some(problem) = half_named {
            return Err(problem);
        }
        Self::without_header(text, &lines)
    }

    /// What a line should look like, for errors.
    pub(super) fn expected(&self) -> String {
        match &self.header {
            // Some files have a column for every item there is.
            Some(header) => match header.char_indices().nth(LONGEST_EXPECTED) {
                Some((end, _)) => format!("{}...", &header[..end]),
                None => header.clone(),
            },
            None => ["user", "item", "rating", "timestamp"].join(self.separator.text()),
        }
    }

    fn below_header(
        text: &[u8],
        separator: Separator,
        names: &HeaderNames,
        columns: [usize; 3],
    ) -> Self {
        Self {
            format: match separator {
                Separator::DoubleColon => Format::DoubleColon,
                Separator::Byte(_) => Format::Csv,
                Separator::Blank => Format::Blank,
            },
            separator,
            quoted: may_be_quoted(text, separator),
            columns,
            time: names.find(&TIME),
            most_fields: names.names.len(),
            header: Some(names.names.join(separator.text())),
        }
    }

    /// The columns user, item, rating and perhaps timestamp, in this order.
    fn without_header(text: &[u8], lines: &[&[u8]]) -> Result<Self, Problem> {
        let fits = |separator: Separator| {
            let fields = |line: &&[u8]| Fields::of(line, separator, false).count();
            let good = |count: &usize| match separator {
                Separator::DoubleColon => *count >= 2, // no other text has it
                Separator::Byte(_) => *count >= 3,
                Separator::Blank => (3..=4).contains(count), // prose has more words
            };
            2 * lines.iter().map(fields).filter(good).count() >= lines.len()
        };
        let formats = [
            (Separator::DoubleColon, Format::DoubleColon),
            (Separator::Byte(b'\t'), Format::Blank),
            (Separator::Byte(b','), Format::Csv),
            (Separator::Byte(b';'), Format::Csv),
            (Separator::Blank, Format::Blank),
        ];
        let (separator, format) = formats
            .into_iter()
            .find(|&(separator, _)| fits(separator))
            .ok_or(Problem::UnknownFormat)?;
        if let Some(names) = unknown_header(lines, separator) {
            let missing = names.columns([&USER, &ITEM, &RATING]);
            missing.map_or_else(Err, |_| Ok(()))?;
        }
        Ok(Self {
            format,
            separator,
            quoted: may_be_quoted(text, separator),
            columns: [0, 1, 2],
            time: Some(3),
            most_fields: 4,
            header: None,
        })
    }
}

/// A column that a header may name in several ways.
pub(crate) struct Column {
    /// What errors call it.
    name: &'static str,
    /// Its names, the likeliest first, without case, blanks and punctuation, separated by blanks.
    synonyms: &'static str,
}

impl Column {
    pub(crate) const fn new(name: &'static str, synonyms: &'static str) -> Self {
        Self { name, synonyms }
    }

    /// How likely a column called `name` is this one: 0 is the likeliest, `None` says it is not.
    fn rank(&self, name: &str) -> Option<usize> {
        // What follows a colon is a type, as in `user_id:token`.
        let name = name.split(':').next().unwrap_or_default();
        let bare: String =
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        self.synonyms.split(' ').position(|synonym| synonym == bare)
    }
}

const USER: Column = Column::new(
    "user",
    "userid uid user usr customerid customer reviewerid reviewer profileid profile memberid member username",
);
const RATING: Column = Column::new(
    "rating",
    "rating ratings score scores star stars value overall bookrating overallrating",
);
const TIME: Column = Column::new(
    "timestamp",
    "timestamp time ts unixtime unixreviewtime reviewtime ratingtime date datetime ratedat created createdat",
);
/// The item, by its general names and by those of well-known data sets.
pub(crate) const ITEM: Column = Column::new(
    "item",
    "itemid iid item movieid mid movie productid asin product bookid isbn book businessid business \
     trackid track songid song artistid artist animeid anime gameid appid game showid show filmid film",
);

/// The first line of a file, as the names of its columns.
pub(crate) struct HeaderNames {
    /// As the file writes them.
    pub(crate) names: Vec<String>,
}

impl HeaderNames {
    pub(crate) fn of(line: &[u8], separator: Separator) -> Self {
        let fields = Fields::of(line, separator, true);
        Self { names: fields.map(|field| decode(&field.text).into_owned()).collect() }
    }

    /// The place of the column whose name is the likeliest for `column`; of two, the left one.
    pub(crate) fn find(&self, column: &Column) -> Option<usize> {
        let ranks = self.names.iter().enumerate();
        let known = ranks.filter_map(|(place, name)| Some((column.rank(name)?, place)));
        known.min().map(|(_, place)| place)
    }

    /// The places of `columns`, all of which must be there.
    pub(crate) fn columns<const N: usize>(
        &self,
        columns: [&Column; N],
    ) -> Result<[usize; N], Problem> {
        let mut places = [0; N];
        for (place, column) in places.iter_mut().zip(columns) {
            *place = self.find(column).ok_or_else(|| Problem::MissingColumn {
                missing: column.name,
                found: shortened(&self.names.join(", ")),
            })?;
        }
        Ok(places)
    }

    /// Whether these may be names: several, and none a number.
    fn are_words(&self) -> bool {
        let number = |name: &String| number::parse(name.as_bytes()).is_ok();
        self.names.len() > 1 && !self.names.iter().any(number)
    }

    /// Whether one of `columns` is among the names.
    pub(crate) fn knows_any<const N: usize>(&self, columns: [&Column; N]) -> bool {
        self.are_words() && columns.into_iter().any(|column| self.find(column).is_some())
    }
}

/// The first line, when it seems to name columns, though not by any name we know: no field of it is
/// a number, and the rating below it is one.
fn unknown_header(lines: &[&[u8]], separator: Separator) -> Option<HeaderNames> {
    let Separator::Byte(_) = separator else {
        return None;
    };
    let is_number = |text: &str| number::parse(text.as_bytes()).is_ok();
    let names = HeaderNames::of(lines.first()?, separator);
    let below = HeaderNames::of(lines.get(1)?, separator);
    (names.are_words() && below.names.get(2).is_some_and(|rating| is_number(rating)))
        .then_some(names)
}

/// The first lines that are not blank, without their line ends.
pub(crate) fn first_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    let lines = std::iter::from_fn(move || {
        let text = rest?;
        let (line, after) = match memchr(b'\n', text) {
            Some(end) => (&text[..end], Some(&text[end + 1..])),
            None => (text, None),
        };
        rest = after;
        Some(trim(&line[..line.len().min(LONGEST_LINE)]))
    });
    lines.filter(|line| !line.trim_ascii().is_empty()).take(LINES_LOOKED_AT)
}

fn may_be_quoted(text: &[u8], separator: Separator) -> bool {
    matches!(separator, Separator::Byte(_)) && memchr(b'"', text).is_some()
}

fn shortened(names: &str) -> String {
    const LONGEST: usize = 120;
    match names.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &names[..end]),
        None => names.to_owned(),
    }
}
