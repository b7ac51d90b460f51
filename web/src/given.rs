//! Ratings of a new item as a person writes them: a line a user.

/// Ids of users with their ratings, and the lines that are none, by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Given {
    pub(crate) ratings: Vec<(String, f32)>,
    pub(crate) bad_lines: Vec<usize>,
}

/// Reads lines such as `user,4.5`. In place of the comma there may be a semicolon, a tab, `=`, `::` or
/// blanks; what stands behind the last of them is the rating. Blank lines are passed over.
pub(crate) fn read(text: &str) -> Given {
    let mut given = Given::default();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match rating(line.trim()) {
            Some((user, rating)) => given.ratings.push((user.to_owned(), rating)),
            None => given.bad_lines.push(number),
        }
    }
    given
}

fn rating(line: &str) -> Option<(&str, f32)> {
    let (user, rating) = line.rsplit_once([',', ';', '\t', '=', ':', ' '])?;
    let rating: f32 = rating.trim().parse().ok()?;
    let user = user.trim_end_matches([',', ';', '\t', '=', ':', ' ']);
    (!user.is_empty() && rating.is_finite()).then_some((user, rating))
}

/// The numbers of bad lines in a sentence; `None` where all are good.
pub(crate) fn complaint(bad_lines: &[usize]) -> Option<String> {
    const MOST: usize = 5;
    let first = bad_lines.first()?;
    let shown: Vec<String> = bad_lines.iter().take(MOST).map(usize::to_string).collect();
    let more = if bad_lines.len() > MOST { ", ..." } else { "" };
    let which = if bad_lines.len() == 1 {
        format!("Line {first} is")
    } else {
        format!("Lines {}{more} are", shown.join(", "))
    };
    Some(format!("{which} not a user and a rating, such as 42,4.5."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_user_and_a_rating_however_they_are_set_apart() {
        let given = read("1,5\n 2 ; 4.5\nA::B::3\n\n4\t2\r\nann b 1\nx=-1\n");
        let ratings =
            [("1", 5.0), ("2", 4.5), ("A::B", 3.0), ("4", 2.0), ("ann b", 1.0), ("x", -1.0)];
        assert_eq!(given.ratings, ratings.map(|(user, rating)| (user.to_owned(), rating)));
        assert_eq!(given.bad_lines, [] as [usize; 0]);
    }

    #[test]
    fn lines_that_are_none_are_named() {
        let given = read("1,5\nuser,stars\n,4\n3\n3,nan\n");
        assert_eq!((given.ratings.len(), &given.bad_lines[..]), (1, &[2, 3, 4, 5][..]));
        let text = complaint(&given.bad_lines).expect("four lines are bad");
        assert_eq!(text, "Lines 2, 3, 4, 5 are not a user and a rating, such as 42,4.5.");
        assert!(complaint(&[7]).is_some_and(|text| text.starts_with("Line 7 is not")));
        assert_eq!(complaint(&[]), None);
    }
}
