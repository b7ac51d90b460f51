//! A turn of all rows of users, then of all rows of items, in shares that threads take.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::{
    by_row::ByRow,
    sides::Sides,
    system::{Room, System, stride},
};
use crate::{miss::Miss, parallel};

/// Ratings whose rows are solved for by one thread before it asks for more.
const SHARE: usize = 1 << 14;

/// How far a turn is.
pub(crate) struct Sweep {
    arch: Arch,
    ratings: [ByRow; 2],                // of users, of items
    shares: Vec<(usize, Range<usize>)>, // (side, rows)
    done: usize,                        // shares of this turn
}

/// Shares of one side that are next.
pub(crate) struct Next {
    pub(crate) side: usize,
    pub(crate) first: bool, // of its side
    shares: Range<usize>,
}

impl Sweep {
    pub(crate) fn new(ratings: [ByRow; 2]) -> Self {
        let cut = |side: usize| {
            let shares = ratings[side].shares(SHARE).into_iter();
            shares.map(move |rows| (side, rows))
        };
        let shares = cut(0).chain(cut(1)).collect();
        Self { arch: Arch::new(), shares, ratings, done: 0 }
    }

    /// Begins another turn.
    pub(crate) fn begin(&mut self) {
        self.done = 0;
    }

    /// Shares of a turn.
    pub(crate) fn len(&self) -> usize {
        self.shares.len()
    }

    /// Whether every row of a side has had its turn.
    pub(crate) fn has_done(&self, side: usize) -> bool {
        self.shares[self.done..].iter().all(|share| share.0 != side)
    }

    /// Whether every row has had its turn.
    pub(crate) fn is_done(&self) -> bool {
        self.done == self.shares.len()
    }

    /// Ratings whose rows had their turn, on both sides.
    pub(crate) fn turns(&self) -> usize {
        let shares = self.shares[..self.done].iter();
        shares.map(|(side, rows)| self.ratings[*side].count(rows)).sum()
    }

    /// The ratings by row of a side.
    pub(crate) fn ratings(&self, side: usize) -> &ByRow {
        &self.ratings[side]
    }

    /// The next shares, all of one side; `None` when the turn is over or none are wanted.
    pub(crate) fn next(&self, shares: usize) -> Option<Next> {
        let rest = &self.shares[self.done..];
        let side = rest.first()?.0;
        let len = rest.iter().take(shares).take_while(|share| share.0 == side).count();
        let first = self.done == 0 || self.shares[self.done - 1].0 != side;
        (len > 0).then_some(Next { side, first, shares: self.done..self.done + len })
    }

    /// Solves for the rows of these shares, on any number of threads. `noise` makes of a row what is
    /// added to its solution.
    pub(crate) fn solve<D: FnMut() -> f32>(
        &self,
        next: &Next,
        system: &System,
        threads: usize,
        noise: impl Fn(usize) -> D + Sync,
    ) -> Vec<Solved> {
        let ratings = &self.ratings[next.side];
        parallel::map(&self.shares[next.shares.clone()], threads, |(_, rows)| {
            let noise = &noise;
            self.arch.dispatch(Rows { system, ratings, rows, noise })
        })
    }

    /// Puts what was solved for in its place; returns the sums of errors that each share leaves.
    pub(crate) fn put(&mut self, next: Next, solved: Vec<Solved>, sides: &mut Sides) -> Vec<Miss> {
        let stride = stride(sides.factors);
        let to = &mut sides.rows[next.side];
        for ((_, rows), (values, _)) in self.shares[next.shares.clone()].iter().zip(&solved) {
            to[rows.start * stride..rows.end * stride].copy_from_slice(values);
        }
        self.done = next.shares.end;
        solved.into_iter().map(|(_, left)| left).collect()
    }
}

/// What a share of rows has become: `[rows, stride]`, and the sums of the errors left.
type Solved = (Vec<f32>, Miss);

/// A share of rows. A type of its own, and everything below it inlined, so that it is compiled once
/// for every vector width.
struct Rows<'a, N> {
    system: &'a System<'a>,
    ratings: &'a ByRow,
    rows: &'a Range<usize>,
    noise: &'a N,
}

impl<D: FnMut() -> f32, N: Fn(usize) -> D> WithSimd for Rows<'_, N> {
    type Output = Solved;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Solved {
        let Self { system, ratings, rows, noise } = self;
        let stride = stride(system.factors());
        let mut values = vec![0.0; rows.len() * stride];
        let mut room = Room::new(system.n, stride);
        let mut left = Miss::default();
        for (row, to) in rows.clone().zip(values.chunks_exact_mut(stride)) {
            left += system.solve(simd, (row, ratings.of(row)), to, &mut room, noise(row));
        }
        (values, left)
    }
}

#[cfg(test)]
mod tests {
    use ratings::{ItemIndex, Ratings, UserIndex};

    use super::*;

    /// 40 users' rows after so many factors, given 30 items'; the noise of each is its number.
    #[expect(clippy::cast_precision_loss, reason = "small")]
    fn solved(factors: usize, weight: f32, arch: Arch) -> Vec<f32> {
        let (n, stride) = (factors + 1, stride(factors));
        let mut train = Ratings::default();
        for user in 0..40u32 {
            for item in (0..30u32).filter(|item| (user * 7 + item * 3) % 5 < 3) {
                train.users.push(UserIndex(user));
                train.items.push(ItemIndex(item));
                train.values.push(((user * 5 + item * 11) % 9) as f32 / 2.0 - 2.0);
            }
        }
        let lane =
            |at: usize| if at % stride < n { (at * 37 % 101) as f32 / 50.0 - 1.0 } else { 0.0 };
        let others: Vec<f32> = (0..30 * stride).map(lane).collect();
        let mut prior = vec![0.0; n * stride];
        (0..n).for_each(|i| prior[i * (stride + 1)] = 0.3);
        let system = System {
            n,
            biased: true,
            others: &others,
            prior: &prior,
            prior_mean: &vec![0.1; n],
            ridge: &[],
            apart: &[],
            weight,
        };
        let mut sweep = Sweep::new(ByRow::both(&train, 40, 30, |rating| rating));
        sweep.arch = arch;
        let next = sweep.next(usize::MAX).expect("users");
        let noise = |row: usize| move || row as f32;
        sweep.solve(&next, &system, 1, noise).into_iter().flat_map(|(rows, _)| rows).collect()
    }

    #[test]
    fn every_vector_width_gives_the_same_bits() {
        for factors in [1, 10, 32, 63] {
            let wide = solved(factors, 2.0, Arch::new());
            assert_eq!(wide, solved(factors, 2.0, Arch::Scalar), "{factors}");
            assert!(wide.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn what_is_not_positive_definite_gives_what_is_not_a_number() {
        assert!(solved(10, -2.0, Arch::new()).iter().any(|value| value.is_nan()));
    }
}
