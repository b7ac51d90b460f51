//! `shaders/deep_mf.wgsl`: errors and gradients of a batch of deep matrix factorisation.

use std::num::NonZeroU64;

use super::{
    Sample, Turn,
    mf::{Found, Kernels, slots},
    pairs, run,
};
use crate::gpu::{Access, Fault, Gpu, LANES, Shader, whole};

/// The shader's text, with the lab's sizes in its first line, cut as for a software GPU.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/deep_mf.wgsl");

/// Longest rows the kernel takes.
pub(crate) const MAX_FACTORS: usize = 128;
/// Widest hidden layer it takes.
pub(crate) const MAX_WIDTH: usize = 64;
/// Numbers in the 256 bytes at whose multiples a uniform begins.
const ALIGNED: usize = 64;
/// Fewest ratings that are worth a sum of their own, one more of each number to add up later.
const LEAST_PART: usize = 16;
/// Most workgroups that share a batch; each leaves a sum for every number of the network.
pub(crate) const MAX_GROUPS: usize = 32;

/// Sizes of a network with two hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    /// Length of a row; the network reads two.
    pub(crate) factors: usize,
    /// Widths of the hidden layers.
    pub(crate) widths: [usize; 2],
    /// Most ratings that a workgroup takes at once.
    pub(crate) most: usize,
}

impl Network {
    /// The shader's text for these sizes.
    pub(crate) fn source(&self) -> String {
        let (_, body) = SOURCE.split_once('\n').expect("a shader has lines");
        let Self { factors, widths: [first, second], .. } = self;
        let (most, inputs, parts) = (self.most, self.block_inputs(), self.parts());
        format!(
            "const FACTORS = {factors}u; const WIDTH_1 = {first}u; const WIDTH_2 = {second}u; \
             const MOST = {most}u; const BLOCK_INPUTS = {inputs}u; const PARTS = {parts}u;\n{body}"
        )
    }

    /// Inputs and outputs of every layer.
    pub(crate) fn layers(&self) -> [[usize; 2]; 3] {
        let [first, second] = self.widths;
        [[2 * self.factors, first], [first, second], [second, 1]]
    }

    /// Where the parts stand among the network's numbers: weights, then biases of every layer, and
    /// the end. Outputs stand in fours; what follows the first weights begins at 256 bytes.
    fn places(&self) -> [usize; 7] {
        let [fours_1, fours_2] = self.widths.map(|width| width.div_ceil(4));
        let bias_1 = (2 * self.factors * 4 * fours_1).next_multiple_of(ALIGNED);
        let weight_2 = bias_1 + 4 * fours_1;
        let bias_2 = weight_2 + 4 * fours_1 * 4 * fours_2;
        let weight_3 = bias_2 + 4 * fours_2;
        let bias_3 = weight_3 + 4 * fours_2;
        [0, bias_1, weight_2, bias_2, weight_3, bias_3, bias_3 + 4]
    }

    /// Where each number of the layers stands, in the order of [`Weights`](crate::Weights).
    pub(crate) fn order(&self) -> Vec<usize> {
        let places = self.places();
        let mut order = Vec::new();
        for (n, [inputs, outputs]) in self.layers().into_iter().enumerate() {
            let columns = if n == 2 { 1 } else { outputs.next_multiple_of(4) };
            let [weight, bias] = [places[2 * n], places[2 * n + 1]];
            let at = |output| (0..inputs).map(move |input| weight + input * columns + output);
            order.extend((0..outputs).flat_map(at));
            order.extend((0..outputs).map(|output| bias + output));
        }
        order
    }

    /// Numbers and the zeros among them.
    fn numbers(&self) -> usize {
        self.places()[6]
    }

    /// Rows that they take.
    pub(crate) fn rows(&self) -> usize {
        self.numbers().div_ceil(2 * pairs(self.factors))
    }

    /// The row where they begin, after `rows` rows of tables: at a multiple of 256 bytes.
    pub(crate) fn first_row(rows: usize) -> usize {
        rows.next_multiple_of(ALIGNED)
    }

    /// The first layer's weights and all that follows, as the kernel reads them.
    pub(crate) fn windows<'a>(
        &self,
        values: &'a wgpu::Buffer,
        first_row: usize,
    ) -> [wgpu::BufferBinding<'a>; 2] {
        let begin = first_row * 2 * pairs(self.factors);
        let [weight_1, rest, .., end] = self.places();
        let weights = 2 * self.factors * self.widths[0].next_multiple_of(4);
        [(weight_1, weights), (rest, end - rest)].map(|(at, numbers)| wgpu::BufferBinding {
            buffer: values,
            offset: 4 * (begin + at) as u64,
            size: NonZeroU64::new(4 * numbers as u64),
        })
    }

    /// Ratings that a workgroup takes at once: no more than 16 KiB hold with what they leave behind.
    fn tile(&self) -> usize {
        let [first, second] = self.widths;
        let trace = 2 * self.factors + 2 * first + 2 * second + 1;
        (4096 / trace - 1).min(self.most)
    }

    /// Workgroups for a batch.
    pub(crate) fn groups(&self, samples: usize) -> usize {
        samples.div_ceil(self.tile()).min(MAX_GROUPS)
    }

    /// Blocks of so many inputs by 5 outputs into which the layers' gradient is cut.
    fn blocks(&self, block_inputs: usize) -> usize {
        let blocks = |[inputs, outputs]: [usize; 2]| {
            (inputs + 1).div_ceil(block_inputs) * outputs.div_ceil(5)
        };
        self.layers().map(blocks).iter().sum()
    }

    /// Most parts into which the ratings of a tile are cut for each block.
    fn most_parts(&self) -> usize {
        (self.tile() / LEAST_PART).max(1)
    }

    /// Inputs of a block: 4, which load least, but fewer where the invocations outnumber the work.
    fn block_inputs(&self) -> usize {
        let fits = |inputs: &usize| self.blocks(*inputs) * self.most_parts() <= LANES;
        [1, 2].into_iter().find(fits).unwrap_or(4)
    }

    /// Parts, each of which leaves a sum for every number.
    fn parts(&self) -> usize {
        (LANES / self.blocks(self.block_inputs())).clamp(1, self.most_parts())
    }

    /// Slots of each of the network's rows.
    pub(crate) fn slots(&self, samples: usize) -> usize {
        self.groups(samples) * self.parts()
    }

    pub(crate) fn kernels(&self, gpu: &Gpu) -> Kernels {
        use Access::{Read, Uniform, Write};
        let source = self.source();
        // values, samples, gradients, errors, weights of the first layer, the rest of the network
        let storage = [Read, Read, Write, Write, Uniform, Uniform];
        let kernel = |entry| {
            let shader = Shader { source: &source, entry, constants: &[] };
            gpu.kernel::<Turn>(&shader, &storage)
        };
        Kernels { differentiate: kernel("differentiate"), evaluate: kernel("evaluate") }
    }
}

/// A batch, the tables it reads and the network.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// The network's sizes.
    pub(crate) network: Network,
    /// Rows of users and items `[rows, 2 * pairs(factors)]`, an odd last factor with a zero after it.
    pub(crate) values: Vec<f32>,
    /// For every layer its weights `[outputs, inputs]`, then its biases.
    pub(crate) layers: Vec<f32>,
    /// The ratings.
    pub(crate) samples: Vec<Sample>,
}

/// What a batch gives: for the tables as matrix factorisation does, and for the layers
/// derivatives in the order of [`Batch::layers`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeepFound {
    /// Errors, and gradients by slot.
    pub(crate) rows: Found,
    /// The layers' gradient.
    pub(crate) layers: Vec<f32>,
}

/// The shader's answer, the workgroups' sums added up.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(gpu: &Gpu, batch: &Batch) -> Result<DeepFound, Fault> {
    let Batch { network, values, layers, samples } = batch;
    let kernels = network.kernels(gpu);
    let (count, row) = (samples.len(), 2 * pairs(network.factors));
    let first_row = Network::first_row(values.len() / row);
    let mut values = values.clone();
    values.resize((first_row + network.rows()) * row, 0.0);
    let order = network.order();
    for (place, number) in order.iter().zip(layers) {
        values[first_row * row + place] = *number;
    }
    let turn = batch.turn();
    let stride = turn.stride as usize;
    let first_slot = turn.first_slot as usize;
    let records = gpu.records("turn", 1);
    gpu.write_records(&records, &[turn]);
    let values = gpu.filled("values", &values);
    let samples = gpu.filled("samples", samples);
    let gradients = gpu.storage("gradients", (first_slot + 2 * count) * row * 4);
    let errors = gpu.storage("errors", count * 4);
    let [weights, rest] = network.windows(&values, first_row);
    let storage = [&values, &samples, &gradients, &errors].map(whole);
    let storage = [&storage[..], &[weights.clone(), rest.clone()]].concat();
    let bound = gpu.bind(&kernels.differentiate, &records, &storage);
    run(gpu, &kernels.differentiate, &bound, turn.groups as usize);
    let found: Vec<f32> = gpu.read(&gradients, (first_slot + 2 * count) * row).await?;
    let (sums, rows) = found.split_at(first_slot * row);
    let of_layer = |place: &usize| -> f32 {
        let first = place / row * stride * row + place % row;
        (0..stride).map(|slot| sums[first + slot * row]).sum()
    };
    let layers = order.iter().map(of_layer).collect();
    let again = gpu.storage("errors", count * 4);
    let storage = [&values, &samples, &gradients, &again].map(whole);
    let storage = [&storage[..], &[weights, rest]].concat();
    let bound = gpu.bind(&kernels.evaluate, &records, &storage);
    run(gpu, &kernels.evaluate, &bound, count.div_ceil(LANES));
    let rows = Found {
        errors: gpu.read(&errors, count).await?,
        evaluated: gpu.read(&again, count).await?,
        gradients: rows.to_vec(),
    };
    Ok(DeepFound { rows, layers })
}

/// What the shader should answer.
pub(crate) fn twin(batch: &Batch) -> DeepFound {
    let Batch { network, values, layers: numbers, samples } = batch;
    let row = 2 * pairs(network.factors);
    let mut rows = Found::empty(samples.len(), row);
    let mut layers = vec![0.0; numbers.len()];
    let scale = batch.turn().scale;
    for sample in samples {
        let table = |row_index: u32| &values[row_index as usize * row..][..network.factors];
        let mut activations = vec![[table(sample.user), table(sample.item)].concat()];
        let mut begin = 0;
        for (n, [inputs, outputs]) in network.layers().into_iter().enumerate() {
            let x = &activations[n];
            let (weights, biases) = numbers[begin..].split_at(inputs * outputs);
            let y = |j: usize| -> f32 {
                let products = weights[j * inputs..][..inputs].iter().zip(x).map(|(w, x)| w * x);
                let sum = biases[j] + products.sum::<f32>();
                if n == 2 { sum } else { sum.max(0.0) }
            };
            activations.push((0..outputs).map(y).collect());
            begin += (inputs + 1) * outputs;
        }
        let error = activations[3][0] - sample.rating;
        rows.errors.push(error);
        rows.evaluated.push(error);

        let mut delta = vec![scale * error];
        for (n, [inputs, outputs]) in network.layers().into_iter().enumerate().rev() {
            begin -= (inputs + 1) * outputs;
            let x = &activations[n];
            for j in 0..outputs {
                for i in 0..inputs {
                    layers[begin + j * inputs + i] += delta[j] * x[i];
                }
                layers[begin + inputs * outputs + j] += delta[j];
            }
            let back = |i: usize| -> f32 {
                let products = (0..outputs).map(|j| numbers[begin + j * inputs + i] * delta[j]);
                if n == 0 || x[i] > 0.0 { products.sum() } else { 0.0 }
            };
            delta = (0..inputs).map(back).collect();
        }
        let [by_user, by_item] = slots(sample, samples.len(), row);
        rows.gradients[by_user..][..network.factors].copy_from_slice(&delta[..network.factors]);
        rows.gradients[by_item..][..network.factors].copy_from_slice(&delta[network.factors..]);
    }
    DeepFound { rows, layers }
}

impl Batch {
    fn turn(&self) -> Turn {
        let cut = |n: usize| u32::try_from(n).expect("a batch is small");
        let stride = self.network.slots(self.samples.len());
        Turn {
            samples: cut(self.samples.len()),
            groups: cut(self.network.groups(self.samples.len())),
            stride: cut(stride),
            first_slot: cut(self.network.rows() * stride),
            scale: 2.0 / self.samples.len() as f32,
            ..Turn::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_cut_to_fill_the_workgroups() {
        let cut = |factors, widths, most| {
            let network = Network { factors, widths, most };
            [network.tile(), network.block_inputs(), network.parts()]
        };
        assert_eq!(cut(10, [10, 5], 64), [64, 4, 3]);
        assert_eq!(cut(10, [10, 5], 32), [32, 2, 2]);
        assert_eq!(cut(10, [10, 5], 16), [16, 1, 1]);
        assert_eq!(cut(1, [1, 1], 64), [64, 1, 4]);
        assert_eq!(cut(128, [64, 64], 64), [6, 4, 1]); // what 16 KiB hold
    }

    #[test]
    fn the_shader_as_it_stands_is_the_labs() {
        let lab = Network { factors: 10, widths: [10, 5], most: 64 }.source();
        let first = lab.lines().next().expect("a line");
        assert!(SOURCE.starts_with(first), "{first}");
    }
}
