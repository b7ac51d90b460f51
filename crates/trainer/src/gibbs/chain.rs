//! The chain: a draw of the priors, of all users, of all items and of the noise, again and again.

use super::{prior::Prior, random::Streams};
use crate::rows::{ByRow, Sides, Sweep, System, stride};

/// Where the chain stands.
pub(super) struct Chain {
    sweep: Sweep,
    ratings: f64,
    pub(super) draw: Sides,
    pub(super) noise: f32, // its precision on the model's scale
    streams: Streams,
    prior: Prior,
    pub(super) squared: f64, // errors left by the items' draws of this epoch
}

impl Chain {
    pub(super) fn new(ratings: [ByRow; 2], draw: Sides, noise: f32, seed: u64) -> Self {
        Self {
            prior: Prior::standard(draw.factors + 1),
            ratings: ratings[0].ratings() as f64,
            sweep: Sweep::new(ratings),
            draw,
            noise,
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

    /// Draws the rows of the next shares, all of one side. Returns the sum of squared errors that
    /// each share leaves.
    #[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
    pub(super) fn advance(&mut self, shares: usize, threads: usize) -> Vec<f64> {
        let Some(next) = self.sweep.next(shares) else { return Vec::new() };
        let (side, streams) = (next.side, self.streams);
        if next.first {
            self.draw_prior(side);
        }
        let (prior, prior_mean) = self.prior_in_f32();
        let system = System {
            n: self.draw.factors + 1,
            biased: true,
            others: &self.draw.rows[1 - side],
            prior: &prior,
            prior_mean: &prior_mean,
            ridge: &[],
            weight: self.noise,
        };
        let drawn = self.sweep.solve(&next, &system, threads, |row| {
            let mut draws = streams.row(side, row);
            move || draws.normal() as f32
        });
        let errors = self.sweep.put(next, drawn, &mut self.draw);
        if side == 1 {
            errors.iter().for_each(|squared| self.squared += squared);
        }
        if self.sweep.is_done() {
            self.draw_noise();
        }
        errors
    }

    fn draw_prior(&mut self, side: usize) {
        let n = self.draw.factors + 1;
        let rows = self.draw.rows[side].chunks(stride(self.draw.factors)).map(|row| &row[..n]);
        self.prior = Prior::draw(n, rows, &mut self.streams.common(side));
    }

    /// The noise's precision has a gamma distribution given the errors; the hyperprior weighs as
    /// much as one rating with an error of 1.
    #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
    fn draw_noise(&mut self) {
        let gamma = self.streams.common(2).gamma((1.0 + self.ratings) / 2.0);
        self.noise = (gamma / ((1.0 + self.squared) / 2.0)) as f32;
    }

    /// The prior's precision `[n, stride]` and its product with the mean `[n]`.
    #[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
    fn prior_in_f32(&self) -> (Vec<f32>, Vec<f32>) {
        let n = self.draw.factors + 1;
        let stride = stride(self.draw.factors);
        let mut prior = vec![0.0; n * stride];
        for (to, from) in prior.chunks_mut(stride).zip(self.prior.precision.values.chunks(n)) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from as f32);
        }
        let times_mean = |row: &[f64]| -> f32 {
            row.iter().zip(&self.prior.mean).map(|(value, mean)| value * mean).sum::<f64>() as f32
        };
        (prior, self.prior.precision.values.chunks(n).map(times_mean).collect())
    }
}
