//! `shaders/mark.wgsl`: where the gradients of every rating go, and which batches read a row.

use super::{Plan, Sample, plan::BITS, run, sort::Key};
use crate::gpu::{Access, Fault, Gpu, Kernel, LANES, Shader, whole};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/mark.wgsl");

/// What is marked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Marked {
    /// The slice's ratings, now with their slots.
    pub(crate) samples: Vec<Sample>,
    /// Which batches read a row, a bit each: `[rows, words]`.
    pub(crate) readers: Vec<u32>,
}

/// keys, samples, readers (zeros before).
pub(crate) fn kernel(gpu: &Gpu) -> Kernel {
    use Access::{Read, Write};
    let shader = Shader { source: SOURCE, entry: "mark", constants: &[] };
    gpu.kernel::<Plan>(&shader, &[Read, Write, Write])
}

/// Workgroups for a slice.
pub(crate) fn workgroups(plan: &Plan) -> usize {
    plan.keys().div_ceil(LANES)
}

/// The shader's answer.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(
    gpu: &Gpu,
    plan: &Plan,
    keys: &[Key],
    samples: &[Sample],
) -> Result<Marked, Fault> {
    let kernel = kernel(gpu);
    let records = gpu.records("plan", 1);
    gpu.write_records(&records, &[*plan]);
    let keys = gpu.filled("keys", keys);
    let slots = gpu.filled("samples", samples);
    let readers = gpu.storage("readers", plan.readers() * size_of::<u32>());
    let bound = gpu.bind(&kernel, &records, &[&keys, &slots, &readers].map(whole));
    run(gpu, &kernel, &bound, workgroups(plan));
    Ok(Marked {
        samples: gpu.read(&slots, samples.len()).await?,
        readers: gpu.read(&readers, plan.readers()).await?,
    })
}

/// What the shader should answer for the samples, in their place.
pub(crate) fn twin(plan: &Plan, keys: &[Key], samples: &mut [Sample]) {
    let (side, batch) = (plan.side as usize, plan.batch as usize);
    for (samples, keys) in samples.chunks_mut(batch).zip(keys.chunks(2 * side)) {
        for (keys, half) in keys.chunks(side).zip([0, 16]) {
            for (slot, [_, place]) in (0..).zip(&keys[..samples.len()]) {
                samples[*place as usize].slots |= slot << half;
            }
        }
    }
}

/// What the shader should answer for the readers.
pub(crate) fn readers(plan: &Plan, keys: &[Key]) -> Vec<u32> {
    let (side, words) = (plan.side as usize, plan.words as usize);
    let mut readers = vec![0; plan.readers()];
    for (n, keys) in keys.chunks(side).enumerate().filter(|_| words > 0) {
        let step = n / 2;
        for [row, _] in &keys[..plan.count(step)] {
            readers[*row as usize * words + step / BITS] |= 1 << (step % BITS);
        }
    }
    readers
}
