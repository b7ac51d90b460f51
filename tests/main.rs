//! Whole-system tests: one binary, so that burn is linked once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod support; // what several files here need

mod browser; // the same training in a tab
mod cli; // the program as a user meets it
mod movielens; // the real file, where it is at hand
mod parity; // every number against PyTorch's
mod tidy;
mod training; // what a run promises // rules about the repository itself
