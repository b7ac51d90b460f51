//! The step of `Mf`: for each rating, `e = p · q - r`, and to each row's gradient `2/B e` times
//! the other row.

use pulp::Simd;
use wide::f32x4;

use super::{
    crew::{Member, Planning, SUMS, Sample, Slice, Sums, Team, Turn},
    exchange::Exchange,
    lanes::{Chunk, LANES, total},
    rows::{Factors, Rows},
};
use crate::miss::Miss;

/// One thread's view of the predictions, to which it adds what its columns contribute.
pub(super) struct Mf<'a> {
    parts: &'a Exchange<Vec<f32>, 2>, // [batch]
    errors: Vec<f32>,                 // [batch]
}

impl<'a> Mf<'a> {
    /// One for each thread of a team.
    pub(super) fn team(parts: &'a Exchange<Vec<f32>, 2>, threads: usize) -> Vec<Self> {
        (0..threads).map(|_| Self { parts, errors: Vec::new() }).collect()
    }
}

impl Mf<'_> {
    /// Bytes that a team takes for batches of so many ratings.
    pub(super) fn left(team: Team, ratings: usize) -> u64 {
        (3 * team.len() * ratings * size_of::<f32>()) as u64
    }
}

impl Member for Mf<'_> {
    #[inline(always)]
    fn step<S: Simd>(
        &mut self,
        _: S,
        slice: &Slice,
        me: u32,
        now: Turn,
        rows: &mut Rows,
        planning: &mut Planning,
    ) -> Sums {
        let Turn { step, batch, chunks } = now;
        let team = slice.team;
        let mut mine = self.parts.write(me as usize, step);
        mine.resize(batch.len(), 0.0);
        add_up(team, batch, rows.factors(chunks), &mut mine);
        drop(mine);
        planning.meet(slice, step);
        let Self { parts, errors } = self;
        let left = parts.read(step);
        let left: Vec<&[f32]> = left.iter().map(|part| part.as_slice()).collect();
        put_together(batch, &left, errors);

        #[expect(clippy::cast_precision_loss, reason = "a batch holds at most 65,536 ratings")]
        let scale = 2.0 / batch.len() as f32;
        let pairs = batch.iter().map(|sample| [sample.user, sample.item]);
        rows.pull_together(pairs.zip(self.errors.iter().map(|error| scale * error)), chunks);
        let mut sums = [Miss::default(); SUMS];
        for (s, error) in self.errors.iter().enumerate().skip(me as usize).step_by(team.len()) {
            sums[s % SUMS] += Miss::of(*error);
        }
        sums
    }
}

/// The errors of some ratings, given what each member's columns add to their predictions: `[batch]`.
#[inline(always)]
pub(super) fn put_together(batch: &[Sample], parts: &[&[f32]], errors: &mut Vec<f32>) {
    errors.resize(batch.len(), 0.0);
    let errors = errors.iter_mut().zip(batch);
    match parts {
        [all] => {
            for ((error, sample), all) in errors.zip(*all) {
                *error = all - sample.rating;
            }
        }
        [even, odd] => {
            for ((error, sample), (even, odd)) in errors.zip(even.iter().zip(*odd)) {
                *error = even + odd - sample.rating;
            }
        }
        parts => {
            for (s, (error, sample)) in errors.enumerate() {
                let mut all = [0.0; LANES]; // [members]
                all.iter_mut().zip(parts).for_each(|(all, part)| *all = part[s]);
                *error = total(&mut all[..parts.len()]) - sample.rating;
            }
        }
    }
}

/// What a member's columns add to the predictions of some ratings: `[batch]`.
#[inline(always)]
pub(super) fn add_up(team: Team, batch: &[Sample], factors: Factors, to: &mut [f32]) {
    match team.lanes() {
        8 => dots::<8>(batch, factors, to),
        4 => dots::<4>(batch, factors, to),
        2 => dots::<2>(batch, factors, to),
        _ => dots::<1>(batch, factors, to),
    }
}

#[inline(always)]
fn dots<const N: usize>(batch: &[Sample], factors: Factors, to: &mut [f32]) {
    for (to, sample) in to.iter_mut().zip(batch) {
        *to = dot::<N>(factors.of(sample.user), factors.of(sample.item));
    }
}

/// The inner product of two rows, or of a thread's columns of them, summed in fixed lanes, `N` of
/// them a member's. Four are written as a vector: the compiler makes none of that loop.
#[inline(always)]
fn dot<const N: usize>(p: &[Chunk], q: &[Chunk]) -> f32 {
    let pairs = p.iter().zip(q);
    if N == 4 {
        let halves = |sum, (p, q): (&Chunk, &Chunk)| {
            [0, 1].into_iter().fold(sum, |sum, half| sum + p.half(half) * q.half(half))
        };
        return total(&mut pairs.fold(f32x4::ZERO, halves).to_array());
    }
    let mut lanes = [0.0; N];
    for (p, q) in pairs {
        for (p, q) in p.0.as_chunks::<N>().0.iter().zip(q.0.as_chunks::<N>().0) {
            for lane in 0..N {
                lanes[lane] += p[lane] * q[lane];
            }
        }
    }
    total(&mut lanes)
}
