//! The fused engine on the CPU: whole slices of steps without a tensor in between.
//!
//! Every thread owns a share of the rows (users and items alike, in turn). A step has two parts.
//! Alone, each thread brings those of its rows that the batch reads up to date and sends copies to
//! whoever reads them too. Behind a barrier it takes in the copies that it was sent and adds, rating
//! by rating, the gradients of its own rows. A row's sum runs in the batch's order, so any number of
//! threads gives the same bits.

mod adam; // one step of the optimiser on many numbers
mod rows; // rows of factors, and the steps they missed
mod part; // what a thread has to do with a batch
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
