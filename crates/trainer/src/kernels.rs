//! The GPU's kernels one by one: for each shader of `shaders/` its launch, and its twin in plain
//! Rust that says what it computes. The twins are compared with the shaders by the tests, and by
//! a run that is about to trust a GPU.

pub(crate) mod grain; // how finely the work is cut
pub(crate) mod plan; // what those are told that plan a slice: the next four
pub(crate) mod shuffle; // the ratings of a slice in the epoch's order
pub(crate) mod sort; // those of every batch by row
pub(crate) mod mark; // their slots, and which batches read a row
pub(crate) mod schedule; // which rows move beside a batch, and how far
pub(crate) mod deep_mf; // errors and gradients of a batch of DeepMf
pub(crate) mod mf; // errors and gradients of a batch of Mf
pub(crate) mod squares; // sums of squared errors
pub(crate) mod best; // the best items of every user
pub(crate) mod update; // Adam on rows
pub(crate) mod sgd; // gradient descent on cells that share no rows
pub mod cases; // known cases, and the comparison of the two
mod self_test; // each kernel once, on a small known case

use bytemuck::{Pod, Zeroable};

pub(crate) use plan::{Frame, Plan};
pub(crate) use self_test::{self_test, self_test_sgd};

use crate::{
    fused::Step,
    gpu::{Gpu, Kernel},
};

/// What the kernels of a step are told of it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub(crate) struct Turn {
    /// The batch's first sample.
    pub(crate) first_sample: u32,
    /// Ratings of the batch.
    pub(crate) samples: u32,
    /// The batch's first job.
    pub(crate) first_job: u32,
    /// Its jobs on rows of the tables, empty ones included.
    pub(crate) jobs: u32,
    /// The step in the table of steps.
    pub(crate) first_step: u32,
    /// The row where a network's numbers begin.
    pub(crate) network: u32,
    /// First slot of the rows' gradients; those of a network come before.
    pub(crate) first_slot: u32,
    /// Slots of each of a network's rows.
    pub(crate) stride: u32,
    /// Workgroups that share the batch, where they leave sums.
    pub(crate) groups: u32,
    /// 2 / samples, the derivative of the mean of squares.
    pub(crate) scale: f32,
    /// Rows of a network, which all move at every step.
    pub(crate) layers: u32,
    /// Slots of each of them that this batch fills.
    pub(crate) sums: u32,
    /// The step with the gradients, for rows of the tables.
    pub(crate) row_step: Step,
    /// The same for rows of a network.
    pub(crate) layer_step: Step,
}

/// A rating, the rows it reads and the slots where their gradients go.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub(crate) struct Sample {
    /// Row of the user.
    pub(crate) user: u32,
    /// Row of the item.
    pub(crate) item: u32,
    /// The rating.
    pub(crate) rating: f32,
    /// Slot of the user in the low half, of the item (after all users' slots) in the high half.
    pub(crate) slots: u32,
}

/// A row to move: the gradients that belong to it and the steps to make. Without steps it is empty.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub(crate) struct Job {
    /// The row.
    pub(crate) row: u32,
    /// Steps to make, the first with the gradient.
    pub(crate) steps: u32,
    /// First slot of its gradient.
    pub(crate) first: u32,
    /// The slot after the last.
    pub(crate) end: u32,
}

/// Pairs of numbers that a row of this many factors takes.
pub(crate) fn pairs(factors: usize) -> usize {
    factors.div_ceil(2)
}

/// One kernel alone, with its first record.
fn run(gpu: &Gpu, kernel: &Kernel, bound: &wgpu::BindGroup, workgroups: usize) {
    let mut encoder = gpu.encoder();
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    kernel.dispatch(&mut pass, bound, 0, workgroups);
    drop(pass);
    gpu.submit(encoder);
}
