//! A line to its fields, and a text to its lines.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memmem};

/// What stands between two fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Separator {
    /// `::`
    DoubleColon,
    /// One character: a tab, a comma, a semicolon, a bar.
    Byte(u8),
    /// Any run of blanks and tabs; those at either end of a line separate nothing.
    Blank,
}

impl Separator {
    /// The separator as it is written.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::DoubleColon => "::",
            Self::Byte(b'\t') => "\t",
            Self::Byte(b',') => ",",
            Self::Byte(b';') => ";",
            Self::Byte(_) => "|",
            Self::Blank => " ",
        }
    }
}

/// One field of a line.
#[derive(Clone, Debug)]
pub(crate) struct FieldText<'a> {
    /// Where it starts in the line, in bytes.
    pub(crate) start: usize,
    /// What it says: without the blanks around it or, if quoted, without the quotes.
    pub(crate) text: Cow<'a, [u8]>,
}

/// The fields of one line, which has no line end of its own.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    line: &'a [u8],
    next: Option<usize>, // where the next field starts
    separator: Separator,
    quoted: bool,
}

impl<'a> Fields<'a> {
    /// With `quoted`, a field that starts with `"` runs to its closing quote, and `""` is a quote.
    pub(crate) fn of(line: &'a [u8], separator: Separator, quoted: bool) -> Self {
        let line = if separator == Separator::Blank { line.trim_ascii_end() } else { line };
        Self { line, next: Some(0), separator, quoted }
    }

    /// The end of the plain field at `start`, and where the field after it starts.
    fn plain_end(&self, start: usize) -> (usize, Option<usize>) {
        let rest = &self.line[start..];
        let found = match self.separator {
            Separator::Byte(byte) => memchr(byte, rest).map(|at| (at, 1)),
            Separator::DoubleColon => double_colon(rest).map(|at| (at, 2)),
            Separator::Blank => memchr2(b' ', b'\t', rest).map(|at| (at, 1)),
        };
        match found {
            Some((at, len)) => (start + at, Some(start + at + len)),
            None => (self.line.len(), None),
        }
    }

    fn plain(&mut self, start: usize) -> FieldText<'a> {
        let (end, next) = self.plain_end(start);
        self.next = next;
        let field = &self.line[start..end];
        let blanks = field.len() - field.trim_ascii_start().len();
        FieldText { start: start + blanks, text: Cow::Borrowed(field.trim_ascii()) }
    }

    /// A field whose opening quote is at `start`; what follows its closing quote is left out.
    fn in_quotes(&mut self, start: usize) -> FieldText<'a> {
        let Some(close) = closing_quote(self.line, start) else {
            return self.plain(start);
        };
        self.next = self.plain_end(close + 1).1;
        let inner = &self.line[start + 1..close];
        let text = if memmem::find(inner, b"\"\"").is_some() {
            Cow::Owned(undouble(inner))
        } else {
            Cow::Borrowed(inner)
        };
        FieldText { start, text }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = FieldText<'a>;

    fn next(&mut self) -> Option<FieldText<'a>> {
        let mut start = self.next?;
        if self.separator == Separator::Blank {
            let rest = self.line.get(start..)?;
            start += rest.len() - rest.trim_ascii_start().len();
        }
        let quoted = self.quoted && self.line.get(start) == Some(&b'"');
        Some(if quoted { self.in_quotes(start) } else { self.plain(start) })
    }
}

fn double_colon(text: &[u8]) -> Option<usize> {
    let mut colons = memchr_iter(b':', text);
    colons.find(|&at| text.get(at + 1) == Some(&b':'))
}

/// Where the record at `start` ends: at its newline, or at the end of the text. Quoted fields may
/// hold newlines of their own.
///
/// # Errors
/// The place of a quote that is never closed.
pub(crate) fn record_end(
    text: &[u8],
    start: usize,
    separator: Separator,
    quoted: bool,
) -> Result<usize, usize> {
    let line_end = |from: usize| memchr(b'\n', &text[from..]).map_or(text.len(), |at| from + at);
    let Separator::Byte(byte) = separator else {
        return Ok(line_end(start));
    };
    if !quoted {
        return Ok(line_end(start));
    }
    let mut at = start;
    loop {
        if text.get(at) == Some(&b'"') {
            at = closing_quote(text, at).ok_or(at)? + 1;
        }
        match memchr2(byte, b'\n', &text[at..]) {
            Some(found) if text[at + found] == byte => at += found + 1,
            Some(found) => return Ok(at + found),
            None => return Ok(text.len()),
        }
    }
}

/// The quote that closes the one at `open`; a doubled quote closes nothing.
fn closing_quote(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr(b'"', text.get(at..)?)?;
        if text.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

fn undouble(inner: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(byte);
        if byte == b'"' {
            bytes.next(); // the second quote of the pair
        }
    }
    plain
}

/// A line without its carriage return.
pub(crate) fn trim(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Text from bytes: UTF-8, or else Latin-1, in which every byte is a character.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}
