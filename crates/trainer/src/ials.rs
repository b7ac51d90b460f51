//! Implicit alternating least squares: factors fitted to whether something was rated at all (Hu, Koren
//! and Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets").
//!
//! What is minimised, in the form of Rendle, Krichene, Zhang and Koren 2021, "Revisiting the
//! Performance of iALS on Item Recommendation Benchmarks": with `S` the pairs that were rated, `a` the weight of the unobserved ([`Implicit`](crate::Implicit)) and `v` the exponent,
//!
//! `Σ_S (1 - p·q)² + a Σ_all (p·q)² + weight_decay (Σ_users (n + a I)^v |p|² + Σ_items (n + a U)^v |q|²)`,
//!
//! where `n` counts a row's ratings, `I` all items and `U` all users. With one side held a row of the
//! other has a closed form. Its sum over all pairs is the same matrix for every row, `a Σ q qᵀ`, which
//! is made once a turn.

use ratings::Split;

use crate::{
    Config, Scale, Weights,
    learner::{Learner, means},
    miss::Miss,
    rows::{ByRow, Sides, Standard, Sweep, System, gramian, stride},
};

/// A factorisation being trained: an epoch is a turn of users and items, a step a share of rows.
pub(crate) struct Ials {
    config: Config,
    threads: usize,
    sweep: Sweep,
    sides: Sides, // whose biases stay 0
    good: Sides,
    gramians: [Vec<f32>; 2], // of users, of items, as they are held: [K, stride]
    ridges: [Vec<f32>; 2],   // what each row pays: of users, of items
    sizes: [usize; 2],       // users, items
}

/// What the penalty of a row is, in its half of the equation above: `n` of its ratings, and `others`
/// rows on the other side.
pub(crate) fn ridge(config: &Config, n: usize, others: usize) -> f64 {
    let weight = n as f64 + config.implicit.unobserved * others as f64;
    config.weight_decay * libm::pow(weight, config.implicit.exponent)
}

/// Nothing is between the numbers of the model and those of its file.
const AS_THEY_ARE: Scale = Scale { low: 0.0, mean: 0.0, high: 0.0 };

impl Ials {
    /// Prepares training from these weights.
    pub(crate) fn new(split: &Split, config: &Config, from: &Weights, threads: usize) -> Self {
        let Split { train, validation: _, test: _, users, items } = split;
        let sizes = [*users, *items];
        let none = sizes.map(|rows| vec![0.0; rows]);
        let rows =
            [[from.values("user_factors"), &none[0]], [from.values("item_factors"), &none[1]]];
        let sides = Sides::load(config.factors, rows, Standard::plain(AS_THEY_ARE));
        let sweep = Sweep::new(ByRow::both(train, *users, *items, |_| 1.0));
        Self {
            config: config.clone(),
            threads,
            ridges: ridges(&sweep, config, sizes),
            sweep,
            good: sides.clone(),
            sides,
            gramians: [Vec::new(), Vec::new()],
            sizes,
        }
    }

    fn to_weights(&self, sides: &Sides) -> Weights {
        let factors = [0, 1].map(|side| {
            let [factors, _] = sides.unload(side, Standard::plain(AS_THEY_ARE));
            factors
        });
        let [users, items] = self.sizes;
        Weights::of(&self.config, (users, items), factors)
    }

    fn make_gramian(&mut self, side: usize) {
        let rows = &self.sides.rows[side];
        self.gramians[side] = gramian(rows, self.config.factors, self.threads);
    }

    /// `Σ_all (p·q)²`, by the products of both sides' columns.
    fn squared_scores(&self) -> f64 {
        let stride = stride(self.config.factors);
        let [users, items] = &self.gramians;
        let mut sum = 0.0;
        for (i, (users, items)) in users.chunks(stride).zip(items.chunks(stride)).enumerate() {
            for (j, (user, item)) in users.iter().zip(items).enumerate().skip(i) {
                let times = if i == j { 1.0 } else { 2.0 }; // the lower triangle
                sum += times * f64::from(*user) * f64::from(*item);
            }
        }
        sum
    }
}

/// What the rows of both sides pay.
#[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
fn ridges(sweep: &Sweep, config: &Config, sizes: [usize; 2]) -> [Vec<f32>; 2] {
    [0, 1].map(|side| {
        let counts = sweep.ratings(side).counts();
        counts.map(|n| ridge(config, n, sizes[1 - side]) as f32).collect()
    })
}

impl Learner for Ials {
    fn begin_epoch(&mut self, _: u32) {
        self.sweep.begin();
        self.make_gramian(1);
    }

    fn tune(&mut self, config: &Config) {
        self.config = config.clone();
        self.ridges = ridges(&self.sweep, config, self.sizes);
    }

    fn trained(&self) -> usize {
        self.sweep.turns() / 2
    }

    /// The losses are the minimised sum without its penalty.
    fn train(&mut self, steps: usize) -> Vec<Miss> {
        let Some(next) = self.sweep.next(steps) else { return Vec::new() };
        let (side, n) = (next.side, self.config.factors);
        #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
        let unobserved = self.config.implicit.unobserved as f32;
        let prior: Vec<f32> = self.gramians[1 - side].iter().map(|sum| unobserved * sum).collect();
        let system = System {
            n,
            biased: false,
            others: &self.sides.rows[1 - side],
            prior: &prior,
            prior_mean: &vec![0.0; n],
            ridge: &self.ridges[side],
            apart: &[],
            weight: 1.0,
        };
        let solved = self.sweep.solve(&next, &system, self.threads, |_| || 0.0);
        let left = self.sweep.put(next, solved, &mut self.sides);
        let mut losses: Vec<_> = left.into_iter().map(|left| Miss::loss(left.squared)).collect();
        if self.sweep.has_done(side) {
            self.make_gramian(side);
            let unobserved = self.config.implicit.unobserved * self.squared_scores();
            losses.last_mut().into_iter().for_each(|last| last.squared += unobserved);
        }
        means(losses, self.sweep.len(), 2 * self.sweep.ratings(0).ratings())
    }

    fn keep(&mut self) {
        self.good.clone_from(&self.sides);
    }

    fn restore(&mut self) {
        self.sides.clone_from(&self.good);
    }

    fn weights(&self) -> Weights {
        self.to_weights(&self.sides)
    }

    fn good_weights(&self) -> Weights {
        self.to_weights(&self.good)
    }
}
