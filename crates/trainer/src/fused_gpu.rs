//! The fused engine on a GPU: two kernels a step, whole slices of steps in one submission.
//!
//! The host plans slices while the device works on the last ones: which rows each batch reads,
//! where their gradients go, and which batch reads a row next. A row that a batch has read is
//! moved at once to the step of its next reader, or to the end of the slice, so between two
//! slices every row is up to date.

mod gather; // the batches' ratings
mod plan; // batches to jobs
mod ahead; // plans, before they are needed
mod layout; // numbers as the kernels have them
mod sizes; // how much of everything there is
mod flights; // slices under way
mod rescue; // copies on the host, for when the device is lost
mod engine; // the engine as a run sees it

pub(crate) use engine::FusedGpu;
pub(crate) use gather::gather;
pub(crate) use plan::{Plan, Planner};
pub(crate) use sizes::Sizes;
