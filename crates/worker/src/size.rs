//! Which files fit: a browser gives a program 4 GiB and no more.

/// The largest file that is read, in bytes. Its text, its columns (12 bytes a rating, a rating being
/// some 20 bytes of text) and their split into train and test fit into 4 GiB.
const LARGEST: u64 = 1 << 30;

/// Refuses a file that would not fit, with the numbers.
///
/// # Errors
/// The sentence to show.
pub(crate) fn check(name: &str, bytes: u64) -> Result<(), String> {
    if bytes <= LARGEST {
        return Ok(());
    }
    Err(format!(
        "{name} has {}; a page has 4,096 MB of memory, which is enough for files of {}. Give a part \
         of it, or train with the desktop program",
        megabytes(bytes),
        megabytes(LARGEST),
    ))
}

/// Refuses a file that the browser gives no room for, though it is not too large.
pub(crate) fn no_room(name: &str, bytes: u64) -> String {
    format!(
        "{name} has {}, for which the browser gives no memory; close other tabs, give a part of the \
         file, or train with the desktop program",
        megabytes(bytes)
    )
}

/// A size in units of 2^20 bytes, with thousands set apart.
fn megabytes(bytes: u64) -> String {
    let digits = bytes.div_ceil(1 << 20).to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + " MB"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_fit_is_refused_with_its_size() {
        assert_eq!(check("ratings.dat", 24 << 20), Ok(()));
        assert_eq!(check("ratings.csv", LARGEST), Ok(()));
        let refused = check("all.csv", (12 << 30) + 1).expect_err("it is too large");
        assert!(refused.starts_with("all.csv has 12,289 MB; a page has 4,096 MB"), "{refused}");
        assert!(refused.contains("files of 1,024 MB"), "{refused}");
    }
}
