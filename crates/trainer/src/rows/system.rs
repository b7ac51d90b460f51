//! A row given the rows of the other side and its own ratings: its best, or a draw.
//!
//! A row is `x = (p, bias)`, `n = K + 1` numbers, or `p` alone, `n = K`, where there are no biases. With `z = (q, 1)` for each of its ratings, `t` the
//! rating less the other side's bias, a weight `a` and a prior `(m, P)`, what is minimised is
//! `a Σ (t - x·z)² + (x - m)ᵀ P (x - m)`, so `A x = b` with `A = P + a Σ z zᵀ` and
//! `b = P m + a Σ t z` (Koren, Bell and Volinsky 2009, equation 4). Where `a` is the precision of the
//! noise, `x` is normal with this mean and the precision `A` (Salakhutdinov and Mnih 2008, equation
//! 11). The bias is one more factor.

use nalgebra::{Cholesky, DMatrix, DVectorViewMut};
use pulp::Simd;

use crate::miss::Miss;

/// Rows start at a multiple of this many numbers, whatever the vector width.
pub(crate) const LANES: usize = 8;
/// Ratings gathered together: enough to fill the vectors' pipelines, few enough for the near cache.
const GATHER: usize = 128;
/// Rows of the sum that stay in registers together.
const TILE: usize = 8;

/// Numbers from one row to the next: room for `x` or for `(z, t)`.
pub(crate) fn stride(factors: usize) -> usize {
    (factors + 2).next_multiple_of(LANES)
}

/// The linear systems of a side's rows.
pub(crate) struct System<'a> {
    pub(crate) n: usize, // K + 1, or K without biases
    pub(crate) biased: bool,
    pub(crate) others: &'a [f32],     // [rows of the other side, stride]
    pub(crate) prior: &'a [f32],      // P: [n, stride]
    pub(crate) prior_mean: &'a [f32], // P m: [n]
    pub(crate) ridge: &'a [f32],      // [rows], what a row adds to P's diagonal; empty for nothing
    pub(crate) apart: &'a [f32], // [rows, stride], what is added to m for a row; empty for nothing
    pub(crate) weight: f32,      // a
}

/// Room for the work on one row after the other.
pub(super) struct Room {
    gathered: Vec<f32>,   // [GATHER, stride] of (z, t)
    products: Vec<f32>,   // Σ (z, t) (z, t)ᵀ, its upper half: [stride, stride]
    matrix: DMatrix<f32>, // A, its lower half: [n, n]
}

impl Room {
    pub(super) fn new(n: usize, stride: usize) -> Self {
        Self {
            gathered: vec![0.0; GATHER * stride],
            products: vec![0.0; stride * stride],
            matrix: DMatrix::zeros(n, n),
        }
    }
}

impl System<'_> {
    /// K.
    pub(super) fn factors(&self) -> usize {
        self.n - usize::from(self.biased)
    }

    /// Solves for a row, with `noise` standard normal numbers for a draw or zeros for the best;
    /// returns the sums of the errors that it leaves.
    #[inline(always)]
    pub(super) fn solve<S: Simd>(
        &self,
        simd: S,
        (row, ratings): (usize, &[(u32, f32)]),
        to: &mut [f32], // [stride]
        room: &mut Room,
        noise: impl FnMut() -> f32,
    ) -> Miss {
        let (n, stride) = (self.n, to.len());
        let ridge = self.ridge.get(row).copied().unwrap_or(0.0);
        room.products.fill(0.0);
        for part in ratings.chunks(GATHER) {
            self.gather(part, &mut room.gathered, stride);
            let gathered = &room.gathered[..part.len() * stride];
            add_products(simd, gathered, &mut room.products, stride, n);
        }
        let apart = self.apart.chunks_exact(stride).nth(row);
        let mut matrix = std::mem::take(&mut room.matrix);
        for i in 0..n {
            let (own, prior) = (&room.products[i * stride..], &self.prior[i * stride..][..stride]);
            let apart = apart.map_or(0.0, |apart| dot(prior, apart));
            to[i] = self.prior_mean[i] + apart + self.weight * own[n];
            let column = &mut matrix.as_mut_slice()[i * n..][i..n]; // a row of the upper half
            for ((value, prior), own) in column.iter_mut().zip(&prior[i..]).zip(&own[i..]) {
                *value = prior + self.weight * own;
            }
            column[0] += ridge;
        }
        let root = Cholesky::new_unchecked(matrix);
        draw(root.l_dirty(), &mut to[..n], noise);
        to[n..].fill(0.0);
        room.matrix = root.unpack_dirty();
        self.errors(ratings, to, room)
    }

    /// Copies `(q, 1, t)` of these ratings, or `(q, t)`.
    #[inline(always)]
    fn gather(&self, ratings: &[(u32, f32)], gathered: &mut [f32], stride: usize) {
        for ((other, rating), to) in ratings.iter().zip(gathered.chunks_exact_mut(stride)) {
            let from = &self.others[*other as usize * stride..][..stride];
            to.copy_from_slice(from);
            to[self.n] = *rating;
            if self.biased {
                to[self.n] -= from[self.n - 1];
                to[self.n - 1] = 1.0;
            }
        }
    }

    #[inline(always)]
    fn errors(&self, ratings: &[(u32, f32)], row: &[f32], room: &mut Room) -> Miss {
        let stride = row.len();
        let mut sums = Miss::default();
        for part in ratings.chunks(GATHER) {
            if ratings.len() > GATHER {
                self.gather(part, &mut room.gathered, stride);
            }
            for z in room.gathered.chunks_exact(stride).take(part.len()) {
                sums += Miss::of(z[self.n] - dot(row, z));
            }
        }
        sums
    }
}

/// Adds the products of all pairs of lanes, at and right of the diagonal, of the first `n` lanes
/// with every lane: `matrix[i][j] += Σ z[i] z[j]`, rating by rating.
#[inline(always)]
pub(super) fn add_products<S: Simd>(
    simd: S,
    gathered: &[f32],
    matrix: &mut [f32],
    stride: usize,
    n: usize,
) {
    let width = S::F32_LANES;
    for first in (0..n).step_by(TILE) {
        let tile = &mut matrix[first * stride..][..TILE * stride];
        for vector in first / width..stride / width {
            let mut sums = [simd.splat_f32s(0.0); TILE];
            for z in gathered.chunks_exact(stride) {
                let right = S::as_simd_f32s(z).0[vector];
                let left = &z[first..first + TILE];
                for (sum, left) in sums.iter_mut().zip(left) {
                    *sum = simd.add_f32s(*sum, simd.mul_f32s(simd.splat_f32s(*left), right));
                }
            }
            for (row, sum) in tile.chunks_exact_mut(stride).zip(sums) {
                let to = &mut S::as_mut_simd_f32s(row).0[vector];
                *to = simd.add_f32s(*to, sum);
            }
        }
    }
}

/// Makes of `b` `L⁻ᵀ (L⁻¹ b + noise)`, a draw with mean `(L Lᵀ)⁻¹ b`. Where `L Lᵀ` is not positive
/// definite it is not a number.
#[inline(always)]
fn draw(root: &DMatrix<f32>, b: &mut [f32], mut noise: impl FnMut() -> f32) {
    let n = b.len();
    root.solve_lower_triangular_unchecked_mut(&mut DVectorViewMut::from_slice(b, n));
    b.iter_mut().rev().for_each(|value| *value += noise()); // from the last factor to the first
    root.tr_solve_lower_triangular_unchecked_mut(&mut DVectorViewMut::from_slice(b, n));
}

/// The inner product, summed in fixed lanes.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
