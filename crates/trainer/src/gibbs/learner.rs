//! The model as a run sees it: an epoch is one turn of the chain, a step a share of rows.

use std::ops::Range;

use ratings::{Ratings, Split};

use super::{
    chain::{Chain, Draw},
    implied::Implied,
    kept::Kept,
};
use crate::{
    Config, ModelKind, Scale, Weights,
    held_out::Misses,
    learner::{Learner, means},
    miss::Miss,
    rows::{ByRow, Sides, Standard, stride},
};

/// A posterior being sampled.
pub(crate) struct Gibbs {
    config: Config,
    threads: usize,
    standard: Standard,
    chain: Chain,
    good: Draw,
    kept: Kept,
    held_out: Ratings,
    sums: Vec<f32>, // [held out] of the kept draws' predictions, or the current draw's if none is kept
    ratings: usize, // to train on
    sizes: [usize; 2], // users, items
    epoch: usize,
}

impl Gibbs {
    /// Prepares sampling from these weights.
    pub(crate) fn new(split: &Split, config: &Config, from: &Weights, threads: usize) -> Self {
        let Split { train, validation: _, test: _, users, items } = split;
        let scale = Scale::of(train);
        let standard = Standard::new(scale, train.rmse_of_always(train.mean()));
        let users_now = [from.values("user_factors"), from.values("user_bias")];
        let items_now = [from.values("item_factors"), from.values("item_bias")];
        let sides = Sides::load(config.factors, [users_now, items_now], standard);
        let (count, noise) = match *from.values("draws.state") {
            [count, precision] if precision > 0.0 => (count, standard.precision(precision)),
            _ => (0.0, 1.0), // the chain's start
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let count = count as usize;
        let kept = Kept::new(config.posterior);
        let kept = kept.load(count, config.factors, from, standard);
        let by_row = ByRow::both(train, *users, *items, |rating| standard.of(rating));
        let implied = (config.model == ModelKind::BayesSvdPp)
            .then(|| implied(config, from, standard, &by_row, threads));
        let draw = Draw { sides, noise, implied };
        let mut gibbs = Self {
            config: config.clone(),
            threads,
            standard,
            good: draw.clone(),
            chain: Chain::new(by_row, draw, config.seed),
            kept,
            held_out: split.held_out().into_owned(),
            sums: Vec::new(),
            ratings: train.len(),
            sizes: [*users, *items],
            epoch: 0,
        };
        gibbs.sum_kept();
        gibbs
    }

    /// The predictions of the kept draws for the held-out ratings, summed.
    fn sum_kept(&mut self) {
        let mut sums = vec![0.0; self.held_out.len()];
        for draw in self.kept.all() {
            let predicted = draw.predict_all(&self.held_out, self.threads);
            sums.iter_mut().zip(predicted).for_each(|(sum, predicted)| *sum += predicted);
        }
        self.sums = sums;
    }

    /// At the end of an epoch: adds the current draw to the model, if it is one of those to keep,
    /// and to the predictions of the held-out ratings.
    fn collect(&mut self) {
        let keep = self.kept.wants(self.epoch) && self.chain.squared.is_finite();
        let first = self.kept.count() == 0;
        if !keep && !first {
            return;
        }
        let predicted = self.chain.draw.sides.predict_all(&self.held_out, self.threads);
        for (sum, predicted) in self.sums.iter_mut().zip(predicted) {
            *sum = if first { predicted } else { *sum + predicted };
        }
        if keep && self.kept.offer(self.chain.draw.sides.clone()) {
            self.sum_kept();
        }
    }

    fn to_weights<'a>(
        &self,
        draw: &Draw,
        kept: impl Iterator<Item = &'a Sides> + Clone,
    ) -> Weights {
        let count = kept.clone().count();
        let Draw { sides, noise, implied } = draw;
        let [user_factors, user_bias] = sides.unload(0, self.standard);
        let [item_factors, item_bias] = sides.unload(1, self.standard);
        let scale = self.standard.scale.parameter().values;
        let now = [user_factors, item_factors, user_bias, item_bias, scale];
        let kept = self.kept.unload(kept, self.sizes, self.config.factors, self.standard);
        #[expect(clippy::cast_precision_loss, reason = "few draws are kept")]
        let state = vec![count as f32, self.standard.rating_precision(*noise)];
        let implied = implied.as_ref().map(|[of_users, of_items]| {
            // By whom it is implied: items for users.
            let rows = [of_items.shares.clone(), of_users.shares.clone()];
            let shares = Sides { factors: self.config.factors, rows };
            let [users, items] = [0, 1].map(|side| shares.unload(side, self.standard));
            let precisions = [of_users, of_items].map(|implied| implied.precision);
            [users, items].concat().into_iter().chain([precisions.to_vec()])
        });
        let [users, items] = self.sizes;
        let values = now.into_iter().chain(kept).chain([state]);
        Weights::of(&self.config, (users, items), values.chain(implied.into_iter().flatten()))
    }
}

/// What is implied for users and for items, as these weights have it.
fn implied(
    config: &Config,
    from: &Weights,
    standard: Standard,
    ratings: &[ByRow; 2],
    threads: usize,
) -> [Implied; 2] {
    let shares = ["user", "item"]
        .map(|side| ["factors", "bias"].map(|part| from.values(&format!("implied.{side}_{part}"))));
    let shares = Sides::load(config.factors, shares, standard).rows;
    let precisions = from.values("implied.state");
    let [of_items, of_users] = shares;
    let of = |side: usize, shares: Vec<f32>| {
        let precision = precisions.get(side).copied().filter(|precision| *precision > 0.0);
        let precision = precision.unwrap_or(Implied::START);
        Implied::new(shares, precision, stride(config.factors), &ratings[side], threads)
    };
    [of(0, of_users), of(1, of_items)]
}

impl Learner for Gibbs {
    fn begin_epoch(&mut self, epoch: u32) {
        self.epoch = epoch as usize;
        self.chain.begin_epoch(epoch);
    }

    fn tune(&mut self, _: &Config) {} // it learns its own penalty and takes no steps

    fn trained(&self) -> usize {
        self.chain.sweep().turns() / 2
    }

    fn train(&mut self, steps: usize) -> Vec<Miss> {
        let left = self.chain.advance(steps, self.threads);
        if !left.is_empty() && self.chain.sweep().is_done() {
            self.collect();
        }
        let left = left.into_iter().map(|left| self.standard.errors(left)).collect();
        means(left, self.chain.sweep().len(), 2 * self.ratings)
    }

    #[expect(clippy::cast_precision_loss, reason = "few draws are kept")]
    fn evaluate(&mut self, part: Range<usize>) -> Misses {
        let draws = self.kept.count().max(1) as f32;
        let pairs = self.sums[part.clone()].iter().zip(&self.held_out.values[part]);
        let errors = pairs.map(|(sum, rating)| {
            let predicted = self.standard.rating(sum / draws);
            f64::from(self.standard.scale.clip(predicted) - rating)
        });
        errors.collect()
    }

    fn keep(&mut self) {
        self.good.clone_from(&self.chain.draw);
        self.kept.keep();
    }

    fn restore(&mut self) {
        self.chain.draw.clone_from(&self.good);
        self.kept.give_up();
    }

    fn weights(&self) -> Weights {
        self.to_weights(&self.chain.draw, self.kept.all())
    }

    fn good_weights(&self) -> Weights {
        self.to_weights(&self.good, self.kept.over())
    }
}
