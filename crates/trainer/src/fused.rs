//! The fused engine on the CPU: whole slices of steps without a tensor in between.
//!
//! Every thread has some columns of all rows, so that all have the same work. In a step each brings
//! its columns of the rows that the batch reads up to date and leaves what they contribute to the
//! predictions. Behind a barrier everybody puts these together and adds, rating by rating, to the
//! gradients of its columns. All sums run in lanes that are fixed, so any number of threads gives the
//! same bits.

mod adam; // one step of the optimiser on many numbers
mod lanes; // numbers in fixed lanes, and their sums
mod rows; // rows of factors, and the steps they missed
mod planner; // which rows to bring up to date, and when
mod exchange; // what threads leave for one another
mod crew; // the threads of a slice
mod mf; // the step of Mf
mod layers; // DeepMf's network, a block of ratings at a time
mod deep_mf; // the step of DeepMf
mod engine; // the engine as a run sees it
#[cfg(test)]
mod plain; // the same without threads, vectors or waiting rows, for the tests
#[cfg(test)]
mod any_table; // the two compared on random tables

pub(crate) use adam::{Schedule, Step, coast};
pub(crate) use engine::Fused;
