//! `shaders/mf.wgsl`: errors and gradients of a batch of matrix factorisation.

use super::{Sample, Turn, pairs, run};
use crate::gpu::{Access, Fault, Gpu, Kernel, LANES, Shader, whole};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/mf.wgsl");

/// The shader's two entry points.
pub(crate) struct Kernels {
    pub(crate) differentiate: Kernel,
    pub(crate) evaluate: Kernel,
}

/// values, samples, gradients, errors.
const STORAGE: [Access; 4] = [Access::Read, Access::Read, Access::Write, Access::Write];

impl Kernels {
    pub(crate) fn new(gpu: &Gpu, factors: usize) -> Self {
        let constants = &[("PAIRS", pairs(factors) as f64)];
        let kernel =
            |entry| gpu.kernel::<Turn>(&Shader { source: SOURCE, entry, constants }, &STORAGE);
        Self { differentiate: kernel("differentiate"), evaluate: kernel("evaluate") }
    }
}

/// A batch and the tables it reads.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// Length of a row.
    pub(crate) factors: usize,
    /// Rows of users and items `[rows, 2 * pairs(factors)]`, an odd last factor with a zero after it.
    pub(crate) values: Vec<f32>,
    /// The ratings.
    pub(crate) samples: Vec<Sample>,
}

/// What a batch gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// Prediction less rating `[samples]`.
    pub(crate) errors: Vec<f32>,
    /// The same by the entry point that only evaluates.
    pub(crate) evaluated: Vec<f32>,
    /// Derivatives of the batch's mean squared error `[2 * samples, 2 * pairs(factors)]`, by slot.
    pub(crate) gradients: Vec<f32>,
}

/// The shader's answer.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(gpu: &Gpu, batch: &Batch) -> Result<Found, Fault> {
    let kernels = Kernels::new(gpu, batch.factors);
    let (count, row) = (batch.samples.len(), 2 * pairs(batch.factors));
    let records = gpu.records("turn", 1);
    gpu.write_records(&records, &[batch.turn()]);
    let values = gpu.filled("values", &batch.values);
    let samples = gpu.filled("samples", &batch.samples);
    let gradients = gpu.storage("gradients", 2 * count * row * 4);
    let errors = gpu.storage("errors", count * 4);
    let storage = [&values, &samples, &gradients, &errors].map(whole);
    let bound = gpu.bind(&kernels.differentiate, &records, &storage);
    run(gpu, &kernels.differentiate, &bound, count.div_ceil(LANES));
    let again = gpu.storage("errors", count * 4);
    let storage = [&values, &samples, &gradients, &again].map(whole);
    let bound = gpu.bind(&kernels.evaluate, &records, &storage);
    run(gpu, &kernels.evaluate, &bound, count.div_ceil(LANES));
    Ok(Found {
        errors: gpu.read(&errors, count).await?,
        evaluated: gpu.read(&again, count).await?,
        gradients: gpu.read(&gradients, 2 * count * row).await?,
    })
}

/// What the shader should answer.
pub(crate) fn twin(batch: &Batch) -> Found {
    let row = 2 * pairs(batch.factors);
    let mut found = Found::empty(batch.samples.len(), row);
    let scale = batch.turn().scale;
    for sample in &batch.samples {
        let p = &batch.values[sample.user as usize * row..][..row];
        let q = &batch.values[sample.item as usize * row..][..row];
        let predicted: f32 = p.iter().zip(q).map(|(p, q)| p * q).sum();
        let error = predicted - sample.rating;
        found.errors.push(error);
        found.evaluated.push(error);
        let [by_user, by_item] = slots(sample, batch.samples.len(), row);
        for k in 0..row {
            found.gradients[by_user + k] = scale * error * q[k];
            found.gradients[by_item + k] = scale * error * p[k];
        }
    }
    found
}

impl Batch {
    fn turn(&self) -> Turn {
        let samples = u32::try_from(self.samples.len()).expect("a batch is small");
        Turn { samples, scale: 2.0 / samples as f32, ..Turn::default() }
    }
}

impl Found {
    /// No errors yet, and zeros for the gradients.
    pub(super) fn empty(samples: usize, row: usize) -> Self {
        let gradients = vec![0.0; 2 * samples * row];
        Self { errors: Vec::new(), evaluated: Vec::new(), gradients }
    }
}

/// Where the gradients of a sample's user and item begin.
pub(super) fn slots(sample: &Sample, samples: usize, row: usize) -> [usize; 2] {
    let [low, high] = [sample.slots & 0xffff, sample.slots >> 16].map(|slot| slot as usize);
    [low * row, (samples + high) * row]
}
