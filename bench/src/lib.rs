//! Timings, kept out of the tests. See `benches/`.
