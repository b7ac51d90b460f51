//! The rows of both sides, dealt out to shards that threads own for a moment.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::sgd::lanes::{Chunk, Lanes, Side};

/// Parts of the tables, and so the most threads at work. Their number is fixed: the order in which a
/// user's items are visited rests on it.
pub(super) const SHARDS: usize = 8;

/// Where a row is.
#[inline(always)]
pub(super) fn shard(row: u32) -> usize {
    row as usize % SHARDS
}

/// Every [`SHARDS`]th row of both sides.
#[derive(Clone, Debug, Default)]
pub(super) struct Shard {
    users: Vec<Chunk>, // [rows, chunks]
    items: Vec<Chunk>, // [rows, 2, chunks]: q with its bias, y
}

impl Shard {
    #[inline(always)]
    pub(super) fn user(&self, row: u32, chunks: usize) -> &[Chunk] {
        &self.users[row as usize / SHARDS * chunks..][..chunks]
    }

    #[inline(always)]
    pub(super) fn user_mut(&mut self, row: u32, chunks: usize) -> &mut [Chunk] {
        &mut self.users[row as usize / SHARDS * chunks..][..chunks]
    }

    /// `q` and `y` of an item.
    #[inline(always)]
    pub(super) fn item(&self, row: u32, chunks: usize) -> (&[Chunk], &[Chunk]) {
        self.items[row as usize / SHARDS * 2 * chunks..][..2 * chunks].split_at(chunks)
    }

    #[inline(always)]
    pub(super) fn item_mut(&mut self, row: u32, chunks: usize) -> (&mut [Chunk], &mut [Chunk]) {
        self.items[row as usize / SHARDS * 2 * chunks..][..2 * chunks].split_at_mut(chunks)
    }
}

/// All rows.
pub(super) struct Tables {
    lanes: Lanes,
    rows: [usize; 2], // users, items
    shards: [RwLock<Shard>; SHARDS],
}

/// All shards, to be read.
pub(super) type Read<'a> = [RwLockReadGuard<'a, Shard>; SHARDS];

/// Values of a model: factors `[rows, K]` and biases `[rows]`.
pub(super) struct Values<'a> {
    pub(super) users: [&'a [f32]; 2],
    pub(super) items: [&'a [f32]; 2],
    pub(super) implicit: &'a [f32], // y: [items, K]
}

impl Clone for Tables {
    fn clone(&self) -> Self {
        let shards = std::array::from_fn(|shard| RwLock::new(self.read_one(shard).clone()));
        Self { lanes: self.lanes, rows: self.rows, shards }
    }
}

impl Tables {
    pub(super) fn new(lanes: Lanes, values: &Values) -> Self {
        let Values { users, items, implicit } = values;
        let mut shards: [Shard; SHARDS] = Default::default();
        let k = lanes.factors;
        for (row, (factors, bias)) in users[0].chunks(k).zip(users[1]).enumerate() {
            shards[row % SHARDS].users.extend(lanes.row(Side::Users, factors, *bias));
        }
        let rows = items[0].chunks(k).zip(items[1]).zip(implicit.chunks(k));
        for (row, ((factors, bias), implicit)) in rows.enumerate() {
            let to = &mut shards[row % SHARDS].items;
            to.extend(lanes.row(Side::Items, factors, *bias));
            to.extend(lanes.padded(implicit));
        }
        let rows = [users[1].len(), items[1].len()];
        Self { lanes, rows, shards: shards.map(RwLock::new) }
    }

    fn read_one(&self, shard: usize) -> RwLockReadGuard<'_, Shard> {
        self.shards[shard].read().unwrap_or_else(PoisonError::into_inner)
    }

    /// All shards, while nobody writes one.
    pub(super) fn read(&self) -> Read<'_> {
        std::array::from_fn(|shard| self.read_one(shard))
    }

    /// One shard, while nobody reads it.
    pub(super) fn write(&self, shard: usize) -> RwLockWriteGuard<'_, Shard> {
        self.shards[shard].write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Factors and biases of users and of items, and `y`, row by row in the order of the indices.
    pub(super) fn values(&self) -> [Vec<f32>; 5] {
        let (shards, k, chunks) = (self.read(), self.lanes.factors, self.lanes.chunks());
        let [users, items] =
            self.rows.map(|rows| 0..u32::try_from(rows).expect("rows have 32-bit indices"));
        let mut values: [Vec<f32>; 5] = Default::default();
        let [user_factors, item_factors, user_bias, item_bias, implicit] = &mut values;
        for row in users {
            let user = shards[shard(row)].user(row, chunks).as_flattened();
            user_factors.extend(&user[..k]);
            user_bias.push(user[self.lanes.bias(Side::Users)]);
        }
        for row in items {
            let (q, y) = shards[shard(row)].item(row, chunks);
            item_factors.extend(&q.as_flattened()[..k]);
            item_bias.push(q.as_flattened()[self.lanes.bias(Side::Items)]);
            implicit.extend(&y.as_flattened()[..k]);
        }
        values
    }
}
