//! Items as points of a plane: the two directions in which their factors differ most.
//!
//! Principal component analysis: the eigenvectors of the factors' covariance with the largest
//! eigenvalues (Jolliffe, "Principal Component Analysis", 2002, section 1.1), found by Jacobi's
//! rotations (Golub and Van Loan, "Matrix Computations", section 8.5). Sums run in a fixed order with
//! + - x / and the square root alone, so a model gives the same bits everywhere.

use std::ops::RangeInclusive;

use super::predictor::Predictor;

/// A map of a model's items.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemMap {
    /// The place of every item, about the mean of the known ones: `[items]`.
    pub places: Vec<[f64; 2]>,
    /// The part of the factors' variance that lies along each axis.
    pub shares: [f64; 2],
}

impl ItemMap {
    /// Factors with which there is a map: the covariance has the square of their number, and the
    /// rotations take its third power.
    pub const FACTORS: RangeInclusive<usize> = 2..=256;
}

impl Predictor {
    /// A map of the items by their factors, which items without a training rating do not shape;
    /// `None` where items have too few or too many factors ([`ItemMap::FACTORS`]), or all the same.
    pub fn item_map(&self) -> Option<ItemMap> {
        let factors = self.file().trained.weights.get("item_factors")?;
        let width = *factors.shape.get(1).filter(|width| ItemMap::FACTORS.contains(*width))?;
        let known = self.file().averages.items.iter().map(|item| item.count > 0);
        let rows = || factors.values.chunks_exact(width);
        let (mean, covariance) = moments(rows().zip(known).filter_map(|(q, k)| k.then_some(q)))?;
        let total: f64 = (0..width).map(|i| covariance[i * width + i]).sum();
        let (variances, directions) = eigen(covariance, width);
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|&a, &b| variances[b].total_cmp(&variances[a])); // stable
        let axes = [order[0], order[1]].map(|axis| facing(&directions, width, axis));
        let place = |q: &[f32]| {
            let along = |axis: &[f64]| {
                let parts = q.iter().zip(&mean).zip(axis);
                parts.map(|((q, mean), axis)| (f64::from(*q) - mean) * axis).sum()
            };
            [along(&axes[0]), along(&axes[1])]
        };
        Some(ItemMap {
            places: rows().map(place).collect(),
            shares: [order[0], order[1]].map(|axis| variances[axis] / total),
        })
    }
}

/// Mean `[width]` and covariance `[width, width]` of rows; `None` where they do not differ.
fn moments<'a>(rows: impl Iterator<Item = &'a [f32]> + Clone) -> Option<(Vec<f64>, Vec<f64>)> {
    let width = rows.clone().next()?.len();
    let mut mean = vec![0.0; width];
    let mut count = 0.0;
    for row in rows.clone() {
        count += 1.0;
        mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += f64::from(*value));
    }
    mean.iter_mut().for_each(|mean| *mean /= count);
    let mut covariance = vec![0.0; width * width];
    for row in rows {
        let off: Vec<f64> = row.iter().zip(&mean).map(|(q, mean)| f64::from(*q) - mean).collect();
        for (line, a) in covariance.chunks_mut(width).zip(&off) {
            line.iter_mut().zip(&off).for_each(|(sum, b)| *sum += a * b);
        }
    }
    covariance.iter_mut().for_each(|sum| *sum /= count);
    let total: f64 = (0..width).map(|i| covariance[i * width + i]).sum();
    (total.is_finite() && total > 0.0).then_some((mean, covariance))
}

/// Most rounds over all pairs; Jacobi's method converges quadratically, in fewer than ten.
const ROUNDS: usize = 30;

/// Eigenvalues `[n]` and, as columns, eigenvectors `[n, n]` of a symmetric matrix `[n, n]`.
fn eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; n * n];
    (0..n).for_each(|i| vectors[i * n + i] = 1.0);
    let size: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..ROUNDS {
        let off: f64 = pairs(n).map(|(p, q)| a[p * n + q] * a[p * n + q]).sum();
        if off <= size * 1e-30 {
            break;
        }
        for (p, q) in pairs(n) {
            rotate(&mut a, &mut vectors, n, p, q);
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), vectors)
}

fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |p| (p + 1..n).map(move |q| (p, q)))
}

/// Turns the plane of axes p and q so that `a[p, q]` becomes 0.
fn rotate(a: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) {
    let apq = a[p * n + q];
    if apq == 0.0 {
        return;
    }
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    let sign = if theta < 0.0 { -1.0 } else { 1.0 };
    let t = sign / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    let turn = |x: &mut [f64], i: usize, j: usize| {
        let (before_i, before_j) = (x[i], x[j]);
        x[i] = c * before_i - s * before_j;
        x[j] = s * before_i + c * before_j;
    };
    for k in 0..n {
        turn(a, k * n + p, k * n + q);
    }
    for k in 0..n {
        turn(a, p * n + k, q * n + k);
        turn(vectors, k * n + p, k * n + q);
    }
}

/// A column of the eigenvectors, turned so that its largest number is positive.
fn facing(directions: &[f64], n: usize, axis: usize) -> Vec<f64> {
    let column: Vec<f64> = (0..n).map(|k| directions[k * n + axis]).collect();
    let largest =
        column.iter().fold(0.0_f64, |most, x| if x.abs() > most.abs() { *x } else { most });
    let sign = if largest < 0.0 { -1.0 } else { 1.0 };
    column.into_iter().map(|x| x * sign).collect()
}

#[cfg(test)]
mod tests {
    use super::{eigen, facing, moments};

    /// `[6, 3]`; the numbers below are numpy's:
    /// `np.cov(x.T, bias=True)` and `np.linalg.eigh` of it.
    const X: [[f32; 3]; 6] = [
        [1.0, 2.0, 0.5],
        [2.0, 1.0, -1.0],
        [-1.0, 0.0, 3.0],
        [0.5, -2.0, 1.5],
        [3.0, 4.0, -0.5],
        [-2.0, 1.5, 2.0],
    ];

    #[test]
    fn directions_and_variances_are_numpys() {
        let (mean, covariance) = moments(X.iter().map(|row| &row[..])).expect("rows that differ");
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} here, {b} by numpy");
        MEAN.iter().zip(&mean).for_each(|(a, b)| close(*b, *a));
        let (values, vectors) = eigen(covariance, 3);
        let mut order = [0, 1, 2];
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        for (axis, (value, vector)) in order.into_iter().zip(EIGEN) {
            close(values[axis], value);
            facing(&vectors, 3, axis).into_iter().zip(vector).for_each(|(a, b)| close(a, b));
        }
    }

    #[test]
    fn rows_that_are_all_the_same_have_no_map() {
        assert_eq!(moments([[1.0, 2.0], [1.0, 2.0]].iter().map(|row| &row[..])), None);
    }

    const MEAN: [f64; 3] = [0.5833333333333334, 1.0833333333333333, 0.9166666666666666];
    const EIGEN: [(f64, [f64; 3]); 3] = [
        (5.9391168387681095, [0.6150416977647398, 0.5944867155591091, -0.5179857672121985]),
        (1.978968117921863, [-0.5152898582287708, 0.8002821784473536, 0.30663463089829124]),
        (0.2694150433100278, [0.5968249927887068, 0.07831972857014524, 0.7985398851024657]),
    ];
}
