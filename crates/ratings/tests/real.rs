//! The real MovieLens-1M, where `LATENT_ML1M` names its ratings.dat: it may not be redistributed.

use std::io::{self, Write};

use ratings::{Split, Statistics};

use crate::support::read;

#[test]
fn movielens_1m_is_read_and_split_as_the_lab_does() -> io::Result<()> {
    let Ok(path) = std::env::var("LATENT_ML1M") else {
        // Not eprintln!: what it prints is only shown for tests that fail.
        return writeln!(
            io::stderr(),
            "SKIPPED: LATENT_ML1M does not name the ratings.dat of MovieLens-1M"
        );
    };
    let bytes = std::fs::read(&path)?;
    let table = read(&bytes).expect("a good file").table;
    let statistics = Statistics::of(&table);
    assert_eq!(
        (statistics.users, statistics.items, statistics.ratings, statistics.repeated_pairs),
        (6_040, 3_706, 1_000_209, 0)
    );
    let counts: Vec<usize> = statistics.histogram.iter().map(|bar| bar.count).collect();
    assert_eq!(counts, [56_174, 107_557, 261_197, 348_971, 226_310]);
    assert_eq!((statistics.per_user.min, statistics.per_user.max), (20, 2_314));
    assert_eq!((statistics.per_item.min, statistics.per_item.max), (1, 3_428));
    let split = Split::random(&table, 0.2, 42).expect("a good share");
    assert_eq!((split.train.len(), split.test.len()), (800_167, 200_042));
    Ok(())
}
