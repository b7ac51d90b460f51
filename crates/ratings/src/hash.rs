//! One hash for ids, with a fixed seed: the same tables on every run and platform.

use std::hash::{BuildHasher, Hasher};

/// The hash of an id's bytes.
pub(crate) fn bytes(bytes: &[u8]) -> u64 {
    let mut hasher = foldhash::fast::FixedState::with_seed(0).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}
