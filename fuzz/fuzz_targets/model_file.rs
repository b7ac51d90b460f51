//! Any bytes as a model file; one that is read says the same when it is written and read again, and
//! predicts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trainer::ModelFile;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = ModelFile::from_bytes(bytes) else { return };
    let written = file.to_bytes();
    let again = ModelFile::from_bytes(&written).expect("it was written here");
    assert_eq!(again.to_bytes(), written); // NaN is no equal of itself, bytes are
});
