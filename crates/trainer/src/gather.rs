//! What stands at some positions of an epoch's order, fetched by several threads.

use std::ops::Range;

use crate::{Order, parallel};

/// Elements that are looked up at once.
const BLOCK: usize = 1024;
/// Elements that are worth a thread.
const SHARE: usize = 16 * BLOCK;

/// Fills `to` with what `pick` makes of the elements at these positions.
pub(crate) fn gather<T: Clone + Default + Send>(
    order: &Order,
    positions: Range<usize>,
    threads: usize,
    to: &mut Vec<T>,
    pick: impl Fn(usize) -> T + Sync,
) {
    to.resize(positions.len(), T::default());
    let share = positions.len().div_ceil(threads.max(1)).max(SHARE);
    parallel::each(to.chunks_mut(share).enumerate().collect(), |(part, places)| {
        let mut elements = [0; BLOCK];
        let from = positions.start + part * share;
        for (at, places) in (from..).step_by(BLOCK).zip(places.chunks_mut(BLOCK)) {
            let elements = &mut elements[..places.len()];
            order.fill(u32::try_from(at).expect("positions are below a u32 count"), elements);
            for (place, element) in places.iter_mut().zip(elements) {
                *place = pick(*element as usize);
            }
        }
    });
}
