//! Whole-system tests: one binary, so that burn is linked once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod support; // what several files here need

mod parity; // every number against PyTorch's
mod kernels;
#[cfg(target_os = "linux")]
mod affinity; // of the threads of a software GPU
mod training; // what a run promises
mod descent; // one rating at a time on a GPU
mod resuming; // runs left and taken up again
mod behaviour; // what every model does
mod posterior; // what those averaged over their posterior do
mod ranking; // and those that rank
mod model_file;
mod safety; // what it does when something is missing or fails
mod lists; // the best items for everybody
mod using; // a model at work
mod audience; // and who would like an item
mod reasons; // models with biases, and why they say so
mod judging; // how good it is
mod choosing; // which epoch's model is kept
mod movielens; // the lab's own data, where it is at hand
mod cli; // the program as a user meets it
mod browser; // the same training in a tab
mod tidy; // rules about the repository itself
