//! Biased matrix factorisation by alternating least squares: with one side held, every row of the other
//! goes to its best in closed form (Zhou, Wilkinson, Schreiber and Pan 2008, "Large-Scale Parallel
//! Collaborative Filtering for the Netflix Prize"; the bias is one more factor of each row).
//!
//! What is minimised is the squared error plus, for every row `x`, `weight_decay * n * |x|²`, where
//! `n` is the row's number of ratings, its root, or 1 (see [`Penalty`]).

use std::ops::Range;

use ratings::{Ratings, Split};

use crate::{
    Config, Penalty, Scale, Weights,
    held_out::Misses,
    learner::{Learner, means},
    miss::Miss,
    rows::{ByRow, Sides, Standard, Sweep, System, stride},
};

/// A factorisation being trained: an epoch is a turn of users and items, a step a share of rows.
pub(crate) struct Als {
    config: Config,
    threads: usize,
    standard: Standard,
    sweep: Sweep,
    sides: Sides,
    good: Sides,
    ridges: [Vec<f32>; 2], // what each row pays: of users, of items
    held_out: Ratings,
    sizes: [usize; 2], // users, items
}

impl Als {
    /// Prepares training from these weights.
    pub(crate) fn new(split: &Split, config: &Config, from: &Weights, threads: usize) -> Self {
        let Split { train, validation: _, test: _, users, items } = split;
        let standard = Standard::plain(Scale::of(train));
        let rows = [
            [from.values("user_factors"), from.values("user_bias")],
            [from.values("item_factors"), from.values("item_bias")],
        ];
        let sides = Sides::load(config.factors, rows, standard);
        let sweep = Sweep::new(ByRow::both(train, *users, *items, |rating| standard.of(rating)));
        Self {
            config: config.clone(),
            threads,
            standard,
            ridges: ridges(&sweep, config),
            sweep,
            good: sides.clone(),
            sides,
            held_out: split.held_out().into_owned(),
            sizes: [*users, *items],
        }
    }

    fn to_weights(&self, sides: &Sides) -> Weights {
        let [user_factors, user_bias] = sides.unload(0, self.standard);
        let [item_factors, item_bias] = sides.unload(1, self.standard);
        let scale = self.standard.scale.parameter().values;
        let [users, items] = self.sizes;
        let values = [user_factors, item_factors, user_bias, item_bias, scale];
        Weights::of(&self.config, (users, items), values)
    }
}

/// What the rows of both sides pay.
#[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
fn ridges(sweep: &Sweep, config: &Config) -> [Vec<f32>; 2] {
    let ridge = |ratings: usize| {
        let ratings = ratings.max(1) as f64; // without any a row is 0
        let times = match config.descent.penalty {
            Penalty::PerRating => ratings,
            Penalty::Constant => 1.0,
            Penalty::Root => ratings.sqrt(),
        };
        (config.weight_decay * times) as f32
    };
    [0, 1].map(|side| sweep.ratings(side).counts().map(ridge).collect())
}

impl Learner for Als {
    fn begin_epoch(&mut self, _: u32) {
        self.sweep.begin();
    }

    fn tune(&mut self, config: &Config) {
        self.config = config.clone();
        self.ridges = ridges(&self.sweep, config);
    }

    fn trained(&self) -> usize {
        self.sweep.turns() / 2
    }

    fn train(&mut self, steps: usize) -> Vec<Miss> {
        let Some(next) = self.sweep.next(steps) else { return Vec::new() };
        let n = self.config.factors + 1;
        let system = System {
            n,
            biased: true,
            others: &self.sides.rows[1 - next.side],
            prior: &vec![0.0; n * stride(self.config.factors)],
            prior_mean: &vec![0.0; n],
            ridge: &self.ridges[next.side],
            apart: &[],
            weight: 1.0,
        };
        let solved = self.sweep.solve(&next, &system, self.threads, |_| || 0.0);
        let left = self.sweep.put(next, solved, &mut self.sides);
        let left = left.into_iter().map(|left| self.standard.errors(left)).collect();
        means(left, self.sweep.len(), 2 * self.sweep.ratings(0).ratings())
    }

    fn evaluate(&mut self, part: Range<usize>) -> Misses {
        let ratings = self.held_out.part(part);
        let predicted = self.sides.predict_all(&ratings, self.threads);
        let errors = predicted.iter().zip(&ratings.values).map(|(predicted, rating)| {
            let predicted = self.standard.scale.clip(self.standard.rating(*predicted));
            f64::from(predicted - rating)
        });
        errors.collect()
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
