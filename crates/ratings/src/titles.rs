//! What the items are called.

use std::borrow::Cow;

use hashbrown::HashMap;
use memchr::{memchr, memchr_iter};

use crate::read::{
    BadLine, Column, Field, Fields, HeaderNames, ITEM, LineProblem, Problem, ReadError, Separator,
    column_of, decode, first_lines, record_end, refuse_what_is_not_text, trim, unwrap_titles,
    without_bom,
};

/// The genres that the 19 flags at the end of a line of u.item stand for, in order.
const FLAGGED_GENRES: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

const ID: Column = Column::new("id", "id");
const TITLE: Column =
    Column::new("title", "title titles name movietitle itemname producttitle booktitle");
const GENRES: Column = Column::new("genres", "genres genre category categories class tags");

const YEAR: Column = Column::new("year", "year releaseyear yearofrelease yearofpublication");

/// What an item is called, and what kind it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Title {
    /// The title, without the year.
    pub title: String,
    /// The year of release, when it is given.
    pub year: Option<u16>,
    /// The genres, in the order of the file.
    pub genres: Vec<String>,
}

/// The titles of items, by raw id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Titles {
    ids: Vec<String>,
    titles: Vec<Title>, // [ids]
    rows: HashMap<String, usize>,
}

impl Titles {
    /// Reads a file of titles: `movies.dat` (`id::title::genres`), `u.item` (`id|title|...` with a
    /// flag per genre), or `movies.csv` (a header with id and title, perhaps genres and year). Text
    /// that is not UTF-8 is read as Latin-1. The file may be gzipped, or be in a zip under one of
    /// these names. Of two lines with the same id the first counts.
    ///
    /// # Errors
    /// [`ReadError`] says where, what, and what to do next.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        let (name, text) = unwrap_titles(name, bytes)?;
        Self::parse_text(&name, &text)
    }

    /// The same, of a text that is already unwrapped.
    pub(crate) fn parse_text(name: &str, text: &[u8]) -> Result<Self, ReadError> {
        let of_file = |problem| ReadError::of_file(name, problem);
        let text = without_bom(text);
        let layout = Layout::detect(text).map_err(of_file)?;
        let titles = parse(text, &layout, usize::MAX)
            .map_err(|bad| ReadError::of_line(name, bad, Problem::TitleLine))?;
        if titles.is_empty() {
            return Err(of_file(Problem::NoTitles));
        }
        Ok(titles)
    }

    /// The title of the item with this raw id.
    pub fn get(&self, raw_item_id: &str) -> Option<&Title> {
        self.rows.get(raw_item_id).map(|&row| &self.titles[row])
    }

    /// How many titles there are.
    pub fn len(&self) -> usize {
        self.titles.len()
    }

    /// Whether there is no title at all.
    pub fn is_empty(&self) -> bool {
        self.titles.is_empty()
    }

    /// Raw item id and title, in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Title)> {
        self.ids.iter().map(String::as_str).zip(&self.titles)
    }

    pub(crate) fn insert(&mut self, raw_item_id: &str, title: Title) {
        if !self.rows.contains_key(raw_item_id) {
            self.rows.insert(raw_item_id.to_owned(), self.ids.len());
            self.ids.push(raw_item_id.to_owned());
            self.titles.push(title);
        }
    }
}

impl FromIterator<(String, Title)> for Titles {
    /// From raw item ids and titles; of two with the same id the first counts.
    fn from_iter<T: IntoIterator<Item = (String, Title)>>(entries: T) -> Self {
        let mut titles = Self::default();
        for (id, title) in entries {
            titles.insert(&id, title);
        }
        titles
    }
}

/// Whether a text that is no ratings file is one of titles: a header says so, or most of its first
/// lines are a number, something with a letter in it, and no rating.
pub(crate) fn looks_like_titles(text: &[u8]) -> bool {
    let Ok(layout) = Layout::detect(text) else {
        return false;
    };
    let named = |line: &&[u8]| {
        let mut fields = Fields::of(line, layout.separator, false).map(|field| field.text);
        let mut has = |good: fn(u8) -> bool| {
            fields.next().is_some_and(|text| text.iter().any(|&byte| good(byte)))
        };
        has(|byte| byte.is_ascii_digit()) && has(|byte| byte.is_ascii_alphabetic())
    };
    let lines: Vec<&[u8]> = first_lines(text).collect();
    layout.header || 2 * lines.iter().filter(|line| named(line)).count() > lines.len()
}

/// Where a line has its id, its title, and the rest.
struct Layout {
    separator: Separator,
    header: bool,
    id: usize,
    title: usize,
    genres: Option<usize>,
    year: Option<usize>,
}

impl Layout {
    fn detect(text: &[u8]) -> Result<Self, Problem> {
        refuse_what_is_not_text(text).map_err(|problem| match problem {
            Problem::Empty => Problem::NoTitleLines,
            problem => problem,
        })?;
        let lines: Vec<&[u8]> = first_lines(text).collect();
        let first = *lines.first().ok_or(Problem::UnknownTitles)?;
        let mostly = |good: fn(&[u8]) -> bool| {
            2 * lines.iter().filter(|line| good(line)).count() > lines.len()
        };
        if mostly(is_rating) {
            return Err(Problem::RatingsNotTitles);
        }
        let fields = |line, separator| Fields::of(line, separator, false).count();
        for (separator, good) in [
            (Separator::DoubleColon, (|line| line_has(line, b"::")) as fn(&[u8]) -> bool),
            (Separator::Byte(b'|'), |line| line_has(line, b"|") && starts_with_id(line)),
        ] {
            if mostly(good) && fields(first, separator) >= 2 {
                return Ok(Self {
                    separator,
                    header: false,
                    id: 0,
                    title: 1,
                    genres: Some(2),
                    year: None,
                });
            }
        }
        Self::below_header(first)
    }

    fn below_header(first: &[u8]) -> Result<Self, Problem> {
        let mut half_named = None;
        for separator in [Separator::Byte(b','), Separator::Byte(b';'), Separator::Byte(b'\t')] {
            let names = HeaderNames::of(first, separator);
            let id = if names.find(&ITEM).is_some() { &ITEM } else { &ID };
            match names.columns([id, &TITLE]) {
                Ok([id, title]) => {
                    let (genres, year) = (names.find(&GENRES), names.find(&YEAR));
                    return Ok(Self { separator, header: true, id, title, genres, year });
                }
                Err(problem) if names.knows_any([id, &TITLE]) => {
                    half_named.get_or_insert(problem);
                }
                Err(_) => {}
            }
        }
        Err(half_named.unwrap_or(Problem::UnknownTitles))
    }

    fn quoted(&self) -> bool {
        self.header
    }

    fn expected(&self) -> String {
        ["id", "title", "genres"].join(self.separator.text())
    }
}

fn line_has(line: &[u8], what: &[u8]) -> bool {
    memchr::memmem::find(line, what).is_some()
}

/// `id|...`: what stands before the first bar has no blank in it, as no header has.
fn starts_with_id(line: &[u8]) -> bool {
    let id = &line[..memchr(b'|', line).unwrap_or(line.len())];
    !id.is_empty() && id.iter().all(|byte| byte.is_ascii_digit())
}

/// Whether the second and the third field are numbers, as an item id and a rating are.
fn is_rating(line: &[u8]) -> bool {
    let separators = [Separator::DoubleColon, Separator::Byte(b'\t'), Separator::Byte(b',')];
    separators.into_iter().any(|separator| {
        let fields = Fields::of(line, separator, false).skip(1).take(2);
        let number = |text: &[u8]| decode(text).parse::<f32>().is_ok_and(f32::is_finite);
        fields.filter(|field| number(&field.text)).count() == 2
    })
}

fn parse(text: &[u8], layout: &Layout, most: usize) -> Result<Titles, BadLine> {
    let utf8 = std::str::from_utf8(text).is_ok();
    let to_text: fn(&[u8]) -> Cow<'_, str> = if utf8 { decode } else { latin1 };
    let quoted = layout.quoted() && memchr(b'"', text).is_some();
    let mut titles = Titles::default();
    let mut header = layout.header;
    let mut at = 0;
    while at < text.len() && titles.len() < most {
        let bad = |start: usize, byte: usize, problem| BadLine {
            line: memchr_iter(b'\n', &text[..start]).count() + 1,
            column: column_of(&text[start..], byte),
            problem,
        };
        let end = record_end(text, at, layout.separator, quoted).map_err(|quote| {
            let start = memchr::memrchr(b'\n', &text[..quote]).map_or(0, |end| end + 1);
            bad(start, quote - start, LineProblem::OpenQuote)
        })?;
        let line = trim(&text[at..end]);
        let blank = line.trim_ascii().is_empty();
        if !blank && !std::mem::take(&mut header) {
            let (id, title) = entry(line, layout, quoted, to_text)
                .map_err(|(byte, problem)| bad(at, byte, problem))?;
            titles.insert(&id, title);
        }
        at = end + 1;
    }
    Ok(titles)
}

fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect())
}

/// The raw id and the title on a line, or what is wrong at which byte of it.
fn entry<'a>(
    line: &'a [u8],
    layout: &Layout,
    quoted: bool,
    to_text: fn(&[u8]) -> Cow<'_, str>,
) -> Result<(String, Title), (usize, LineProblem)> {
    let fields: Vec<_> = Fields::of(line, layout.separator, quoted).collect();
    let missing =
        |field, byte| (byte, LineProblem::MissingField { field, expected: layout.expected() });
    let id = fields.get(layout.id).ok_or_else(|| missing(Field::Item, line.len()))?;
    let title = fields.get(layout.title).ok_or_else(|| missing(Field::Title, line.len()))?;
    if id.text.is_empty() {
        return Err((id.start, LineProblem::EmptyId(Field::Item)));
    }
    let texts: Vec<Cow<'_, str>> = fields.iter().map(|field| to_text(&field.text)).collect();
    let (name, year) = split_year(&texts[layout.title]);
    let genres = match layout.genres {
        Some(_) if layout.separator == Separator::Byte(b'|') => genres_behind_bars(&texts),
        Some(genres) => genres_in(texts.get(genres).map_or("", |text| text)),
        None => Vec::new(),
    };
    if name.is_empty() && !matches!(layout.separator, Separator::Byte(b'|')) {
        return Err(missing(Field::Title, title.start));
    }
    let year = year.or_else(|| match layout.year {
        Some(column) => texts.get(column)?.trim().parse().ok(),
        None if layout.header => None,
        None => year_of_date(texts.get(2)?),
    });
    let title = Title { title: name.to_owned(), year, genres };
    Ok((to_text(&id.text).into_owned(), title))
}

/// `Name (1995)` or `Name (1995-1997)` to the name and the first year.
fn split_year(title: &str) -> (&str, Option<u16>) {
    let title = title.trim();
    let split = title.strip_suffix(')').and_then(|front| front.rsplit_once('('));
    let Some((name, span)) = split else {
        return (title, None);
    };
    let year = span.split(['-', '\u{2013}']).next().unwrap_or_default().trim();
    let whole = span.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '\u{2013}' | ' '));
    match year.parse() {
        Ok(number) if year.len() == 4 && whole => (name.trim_end(), Some(number)),
        _ => (title, None),
    }
}

/// The year of a date such as `01-Jan-1995`.
fn year_of_date(date: &str) -> Option<u16> {
    let (day_and_month, year) = date.rsplit_once('-')?;
    (day_and_month.contains('-') && year.len() == 4).then(|| year.parse().ok())?
}

/// `Comedy|Crime`, or with commas or semicolons between.
fn genres_in(text: &str) -> Vec<String> {
    if text == "(no genres listed)" {
        return Vec::new();
    }
    let between = ['|', ';', ','].into_iter().find(|&mark| text.contains(mark)).unwrap_or('|');
    let genres = text.split(between).map(str::trim).filter(|genre| !genre.is_empty());
    genres.map(str::to_owned).collect()
}

/// The genres of `id|title|...`: flags at the end, as in u.item, or else names from the third field.
fn genres_behind_bars(fields: &[Cow<'_, str>]) -> Vec<String> {
    let flags = fields.len().checked_sub(FLAGGED_GENRES.len()).map(|start| &fields[start..]);
    let flags = flags.filter(|flags| flags.iter().all(|flag| matches!(&**flag, "0" | "1")));
    match flags {
        Some(flags) => {
            let set = FLAGGED_GENRES.iter().zip(flags).filter(|(_, flag)| &***flag == "1");
            set.map(|(genre, _)| (*genre).to_owned()).collect()
        }
        None => fields.iter().skip(2).flat_map(|text| genres_in(text)).collect(),
    }
}
