//! Mean and biases: `r = mean + user_bias[u] + item_bias[i]`, the line that a model has to beat.
//!
//! Minimises the squared error plus `penalty` times the square of every bias, which is the baseline
//! of Koren 2010 ("Factor in the Neighbors", section 2.1) with one penalty for both sides. With one
//! side held fixed, each bias of the other has a closed form, the mean of its residuals shrunk
//! towards 0; the two sides take turns until nothing moves.

use std::ops::Range;

use ratings::{ItemIndex, Ratings, Split, UserIndex};

use crate::{
    Config, Scale, Weights,
    held_out::Misses,
    learner::{Learner, means},
    miss::Miss,
};

/// Turns after which a fit is taken for converged in any case.
const MAX_SWEEPS: usize = 100;
/// Largest change of a bias, in ratings' ranges, that still counts as moving.
const STILL: f32 = 1e-3;

/// A mean, and what every user and every item adds to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Biases {
    /// Where the training ratings lie.
    pub scale: Scale,
    /// `[users]`; 0 for a user without training ratings.
    pub users: Vec<f32>,
    /// `[items]`; 0 for an item without training ratings.
    pub items: Vec<f32>,
}

impl Biases {
    /// The penalty on the square of a bias that serves most data.
    pub const PENALTY: f64 = 5.0;

    /// The usual fit to the training part of a split.
    pub fn of(split: &Split) -> Self {
        Self::fit(&split.train, split.users, split.items, Self::PENALTY)
    }

    /// The biases that minimise the penalised squared error over these ratings of `users` users and
    /// `items` items.
    ///
    /// # Panics
    /// If a rating's user or item is not below those counts.
    pub fn fit(train: &Ratings, users: usize, items: usize, penalty: f64) -> Self {
        let mut biases = Self::zero(Scale::of(train), users, items);
        let still = STILL * (biases.scale.high - biases.scale.low);
        for _ in 0..MAX_SWEEPS {
            if biases.sweep(train, penalty) <= still {
                break;
            }
        }
        biases
    }

    /// Nothing but the mean.
    pub(crate) fn zero(scale: Scale, users: usize, items: usize) -> Self {
        Self { scale, users: vec![0.0; users], items: vec![0.0; items] }
    }

    /// Brings the items' biases to their best, then the users'. Returns the largest change.
    pub(crate) fn sweep(&mut self, train: &Ratings, penalty: f64) -> f32 {
        let users = train.users.iter().map(|user| user.0 as usize);
        let items = train.items.iter().map(|item| item.0 as usize);
        let centred = train.values.iter().map(|value| value - self.scale.mean);
        let triples = items.clone().zip(users.clone()).zip(centred.clone());
        let moved = shrunken_means(triples, &mut self.items, &self.users, penalty);
        let triples = users.zip(items).zip(centred);
        moved.max(shrunken_means(triples, &mut self.users, &self.items, penalty))
    }

    /// The prediction, within the range of the ratings.
    ///
    /// # Panics
    /// If an index is beyond the biases.
    #[inline(always)]
    pub fn predict(&self, user: UserIndex, item: ItemIndex) -> f32 {
        let biases = self.users[user.0 as usize] + self.items[item.0 as usize];
        self.scale.clip(self.scale.mean + biases)
    }

    /// How far the predictions for these ratings are off.
    fn misses(&self, ratings: &Ratings) -> Misses {
        let pairs = ratings.users.iter().zip(&ratings.items).zip(&ratings.values);
        pairs.map(|((&user, &item), value)| f64::from(self.predict(user, item) - value)).collect()
    }

    /// Root mean squared error; `None` when there is no rating.
    pub fn rmse(&self, ratings: &Ratings) -> Option<f64> {
        self.misses(ratings).rmse()
    }
}

/// Sets every bias of one side to the sum of its residuals over their number plus the penalty.
/// The triples are `((this side's row, the other side's row), rating less the mean)`.
fn shrunken_means(
    triples: impl Iterator<Item = ((usize, usize), f32)>,
    these: &mut [f32],
    others: &[f32],
    penalty: f64,
) -> f32 {
    let mut sums = vec![(0.0f64, penalty); these.len()];
    for ((this, other), centred) in triples {
        let (sum, weight) = &mut sums[this];
        *sum += f64::from(centred - others[other]);
        *weight += 1.0;
    }
    let mut moved = 0.0f32;
    for (bias, (sum, weight)) in these.iter_mut().zip(sums) {
        #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
        let best = if weight > 0.0 { (sum / weight) as f32 } else { 0.0 };
        moved = moved.max((best - *bias).abs());
        *bias = best;
    }
    moved
}

/// The biases as a run sees them: an epoch is a turn of both sides, in one step.
pub(crate) struct Shrinking {
    config: Config,
    train: Ratings,
    held_out: Ratings,
    biases: Biases,
    good: Biases,
    swept: bool,
}

impl Shrinking {
    /// Prepares a run from these weights.
    pub(crate) fn new(split: &Split, config: &Config, from: &Weights) -> Self {
        let biases = Biases {
            scale: Scale::of(&split.train),
            users: from.values("user_bias").to_vec(),
            items: from.values("item_bias").to_vec(),
        };
        Self {
            config: config.clone(),
            train: split.train.clone(),
            held_out: split.held_out().into_owned(),
            good: biases.clone(),
            biases,
            swept: false,
        }
    }

    fn to_weights(&self, of: &Biases) -> Weights {
        let rows = (of.users.len(), of.items.len());
        let scale = of.scale.parameter().values;
        Weights::of(&self.config, rows, [of.users.clone(), of.items.clone(), scale])
    }
}

impl Learner for Shrinking {
    fn begin_epoch(&mut self, _: u32) {
        self.swept = false;
    }

    fn tune(&mut self, config: &Config) {
        self.config = config.clone();
    }

    fn trained(&self) -> usize {
        if self.swept { self.train.len() } else { 0 }
    }

    fn train(&mut self, steps: usize) -> Vec<Miss> {
        if self.swept || steps == 0 {
            return Vec::new();
        }
        self.swept = true;
        self.biases.sweep(&self.train, self.config.weight_decay);
        means(vec![self.biases.misses(&self.train).sums], 1, self.train.len())
    }

    fn evaluate(&mut self, part: Range<usize>) -> Misses {
        self.biases.misses(&self.held_out.part(part))
    }

    fn keep(&mut self) {
        self.good.clone_from(&self.biases);
    }

    fn restore(&mut self) {
        self.biases.clone_from(&self.good);
    }

    fn weights(&self) -> Weights {
        self.to_weights(&self.biases)
    }

    fn good_weights(&self) -> Weights {
        self.to_weights(&self.good)
    }
}
