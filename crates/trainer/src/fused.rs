//! The fused engine on the CPU: whole slices of steps without a tensor in between.
//!
//! Every thread owns a share of the rows (users and items alike, in turn). A step has two parts.
//! Alone, each thread brings the rows that the batch reads up to date and publishes copies of
//! them. Together, behind a barrier, the threads read those copies and each adds, rating by
//! rating, the gradients of its own rows. Sums run in the batch's order, so any number of threads
//! gives the same bits.

mod adam; // one step of the optimiser on many numbers
mod rows; // rows of factors, and the steps they missed
mod outbox; // copies of rows for the other threads
mod crew; // the threads of a slice
mod mf; // the step of Mf
mod layers; // DeepMf's network, a block of ratings at a time
mod deep_mf; // the step of DeepMf
mod engine; // the engine as a run sees it
#[cfg(test)]
mod plain; // the same without owners, vectors or waiting rows, for the tests
#[cfg(test)]
mod any_table; // the two compared on random tables

pub(crate) use adam::{Schedule, Step, coast};
pub(crate) use engine::Fused;
