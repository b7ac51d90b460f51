//! Copies of rows, from the thread that owns them to those that read them.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::rows::{Chunk, LANES};

/// What one owner sends in a step.
pub(super) struct Outbox {
    to: Vec<Vec<Chunk>>, // [readers][rows sent, chunks], in the batch's order
}

/// Two outboxes for every owner: while some still read those of a step, the others may already
/// fill those of the next.
pub(super) struct Outboxes(Vec<[RwLock<Outbox>; 2]>);

impl Outboxes {
    pub(super) fn new(owners: usize) -> Self {
        let empty = || RwLock::new(Outbox { to: vec![Vec::new(); owners] });
        Self((0..owners).map(|_| [empty(), empty()]).collect())
    }

    /// Bytes of all boxes: of a rating at most both rows are sent, each once.
    pub(super) fn bytes(batch: usize, factors: usize) -> u64 {
        (2 * 2 * batch * factors.div_ceil(LANES) * size_of::<Chunk>()) as u64
    }

    /// An owner's box for a step, empty.
    pub(super) fn fill(&self, owner: usize, step: u32) -> RwLockWriteGuard<'_, Outbox> {
        // A poisoned box belongs to a thread that panicked, and its panic ends the slice.
        let mut outbox =
            self.0[owner][step as usize % 2].write().unwrap_or_else(PoisonError::into_inner);
        outbox.to.iter_mut().for_each(Vec::clear);
        outbox
    }

    /// What every owner sends to `me` in a step.
    pub(super) fn read(&self, me: usize, step: u32) -> Mailbag<'_> {
        let boxes = self.0.iter().map(|boxes| &boxes[step as usize % 2]);
        let boxes: Vec<_> =
            boxes.map(|mail| mail.read().unwrap_or_else(PoisonError::into_inner)).collect();
        let read = vec![0; boxes.len()];
        Mailbag { boxes, me, read }
    }
}

impl Outbox {
    /// Adds a row `[chunks]` for a reader.
    #[inline(always)]
    pub(super) fn send(&mut self, reader: u32, row: &[Chunk]) {
        self.to[reader as usize].extend_from_slice(row);
    }
}

/// The boxes of a step, read in the order in which they were filled.
pub(super) struct Mailbag<'a> {
    boxes: Vec<RwLockReadGuard<'a, Outbox>>,
    me: usize,
    read: Vec<usize>, // [owners] chunks read
}

impl Mailbag<'_> {
    /// The next row `[chunks]` from an owner.
    #[inline(always)]
    pub(super) fn next(&mut self, owner: u32, chunks: usize) -> &[Chunk] {
        let owner = owner as usize;
        let at = self.read[owner];
        self.read[owner] += chunks;
        &self.boxes[owner].to[self.me][at..at + chunks]
    }
}
