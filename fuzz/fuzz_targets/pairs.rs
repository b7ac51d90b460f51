//! Any bytes as a file of users and items.

#![no_main]

#[path = "../../crates/native/src/pairs.rs"]
mod pairs;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(found) = pairs::pairs(bytes, |_, _| false) {
        let lines = bytes.split(|byte| *byte == b'\n').count();
        let carriage_returns = bytes.iter().filter(|byte| **byte == b'\r').count();
        assert!(found.count() <= lines + carriage_returns);
    }
});
