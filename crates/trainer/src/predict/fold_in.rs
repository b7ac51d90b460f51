//! A user whom the model has not seen, by ridge regression with the items fixed:
//!
//! `p = argmin Σ (r_j - p·q_j)² + λ |p - p̄|²`, over the items j that the user rated.
//!
//! It is the most likely p where errors have the variance σ² and users' factors are normal around
//! their mean p̄ with variance τ², and `λ = σ²/τ²` (Bishop, "Pattern Recognition and Machine
//! Learning", 2006, section 3.3). Without a rating the user is the mean of all.
//!
//! For implicit least squares it is what training makes of a row: `p̄` is 0, every `r_j` is 1, the
//! squares of the scores of all items are added with the weight of the unobserved, and λ grows with
//! the number of ratings.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use ratings::ItemIndex;

use super::solve::decompose;
use crate::{Config, EpochReport, ModelKind, Parameter, Trained, ials};

/// What is known of users before they rate anything.
#[derive(Clone, Debug)]
pub(super) struct Prior {
    pub(super) mean: Vec<f32>, // p̄: [factors]
    pub(super) spread: f64,    // τ²
    pub(super) penalty: f64,   // λ
    implicit: Option<Implicit>,
}

/// What implicit least squares knows of a row before it is asked what was rated.
#[derive(Clone, Debug)]
struct Implicit {
    config: Config,
    others: usize,        // rows of the other side
    unobserved: Vec<f64>, // a Σ q qᵀ over all of them: [factors, factors]
}

impl Implicit {
    fn of(config: &Config, others: &Parameter) -> Self {
        let (rows, width) = (others.shape[0], others.shape[1]);
        let mut sum = vec![0.0; width * width];
        for q in others.values.chunks(width) {
            for (sums, left) in sum.chunks_mut(width).zip(q) {
                let scaled = config.implicit.unobserved * f64::from(*left);
                sums.iter_mut().zip(q).for_each(|(sum, q)| *sum += scaled * f64::from(*q));
            }
        }
        Self { config: config.clone(), others: rows, unobserved: sum }
    }
}

/// Variance of the errors of a model without history: one star.
const UNTESTED: f64 = 1.0;
/// Keeps systems solvable where errors or users do not vary.
const PENALTIES: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// σ², as training measured it in the epoch that is delivered.
pub(super) fn error_variance(trained: &Trained) -> f64 {
    let delivered = EpochReport::chosen(&trained.history).or(trained.history.last());
    let error = delivered.and_then(|report| report.train_rmse);
    error.map_or(UNTESTED, |rmse| rmse.powi(2))
}

impl Prior {
    /// Of the users that have a training rating; `known` says which. `others` are the items' rows.
    pub(super) fn of(
        trained: &Trained,
        table: &Parameter,
        others: &Parameter,
        known: impl Fn(usize) -> bool,
    ) -> Self {
        let width = table.shape[1];
        if trained.config.model == ModelKind::Ials {
            let implicit = Some(Implicit::of(&trained.config, others));
            return Self { mean: vec![0.0; width], spread: 0.0, penalty: 0.0, implicit };
        }
        let rows = || (0..table.shape[0]).filter(|user| known(*user)).map(|user| row(table, user));
        let n = rows().count().max(1) as f64;
        let mut mean = vec![0.0f64; width];
        for p in rows() {
            mean.iter_mut().zip(p).for_each(|(mean, p)| *mean += f64::from(*p) / n);
        }
        let away = |p: &[f32]| -> f64 {
            p.iter().zip(&mean).map(|(p, mean)| (f64::from(*p) - mean).powi(2)).sum()
        };
        let spread = rows().map(away).sum::<f64>() / (n * width as f64);
        let penalty = error_variance(trained) / spread;
        let penalty = if penalty.is_nan() { *PENALTIES.start() } else { penalty };
        #[expect(clippy::cast_possible_truncation, reason = "factors are f32")]
        let mean = mean.into_iter().map(|mean| mean as f32).collect();
        let penalty = penalty.clamp(*PENALTIES.start(), *PENALTIES.end());
        Self { mean, spread, penalty, implicit: None }
    }

    /// Of numbers that are standard normal, where errors have this variance.
    pub(super) fn standard(width: usize, error: f64) -> Self {
        let penalty = error.clamp(*PENALTIES.start(), *PENALTIES.end());
        Self { mean: vec![0.0; width], spread: 1.0, penalty, implicit: None }
    }

    /// The same around another mean, off by this much in the first factors.
    pub(super) fn moved(&self, by: &[f32]) -> Self {
        let mut moved = self.clone();
        moved.mean.iter_mut().zip(by).for_each(|(mean, by)| *mean += by);
        moved
    }

    /// 1 / τ².
    pub(super) fn precision(&self) -> f64 {
        (1.0 / self.spread).clamp(*PENALTIES.start(), *PENALTIES.end())
    }

    /// λ for somebody with so many ratings.
    fn penalty_of(&self, ratings: usize) -> f64 {
        let of = |implicit: &Implicit| ials::ridge(&implicit.config, ratings, implicit.others);
        self.implicit.as_ref().map_or(self.penalty, of)
    }
}

/// The ridge regression of one user.
pub(super) struct Ridge<'a> {
    prior: &'a Prior,
    rated: Vec<&'a [f32]>, // [n, factors]
    errors: DVector<f64>,  // [n]: ratings less what the mean user would give
    system: System,
}

/// The smaller of the two forms (the first where all items count): with n ratings and K factors,
/// `(QᵀQ + λI)⁻¹ Qᵀ = Qᵀ (QQᵀ + λI)⁻¹`.
enum System {
    ByFactor(Cholesky<f64, Dyn>), // QᵀQ + λI: [K, K]
    ByRating(Cholesky<f64, Dyn>), // QQᵀ + λI: [n, n]
}

impl<'a> Ridge<'a> {
    /// `rated` are items with the user's ratings; `None` if the numbers are out of range.
    pub(super) fn new(
        prior: &'a Prior,
        items: &'a Parameter,
        rated: &[(ItemIndex, f32)],
    ) -> Option<Self> {
        let rows: Vec<&[f32]> = rated.iter().map(|(item, _)| row(items, item.index())).collect();
        let error = |(q, (_, rating)): (&&[f32], &(ItemIndex, f32))| {
            f64::from(*rating) - dot(q, &prior.mean)
        };
        let (n, k) = (rows.len(), prior.mean.len());
        let errors = DVector::from_iterator(n, rows.iter().zip(rated).map(error));
        let penalty = prior.penalty_of(n);
        let unobserved = prior.implicit.as_ref().map(|implicit| &implicit.unobserved);
        let with_penalty = |n: usize, entry: &dyn Fn(usize, usize) -> f64| {
            let mut matrix = DMatrix::from_diagonal_element(n, n, penalty);
            for i in 0..n {
                (0..=i).for_each(|j| matrix[(i, j)] += entry(i, j));
            }
            decompose(matrix)
        };
        let system = if k <= n || unobserved.is_some() {
            let entry = |i: usize, j: usize| {
                let products = rows.iter().map(|q| f64::from(q[i]) * f64::from(q[j]));
                products.sum::<f64>() + unobserved.map_or(0.0, |sums| sums[i * k + j])
            };
            System::ByFactor(with_penalty(k, &entry)?)
        } else {
            System::ByRating(with_penalty(n, &|i, j| dot(rows[i], rows[j]))?)
        };
        Some(Self { prior, rated: rows, errors, system })
    }

    /// The user's factors.
    pub(super) fn factors(&self) -> Vec<f32> {
        let moved = match &self.system {
            System::ByFactor(system) => system.solve(&self.sum(&self.errors)),
            System::ByRating(system) => self.sum(&system.solve(&self.errors)),
        };
        let mean = self.prior.mean.iter();
        #[expect(clippy::cast_possible_truncation, reason = "factors are f32")]
        mean.zip(&moved).map(|(mean, by)| (f64::from(*mean) + by) as f32).collect()
    }

    /// How much each of the user's ratings adds to the prediction for an item with the factors `q`:
    /// `qᵀ (QᵀQ + λI)⁻¹ q_j (r_j - p̄·q_j)`. With what the mean user gets, `p̄·q`, it adds up to the
    /// prediction. After Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback
    /// Datasets", 2008, section 5.
    pub(super) fn shares(&self, q: &[f32]) -> Vec<f64> {
        let weights = match &self.system {
            System::ByFactor(system) => {
                let direction = system.solve(&wide(q));
                let along = self.rated.iter().map(|row| wide(row).dot(&direction));
                DVector::from_iterator(self.rated.len(), along)
            }
            System::ByRating(system) => system.solve(&self.along(q)),
        };
        weights.iter().zip(&self.errors).map(|(weight, error)| weight * error).collect()
    }

    /// The variance that is left of the prediction for an item with the factors `q`, of a prior whose
    /// numbers are standard normal: `λ qᵀ (QᵀQ + λI)⁻¹ q`, λ the variance of errors (Bishop, section
    /// 3.3.2).
    pub(super) fn variance(&self, q: &[f32]) -> f64 {
        match &self.system {
            System::ByFactor(system) => {
                let q = wide(q);
                self.prior.penalty * q.dot(&system.solve(&q))
            }
            System::ByRating(system) => {
                let along = self.along(q);
                dot(q, q) - along.dot(&system.solve(&along))
            }
        }
    }

    /// `Q q`: `[n]`.
    fn along(&self, q: &[f32]) -> DVector<f64> {
        DVector::from_iterator(self.rated.len(), self.rated.iter().map(|row| dot(row, q)))
    }

    /// `Qᵀ x`: `[factors]`.
    fn sum(&self, x: &DVector<f64>) -> DVector<f64> {
        let mut sum = DVector::zeros(self.prior.mean.len());
        for (q, x) in self.rated.iter().zip(x) {
            sum.iter_mut().zip(*q).for_each(|(sum, q)| *sum += f64::from(*q) * x);
        }
        sum
    }
}

/// The same numbers in f64.
fn wide(row: &[f32]) -> DVector<f64> {
    DVector::from_iterator(row.len(), row.iter().map(|value| f64::from(*value)))
}

/// A row of a table.
pub(super) fn row(table: &Parameter, row: usize) -> &[f32] {
    let width = table.shape[1];
    &table.values[row * width..][..width]
}

/// `a · b`.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[cfg(test)]
mod tests {
    use ratings::ItemIndex;

    use super::{Prior, Ridge};
    use crate::Parameter;

    /// An item of zeros says nothing, but makes ratings as many as factors, so that the other form of
    /// the system is solved; and without any rating the prior's variance is left.
    #[test]
    fn both_forms_leave_the_same_variance() {
        let values = vec![0.5, -1.0, 2.0, 1.5, 0.25, -0.75, 0.0, 0.0, 0.0];
        let items = Parameter { name: "items".into(), shape: vec![3, 3], values };
        let prior = Prior::standard(3, 0.7);
        let q = [1.0, -2.0, 0.5];
        let variance = |items_rated: u32| {
            let rated: Vec<_> = (0..items_rated).map(|item| (ItemIndex(item), 1.0)).collect();
            Ridge::new(&prior, &items, &rated).expect("positive definite").variance(&q)
        };
        let [none, one, two, three] = [0, 1, 2, 3].map(variance);
        assert!((none - 5.25).abs() < 1e-12, "{none}: the square of q");
        assert!((two - three).abs() < 1e-12, "{two} {three}");
        assert!(none > one && one > two && two > 0.0, "{none} {one} {two}");
    }
}
