//! The common line, eight bytes at a time: `user<sep>item<sep>rating[<sep>timestamp]` with ids that
//! stand bare, most of them plain decimals, and a rating of the form `4` or `3.5`.
//!
//! Every other line is left to the careful way, which knows all forms and all errors.

use std::ops::Range;

/// A line that is one of the common ones.
pub(super) struct FastRow {
    pub(super) user: Id,
    pub(super) item: Id,
    pub(super) rating: f32,
    /// The start of the next line.
    pub(super) next: usize,
}

/// A raw id in a text.
pub(super) struct Id {
    /// Its value, if it is a plain decimal of at most eight digits.
    pub(super) number: Option<u32>,
    /// Where it stands.
    pub(super) span: Range<usize>,
}

/// The line at `start`, if it is a common one. The separator is `LEN` times `mark`; a timestamp is
/// taken only where lines may have one.
#[inline(always)]
pub(super) fn row<const LEN: usize, const TIMESTAMP: bool>(
    text: &[u8],
    start: usize,
    mark: u8,
) -> Option<FastRow> {
    let (user, item_start) = id::<LEN>(text, start, mark)?;
    let (item, rating_start) = id::<LEN>(text, item_start, mark)?;
    let (rating, rating_end) = rating(text, rating_start)?;
    let end = match separator::<LEN>(text, rating_end, mark) {
        Some(timestamp) if TIMESTAMP => digits_end(text, timestamp)?,
        Some(_) => return None,
        None => rating_end,
    };
    let next = line_end(text, end)?;
    Some(FastRow { user, item, rating, next })
}

/// The id at `start` and where the field behind it starts.
#[inline(always)]
fn id<const LEN: usize>(text: &[u8], start: usize, mark: u8) -> Option<(Id, usize)> {
    if let Some((number, end)) = decimal(text, start)
        && let Some(next) = separator::<LEN>(text, end, mark)
    {
        return Some((Id { number: Some(number), span: start..end }, next));
    }
    bare::<LEN>(text, start, mark)
}

/// An id that is no plain decimal: it must be short, without quotes and control characters, and have
/// no blanks around it.
fn bare<const LEN: usize>(text: &[u8], start: usize, mark: u8) -> Option<(Id, usize)> {
    const LONGEST: usize = 64;
    let ahead = &text[start..text.len().min(start + LONGEST)];
    let end = start + ahead.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == mark)?;
    let next = separator::<LEN>(text, end, mark)?;
    let name = &text[start..end];
    let whole = !name.is_empty() && name.trim_ascii().len() == name.len();
    whole.then_some((Id { number: None, span: start..end }, next))
}

#[inline(always)]
fn eight(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes))
}

/// How many of eight characters, given less `'0'`, are digits before the first that is none.
#[inline(always)]
fn leading_digits(values: u64) -> u32 {
    // A digit plus 6 stays below 16; what is no digit has a high nibble, or gets one. Carries only
    // spoil characters behind the first that is no digit.
    let no_digit = (values | values.wrapping_add(0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0;
    no_digit.trailing_zeros() / 8
}

/// A decimal without leading zeros, and where it ends.
#[inline(always)]
fn decimal(text: &[u8], start: usize) -> Option<(u32, usize)> {
    let values = eight(text, start)? ^ 0x3030_3030_3030_3030;
    let count = leading_digits(values);
    if count == 0 || (values & 0xFF == 0 && count > 1) {
        return None;
    }
    // The first character is the lowest byte: move the last digit to the top, zeros come in below.
    let digits = values << (64 - 8 * count);
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8); // in every other byte
    let high = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let low = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    Some(((high.wrapping_add(low) >> 32) as u32, start + count as usize))
}

#[inline(always)]
fn separator<const LEN: usize>(text: &[u8], at: usize, mark: u8) -> Option<usize> {
    let found = text.get(at..at + LEN)?;
    found.iter().all(|&byte| byte == mark).then_some(at + LEN)
}

/// `4` or `3.5`.
#[inline(always)]
fn rating(text: &[u8], at: usize) -> Option<(f32, usize)> {
    let &[whole, point, tenth] = text.get(at..)?.first_chunk::<3>()?;
    let whole = digit(whole)?;
    if point != b'.' {
        return Some((whole as f32, at + 1));
    }
    // A quotient of two whole numbers is rounded as the decimal itself would be.
    Some(((whole * 10 + digit(tenth)?) as f32 / 10.0, at + 3))
}

#[inline(always)]
fn digit(byte: u8) -> Option<u32> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(u32::from(value))
}

#[inline(always)]
fn digits_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let count = leading_digits(eight(text, at)? ^ 0x3030_3030_3030_3030);
        at += count as usize;
        if count < 8 {
            return Some(at);
        }
    }
}

/// Behind the line end at `at`, if there is one.
#[inline(always)]
fn line_end(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at..)? {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAD: &str = "\n         "; // the fast way needs eight bytes to load

    fn check(line: &str, expected: Option<(u32, u32, f32)>) {
        let text = format!("{line}{PAD}");
        let row = row::<2, true>(text.as_bytes(), 0, b':');
        let row = row.map(|row| (row.user.number, row.item.number, row.rating));
        assert_eq!(
            row,
            expected.map(|(user, item, rating)| (Some(user), Some(item), rating)),
            "{line}"
        );
    }

    #[test]
    fn common_lines_are_taken() {
        check("1::2::3::4", Some((1, 2, 3.0)));
        check("12345678::10::3.5", Some((12_345_678, 10, 3.5)));
        check("0::90::0.1::97830076012", Some((0, 90, 0.1)));
        check("71567::65133::4.9::12345678\r", Some((71_567, 65_133, 4.9)));
    }

    #[test]
    fn bare_ids_are_taken_as_they_stand() {
        let text = format!("007::b 08x::4{PAD}");
        let row = row::<2, true>(text.as_bytes(), 0, b':').expect("a common line");
        assert_eq!((row.user.number, &text[row.user.span]), (None, "007"));
        assert_eq!((row.item.number, &text[row.item.span]), (None, "b 08x"));
    }

    #[test]
    fn all_other_lines_are_left_to_the_careful_way() {
        for line in [
            "1::2::x",
            "1::2::10",
            "1::2::3.25",
            "1::2::-3",
            "1::2",
            "1::2::3::4::5",
            "1:2:3",
            "::2::3",
            "1::::3",
            "1::2:: 3",
            "1::2::.5",
            "1::2::5.",
            " 1::2::3",
            "1::2 ::3",
            "\"1\"::2::3",
            "a\0::2::3",
            "1::b\x01c::3",
        ] {
            check(line, None);
        }
    }

    #[test]
    fn a_timestamp_is_taken_only_where_lines_may_have_one() {
        let take = |line: &str| row::<1, false>(format!("{line}{PAD}").as_bytes(), 0, b',');
        assert!(take("1,2,3").is_some());
        assert!(take("1,2,3,4").is_none());
        assert!(take("1,2,3,").is_none());
    }

    #[test]
    fn a_line_cut_off_at_any_place_is_never_taken() {
        let line = b"123::4567::3.5::978300760";
        for end in 0..=line.len() {
            assert!(row::<2, true>(&line[..end], 0, b':').is_none());
        }
    }

    #[test]
    fn every_tenth_is_the_float_that_its_text_is() {
        for tenths in 0..100 {
            let text = format!("{}.{}", tenths / 10, tenths % 10);
            let value = rating(text.as_bytes(), 0).map(|(value, _)| value);
            assert_eq!(value, text.parse().ok(), "{text}");
        }
    }
}
