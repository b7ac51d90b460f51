//! Any bytes through the readers of ratings: gzip, zip and every format of text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ratings::{Cut, ReadOptions, SplitKind};

fuzz_target!(|bytes: &[u8]| {
    for (skip_bad_lines, times) in [(false, false), (true, false), (true, true)] {
        let Ok(loaded) = ratings::read("file", bytes, &ReadOptions { skip_bad_lines, times })
        else {
            continue;
        };
        let table = loaded.table;
        let ratings = &table.ratings;
        assert!(!ratings.is_empty());
        assert!(skip_bad_lines || table.skipped.count == 0);
        assert_eq!(ratings.users.len(), ratings.values.len());
        assert_eq!(ratings.items.len(), ratings.values.len());
        assert!(ratings.users.iter().all(|user| user.index() < table.users.len()));
        assert!(ratings.items.iter().all(|item| item.index() < table.items.len()));
        assert!(ratings.values.iter().all(|value| value.is_finite()));
        ratings::Statistics::of(&table);
        for kind in SplitKind::ALL {
            let cut = Cut { kind, test_share: 0.2, validation_share: 0.1, seed: 42 };
            if let Ok(split) = cut.of(&table) {
                assert!(!split.train.is_empty());
            }
        }
    }
});
