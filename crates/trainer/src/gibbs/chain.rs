//! The chain: a draw of the priors, of all users, of all items and of the noise, again and again.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::{
    by_row::ByRow,
    conditional::{Room, Shared, stride},
    draw::Draw,
    prior::Prior,
    random::Streams,
};
use crate::parallel;

/// Ratings whose rows are drawn by one thread before it asks for more.
const SHARE: usize = 1 << 14;

/// Where the chain stands.
pub(super) struct Chain {
    arch: Arch,
    ratings: [ByRow; 2],                // of users, of items
    shares: Vec<(usize, Range<usize>)>, // (side, rows)
    pub(super) draw: Draw,
    pub(super) noise: f32, // its precision on the model's scale
    streams: Streams,
    prior: Prior,
    done: usize,             // shares of this epoch
    pub(super) squared: f64, // errors left by the items' draws of this epoch
}

/// What a share of rows has become: `[rows, stride]`, and the sum of the squared errors left.
type Drawn = (Vec<f32>, f64);

impl Chain {
    pub(super) fn new(ratings: [ByRow; 2], draw: Draw, noise: f32, seed: u64) -> Self {
        let cut = |side: usize| {
            let shares = ratings[side].shares(SHARE).into_iter();
            shares.map(move |rows| (side, rows))
        };
        Self {
            arch: Arch::new(),
            shares: cut(0).chain(cut(1)).collect(),
            prior: Prior::standard(draw.factors + 1),
            ratings,
            draw,
            noise,
            streams: Streams { seed, epoch: 0 },
            done: 0,
            squared: 0.0,
        }
    }

    pub(super) fn begin_epoch(&mut self, epoch: u32) {
        self.streams.epoch = epoch;
        (self.done, self.squared) = (0, 0.0);
    }

    /// Steps of an epoch.
    pub(super) fn steps(&self) -> usize {
        self.shares.len()
    }

    /// Whether every row has been drawn in this epoch.
    pub(super) fn is_done(&self) -> bool {
        self.done == self.shares.len()
    }

    /// Ratings of this epoch that had their turn, on both sides.
    pub(super) fn turns(&self) -> usize {
        let shares = self.shares[..self.done].iter();
        shares.map(|(side, rows)| self.ratings[*side].count(rows)).sum()
    }

    /// Draws the rows of the next shares, all of one side. Returns the sum of
    /// squared errors that each share leaves.
    pub(super) fn advance(&mut self, shares: usize, threads: usize) -> Vec<f64> {
        let Some(&(side, _)) = self.shares.get(self.done) else { return Vec::new() };
        if self.done == 0 || self.shares[self.done - 1].0 != side {
            self.draw_prior(side);
        }
        let rest = &self.shares[self.done..];
        let len = rest.iter().take(shares).take_while(|share| share.0 == side).count();
        let work = &rest[..len];
        let drawn = self.draw_shares(side, work, threads);
        let stride = stride(self.draw.factors);
        let mut errors = Vec::with_capacity(len);
        for ((_, rows), (values, squared)) in work.iter().zip(drawn) {
            self.draw.sides[side][rows.start * stride..rows.end * stride].copy_from_slice(&values);
            errors.push(squared);
        }
        self.done += len;
        if side == 1 {
            errors.iter().for_each(|squared| self.squared += squared);
        }
        if self.is_done() {
            self.draw_noise();
        }
        errors
    }

    fn draw_prior(&mut self, side: usize) {
        let n = self.draw.factors + 1;
        let rows = self.draw.sides[side].chunks(stride(self.draw.factors)).map(|row| &row[..n]);
        self.prior = Prior::draw(n, rows, &mut self.streams.common(side));
    }

    /// The noise's precision has a gamma distribution given the errors; the hyperprior weighs as
    /// much as one rating with an error of 1.
    #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
    fn draw_noise(&mut self) {
        let ratings = self.ratings[0].entries.len() as f64;
        let gamma = self.streams.common(2).gamma((1.0 + ratings) / 2.0);
        self.noise = (gamma / ((1.0 + self.squared) / 2.0)) as f32;
    }

    #[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
    fn draw_shares(
        &self,
        side: usize,
        shares: &[(usize, Range<usize>)],
        threads: usize,
    ) -> Vec<Drawn> {
        let n = self.draw.factors + 1;
        let stride = stride(self.draw.factors);
        let mut prior = vec![0.0; n * stride];
        for (to, from) in prior.chunks_mut(stride).zip(self.prior.precision.values.chunks(n)) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from as f32);
        }
        let times_mean = |row: &[f64]| -> f32 {
            row.iter().zip(&self.prior.mean).map(|(value, mean)| value * mean).sum::<f64>() as f32
        };
        let prior_mean: Vec<f32> = self.prior.precision.values.chunks(n).map(times_mean).collect();
        let shared = Shared {
            n,
            others: &self.draw.sides[1 - side],
            prior: &prior,
            prior_mean: &prior_mean,
            noise: self.noise,
        };
        parallel::map(shares, threads, |(_, rows)| {
            let (ratings, streams) = (&self.ratings[side], self.streams);
            let factors = self.draw.factors;
            self.arch.dispatch(Rows { shared: &shared, ratings, rows, side, streams, factors })
        })
    }
}

/// A share of rows. A type of its own, and everything below it inlined, so that it is compiled once
/// for every vector width.
struct Rows<'a> {
    shared: &'a Shared<'a>,
    ratings: &'a ByRow,
    rows: &'a Range<usize>,
    side: usize,
    streams: Streams,
    factors: usize,
}

impl WithSimd for Rows<'_> {
    type Output = Drawn;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Drawn {
        let Self { shared, ratings, rows, side, streams, factors } = self;
        let stride = stride(factors);
        let mut values = vec![0.0; rows.len() * stride];
        let mut room = Room::new(factors);
        let mut squared = 0.0;
        for (row, to) in rows.clone().zip(values.chunks_exact_mut(stride)) {
            let mut draws = streams.row(side, row);
            squared += shared.draw(simd, ratings.of(row), to, &mut room, &mut draws);
        }
        (values, squared)
    }
}
