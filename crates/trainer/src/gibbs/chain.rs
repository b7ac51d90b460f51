//! The chain: a draw of the priors, of all users, of all items and of the noise, again and again.

use std::borrow::Cow;

use super::{
    implied::{Implied, Ties},
    prior::Prior,
    random::Streams,
};
use crate::{
    miss::Miss,
    rows::{ByRow, Sides, Sweep, System, stride},
};

/// A draw of everything but the priors, which follow from it.
#[derive(Clone)]
pub(super) struct Draw {
    pub(super) sides: Sides,
    pub(super) noise: f32, // its precision on the model's scale
    pub(super) implied: Option<[Implied; 2]>,
}

/// Where the chain stands.
pub(super) struct Chain {
    sweep: Sweep,
    ratings: f64,
    pub(super) draw: Draw,
    streams: Streams,
    prior: Prior,
    pub(super) squared: f64, // errors left by the items' draws of this epoch
}

impl Chain {
    pub(super) fn new(ratings: [ByRow; 2], draw: Draw, seed: u64) -> Self {
        Self {
            prior: Prior::standard(draw.sides.factors + 1),
            ratings: ratings[0].ratings() as f64,
            sweep: Sweep::new(ratings),
            draw,
            streams: Streams { seed, epoch: 0 },
            squared: 0.0,
        }
    }

    pub(super) fn begin_epoch(&mut self, epoch: u32) {
        self.streams.epoch = epoch;
        self.sweep.begin();
        self.squared = 0.0;
    }

    /// The turn of this epoch.
    pub(super) fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    /// Draws the rows of the next shares, all of one side. Returns the sums of errors that each
    /// share leaves.
    #[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
    pub(super) fn advance(&mut self, shares: usize, threads: usize) -> Vec<Miss> {
        let Some(next) = self.sweep.next(shares) else { return Vec::new() };
        let (side, streams) = (next.side, self.streams);
        if next.first {
            self.draw_prior(side);
        }
        let (prior, prior_mean) = self.prior_in_f32();
        let Draw { sides, noise, implied } = &self.draw;
        let system = System {
            n: sides.factors + 1,
            biased: true,
            others: &sides.rows[1 - side],
            prior: &prior,
            prior_mean: &prior_mean,
            ridge: &[],
            apart: implied.as_ref().map_or(&[], |implied| &implied[side].sums),
            weight: *noise,
        };
        let drawn = self.sweep.solve(&next, &system, threads, |row| {
            let mut draws = streams.row(side, row);
            move || draws.normal() as f32
        });
        let errors = self.sweep.put(next, drawn, &mut self.draw.sides);
        if side == 1 {
            errors.iter().for_each(|left| self.squared += left.squared);
        }
        if self.sweep.has_done(side) {
            self.draw_implied(side, threads);
        }
        if self.sweep.is_done() {
            self.draw_noise();
        }
        errors
    }

    /// Draws the prior of a side's rows, less what is implied for each.
    fn draw_prior(&mut self, side: usize) {
        let Draw { sides, implied, .. } = &self.draw;
        let (n, stride) = (sides.factors + 1, stride(sides.factors));
        let mut own = Cow::Borrowed(&sides.rows[side]);
        let (mut others, mut precision) = (&[][..], 1.0);
        if let Some(implied) = implied {
            let Implied { shares, sums, precision: times } = &implied[side];
            own.to_mut().iter_mut().zip(sums).for_each(|(own, implied)| *own -= implied);
            (others, precision) = (shares, f64::from(*times));
        }
        let rows = own.chunks_exact(stride).map(|row| &row[..n]);
        let others = others.chunks_exact(stride).map(|other| &other[..n]);
        self.prior = Prior::draw(n, rows, (others, precision), &mut self.streams.common(side));
    }

    /// Draws what the other side's rows imply for a side.
    fn draw_implied(&mut self, side: usize, threads: usize) {
        let Draw { sides, implied, .. } = &mut self.draw;
        if let Some(implied) = implied {
            let [own, others] = [side, 1 - side].map(|side| self.sweep.ratings(side));
            let of = (side, self.streams);
            implied[side].draw(&sides.rows[side], &self.prior, Ties { own, others }, of, threads);
        }
    }

    /// The noise's precision has a gamma distribution given the errors; the hyperprior weighs as
    /// much as one rating with an error of 1.
    #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
    fn draw_noise(&mut self) {
        let gamma = self.streams.common(2).gamma((1.0 + self.ratings) / 2.0);
        self.draw.noise = (gamma / ((1.0 + self.squared) / 2.0)) as f32;
    }

    /// The prior's precision `[n, stride]` and its product with the mean `[n]`.
    #[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
    fn prior_in_f32(&self) -> (Vec<f32>, Vec<f32>) {
        let Prior { mean, precision } = &self.prior;
        let (n, stride) = (mean.len(), stride(self.draw.sides.factors));
        let mut prior = vec![0.0; n * stride];
        for (to, from) in prior.chunks_mut(stride).zip(precision.column_iter()) {
            to.iter_mut().zip(&from).for_each(|(to, from)| *to = *from as f32);
        }
        (prior, (precision * mean).iter().map(|value| *value as f32).collect())
    }
}
