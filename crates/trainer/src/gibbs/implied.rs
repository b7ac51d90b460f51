//! What a row's counterparts say of it, whatever the ratings: the mean of a row's prior.
//!
//! A user who rated the items `N` has the prior mean `m + Σ y_j / √|N|` over `j` in `N`, and an item
//! that the users `N` rated likewise (the sum is that of SVD++: Koren, "Factorization Meets the
//! Neighborhood", 2008, equation 15; for both sides: Rendle, Zhang and Koren, "On the Difficulty of
//! Evaluating Baselines", 2019, section 3). The rows `y` are normal around 0 with the precision
//! `λ Λ`, `Λ` that of the side's prior. So given the side's rows `x` the ratings do not matter:
//! `y` is the regression of `x - m` on what was rated, and its numbers are independent of one
//! another but for `Λ` (Simm et al., "Macau: Scalable Bayesian Factorization with High-Dimensional
//! Side Information Using MCMC", 2017, equation 3). Each `y_j` is drawn in turn.

use nalgebra::DVector;

use super::{
    prior::{Prior, root},
    random::{Draws, Streams},
};
use crate::{
    parallel,
    rows::{ByRow, LANES},
};

/// A number of every row that is drawn by one thread.
type Chunk = [f32; LANES];

/// Rows whose noise is drawn by one thread before it asks for more.
const SHARE: usize = 1 << 8;

/// What the other side's rows imply for one side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Implied {
    /// `y`: [rows of the other side, stride]
    pub(super) shares: Vec<f32>,
    /// `λ`
    pub(super) precision: f32,
    /// `Σ y_j / √|N|`: [rows, stride]
    pub(super) sums: Vec<f32>,
}

/// The ratings of both sides, the one that is spoken of first.
#[derive(Clone, Copy)]
pub(super) struct Ties<'a> {
    pub(super) own: &'a ByRow,
    pub(super) others: &'a ByRow,
}

impl Implied {
    /// The precision of a chain that begins.
    pub(super) const START: f32 = 10.0;

    /// From `y` `[rows of the other side, stride]` and its precision.
    pub(super) fn new(
        shares: Vec<f32>,
        precision: f32,
        stride: usize,
        own: &ByRow,
        threads: usize,
    ) -> Self {
        let mut implied = Self { shares, precision, sums: Vec::new() };
        implied.sums = vec![0.0; own.len() * stride];
        implied.sum(own, stride, threads);
        implied
    }

    /// Draws `y` and its precision given the side's rows `[rows, stride]` and their prior.
    pub(super) fn draw(
        &mut self,
        rows: &[f32],
        prior: &Prior,
        ties: Ties,
        (side, streams): (usize, Streams),
        threads: usize,
    ) {
        let n = prior.mean.len();
        let stride = rows.len() / ties.own.len().max(1);
        let noise = noise(prior, ties.others.len(), stride, (side, streams), threads);
        let weights = weights(ties.own);
        let chunks: Vec<usize> = (0..n.div_ceil(LANES)).collect();
        let drawn = parallel::map(&chunks, threads, |&chunk| {
            let at = chunk * LANES;
            let mean: Chunk = std::array::from_fn(|lane| cast(prior.mean.get(at + lane)));
            let own = rows.chunks_exact(stride).zip(self.sums.chunks_exact(stride));
            let mut left: Vec<Chunk> = own
                .map(|(row, sum)| {
                    std::array::from_fn(|lane| row[at + lane] - mean[lane] - sum[at + lane])
                })
                .collect();
            let mut shares: Vec<Chunk> =
                self.shares.chunks_exact(stride).map(|share| chunk_at(share, at)).collect();
            let noise = noise.chunks_exact(stride).map(|noise| chunk_at(noise, at));
            regress(&mut shares, &mut left, noise, ties.others, &weights, self.precision);
            shares
        });
        for (chunk, values) in drawn.iter().enumerate() {
            for (share, values) in self.shares.chunks_exact_mut(stride).zip(values) {
                share[chunk * LANES..][..LANES].copy_from_slice(values);
            }
        }
        self.sum(ties.own, stride, threads);
        self.draw_precision(prior, stride, &mut streams.common(3 + side));
    }

    /// A gamma distribution given `y`; the hyperprior weighs as much as one number of size 1.
    #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
    fn draw_precision(&mut self, prior: &Prior, stride: usize, draws: &mut Draws) {
        let n = prior.mean.len();
        let size = |share: &[f32]| -> f64 {
            let share = DVector::from_iterator(n, share[..n].iter().map(|y| f64::from(*y)));
            (&prior.precision * &share).dot(&share)
        };
        let sizes: f64 = self.shares.chunks_exact(stride).map(size).sum();
        let numbers = (self.shares.len() / stride.max(1) * n) as f64;
        self.precision = (draws.gamma((1.0 + numbers) / 2.0) / ((1.0 + sizes) / 2.0)) as f32;
    }

    /// Makes the sums anew.
    fn sum(&mut self, own: &ByRow, stride: usize, threads: usize) {
        let weights = weights(own);
        let shares = &self.shares;
        let parts = own.shares(1 << 14);
        let sums = parallel::map(&parts, threads, |rows| {
            let mut sums = vec![0.0; rows.len() * stride];
            for (row, sum) in rows.clone().zip(sums.chunks_exact_mut(stride)) {
                for (other, _) in own.of(row) {
                    let share = &shares[*other as usize * stride..][..stride];
                    sum.iter_mut().zip(share).for_each(|(sum, share)| *sum += share);
                }
                sum.iter_mut().for_each(|sum| *sum *= weights[row]);
            }
            sums
        });
        let parts = self.sums.chunks_mut(stride).zip(sums.iter().flat_map(|s| s.chunks(stride)));
        parts.for_each(|(to, from)| to.copy_from_slice(from));
    }
}

/// Draws one `y` after the other: `left`, what the rows have beyond their prior mean, follows.
#[inline(never)]
fn regress(
    shares: &mut [Chunk],
    left: &mut [Chunk],
    noise: impl Iterator<Item = Chunk>,
    others: &ByRow,
    weights: &[f32],
    precision: f32,
) {
    for ((other, share), noise) in shares.iter_mut().enumerate().zip(noise) {
        let (mut weight, mut sum) = (0.0, [0.0; LANES]);
        for (row, _) in others.of(other) {
            let w = weights[*row as usize];
            weight += w * w;
            for (sum, left) in sum.iter_mut().zip(&left[*row as usize]) {
                *sum += w * left;
            }
        }
        let scale = 1.0 / (weight + precision);
        let root = scale.sqrt();
        let mut moved = [0.0; LANES];
        for lane in 0..LANES {
            let drawn = (sum[lane] + weight * share[lane]) * scale + noise[lane] * root;
            moved[lane] = drawn - share[lane];
            share[lane] = drawn;
        }
        for (row, _) in others.of(other) {
            let w = weights[*row as usize];
            for (left, moved) in left[*row as usize].iter_mut().zip(&moved) {
                *left -= w * moved;
            }
        }
    }
}

/// Normal numbers with the precision `Λ` of the prior: [others, stride].
#[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
fn noise(
    prior: &Prior,
    others: usize,
    stride: usize,
    (side, streams): (usize, Streams),
    threads: usize,
) -> Vec<f32> {
    let n = prior.mean.len();
    let root = root(prior.precision.clone()); // L, L Lᵀ = Λ
    let starts: Vec<usize> = (0..others).step_by(SHARE).collect();
    let parts = parallel::map(&starts, threads, |&start| {
        let mut part = vec![0.0; (others - start).min(SHARE) * stride];
        let mut normals = DVector::zeros(n);
        for (other, noise) in (start..).zip(part.chunks_exact_mut(stride)) {
            let mut draws = streams.implied(side, other);
            normals.iter_mut().for_each(|normal| *normal = draws.normal());
            root.tr_solve_lower_triangular_unchecked_mut(&mut normals);
            noise.iter_mut().zip(&normals).for_each(|(noise, normal)| *noise = *normal as f32);
        }
        part
    });
    parts.concat()
}

/// `1 / √|N|` of every row.
#[expect(clippy::cast_precision_loss, reason = "the nearest f32 is wanted")]
fn weights(own: &ByRow) -> Vec<f32> {
    own.counts().map(|count| 1.0 / (count.max(1) as f32).sqrt()).collect()
}

fn chunk_at(row: &[f32], at: usize) -> Chunk {
    std::array::from_fn(|lane| row[at + lane])
}

#[expect(clippy::cast_possible_truncation, reason = "rows are f32")]
fn cast(number: Option<&f64>) -> f32 {
    number.map_or(0.0, |number| *number as f32)
}

#[cfg(test)]
mod tests {
    use ratings::{ItemIndex, Ratings, UserIndex};

    use super::*;

    /// Drawn again and again without noise, the shares come to rest where the penalised squares
    /// `Σ (x - Σ w y)² + λ Σ y²` have no slope.
    #[test]
    fn without_noise_it_is_ridge_regression() {
        let mut ratings = Ratings::default();
        for user in 0..12u32 {
            for item in (0..7u32).filter(|item| (user * 5 + item * 3) % 4 != 0) {
                ratings.users.push(UserIndex(user));
                ratings.items.push(ItemIndex(item));
                ratings.values.push(0.0);
            }
        }
        let [users, items] = ByRow::both(&ratings, 12, 7, |rating| rating);
        let weights = weights(&users);
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let mut left: Vec<Chunk> = (0..12)
            .map(|user| std::array::from_fn(|lane| ((user * 3 + lane) % 5) as f32))
            .collect();
        let mut shares = vec![[0.0; LANES]; 7];
        for _ in 0..200 {
            let still = std::iter::repeat([0.0; LANES]);
            regress(&mut shares, &mut left, still, &items, &weights, 0.5);
        }
        for (item, share) in shares.iter().enumerate() {
            for lane in 0..LANES {
                let pull =
                    |(user, _): &(u32, f32)| weights[*user as usize] * left[*user as usize][lane];
                let slope: f32 = items.of(item).iter().map(pull).sum::<f32>() - 0.5 * share[lane];
                assert!(slope.abs() < 1e-4, "{item} {lane}: {slope}");
            }
        }
        assert!(shares.iter().flatten().any(|y| y.abs() > 0.1));
    }
}
