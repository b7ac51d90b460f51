//! Ratings that a flag gives, one by one or in a file.

use std::path::Path;

use anyhow::Context as _;

use crate::data::shown;
use crate::exit::Usage;
use crate::input;

/// A file of ratings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadRatings(String);

/// What `read` makes of each rating, spelled `NAME=RATING`; `@FILE` stands for those of a file, one
/// on a line, with a comma, a semicolon, a tab or `=` before the rating. A first line that ends in a
/// word for it is a header.
///
/// # Errors
/// A file that cannot be read; a rating that `read` refuses, with its line where it has one.
pub(crate) fn each<T>(
    given: &[String],
    read: impl Fn(&str) -> Result<T, Usage>,
) -> anyhow::Result<Vec<T>> {
    let mut ratings = Vec::new();
    for text in given {
        let path = text.strip_prefix('@').map(Path::new);
        match path.filter(|path| path.exists() || !text.contains('=')) {
            None => ratings.push(read(text)?),
            Some(path) => {
                let bytes = input::read(path, input::TITLES)?;
                let lines = in_file(&String::from_utf8_lossy(&bytes));
                for (line, text) in lines.with_context(|| shown(path))? {
                    let refused = |why| BadRatings(format!("line {line}: {why}"));
                    ratings.push(read(&text).map_err(refused).with_context(|| shown(path))?);
                }
            }
        }
    }
    Ok(ratings)
}

/// How a header ends.
const HEADER: [&str; 4] = ["rating", "ratings", "stars", "score"];

/// The ratings of a file with the numbers of their lines.
fn in_file(text: &str) -> Result<Vec<(usize, String)>, BadRatings> {
    let text = text.trim_start_matches('\u{feff}');
    let mut ratings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let found = line.rsplit_once([',', ';', '\t', '=']);
        let found =
            found.map(|(name, rating)| [name, rating].map(|part| part.trim().trim_matches('"')));
        match found {
            Some([name, rating]) if rating.parse::<f32>().is_ok() => {
                ratings.push((number, format!("{name}={rating}")));
            }
            Some([_, word]) if number == 1 && HEADER.contains(&word.to_lowercase().as_str()) => {}
            None if line.trim().is_empty() => {}
            _ => {
                let what = format!("line {number}: expected a name and a rating, such as 260,5");
                return Err(BadRatings(what));
            }
        }
    }
    if ratings.is_empty() {
        return Err(BadRatings("it holds no rating".into()));
    }
    Ok(ratings)
}

#[cfg(test)]
mod tests {
    use super::in_file;

    #[test]
    fn a_line_is_a_name_and_a_rating() {
        let expected = ["260=5", "Alien, the first=4.5"];
        for text in [
            "260,5\n\"Alien, the first\",4.5\n",
            "item;rating\r\n260; \"5\"\r\n\r\nAlien, the first;4.5",
            "\u{feff}item,rating\n260=5\nAlien, the first\t4.5\n",
        ] {
            let ratings = in_file(text).expect("ratings").into_iter().map(|(_, rating)| rating);
            assert_eq!(ratings.collect::<Vec<_>>(), expected, "{text}");
        }
        for (text, expected) in [
            ("260,5\n300\n", "line 2"),
            ("300\n", "line 1"),
            ("rating,item\n5,260\n", "line 1"),
            ("\u{1f}\u{8b},\n", "line 1"),
            ("item,rating\n", "no rating"),
            ("", "no rating"),
        ] {
            let error = in_file(text).expect_err("no rating").to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }
}
