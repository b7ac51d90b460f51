//! `shaders/squares.wgsl`: sums of squared and of absolute errors.

use bytemuck::{Pod, Zeroable};

use super::run;
use crate::gpu::{Access, Fault, Gpu, Kernel, Shader, whole};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/squares.wgsl");

/// How errors are cut into blocks.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(crate) struct Blocks {
    pub(crate) errors: u32,
    pub(crate) size: u32,
}

/// errors, sums.
pub(crate) fn kernel(gpu: &Gpu) -> Kernel {
    let shader = Shader { source: SOURCE, entry: "squares", constants: &[] };
    gpu.kernel::<Blocks>(&shader, &[Access::Read, Access::Write])
}

/// The shader's answer.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(gpu: &Gpu, errors: &[f32], size: usize) -> Result<Vec<f32>, Fault> {
    let kernel = kernel(gpu);
    let blocks = errors.len().div_ceil(size);
    let cut = |n: usize| u32::try_from(n).expect("fewer than 2^32 errors");
    let records = gpu.records("blocks", 1);
    gpu.write_records(&records, &[Blocks { errors: cut(errors.len()), size: cut(size) }]);
    let errors = gpu.filled("errors", errors);
    let sums = gpu.storage("sums", 2 * blocks * 4);
    let bound = gpu.bind(&kernel, &records, &[&errors, &sums].map(whole));
    run(gpu, &kernel, &bound, blocks);
    gpu.read(&sums, 2 * blocks).await
}

/// What the shader should answer.
pub(crate) fn twin(errors: &[f32], size: usize) -> Vec<f32> {
    let squares = errors.chunks(size).map(|block| block.iter().map(|error| error * error).sum());
    let absolutes = errors.chunks(size).map(|block| block.iter().map(|error| error.abs()).sum());
    squares.chain(absolutes).collect()
}
