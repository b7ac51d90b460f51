//! What the lines are wrapped in: nothing, gzip, or a zip with the ratings somewhere inside.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::io::{Cursor, ErrorKind, Read};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;
use zip::result::ZipError;

use super::error::{Problem, ReadError};
use super::looks_like_ratings;

/// Packed data may grow this many times: a ratings file grows about tenfold.
const MOST_GROWTH: u64 = 100;

/// Packed data may grow to this many bytes in any case.
const GROWTH_ALLOWED: u64 = 16 << 20;

/// Packed data may never grow beyond this many bytes (or beyond memory).
const MOST_BYTES: u64 = 4 << 30;

/// How much of a member of a zip is looked at to tell whether it holds ratings, in bytes.
const LOOKED_AT: u64 = super::START as u64;

/// How many members of a zip are looked into.
const MEMBERS_LOOKED_AT: usize = 100;

type Zip<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// What a file's lines are wrapped in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Container {
    /// Nothing: a text file.
    Plain,
    /// gzip.
    Gzip,
    /// A zip with several members.
    Zip {
        /// The path of the one that holds the ratings.
        member: String,
    },
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("plain"),
            Self::Gzip => f.write_str("gzip"),
            Self::Zip { member } => write!(f, "zip, {member}"),
        }
    }
}

/// A file, unwrapped.
pub(super) struct Opened<'a> {
    /// For errors: the file, and the member if it is a zip.
    pub(super) name: String,
    pub(super) text: Cow<'a, [u8]>,
    pub(super) container: Container,
    /// Name and text of the titles beside the ratings in a zip, or why they cannot be unpacked.
    pub(super) titles: Option<Result<(String, Vec<u8>), ReadError>>,
}

/// Unwraps the bytes of a ratings file.
pub(super) fn open<'a>(name: &str, bytes: &'a [u8]) -> Result<Opened<'a>, ReadError> {
    let of_file = |problem| ReadError::of_file(name, problem);
    if is_zip(bytes) {
        return open_zip(name, bytes).map_err(of_file);
    }
    let container = if is_gzip(bytes) { Container::Gzip } else { Container::Plain };
    let text = gunzipped(Cow::Borrowed(bytes), bytes.len() as u64).map_err(of_file)?;
    Ok(Opened { name: name.to_owned(), text, container, titles: None })
}

/// Unwraps the bytes of a titles file: the text, and its name for errors.
pub(crate) fn unwrap_titles<'a>(
    name: &str,
    bytes: &'a [u8],
) -> Result<(String, Cow<'a, [u8]>), ReadError> {
    let of_file = |problem| ReadError::of_file(name, problem);
    if !is_zip(bytes) {
        let text = gunzipped(Cow::Borrowed(bytes), bytes.len() as u64).map_err(of_file)?;
        return Ok((name.to_owned(), text));
    }
    let mut zip =
        ZipArchive::new(Cursor::new(bytes)).map_err(|e| of_file(zip_problem(name, &e)))?;
    let members = members(&zip, bytes.len() as u64);
    let member = members
        .iter()
        .find(|member| is_titles(member))
        .ok_or_else(|| of_file(Problem::UnknownTitles))?;
    let text = unpack(&mut zip, member).map_err(of_file)?;
    Ok((format!("{name}/{}", member.path), Cow::Owned(text)))
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1F\x8B")
}

fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The bytes behind gzip, if they are. `packed` is how many bytes there were before anything was
/// unpacked, so that two layers together may grow no further than one.
fn gunzipped(bytes: Cow<'_, [u8]>, packed: u64) -> Result<Cow<'_, [u8]>, Problem> {
    if !is_gzip(&bytes) {
        return Ok(bytes);
    }
    bounded("gzip", MultiGzDecoder::new(&*bytes), packed).map(Cow::Owned)
}

/// All that `reader` gives, unless that is too much for `packed` bytes of packed data.
fn bounded(what: &'static str, reader: impl Read, packed: u64) -> Result<Vec<u8>, Problem> {
    let limit = packed.saturating_mul(MOST_GROWTH).clamp(GROWTH_ALLOWED, MOST_BYTES);
    let mut text = Vec::new();
    let read = reader.take(limit + 1).read_to_end(&mut text);
    read.map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => Problem::Truncated(what),
        ErrorKind::OutOfMemory => Problem::TooLarge { limit: text.len() as u64 },
        _ => Problem::Damaged(what, error.to_string()),
    })?;
    match text.len() as u64 > limit {
        true if limit == MOST_BYTES => Err(Problem::TooLarge { limit }),
        true => Err(Problem::Bomb { limit, ratio: MOST_GROWTH }),
        false => Ok(text),
    }
}

/// A file in a zip.
#[derive(Clone, Debug)]
struct Member {
    index: usize,
    path: String,
    size: u64,
    /// Its size in the zip; the zip may claim anything, but no member is larger than all of it.
    packed: u64,
}

impl Member {
    fn base(&self) -> String {
        self.path.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase()
    }

    fn folder(&self) -> &str {
        self.path.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder)
    }

    /// How likely the name is one of a ratings file; 0 is the best.
    fn rank(&self) -> usize {
        match self.base().as_str() {
            "ratings.dat" | "ratings.csv" | "u.data" => 0,
            base if base.contains("rating") => 1,
            _ => 2,
        }
    }
}

fn open_zip(name: &str, bytes: &[u8]) -> Result<Opened<'static>, Problem> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| zip_problem(name, &error))?;
    let members = members(&zip, bytes.len() as u64);
    if members.iter().any(|member| member.path == "xl/workbook.xml") {
        return Err(Problem::Workbook);
    }
    let mut tried = None; // why the likeliest member could not be looked at
    let mut chosen = None;
    for member in members.iter().take(MEMBERS_LOOKED_AT) {
        match peek(&mut zip, member) {
            Ok(start) if member.rank() == 0 || looks_like_ratings(&start) => {
                chosen = Some(member);
                break;
            }
            Ok(_) => {}
            Err(problem) if member.rank() < 2 => return Err(problem),
            Err(problem) => {
                tried.get_or_insert(problem);
            }
        }
    }
    let Some(member) = chosen else {
        return Err(tried.unwrap_or_else(|| Problem::NothingInZip(listed(&members))));
    };
    let text = Cow::Owned(unpack(&mut zip, member)?);
    let beside = members.iter().filter(|other| is_titles(other));
    let titles = beside.min_by_key(|other| other.folder() != member.folder()).map(|titles| {
        let name = format!("{name}/{}", titles.path);
        match unpack(&mut zip, titles) {
            Ok(text) => Ok((name, text)),
            Err(problem) => Err(ReadError::of_file(&name, problem)),
        }
    });
    Ok(Opened {
        name: format!("{name}/{}", member.path),
        text,
        container: Container::Zip { member: member.path.clone() },
        titles,
    })
}

/// The files of a zip, the likeliest ratings file first.
fn members(zip: &Zip<'_>, most_packed: u64) -> Vec<Member> {
    let mut members: Vec<Member> = (0..zip.len())
        .filter_map(|index| {
            let path = zip.name_for_index(index)?.ok()?.into_owned();
            let data = zip.by_index_data(index).ok()?;
            let packed = data.compressed_size().min(most_packed);
            Some(Member { index, path, size: data.size(), packed })
        })
        .filter(|member| !member.path.ends_with('/') && !member.path.starts_with("__MACOSX/"))
        .filter(|member| !member.base().starts_with('.'))
        .collect();
    members.sort_by_key(|member| (member.rank(), Reverse(member.size), member.index));
    members
}

fn is_titles(member: &Member) -> bool {
    matches!(member.base().as_str(), "movies.dat" | "movies.csv" | "u.item")
}

/// The first text of a member.
fn peek(zip: &mut Zip<'_>, member: &Member) -> Result<Vec<u8>, Problem> {
    let file = zip.by_index(member.index).map_err(|error| zip_problem(&member.path, &error))?;
    let mut start = Vec::new();
    let read = file.take(LOOKED_AT).read_to_end(&mut start);
    read.map_err(|error| Problem::Damaged("zip", error.to_string()))?;
    if is_gzip(&start) {
        let mut text = Vec::new();
        // The end of the packed data is not there: what came before it is what was asked for.
        let _ = MultiGzDecoder::new(&*start).take(LOOKED_AT).read_to_end(&mut text);
        return Ok(text);
    }
    Ok(start)
}

/// All of a member, which may be gzipped.
fn unpack(zip: &mut Zip<'_>, member: &Member) -> Result<Vec<u8>, Problem> {
    let file = zip.by_index(member.index).map_err(|error| zip_problem(&member.path, &error))?;
    let bytes = bounded("zip", file, member.packed)?;
    Ok(gunzipped(Cow::Owned(bytes), member.packed)?.into_owned())
}

fn zip_problem(name: &str, error: &ZipError) -> Problem {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            Problem::Encrypted(name.to_owned())
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            Problem::UnsupportedMethod(name.to_owned())
        }
        error => Problem::Damaged("zip", error.to_string()),
    }
}

/// The paths of some members, for an error.
fn listed(members: &[Member]) -> String {
    const MOST: usize = 5;
    let mut paths: Vec<&str> = members.iter().take(MOST).map(|member| &*member.path).collect();
    if members.is_empty() {
        paths.push("nothing");
    } else if members.len() > MOST {
        paths.push("...");
    }
    paths.join(", ")
}
