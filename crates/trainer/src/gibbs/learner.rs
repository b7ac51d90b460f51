//! The model as a run sees it: an epoch is one turn of the chain, a step a share of rows.

use std::ops::Range;

use ratings::{Ratings, Split};

use super::{chain::Chain, kept::Kept};
use crate::{
    Config, Scale, Weights,
    held_out::Misses,
    learner::{Learner, losses},
    rows::{ByRow, Sides, Standard},
};

/// A posterior being sampled.
pub(crate) struct Gibbs {
    config: Config,
    threads: usize,
    standard: Standard,
    chain: Chain,
    good: (Sides, f32),
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
        let draw = Sides::load(config.factors, [users_now, items_now], standard);
        let (count, noise) = match *from.values("draws.state") {
            [count, precision] if precision > 0.0 => (count, standard.precision(precision)),
            _ => (0.0, 1.0), // the chain's start
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let count = count as usize;
        let kept = Kept::new(config.posterior, config.epochs);
        let kept = kept.load(count, config.factors, from, standard);
        let by_row = ByRow::both(train, *users, *items, |rating| standard.of(rating));
        let mut gibbs = Self {
            config: config.clone(),
            threads,
            standard,
            good: (draw.clone(), noise),
            chain: Chain::new(by_row, draw, noise, config.seed),
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
        let first = self.kept.all().len() == 0;
        if !keep && !first {
            return;
        }
        let predicted = self.chain.draw.predict_all(&self.held_out, self.threads);
        for (sum, predicted) in self.sums.iter_mut().zip(predicted) {
            *sum = if first { predicted } else { *sum + predicted };
        }
        if keep && self.kept.offer(self.chain.draw.clone()) {
            self.sum_kept();
        }
    }

    fn to_weights<'a>(
        &self,
        draw: &Sides,
        noise: f32,
        kept: impl ExactSizeIterator<Item = &'a Sides>,
    ) -> Weights {
        let count = kept.len();
        let [user_factors, user_bias] = draw.unload(0, self.standard);
        let [item_factors, item_bias] = draw.unload(1, self.standard);
        let scale = self.standard.scale.parameter().values;
        let now = [user_factors, item_factors, user_bias, item_bias, scale];
        let kept = self.kept.unload(kept, self.sizes, self.config.factors, self.standard);
        #[expect(clippy::cast_precision_loss, reason = "few draws are kept")]
        let state = vec![count as f32, self.standard.rating_precision(noise)];
        let [users, items] = self.sizes;
        Weights::of(&self.config, (users, items), now.into_iter().chain(kept).chain([state]))
    }
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

    fn train(&mut self, steps: usize) -> Vec<f64> {
        let squared = self.chain.advance(steps, self.threads);
        if !squared.is_empty() && self.chain.sweep().is_done() {
            self.collect();
        }
        let squared = squared.into_iter().map(|squared| self.standard.squared(squared)).collect();
        losses(squared, self.chain.sweep().len(), 2 * self.ratings)
    }

    #[expect(clippy::cast_precision_loss, reason = "few draws are kept")]
    fn evaluate(&mut self, part: Range<usize>) -> Misses {
        let draws = self.kept.all().len().max(1) as f32;
        let pairs = self.sums[part.clone()].iter().zip(&self.held_out.values[part]);
        let errors = pairs.map(|(sum, rating)| {
            let predicted = self.standard.rating(sum / draws);
            f64::from(self.standard.scale.clip(predicted) - rating)
        });
        errors.collect()
    }

    fn keep(&mut self) {
        self.good = (self.chain.draw.clone(), self.chain.noise);
        self.kept.keep();
    }

    fn restore(&mut self) {
        (self.chain.draw, self.chain.noise) = self.good.clone();
        self.kept.give_up();
    }

    fn weights(&self) -> Weights {
        self.to_weights(&self.chain.draw, self.chain.noise, self.kept.all())
    }

    fn good_weights(&self) -> Weights {
        let (draw, noise) = &self.good;
        self.to_weights(draw, *noise, self.kept.over())
    }
}
