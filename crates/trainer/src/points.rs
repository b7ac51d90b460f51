//! Predictions of the models with biases, from their weights alone.

use ratings::{ItemIndex, UserIndex};

use crate::{Config, Link, ModelKind, Scale, Weights, sgd::Linked};

/// A predicted rating and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean of the draws' predictions, within the range of the training ratings.
    pub rating: f32,
    /// Standard deviation of what the user would say: the spread of the draws' predictions and the
    /// noise of ratings together.
    pub deviation: f32,
}

/// One or several settings of the parameters, whose mean is the model.
pub(crate) struct Points<'a> {
    link: Linked,
    factors: usize,
    points: usize,
    sides: [Side<'a>; 2], // users, items
    implied: &'a [f32],   // [users, K]: what a user rated adds to the factors; empty for nothing
    noise: f32,           // variance, in squared rating units; 0 if it is not known
}

/// The rows of users or of items, point after point.
struct Side<'a> {
    factors: &'a [f32], // [points, rows, K]
    biases: &'a [f32],  // [points, rows]
    rows: usize,
}

impl<'a> Side<'a> {
    /// Factors and bias of a row.
    fn row(&self, factors: usize, point: usize, row: usize) -> (&'a [f32], f32) {
        let at = point * self.rows + row;
        (&self.factors[at * factors..][..factors], self.biases[at])
    }
}

impl<'a> Points<'a> {
    /// The points of a model with biases; `None` for others.
    pub(crate) fn of(config: &Config, weights: &'a Weights) -> Option<Self> {
        let scale = Scale::in_weights(weights)?;
        let link = match config.model {
            ModelKind::BiasedMf | ModelKind::SvdPp => config.descent.link,
            _ => Link::Linear,
        };
        let state = weights.values("draws.state");
        let kept = match state {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            [kept, _] => (*kept as usize).min(config.posterior.samples),
            _ => 0,
        };
        let prefix = if kept > 0 { "draws." } else { "" };
        let sides = ["user", "item"].map(|side| Side {
            factors: weights.values(&format!("{prefix}{side}_factors")),
            biases: weights.values(&format!("{prefix}{side}_bias")),
            rows: weights.values(&format!("{side}_bias")).len(),
        });
        let noise = state.get(1).map_or(0.0, |precision| 1.0 / precision);
        let link = Linked::new(link, scale);
        let (factors, points) = (config.factors, kept.max(1));
        let implied = weights.values("user_implicit");
        Some(Self { link, factors, points, sides, implied, noise })
    }

    /// From the model's sum to a rating, for links that are not the identity.
    pub(crate) fn link(&self) -> Option<Linked> {
        (!self.link.is_linear()).then_some(self.link)
    }

    /// The rows of users (side 0) or items (1) whose inner product is the model's sum, with the
    /// mean rating in it where the link is the identity: their width and their values.
    pub(crate) fn rows(&self, side: usize) -> (usize, Vec<f32>) {
        let (width, mut values) = self.own_rows(side);
        if side == 0 {
            let implied = self.implied.chunks(self.factors.max(1));
            for (row, implied) in values.chunks_mut(width).zip(implied) {
                row.iter_mut().zip(implied).for_each(|(value, implied)| *value += implied);
            }
        }
        (width, values)
    }

    /// The same without what users' items imply.
    pub(crate) fn own_rows(&self, side: usize) -> (usize, Vec<f32>) {
        let (k, count) = (self.factors, self.count());
        let share = 1.0 / count.sqrt();
        let base = if self.link.is_linear() { self.link.scale.mean } else { 0.0 };
        let mut values = Vec::new();
        for row in 0..self.sides[side].rows {
            let mut bias = 0.0;
            for point in 0..self.points {
                let (factors, own) = self.sides[side].row(k, point, row);
                values.extend(factors.iter().map(|value| value * share));
                bias += own;
            }
            let bias = bias / count;
            values.extend(if side == 0 { [base + bias, 1.0] } else { [1.0, bias] });
        }
        (self.points * k + 2, values)
    }

    /// The biases of users (side 0) or items (1) in every point: `[points, rows]`.
    pub(crate) fn biases(&self, side: usize) -> &'a [f32] {
        self.sides[side].biases
    }

    /// The variance of ratings around the model's sum, in squared rating units.
    pub(crate) fn noise(&self) -> f32 {
        self.noise
    }

    /// Predicted rating and its deviation; `None` if the model is one point, which knows none.
    ///
    /// # Panics
    /// If an index is beyond the tables.
    pub(crate) fn estimate(&self, user: UserIndex, item: ItemIndex) -> Option<Estimate> {
        if self.points < 2 {
            return None;
        }
        let sums = || (0..self.points).map(|point| self.sum(point, user, item));
        let mean = sums().sum::<f32>() / self.count();
        let squares: f32 = sums().map(|sum| (sum - mean) * (sum - mean)).sum();
        let variance = squares / (self.count() - 1.0) + self.noise;
        Some(Estimate { rating: self.link.predict(mean), deviation: variance.sqrt() })
    }

    fn sum(&self, point: usize, user: UserIndex, item: ItemIndex) -> f32 {
        let [users, items] = &self.sides;
        let (p, b) = users.row(self.factors, point, user.index());
        let (q, c) = items.row(self.factors, point, item.index());
        b + c + p.iter().zip(q).map(|(p, q)| p * q).sum::<f32>()
    }

    #[expect(clippy::cast_precision_loss, reason = "few draws are kept")]
    fn count(&self) -> f32 {
        self.points as f32
    }
}
