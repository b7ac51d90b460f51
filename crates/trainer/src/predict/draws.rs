//! A user whom a model with biases has not seen: ridge regression in each of its draws.
//!
//! Each draw is a model of its own, with its items `q` and their biases, and with users `x = (p, b)`
//! that are normal around a mean `m` with a covariance `C = L Lᵀ`, both those of the draw's users.
//! So `x = m + L y` with `y` standard normal, and the most likely `y` given some ratings, whose
//! errors have the variance σ², is a ridge regression on `Lᵀ z`, `z = (q, 1)`, with the penalty σ²
//! (see [`fold_in`](super::fold_in)). The new row has those of the draws side by side, as the rows of
//! known users have. A model of one point is one draw.

use nalgebra::{DMatrix, DVector};
use ratings::ItemIndex;

use super::{
    fold_in::{Prior, Ridge, error_variance, row},
    solve::decompose,
    tables::Tables,
};
use crate::{Parameter, Trained, points::Points};

/// What is known of users in every draw before they rate anything.
#[derive(Clone, Debug)]
pub(super) struct Draws {
    draws: Vec<Draw>,
    standard: Prior, // of y: 0, with the penalty σ²
    lanes: Lanes,
    biases: Vec<f32>, // [draws, items]: in each draw; a row has their mean
    noise: f64,       // variance of ratings around a draw's sum, in squared rating units
}

/// Where a row has what.
#[derive(Clone, Copy, Debug)]
struct Lanes {
    factors: usize, // of one draw
    root: f64,      // of the number of draws, by which their factors are divided
    bias: usize,    // a user's own
    others: usize,  // an item's, where a user's row has a 1
}

#[derive(Clone, Debug)]
struct Draw {
    mean: DVector<f64>, // m: [factors + 1]
    root: DMatrix<f64>, // L: [factors + 1, factors + 1]
}

/// Users whose rows are enough to know how all are spread.
const ENOUGH: usize = 1 << 13;
/// Variance of users who do not vary: it keeps the covariance positive definite.
const LEAST: f64 = 1e-9;

impl Draws {
    /// Of a model with biases where nothing but ratings says who somebody is; `None` for others.
    /// `tables` have in the place of users those who are new, with their bias before or behind the 1.
    pub(super) fn of(
        trained: &Trained,
        tables: &Tables,
        bias_first: bool,
        known: impl Fn(usize) -> bool,
    ) -> Option<Self> {
        let width = tables.users.shape[1];
        if tables.factors == width || tables.implicit.is_some() {
            return None;
        }
        let factors = trained.config.factors;
        let count = tables.factors.checked_div(factors).unwrap_or(1);
        let [bias, others] =
            if bias_first { [width - 2, width - 1] } else { [width - 1, width - 2] };
        let lanes = Lanes { factors, root: (count as f64).sqrt(), bias, others };
        let known: Vec<usize> = (0..tables.users.shape[0]).filter(|user| known(*user)).collect();
        let step = known.len().div_ceil(ENOUGH).max(1);
        let rows: Vec<&[f32]> =
            known.iter().step_by(step).map(|user| row(&tables.users, *user)).collect();
        let draws = (0..count).map(|draw| Draw::of(&rows, draw, lanes)).collect::<Option<_>>()?;
        let standard = Prior::standard(factors + 1, error_variance(trained));
        let points = Points::of(&trained.config, &trained.weights)?;
        let biases = points.biases(usize::from(bias_first)).to_vec();
        Some(Self { draws, standard, lanes, biases, noise: f64::from(points.noise()) })
    }

    /// The row of somebody who rated these items.
    #[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
    pub(super) fn row(&self, items: &Parameter, rated: &[(ItemIndex, f32)]) -> Vec<f32> {
        let Lanes { factors, root, bias, others: _ } = self.lanes;
        let mut new = vec![1.0; factors * self.draws.len() + 2];
        let mut biases = 0.0;
        for (number, draw) in self.draws.iter().enumerate() {
            let (table, left) = self.around(number, items, rated);
            let ridge = Ridge::new(&self.standard, &table, &left);
            let x = draw.user(&ridge.map_or(vec![0.0; factors + 1], |ridge| ridge.factors()));
            for (to, p) in new[number * factors..][..factors].iter_mut().zip(&x) {
                *to = (p / root) as f32;
            }
            biases += x[factors];
        }
        new[bias] = (biases / self.draws.len() as f64) as f32;
        new
    }

    /// Standard deviations of what somebody who rated these items would say of some: what the ratings
    /// leave open in each draw, how far the draws go apart, and the noise of ratings. `None` if there
    /// is one draw, which knows no spread, or the numbers are out of range.
    #[expect(clippy::cast_possible_truncation, reason = "shown with a few digits")]
    pub(super) fn deviations(
        &self,
        items: &Parameter,
        rated: &[(ItemIndex, f32)],
        of: &[ItemIndex],
    ) -> Option<Vec<f32>> {
        if self.draws.len() < 2 {
            return None;
        }
        let mut spreads = vec![Spread::default(); of.len()];
        for (number, draw) in self.draws.iter().enumerate() {
            let (table, left) = self.around(number, items, rated);
            let ridge = Ridge::new(&self.standard, &table, &left)?;
            let x = draw.user(&ridge.factors());
            for (spread, item) in spreads.iter_mut().zip(of) {
                let z = self.lanes.item(number, row(items, item.index()));
                let bias = self.biases[number * items.shape[0] + item.index()];
                spread.add(x.dot(&z) + f64::from(bias), ridge.variance(&draw.turned(&z)));
            }
        }
        let deviation = |spread: &Spread| (spread.variance() + self.noise).sqrt() as f32;
        Some(spreads.iter().map(deviation).collect())
    }

    /// How much each of the ratings adds to the sum of an item: the mean over the draws of
    /// [`Ridge::shares`].
    pub(super) fn shares(
        &self,
        items: &Parameter,
        rated: &[(ItemIndex, f32)],
        item: usize,
    ) -> Vec<f64> {
        let mut shares = vec![0.0; rated.len()];
        for (number, draw) in self.draws.iter().enumerate() {
            let (table, left) = self.around(number, items, rated);
            let Some(ridge) = Ridge::new(&self.standard, &table, &left) else { continue };
            let along = draw.turned(&self.lanes.item(number, row(items, item)));
            let more = ridge.shares(&along).into_iter();
            shares.iter_mut().zip(more).for_each(|(sum, share)| *sum += share);
        }
        shares.into_iter().map(|sum| sum / self.draws.len() as f64).collect()
    }

    /// The rated items as a draw has them, `Lᵀ z`, and what their ratings have beyond the mean user's.
    #[expect(clippy::cast_possible_truncation, reason = "rows and ratings are f32")]
    fn around(
        &self,
        number: usize,
        items: &Parameter,
        rated: &[(ItemIndex, f32)],
    ) -> (Parameter, Vec<(ItemIndex, f32)>) {
        let (draw, lanes) = (&self.draws[number], self.lanes);
        let (mut values, mut left) = (Vec::new(), Vec::new());
        for (place, (item, rating)) in (0..).zip(rated) {
            let q = row(items, item.index());
            let z = lanes.item(number, q);
            let rest = f64::from(*rating) - f64::from(q[lanes.others]) - draw.mean.dot(&z);
            left.push((ItemIndex(place), rest as f32));
            values.extend(draw.turned(&z));
        }
        let shape = vec![rated.len(), lanes.factors + 1];
        (Parameter { name: "rated".into(), shape, values }, left)
    }
}

/// What the draws say of one item, each with a variance of its own.
#[derive(Clone, Default)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64, // of the distances from the mean
    open: f64,    // the draws' own variances, summed
}

impl Spread {
    /// One draw more (Welford 1962).
    fn add(&mut self, said: f64, open: f64) {
        self.count += 1.0;
        let away = said - self.mean;
        self.mean += away / self.count;
        self.squares += away * (said - self.mean);
        self.open += open.max(0.0);
    }

    /// Of at least two draws.
    fn variance(&self) -> f64 {
        self.open / self.count + self.squares / (self.count - 1.0)
    }
}

impl Lanes {
    /// `(p, b)` of a user's row in a draw.
    fn user(self, draw: usize, row: &[f32]) -> DVector<f64> {
        self.with(f64::from(row[self.bias]), draw, row)
    }

    /// `(q, 1)` of an item's.
    fn item(self, draw: usize, row: &[f32]) -> DVector<f64> {
        self.with(1.0, draw, row)
    }

    /// The factors in a draw, and a last number.
    fn with(self, last: f64, draw: usize, row: &[f32]) -> DVector<f64> {
        let factors = row[draw * self.factors..][..self.factors].iter();
        let factors = factors.map(|value| f64::from(*value) * self.root);
        DVector::from_iterator(self.factors + 1, factors.chain([last]))
    }
}

impl Draw {
    /// Mean and covariance of these rows, towards the same variance in every direction with the
    /// weight of as many rows as there are numbers in one. `None` if they are no numbers.
    fn of(rows: &[&[f32]], draw: usize, lanes: Lanes) -> Option<Self> {
        let n = lanes.factors + 1;
        let rows: Vec<DVector<f64>> = rows.iter().map(|row| lanes.user(draw, row)).collect();
        let count = rows.len().max(1) as f64;
        let mut mean = DVector::zeros(n);
        rows.iter().for_each(|row| mean.axpy(1.0 / count, row, 1.0));
        let mut scatter = DMatrix::zeros(n, n); // its lower half
        for row in rows {
            let away = row - &mean;
            scatter.syger(1.0, &away, &away, 1.0);
        }
        let weight = n as f64;
        let variance = (scatter.trace() / (count * weight)).max(LEAST);
        (0..n).for_each(|i| scatter[(i, i)] += weight * variance);
        scatter /= count + weight;
        Some(Self { mean, root: decompose(scatter)?.unpack() })
    }

    /// `m + L y`.
    fn user(&self, y: &[f32]) -> DVector<f64> {
        let y = DVector::from_iterator(y.len(), y.iter().map(|y| f64::from(*y)));
        let mut user = self.mean.clone();
        user.gemv(1.0, &self.root, &y, 1.0);
        user
    }

    /// `Lᵀ z`.
    #[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
    fn turned(&self, z: &DVector<f64>) -> Vec<f32> {
        self.root.tr_mul(z).iter().map(|value| *value as f32).collect()
    }
}
