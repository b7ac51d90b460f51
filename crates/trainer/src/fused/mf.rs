//! The step of `Mf`: for each rating, `e = p · q - r`, and to each row's gradient `2/B e` times
//! the other row.

use std::ops::Deref;

use pulp::Simd;

use super::{
    crew::{Member, Planning, SUMS, Sample, Slice, Sums, Team, Turn},
    exchange::Exchange,
    lanes::{Chunk, LANES, total},
    rows::Rows,
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

    /// The errors of a batch, given what each member's columns add to the predictions.
    #[inline(always)]
    fn put_together(&mut self, batch: &[Sample], parts: &[impl Deref<Target = Vec<f32>>]) {
        self.errors.resize(batch.len(), 0.0);
        let errors = self.errors.iter_mut().zip(batch);
        match parts {
            [all] => {
                for ((error, sample), all) in errors.zip(all.iter()) {
                    *error = all - sample.rating;
                }
            }
            [even, odd] => {
                for ((error, sample), (even, odd)) in errors.zip(even.iter().zip(odd.iter())) {
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
        for (part, sample) in mine.iter_mut().zip(batch) {
            *part =
                dot_of(team, rows.factors(sample.user, chunks), rows.factors(sample.item, chunks));
        }
        drop(mine);
        planning.meet(slice, step);
        self.put_together(batch, &self.parts.read(step));

        #[expect(clippy::cast_precision_loss, reason = "a batch holds at most 65,536 ratings")]
        let scale = 2.0 / batch.len() as f32;
        for (sample, error) in batch.iter().zip(&self.errors) {
            rows.pull_together([sample.user, sample.item], scale * error, chunks);
        }
        let mut sums = [Miss::default(); SUMS];
        for (s, error) in self.errors.iter().enumerate().skip(me as usize).step_by(team.len()) {
            sums[s % SUMS] += Miss::of(*error);
        }
        sums
    }
}

/// What a member's columns of two rows add to their inner product.
#[inline(always)]
pub(super) fn dot_of(team: Team, p: &[Chunk], q: &[Chunk]) -> f32 {
    let (p, q) = (Chunk::numbers(p), Chunk::numbers(q));
    match team.lanes() {
        8 => dot::<8>(p, q),
        4 => dot::<4>(p, q),
        2 => dot::<2>(p, q),
        _ => dot::<1>(p, q),
    }
}

/// The inner product of two rows, or of a thread's columns of them, summed in fixed lanes, `N` of
/// them a member's.
#[inline(always)]
pub(super) fn dot<const N: usize>(p: &[f32], q: &[f32]) -> f32 {
    let mut lanes = [0.0; N];
    for (p, q) in p.as_chunks::<N>().0.iter().zip(q.as_chunks::<N>().0) {
        for lane in 0..N {
            lanes[lane] += p[lane] * q[lane];
        }
    }
    total(&mut lanes)
}
