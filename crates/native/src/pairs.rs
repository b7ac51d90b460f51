//! Pairs of users and items in a file, read as they are needed.

use std::io::{BufRead, Cursor, Read as _};

/// A user's and an item's id.
pub(crate) type Pair = (String, String);

/// A line that names no user and item.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub(crate) struct BadPair {
    line: u64,
    problem: &'static str,
}

/// The first two fields of every line: with `::`, tabs, semicolons or commas between; a header may name the
/// columns in another order. What names columns is no header if it is a user or an item that is `known`.
///
/// # Errors
/// A file that cannot be read. A line with fewer fields is an error of its own, with its number.
pub(crate) fn pairs<'a>(
    mut source: impl BufRead + 'a,
    known: impl Fn(&str, &str) -> bool + 'a,
) -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<Pair>> + 'a>> {
    let mut first = Vec::new();
    source.read_until(b'\n', &mut first)?;
    if first.starts_with(BYTE_ORDER_MARK) {
        first.drain(..BYTE_ORDER_MARK.len());
    }
    let head = String::from_utf8_lossy(&first).into_owned();
    let whole = Cursor::new(first).chain(source);
    if head.contains("::") {
        return Ok(Box::new(with_colons(whole)));
    }
    let separator = [b'\t', b';'].into_iter().find(|separator| head.as_bytes().contains(separator));
    Ok(Box::new(in_columns(whole, separator.unwrap_or(b','), known)))
}

/// What some editors put before UTF-8; it belongs to no id.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn with_colons(source: impl BufRead) -> impl Iterator<Item = anyhow::Result<Pair>> {
    (1..).zip(source.split(b'\n')).filter_map(|(number, line): (u64, _)| {
        let line = match line {
            Ok(line) => String::from_utf8_lossy(&line).trim().to_owned(),
            Err(error) => return Some(Err(error.into())),
        };
        let mut fields = line.split("::").map(str::trim);
        let pair = || fields.next().map(str::to_owned).zip(fields.next().map(str::to_owned));
        (!line.is_empty())
            .then(pair)
            .map(|pair| pair.ok_or_else(|| bad(number, "expected user::item")))
    })
}

fn in_columns(
    source: impl BufRead,
    separator: u8,
    known: impl Fn(&str, &str) -> bool,
) -> impl Iterator<Item = anyhow::Result<Pair>> {
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(separator)
        .from_reader(source);
    let mut records = reader.into_byte_records().peekable();
    let first = records.peek().and_then(|first| first.as_ref().ok());
    let header = first.and_then(|first| columns_of(first, known));
    if header.is_some() {
        records.next();
    }
    let columns = header.unwrap_or((0, 1));
    records.map(move |record| {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let field =
            |column| record.get(column).map(|field| String::from_utf8_lossy(field).into_owned());
        let pair = field(columns.0).zip(field(columns.1));
        let pair = pair.ok_or_else(|| bad(line, "expected a user and an item"))?;
        if pair.0.contains('\n') || pair.1.contains('\n') {
            return Err(bad(line, "a quote that opens here is not closed on the line"));
        }
        Ok(pair)
    })
}

/// The columns of users and items, if the record is a header: names have no digits, and ids often do.
fn columns_of(
    first: &csv::ByteRecord,
    known: impl Fn(&str, &str) -> bool,
) -> Option<(usize, usize)> {
    let fields: Vec<_> = first.iter().map(String::from_utf8_lossy).collect();
    let named = |name: &str| {
        fields.iter().position(|field| {
            !field.contains(|c: char| c.is_ascii_digit()) && field.to_lowercase().contains(name)
        })
    };
    let columns = (named("user")?, named("item").or_else(|| named("movie"))?);
    (!known(&fields[0], &fields[1])).then_some(columns)
}

fn bad(line: u64, problem: &'static str) -> anyhow::Error {
    BadPair { line, problem }.into()
}

#[cfg(test)]
mod tests {
    use super::{Pair, pairs};

    fn all(text: &[u8]) -> anyhow::Result<Vec<Pair>> {
        pairs(text, |_, _| false)?.collect()
    }

    #[test]
    fn ids_that_look_like_names_are_no_header() {
        let first = |text: &str, known: bool| {
            let mut pairs = pairs(text.as_bytes(), |_, _| known).expect("readable");
            pairs.next().expect("a row").expect("a pair")
        };
        for (text, known, expected) in [
            ("user1,item1\nuser2,item2\n", false, ("user1", "item1")),
            ("superuser,movie night\na,b\n", true, ("superuser", "movie night")),
            ("user,item\na,b\n", true, ("user", "item")),
            ("user,item\na,b\n", false, ("a", "b")),
        ] {
            let (user, item) = first(text, known);
            assert_eq!((user.as_str(), item.as_str()), expected, "{text}");
        }
    }

    #[test]
    fn pairs_come_in_any_of_the_usual_forms() {
        let expected = [("7", "a,b"), ("8", "c")].map(|(u, i)| (u.to_owned(), i.to_owned()));
        for text in [
            "7::a,b::5\n8::c\n\n",
            "7::a,b\r\n\r\n8 :: c",
            "7\ta,b\n8\tc\n",
            "7,\"a,b\"\n8, c\n",
            "itemId,userId\n\"a,b\",7\nc,8\n",
            "\u{feff}7,\"a,b\"\n8,c\n",
            "user;movie;rating\n7;a,b;1\n8;c;2\n",
        ] {
            assert_eq!(all(text.as_bytes()).expect("pairs"), expected, "{text}");
        }
        assert!(all(b"").expect("no pairs").is_empty());
        for (text, line) in [
            (&b"1,2\n3\n"[..], "line 2"),
            (b"1::2\n\n3\n", "line 3"),
            (b"1,2\n1,\"2\n3,4\n", "line 2: a quote"),
        ] {
            let error = all(text).expect_err("one field").to_string();
            assert!(error.contains(line), "{error}");
        }
    }

    #[test]
    fn pairs_before_a_bad_line_come_first() {
        let mut found = pairs(&b"1,2\n3\n4,5\n"[..], |_, _| false).expect("readable");
        assert_eq!(found.next().expect("a pair").expect("good"), ("1".into(), "2".into()));
        assert!(found.next().expect("a line").is_err());
    }
}
