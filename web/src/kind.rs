//! What a file is for, by its content.

/// What a file is for. Where several come at once they are taken in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Ratings,
    Titles,
    Model,
}

/// How much of a file is looked at, in bytes.
pub(crate) const LOOKED_AT: u64 = 16 * 1024;

/// Longest header of a model file, in bytes: the format's own limit.
const LONGEST_HEADER: u64 = 100_000_000;

/// Tells a file by its start. What is packed is taken for ratings: the worker looks inside.
pub(crate) fn of(start: &[u8]) -> Kind {
    if is_model(start) {
        return Kind::Model;
    }
    // A line that is cut off tells nothing.
    let whole = start.iter().rposition(|&byte| byte == b'\n').map_or(start, |end| &start[..=end]);
    if ratings::looks_like_titles(whole) { Kind::Titles } else { Kind::Ratings }
}

/// Whether a file begins as safetensors do: the length of a JSON object, and the object.
fn is_model(start: &[u8]) -> bool {
    let Some((length, header)) = start.split_first_chunk::<8>() else { return false };
    u64::from_le_bytes(*length) <= LONGEST_HEADER && header.first() == Some(&b'{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_what_is_in_it() {
        assert_eq!(of(b"1::10::4::978300760\n2::10::3::978300761\n"), Kind::Ratings);
        assert_eq!(of(b"userId,movieId,rating\n1,10,4.5\n"), Kind::Ratings);
        assert_eq!(
            of(b"1::Toy Story (1995)::Animation\n2::Jumanji (1995)::Adventure\n3::Gru"),
            Kind::Titles
        );
        assert_eq!(of(b"movieId,title,genres\n1,Toy Story (1995),Comedy\n"), Kind::Titles);
        assert_eq!(of(b"\x1f\x8b\x08\0\0\0\0\0"), Kind::Ratings);
        assert_eq!(of(b""), Kind::Ratings);
    }

    #[test]
    fn a_model_is_told_by_its_header() {
        let model = [&300_u64.to_le_bytes()[..], br#"{"__metadata__":{}}"#].concat();
        assert_eq!(of(&model), Kind::Model);
        assert_eq!(of(&[&u64::MAX.to_le_bytes()[..], b"{"].concat()), Kind::Ratings);
    }

    #[test]
    fn ratings_come_before_their_titles() {
        let mut kinds = [Kind::Model, Kind::Titles, Kind::Ratings];
        kinds.sort_unstable();
        assert_eq!(kinds, [Kind::Ratings, Kind::Titles, Kind::Model]);
    }
}
