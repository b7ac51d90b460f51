//! The step of `Mf`: for each rating, `e = p · q - r`, and to each row's gradient `2/B e` times
//! the other row.

use pulp::Simd;

use super::{
    crew::{Member, SUMS, Slice, Sums, Team, Turn},
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

impl Member for Mf<'_> {
    #[inline(always)]
    fn step<S: Simd>(&mut self, _: S, slice: &Slice, me: u32, now: Turn, rows: &mut Rows) -> Sums {
        let Turn { step, batch, chunks, .. } = now;
        let team = slice.team;
        let mut mine = self.parts.write(me as usize, step);
        mine.clear();
        let pairs = batch.iter().map(|sample| [sample.user, sample.item]);
        let pairs = pairs.map(|rows_read| rows_read.map(|row| rows.factors(row, chunks)));
        mine.extend(pairs.map(|read| dot_of(team, read)));
        drop(mine);
        now.meet(slice.barrier, rows);
        let parts = self.parts.read(step);
        self.errors.clear();
        match parts.as_slice() {
            [all] => {
                let errors = batch.iter().zip(all.iter()).map(|(sample, all)| all - sample.rating);
                self.errors.extend(errors);
            }
            [even, odd] => {
                let parts = batch.iter().zip(even.iter().zip(odd.iter()));
                self.errors.extend(parts.map(|(sample, (even, odd))| even + odd - sample.rating));
            }
            parts => self.errors.extend(batch.iter().enumerate().map(|(s, sample)| {
                let mut all = [0.0; LANES]; // [members]
                all.iter_mut().zip(parts).for_each(|(all, part)| *all = part[s]);
                total(&mut all[..parts.len()]) - sample.rating
            })),
        }
        drop(parts);

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
pub(super) fn dot_of(team: Team, rows: [&[Chunk]; 2]) -> f32 {
    let [p, q] = rows.map(Chunk::numbers);
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
