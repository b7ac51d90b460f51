//! The step of `Mf`: for each rating, `e = p · q - r`, and to each row's gradient `2/B e` times
//! the other row.

use pulp::Simd;

use super::{
    crew::{Member, Place, Readers, SUMS, Slice, Sums, Turn},
    rows::{Chunk, LANES, Rows},
};
use crate::miss::Miss;

/// `Mf` needs nothing besides its rows.
#[derive(Clone)]
pub(super) struct Mf;

impl Member for Mf {
    const READERS: Readers = Readers::Owners;

    #[inline(always)]
    fn step<S: Simd>(&mut self, _: S, slice: &Slice, me: u32, now: Turn, rows: &mut Rows) -> Sums {
        let Turn { batch, reads, chunks, .. } = now;
        #[expect(clippy::cast_precision_loss, reason = "a batch holds at most 65,536 ratings")]
        let scale = 2.0 / batch.len() as f32;
        let mut sums = [Miss::default(); SUMS];
        for read in reads {
            let (p, q) = (rows.factors(read.user, chunks), rows.factors(read.item, chunks));
            let error = dot(p, q) - read.rating; // p, q: [chunks]
            rows.pull_together([read.user, read.item], scale * error, chunks);
            let user = slice.team.number(&Place { owner: me, row: read.user });
            let counted = if read.own_user { error } else { 0.0 }; // once, by its user's owner
            sums[user as usize % SUMS] += Miss::of(counted);
        }
        sums
    }
}

/// The inner product of two rows, summed in fixed lanes.
#[inline(always)]
pub(super) fn dot(p: &[Chunk], q: &[Chunk]) -> f32 {
    let mut lanes = [0.0; LANES];
    for (Chunk(p), Chunk(q)) in p.iter().zip(q) {
        for lane in 0..LANES {
            lanes[lane] += p[lane] * q[lane];
        }
    }
    sum(lanes)
}

/// The sum of the lanes, in pairs.
#[inline(always)]
pub(super) fn sum([a, b, c, d, e, f, g, h]: [f32; LANES]) -> f32 {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Adds `scale` times a row.
#[inline(always)]
pub(super) fn add(to: &mut [Chunk], scale: f32, row: &[Chunk]) {
    for (to, row) in to.iter_mut().zip(row) {
        to.add(scale, *row);
    }
}
