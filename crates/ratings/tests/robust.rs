//! Whatever the bytes, there is a result or an error; never a panic, and never a silent loss.

use std::sync::LazyLock;

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::sample::Index;
use ratings::{ReadOptions, Titles};

use crate::support::{gzip, zip};

/// Reads bytes in every way, and holds what is read to what every table promises.
fn survive(bytes: &[u8]) {
    for (skip_bad_lines, times) in [(false, false), (true, false), (true, true)] {
        let options = ReadOptions { skip_bad_lines, times };
        let Ok(loaded) = ratings::read("file", bytes, &options) else {
            continue;
        };
        let table = loaded.table;
        let ratings = &table.ratings;
        assert!(!ratings.is_empty());
        assert_eq!(ratings.users.len(), ratings.values.len());
        assert_eq!(ratings.items.len(), ratings.values.len());
        assert!(table.times.as_ref().is_none_or(|times| times.len() == ratings.len()));
        assert!(ratings.users.iter().all(|user| user.index() < table.users.len()));
        assert!(ratings.items.iter().all(|item| item.index() < table.items.len()));
        assert!(ratings.values.iter().all(|value| value.is_finite()));
        assert!(skip_bad_lines || table.skipped.count == 0);
        assert!(table.skipped.examples.len() == table.skipped.count.min(20));
        ratings::Statistics::of(&table);
    }
    if let Ok(titles) = Titles::parse("file", bytes) {
        assert!(!titles.is_empty());
    }
}

/// Valid files of every kind.
static VALID_FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let dat = b"1::1193::5::978300760\n1::661::3::978302109\n22::1193::4.5::978301968\n".to_vec();
    let csv =
        b"userId,movieId,rating,timestamp\n1,\"a, b\",5.0,1\n1,661,3.0,2\n2,\"x\"\"y\",4.5,3\n"
            .to_vec();
    let data = b"196\t242\t3\t881250949\n186\t302\t3\t891717742\n".to_vec();
    let movies = b"1::Toy Boat (1995)::Animation|Comedy\n2::Caf\xE9 (1995)::Drama\n".to_vec();
    let item = b"1|Toy (1995)|01-Jan-1995||x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n".to_vec();
    let names = b"movieId,title,genres\n1,\"Toy, Boat (1995)\",A|B\n".to_vec();
    let zipped = zip(&[("ml/ratings.dat", &dat), ("ml/movies.dat", &movies)]);
    vec![gzip(&dat), gzip(&movies), zipped, dat, csv, data, movies, item, names]
});

#[test]
fn a_first_line_of_nothing_but_many_blanks() {
    for rest in ["", "1::2::3\n", "1::Toy Boat::Drama\n", "x"] {
        survive(format!("{}{rest}", " ".repeat(100_000)).as_bytes());
        survive(format!("{}\n{rest}", " ".repeat(100_000)).as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survive(&bytes);
    }

    #[test]
    fn any_text_of_the_characters_that_matter(text in "[0-9a:,;|\"\t \r\n.e+-]{0,120}") {
        survive(text.as_bytes());
    }

    #[test]
    fn valid_files_with_bytes_changed_cut_and_added(
        file in any::<Index>(),
        edits in prop::collection::vec((any::<Index>(), any::<u8>(), 0..4_u8), 1..8),
    ) {
        let mut bytes = file.get(&VALID_FILES).clone();
        for (place, byte, kind) in edits {
            let at = place.index(bytes.len() + 1);
            match kind {
                0 if at < bytes.len() => bytes[at] = byte,
                1 if at < bytes.len() => { bytes.remove(at); }
                2 => bytes.truncate(at),
                _ => bytes.insert(at, byte),
            }
        }
        survive(&bytes);
    }
}
