//! Adam, vector by vector, and the table of what it needs to know of each step.
//!
//! Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1, with PyTorch's
//! coupled weight decay. Only `+ - * /` and square roots, each rounded on its own, so every vector
//! width and every platform gives the same bits.

use bytemuck::{Pod, Zeroable};
use pulp::Simd;

use crate::{Config, Optimizer};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f32 = 1e-8;

// Differences are taken before rounding, as PyTorch does: in f32, 1 - 0.999 is off by 5e-5.
const ONE_LESS_BETA_1: f32 = (1.0 - BETA_1) as f32;
const ONE_LESS_BETA_2: f32 = (1.0 - BETA_2) as f32;

/// What one step does to every number, besides its gradient.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub(crate) struct Step {
    /// Learning rate over `1 - beta_1^t`.
    rate: f32,
    /// One over the square root of `1 - beta_2^t`.
    root: f32,
    /// Weight decay.
    decay: f32,
    /// Fills up what a shader reads at once.
    unused: f32,
}

impl Step {
    /// A number, its first and its second moment after the step.
    pub(crate) fn apply(&self, [p, m, v]: [f32; 3], gradient: f32) -> [f32; 3] {
        let g = gradient + self.decay * p;
        let m = m + (g - m) * ONE_LESS_BETA_1;
        let v = v * BETA_2 as f32 + g * g * ONE_LESS_BETA_2;
        let move_by = m / (v.sqrt() * self.root + EPSILON);
        [p - self.rate * move_by, m, v]
    }
}

/// One step of a run: of the tables' rows, and of the layers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Steps {
    pub(crate) rows: Step,
    pub(crate) layers: Step,
}

/// Makes the steps of a run, from the first.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    beta_1_power: f64,
    beta_2_power: f64,
}

impl Schedule {
    pub(crate) fn new() -> Self {
        Self { beta_1_power: 1.0, beta_2_power: 1.0 }
    }

    /// The steps after so many.
    pub(crate) fn after(steps: u64) -> Self {
        let mut schedule = Self::new();
        for _ in 0..steps {
            schedule.advance();
        }
        schedule
    }

    /// The next step. The powers grow by multiplication, which rounds alike on every platform.
    #[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest f32 is wanted")]
    pub(crate) fn next(&mut self, config: &Config) -> Steps {
        self.advance();
        let rate = config.learning_rate / (1.0 - self.beta_1_power);
        let root = (1.0 - self.beta_2_power).sqrt();
        let step = |rate: f64, root: f64, decay: f64| Step {
            rate: rate as f32,
            root: root as f32,
            decay: decay as f32,
            unused: 0.0,
        };
        let layers = step(rate, 1.0 / root, config.weight_decay);
        let rows = match config.optimizer {
            Optimizer::Adam => layers,
            Optimizer::SparseAdam => step(rate * root, 1.0, 0.0),
            other => panic!("{other} is not Adam"),
        };
        Steps { rows, layers }
    }

    fn advance(&mut self) {
        self.beta_1_power *= BETA_1;
        self.beta_2_power *= BETA_2;
    }
}

/// Numbers with their moments, as long as one another and a whole number of vectors.
pub(super) struct Moving<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) first: &'a mut [f32],  // moment
    pub(super) second: &'a mut [f32], // moment
}

impl Moving<'_> {
    /// The same numbers, lent out once more.
    #[inline(always)]
    pub(super) fn again(&mut self) -> Moving<'_> {
        Moving { values: self.values, first: self.first, second: self.second }
    }
}

/// A step's scalars in every lane.
struct Lanes<S: Simd> {
    rate: S::f32s,
    root: S::f32s,
    decay: S::f32s,
    one_less_beta_1: S::f32s,
    beta_2: S::f32s,
    one_less_beta_2: S::f32s,
    epsilon: S::f32s,
}

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    fn new(simd: S, step: &Step) -> Self {
        Self {
            rate: simd.splat_f32s(step.rate),
            root: simd.splat_f32s(step.root),
            decay: simd.splat_f32s(step.decay),
            one_less_beta_1: simd.splat_f32s(ONE_LESS_BETA_1),
            beta_2: simd.splat_f32s(BETA_2 as f32),
            one_less_beta_2: simd.splat_f32s(ONE_LESS_BETA_2),
            epsilon: simd.splat_f32s(EPSILON),
        }
    }

    /// Values and moments after the step.
    #[inline(always)]
    fn apply(&self, simd: S, [p, m, v]: [S::f32s; 3], gradient: S::f32s) -> [S::f32s; 3] {
        let g = simd.add_f32s(gradient, simd.mul_f32s(self.decay, p));
        let m = simd.add_f32s(m, simd.mul_f32s(simd.sub_f32s(g, m), self.one_less_beta_1));
        let squared = simd.mul_f32s(simd.mul_f32s(g, g), self.one_less_beta_2);
        let v = simd.add_f32s(simd.mul_f32s(v, self.beta_2), squared);
        let root = simd.mul_f32s(simd.sqrt_f32s(v), self.root);
        let move_by = simd.div_f32s(m, simd.add_f32s(root, self.epsilon));
        let p = simd.sub_f32s(p, simd.mul_f32s(self.rate, move_by));
        [p, m, v]
    }
}

/// [`coast_moving`] for numbers, first and second moments.
#[inline(always)]
pub(crate) fn coast<S: Simd>(simd: S, [values, first, second]: [&mut [f32]; 3], step: &Step) {
    coast_moving(simd, Moving { values, first, second }, step);
}

/// One step in which no number has a gradient of its own.
#[inline(always)]
pub(super) fn coast_moving<S: Simd>(simd: S, numbers: Moving, step: &Step) {
    let lanes = Lanes::<S>::new(simd, step);
    let values = S::as_mut_simd_f32s(numbers.values).0;
    let first = S::as_mut_simd_f32s(numbers.first).0;
    let second = S::as_mut_simd_f32s(numbers.second).0;
    let none = simd.splat_f32s(0.0);
    for ((p, m), v) in values.iter_mut().zip(first).zip(second) {
        [*p, *m, *v] = lanes.apply(simd, [*p, *m, *v], none);
    }
}

/// One step in which every number has a gradient, which is used up.
#[inline(always)]
pub(super) fn step<S: Simd>(simd: S, numbers: Moving, gradients: &mut [f32], step: &Step) {
    let lanes = Lanes::<S>::new(simd, step);
    let values = S::as_mut_simd_f32s(numbers.values).0;
    let first = S::as_mut_simd_f32s(numbers.first).0;
    let second = S::as_mut_simd_f32s(numbers.second).0;
    let gradients = S::as_mut_simd_f32s(gradients).0;
    let none = simd.splat_f32s(0.0);
    for (((p, m), v), g) in values.iter_mut().zip(first).zip(second).zip(gradients) {
        let gradient = std::mem::replace(g, none);
        [*p, *m, *v] = lanes.apply(simd, [*p, *m, *v], gradient);
    }
}
