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
    /// Sums that stand before the first block's.
    pub(crate) first: u32,
}

/// errors, sums.
pub(crate) fn kernel(gpu: &Gpu) -> Kernel {
    let shader = Shader { source: SOURCE, entry: "squares", constants: &[] };
    gpu.kernel::<Blocks>(&shader, &[Access::Read, Access::Write])
}

/// The shader's answer, computed behind `first` other sums: `[blocks, 2]`.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(
    gpu: &Gpu,
    errors: &[f32],
    size: usize,
    first: usize,
) -> Result<Vec<f32>, Fault> {
    let kernel = kernel(gpu);
    let blocks = errors.len().div_ceil(size);
    let cut = |n: usize| u32::try_from(n).expect("fewer than 2^32 errors");
    let records = gpu.records("blocks", 1);
    gpu.write_records(
        &records,
        &[Blocks { errors: cut(errors.len()), size: cut(size), first: cut(first) }],
    );
    let errors = gpu.filled("errors", errors);
    let sums = gpu.storage("sums", 2 * (first + blocks) * 4);
    let bound = gpu.bind(&kernel, &records, &[&errors, &sums].map(whole));
    run(gpu, &kernel, &bound, blocks);
    Ok(gpu.read::<f32>(&sums, 2 * (first + blocks)).await?.split_off(2 * first))
}

/// What the shader should answer: `[blocks, 2]`.
pub(crate) fn twin(errors: &[f32], size: usize) -> Vec<f32> {
    let squares = |block: &[f32]| block.iter().map(|error| error * error).sum();
    let absolutes = |block: &[f32]| block.iter().map(|error| error.abs()).sum();
    errors.chunks(size).flat_map(|block| [squares(block), absolutes(block)]).collect()
}
