//! The step of `Mf`: for each rating, `e = p · q - r`, and to each row's gradient `2/B e` times
//! the other row.

use pulp::Simd;

use super::{
    crew::{Member, Slice, Turn},
    rows::{Chunk, LANES, Rows},
};

/// `Mf` needs nothing besides its rows.
#[derive(Clone)]
pub(super) struct Mf;

impl Member for Mf {
    #[inline(always)]
    fn step<S: Simd>(&mut self, _: S, slice: &Slice, me: usize, now: Turn, rows: &mut Rows) -> f64 {
        let Turn { batch, mut mail, chunks, .. } = now;
        #[expect(clippy::cast_precision_loss, reason = "a batch holds at most 65,536 ratings")]
        let scale = 2.0 / batch.len() as f32;
        let mut squared = 0.0;
        for sample in batch {
            let (user, item) = (slice.team.place(sample.user), slice.team.place(sample.item));
            let [p, q] = mail.next(user.owner, item.owner, chunks); // [chunks] each
            if me != 0 && user.owner != me && item.owner != me {
                continue;
            }
            let error = dot(p, q) - sample.rating;
            squared += f64::from(error * error);
            if user.owner == me {
                add(rows.gradient(user.row, chunks), scale * error, q);
            }
            if item.owner == me {
                add(rows.gradient(item.row, chunks), scale * error, p);
            }
        }
        squared / batch.len() as f64
    }
}

/// The inner product of two rows, summed in fixed lanes.
#[inline(always)]
pub(super) fn dot(p: &[Chunk], q: &[Chunk]) -> f32 {
    let mut lanes = [0.0; LANES];
    for (p, q) in p.iter().zip(q) {
        for lane in 0..LANES {
            lanes[lane] += p[lane] * q[lane];
        }
    }
    sum(lanes)
}

/// The sum of the lanes, in pairs.
#[inline(always)]
pub(super) fn sum([a, b, c, d, e, f, g, h]: Chunk) -> f32 {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Adds `scale` times a row.
#[inline(always)]
pub(super) fn add(to: &mut [Chunk], scale: f32, row: &[Chunk]) {
    for (to, row) in to.iter_mut().zip(row) {
        for lane in 0..LANES {
            to[lane] += scale * row[lane];
        }
    }
}
