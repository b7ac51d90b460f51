//! Any bytes through the readers of titles.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ratings::Titles;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(titles) = Titles::parse("file", bytes) {
        assert!(!titles.is_empty());
        for (id, title) in titles.iter() {
            assert_eq!(titles.get(id), Some(title));
        }
    }
});
