//! The fused engine on a GPU: two kernels a step, and no word from the host within a slice of steps.
//!
//! A slice is planned before its first step: which rows each batch reads, where their gradients go,
//! and where a row is moved next. A row that a batch has read goes on at once to where it is moved
//! next, or to the end of the slice, so between two slices every row is up to date.

mod gather; // ratings that are sent
mod plan; // slices to jobs
mod layout; // numbers as the kernels have them
mod sizes; // how much of everything there is
mod doubling; // a slice sent off in pieces
mod flights; // slices under way
mod rescue; // copies on the host, for when the device is lost
mod engine; // the engine as a run sees it

pub(crate) use engine::FusedGpu;
pub(crate) use plan::{NetworkRows, Planner};
pub(crate) use sizes::Sizes;
