//! Copies of rows, from the thread that owns them to all.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{
    crew::{Sample, Team},
    rows::{Chunk, LANES, Rows},
};

/// The rows that one owner has in a batch, once for every rating, in the batch's order.
#[derive(Default)]
pub(super) struct Outbox {
    users: Vec<Chunk>, // [ratings of own users, chunks]
    items: Vec<Chunk>, // [ratings of own items, chunks]
}

/// Two outboxes for every owner: while some still read those of a step, the others may already
/// fill those of the next.
pub(super) struct Outboxes(Vec<[RwLock<Outbox>; 2]>);

impl Outboxes {
    pub(super) fn new(owners: usize) -> Self {
        Self((0..owners).map(|_| Default::default()).collect())
    }

    /// Bytes of an owner's boxes.
    pub(super) fn bytes(batch: usize, factors: usize) -> u64 {
        (2 * 2 * batch * factors.div_ceil(LANES) * size_of::<Chunk>()) as u64
    }

    /// An owner's box for a step.
    pub(super) fn fill(&self, owner: usize, step: usize) -> RwLockWriteGuard<'_, Outbox> {
        // A poisoned box belongs to a thread that panicked, and its panic ends the slice.
        self.0[owner][step % 2].write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every owner's box of a step.
    pub(super) fn read(&self, step: usize) -> Mailbag<'_> {
        let boxes = self.0.iter().map(|boxes| &boxes[step % 2]);
        let boxes: Vec<_> =
            boxes.map(|mail| mail.read().unwrap_or_else(PoisonError::into_inner)).collect();
        let read = vec![[0; 2]; boxes.len()];
        Mailbag { boxes, read }
    }
}

impl Outbox {
    /// Copies the rows that `owner` has in the batch.
    #[inline(always)]
    pub(super) fn copy(
        &mut self,
        owner: usize,
        team: Team,
        batch: &[Sample],
        rows: &Rows,
        chunks: usize,
    ) {
        self.users.resize(batch.len() * chunks, [0.0; LANES]);
        self.items.resize(batch.len() * chunks, [0.0; LANES]);
        let (mut users, mut items) = (0, 0);
        for sample in batch {
            let (user, item) = (team.place(sample.user), team.place(sample.item));
            if user.owner == owner {
                self.users[users..users + chunks].copy_from_slice(rows.factors(user.row, chunks));
                users += chunks;
            }
            if item.owner == owner {
                self.items[items..items + chunks].copy_from_slice(rows.factors(item.row, chunks));
                items += chunks;
            }
        }
    }
}

/// The boxes of a step, read in the batch's order.
pub(super) struct Mailbag<'a> {
    boxes: Vec<RwLockReadGuard<'a, Outbox>>,
    read: Vec<[usize; 2]>, // [owners] chunks read of users, of items
}

impl Mailbag<'_> {
    /// The next rating's user and item factors `[chunks]`, whose owners are given.
    #[inline(always)]
    pub(super) fn next(
        &mut self,
        user_owner: usize,
        item_owner: usize,
        chunks: usize,
    ) -> [&[Chunk]; 2] {
        let user = self.read[user_owner][0];
        self.read[user_owner][0] += chunks;
        let item = self.read[item_owner][1];
        self.read[item_owner][1] += chunks;
        [
            &self.boxes[user_owner].users[user..user + chunks],
            &self.boxes[item_owner].items[item..item + chunks],
        ]
    }
}
