//! DeepMF's network on a block of ratings: forwards, and backwards by the chain rule.
//!
//! A layer is `y = W x + b`, with ReLU between the layers. Numbers of a block stand side by side,
//! so that one operation serves all of its ratings.

use pulp::Simd;
use wide::f32x4;

use super::{
    adam::{self, Moving, Step},
    crew::{Columns, Sample},
    lanes::{self, Chunk, LANES},
    rows::Rows,
};

/// Ratings in a block.
pub(super) const BLOCK: usize = 64;
/// One number of every rating of a block.
pub(super) type Column = [f32; BLOCK];

/// The weights of all layers, with their moments.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    shapes: Vec<[usize; 2]>, // inputs, outputs
    /// For each layer its weights `[outputs, inputs]`, then its biases `[outputs]`; zeros at the
    /// end fill up a chunk.
    pub(super) values: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
}

/// What the layers make of a block: the inputs `[inputs of the first layer]`, then the outputs
/// of every layer.
#[derive(Clone, Debug)]
pub(super) struct Activations {
    factors: usize, // of a row, of which there are two
    pub(super) columns: Vec<Column>,
    pub(super) deltas: Vec<Column>, // derivative of the loss by each of them
}

impl Layers {
    pub(super) fn new(shapes: Vec<[usize; 2]>) -> Self {
        let len: usize = shapes.iter().map(|[inputs, outputs]| (inputs + 1) * outputs).sum();
        let zeros = || vec![0.0; len.next_multiple_of(LANES)];
        Self { shapes, values: zeros(), first: zeros(), second: zeros() }
    }

    /// Sets all values (part 0), first (1) or second moments (2), before training.
    pub(super) fn set(&mut self, part: usize, numbers: impl Iterator<Item = f32>) {
        let Self { values, first, second, .. } = self;
        let part = [values, first, second][part].as_mut_slice();
        part.iter_mut().zip(numbers).for_each(|(to, number)| *to = number);
    }

    /// The reverse of [`set`](Self::set), with zeros at the end.
    pub(super) fn get(&self, part: usize) -> &[f32] {
        [&self.values, &self.first, &self.second][part]
    }

    /// Room for a block's numbers.
    pub(super) fn activations(&self) -> Activations {
        let width = self.shapes[0][0] + self.shapes.iter().map(|shape| shape[1]).sum::<usize>();
        let columns = vec![[0.0; BLOCK]; width];
        Activations { factors: self.shapes[0][0] / 2, deltas: columns.clone(), columns }
    }

    /// The predictions of a block whose inputs are set.
    #[inline(always)]
    pub(super) fn forward<'a, S: Simd>(&self, simd: S, block: &'a mut Activations) -> &'a Column {
        let (mut weights, mut from) = (self.values.as_slice(), 0);
        for (n, &[inputs, outputs]) in self.shapes.iter().enumerate() {
            let (x, y) = block.columns[from..].split_at_mut(inputs);
            let biases = &weights[inputs * outputs..][..outputs];
            weigh(simd, x, [weights, biases], [inputs, 1], &mut y[..outputs]);
            if n + 1 < self.shapes.len() {
                for y in y[..outputs].as_flattened_mut() {
                    *y = if *y > 0.0 { *y } else { 0.0 };
                }
            }
            weights = &weights[(inputs + 1) * outputs..];
            from += inputs;
        }
        &block.columns[from]
    }

    /// From the derivative by the predictions to the one by the inputs, adding those by the
    /// weights to `gradients` on the way.
    #[inline(always)]
    pub(super) fn backward<S: Simd>(
        &self,
        simd: S,
        block: &mut Activations,
        by_prediction: &Column,
        gradients: &mut [f32],
    ) {
        let mut to = block.columns.len() - 1;
        block.deltas[to] = *by_prediction;
        let mut end = self.shapes.iter().map(|[inputs, outputs]| (inputs + 1) * outputs).sum();
        for (n, &[inputs, outputs]) in self.shapes.iter().enumerate().rev() {
            let begin = end - (inputs + 1) * outputs;
            let from = to - inputs;
            let (dx, dy) = block.deltas[from..].split_at_mut(inputs);
            let (x, dy) = (&block.columns[from..to], &dy[..outputs]);
            let (by_weight, by_bias) = gradients[begin..end].split_at_mut(inputs * outputs);
            for (output, dy) in dy.iter().enumerate() {
                let by_weight = &mut by_weight[output * inputs..][..inputs];
                let (whole, rest) = x.as_chunks::<LANES>();
                for (gradients, x) in by_weight.chunks_exact_mut(LANES).zip(whole) {
                    lanes::add_halves(products(simd, dy, x), gradients);
                }
                for (gradient, x) in by_weight[whole.len() * LANES..].iter_mut().zip(rest) {
                    *gradient += product(dy, x);
                }
                by_bias[output] += sum(dy);
            }
            weigh(simd, dy, [&self.values[begin..end], &[]], [1, inputs], dx);
            if n > 0 {
                for (dx, x) in dx.as_flattened_mut().iter_mut().zip(x.as_flattened()) {
                    *dx = if *x <= 0.0 { 0.0 } else { *dx };
                }
            }
            (to, end) = (from, begin);
        }
    }

    /// One step of Adam, which uses the gradients up.
    #[inline(always)]
    pub(super) fn move_by<S: Simd>(&mut self, simd: S, gradients: &mut [f32], step: &Step) {
        let Self { values, first, second, .. } = self;
        adam::step(simd, Moving { values, first, second }, gradients, step);
    }
}

impl Activations {
    /// Sets some columns `[2, columns]` of both rows of a block's ratings: of the users', of the items'.
    #[inline(always)]
    pub(super) fn set(&mut self, columns: Columns, numbers: &[Column]) {
        for (first, half) in [0, self.factors].into_iter().zip(numbers.chunks(columns.len())) {
            for (column, numbers) in columns.iter().zip(half) {
                self.columns[first + column] = *numbers;
            }
        }
    }

    /// The derivatives by some columns `[2, columns]` of both rows.
    #[inline(always)]
    pub(super) fn get(&self, columns: Columns) -> impl Iterator<Item = &Column> {
        let halves = [0, self.factors].into_iter();
        halves.flat_map(move |first| columns.iter().map(move |c| &self.deltas[first + c]))
    }
}

/// [`turn`] for the users' rows and for the items': `[2, columns]`.
#[inline(always)]
pub(super) fn turn_both(block: &[Sample], rows: &Rows, chunks: usize, to: &mut [Column]) {
    let (of_users, of_items) = to.split_at_mut(to.len() / 2);
    let factors = rows.factors(chunks);
    turn(block.len(), |s| factors.of(block[s].user), of_users);
    turn(block.len(), |s| factors.of(block[s].item), of_items);
}

/// Turns some columns of the rows of a block's ratings into `[columns]`, with zeros where there are
/// no more ratings.
#[inline(always)]
fn turn<'a>(ratings: usize, row: impl Fn(usize) -> &'a [Chunk], to: &mut [Column]) {
    for (chunk, to) in to.chunks_mut(LANES).enumerate() {
        for group in (0..BLOCK).step_by(LANES) {
            let mut rows = [&Chunk::ZERO; LANES];
            for (s, to) in (group..ratings).zip(&mut rows) {
                *to = &row(s)[chunk];
            }
            let turned = Chunk::transposed(&rows);
            to.iter_mut()
                .zip(turned)
                .for_each(|(to, halves)| lanes::store(halves, &mut to[group..]));
        }
    }
}

/// The reverse for one group of ratings and one chunk of their rows.
#[inline(always)]
pub(super) fn turned_back(columns: &[Column], group: usize, chunk: usize) -> [[f32x4; 2]; LANES] {
    let mut rows = [Chunk::ZERO; LANES];
    for (row, column) in rows.iter_mut().zip(&columns[chunk * LANES..]) {
        *row = Chunk::load(&column[group * LANES..]);
    }
    let [a, b, c, d, e, f, g, h] = &rows;
    Chunk::transposed(&[a, b, c, d, e, f, g, h])
}

/// Vectors of a column that are summed up at once, for two sums: they stay in registers.
const VECTORS: usize = 4;

/// Weighted sums of columns, added to biases if there are any. The weight of column `c` in sum `n`
/// stands at `n` and `c` times their steps.
#[inline(always)]
fn weigh<S: Simd>(
    simd: S,
    columns: &[Column],
    [weights, biases]: [&[f32]; 2],
    [step, by_column]: [usize; 2],
    sums: &mut [Column],
) {
    let (pairs, last) = sums.as_chunks_mut::<2>();
    let bias = |n: usize| biases.get(n).copied().unwrap_or(0.0);
    let last_at = 2 * pairs.len();
    for (at, pair) in (0..).step_by(2).zip(pairs) {
        let weights = [&weights[at * step..], &weights[(at + 1) * step..]];
        weigh_few(simd, columns, weights, by_column, [bias(at), bias(at + 1)], pair);
    }
    if let [last] = last {
        let last = std::array::from_mut(last);
        weigh_few(simd, columns, [&weights[last_at * step..]], by_column, [bias(last_at)], last);
    }
}

/// `N` of these sums.
#[inline(always)]
fn weigh_few<S: Simd, const N: usize>(
    simd: S,
    columns: &[Column],
    weights: [&[f32]; N],
    by_column: usize,
    biases: [f32; N],
    to: &mut [Column; N],
) {
    for part in 0..BLOCK / (VECTORS * S::F32_LANES) {
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; N];
        for n in 0..N {
            sums[n] = [simd.splat_f32s(biases[n]); VECTORS];
        }
        for (c, column) in columns.iter().enumerate() {
            let numbers = &S::as_simd_f32s(column).0.as_chunks::<VECTORS>().0[part];
            for n in 0..N {
                let weight = simd.splat_f32s(weights[n][c * by_column]);
                for v in 0..VECTORS {
                    sums[n][v] = simd.add_f32s(sums[n][v], simd.mul_f32s(weight, numbers[v]));
                }
            }
        }
        for n in 0..N {
            S::as_mut_simd_f32s(&mut to[n]).0.as_chunks_mut::<VECTORS>().0[part] = sums[n];
        }
    }
}

/// The sums of the products of a column with each of several, in fixed lanes.
#[inline(always)]
fn products<S: Simd>(simd: S, a: &Column, others: &[Column; LANES]) -> [f32x4; 2] {
    const { assert!(S::F32_LANES <= LANES, "a vector is at most all lanes") };
    let mut lanes = [Chunk::ZERO; LANES]; // [others, lanes]
    let parts = LANES / S::F32_LANES;
    let a = S::as_simd_f32s(a).0;
    for part in 0..parts {
        let mut sums = [simd.splat_f32s(0.0); LANES];
        for at in (part..a.len()).step_by(parts) {
            for n in 0..LANES {
                let other = S::as_simd_f32s(&others[n]).0[at];
                sums[n] = simd.add_f32s(sums[n], simd.mul_f32s(a[at], other));
            }
        }
        for n in 0..LANES {
            S::as_mut_simd_f32s(&mut lanes[n].0).0[part] = sums[n];
        }
    }
    lanes::totals(&lanes)
}

/// The sum of the products, in fixed lanes.
#[inline(always)]
fn product(a: &Column, b: &Column) -> f32 {
    let mut lanes = Chunk::ZERO;
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        lanes.add_product(Chunk::load(a), Chunk::load(b));
    }
    lanes::total(&mut lanes.0)
}

/// The sum, in fixed lanes.
#[inline(always)]
fn sum(a: &Column) -> f32 {
    let mut lanes = Chunk::ZERO;
    a.chunks_exact(LANES).for_each(|a| lanes += Chunk::load(a));
    lanes::total(&mut lanes.0)
}
