//! `shaders/sort.wgsl`: the ratings of every batch, sorted by user and, apart from that, by item.

use super::{Plan, Sample, plan::small};
use crate::gpu::{Access, Fault, Gpu, Kernel, Shader, whole};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/sort.wgsl");

/// Keys that a workgroup counts, as the shader has it.
const BLOCK: usize = 512;
/// Invocations of a workgroup, as the shader has it.
const LANES: usize = 32;

/// A rating as it is sorted: its row, its place in the batch.
pub(crate) type Key = [u32; 2];
/// The row of what stands behind the keys of a batch whose ratings are no power of two.
const NO_ROW: u32 = (1 << 23) - 1;

/// The shader's entry points.
pub(crate) struct Kernels {
    sort: Kernel,
    merge: Kernel,
}

/// The kernels tied to their buffers, and the one where the sorted keys are.
pub(crate) struct Bound {
    sort: wgpu::BindGroup,
    merge: wgpu::BindGroup,
    /// `[steps, 2, side]`.
    pub(crate) keys: wgpu::Buffer,
}

/// Whether a side has several blocks, which are then put together.
pub(crate) fn has_blocks(side: usize) -> bool {
    side > BLOCK
}

impl Kernels {
    /// samples, keys sorted in blocks, keys sorted.
    pub(crate) fn new(gpu: &Gpu) -> Self {
        use Access::{Read, Write};
        let kernel = |entry| {
            let shader = Shader { source: SOURCE, entry, constants: &[] };
            gpu.kernel::<Plan>(&shader, &[Read, Write, Write])
        };
        Self { sort: kernel("sort"), merge: kernel("merge") }
    }

    /// Ties the kernels to their buffers, with room for so many keys of sides of such a length.
    pub(crate) fn bind(
        &self,
        gpu: &Gpu,
        records: &wgpu::Buffer,
        samples: &wgpu::Buffer,
        (keys, side): (usize, usize),
    ) -> Bound {
        let blocks = gpu.storage("blocks of keys", keys * size_of::<Key>());
        let apart = if has_blocks(side) { keys } else { 0 };
        let merged = gpu.storage("keys", apart * size_of::<Key>());
        let [sort, merge] = [&self.sort, &self.merge]
            .map(|kernel| gpu.bind(kernel, records, &[samples, &blocks, &merged].map(whole)));
        Bound { sort, merge, keys: if has_blocks(side) { merged } else { blocks } }
    }

    /// Encodes the sorting of a slice.
    pub(crate) fn dispatch(&self, pass: &mut wgpu::ComputePass, bound: &Bound, plan: &Plan) {
        self.sort.dispatch(pass, &bound.sort, 0, plan.keys().div_ceil(BLOCK));
        if has_blocks(plan.side as usize) {
            self.merge.dispatch(pass, &bound.merge, 0, plan.keys().div_ceil(LANES));
        }
    }
}

/// The shader's answer: `[steps, 2, side]`.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(gpu: &Gpu, plan: &Plan, samples: &[Sample]) -> Result<Vec<Key>, Fault> {
    let kernels = Kernels::new(gpu);
    let records = gpu.records("plan", 1);
    gpu.write_records(&records, &[*plan]);
    let samples = gpu.filled("samples", samples);
    let bound = kernels.bind(gpu, &records, &samples, (plan.keys(), plan.side as usize));
    let mut encoder = gpu.encoder();
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    kernels.dispatch(&mut pass, &bound, plan);
    drop(pass);
    gpu.submit(encoder);
    gpu.read(&bound.keys, plan.keys()).await
}

/// What the shader should answer.
pub(crate) fn twin(plan: &Plan, samples: &[Sample], keys: &mut Vec<Key>) {
    let mut sorted = Vec::with_capacity(plan.side as usize);
    #[expect(clippy::cast_possible_truncation, reason = "either half is wanted")]
    let [high, low] = [|key: u64| (key >> 32) as u32, |key: u64| key as u32];
    keys.clear();
    for batch in samples.chunks(plan.batch as usize) {
        for row in [|sample: &Sample| sample.user, |sample: &Sample| sample.item] {
            sorted.clear();
            let places = batch.iter().zip(0u64..);
            sorted.extend(places.map(|(sample, place)| u64::from(row(sample)) << 32 | place));
            sorted.sort_unstable();
            keys.extend(sorted.iter().map(|key| [high(*key), low(*key)]));
            keys.extend((small(batch.len())..plan.side).map(|place| [NO_ROW, place]));
        }
    }
}
