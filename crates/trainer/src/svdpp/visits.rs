//! Who is visited when, and what they rated.

use std::ops::RangeInclusive;

use ratings::Ratings;

use super::tables::{self, SHARDS};
use crate::{Order, rows::ByRow};

/// The fewest and the most users that are visited together.
const BATCHES: RangeInclusive<usize> = SHARDS..=64;

/// The users' training ratings, each user's sorted by shard and item.
pub(super) struct Visits {
    ratings: ByRow,
    users: Vec<u32>, // those with a rating
    batch: usize,    // users that are visited together
}

impl Visits {
    pub(super) fn new(train: &Ratings, users: usize, items: usize) -> Self {
        let [mut ratings, _] = ByRow::both(train, users, items, |rating| rating);
        ratings.sort_by_key(|(item, _)| (tables::shard(*item), *item));
        let rated = |user: &u32| !ratings.of(*user as usize).is_empty();
        let all = 0..u32::try_from(users).expect("users have 32-bit indices");
        let users: Vec<u32> = all.filter(rated).collect();
        // So many that, but for the most popular items, an item meets about one of them.
        let batch = users.len() * items / train.len().max(1);
        Self { batch: batch.clamp(*BATCHES.start(), *BATCHES.end()), users, ratings }
    }

    /// Ratings of all users.
    pub(super) fn ratings(&self) -> usize {
        self.ratings.ratings()
    }

    /// What a user rated: items and ratings.
    #[inline(always)]
    pub(super) fn of(&self, user: u32) -> &[(u32, f32)] {
        self.ratings.of(user as usize)
    }

    /// The part of a user's ratings whose items are in a shard.
    #[inline(always)]
    pub(super) fn in_shard(&self, user: u32, shard: usize) -> &[(u32, f32)] {
        let all = self.of(user);
        let from = all.partition_point(|(item, _)| tables::shard(*item) < shard);
        let len = all[from..].partition_point(|(item, _)| tables::shard(*item) == shard);
        &all[from..from + len]
    }

    /// Users with a rating, in the order of an epoch.
    pub(super) fn order(&self, seed: u64, epoch: u32) -> Vec<u32> {
        let n = u32::try_from(self.users.len()).expect("users have 32-bit indices");
        let mut order = vec![0; self.users.len()];
        Order::new(n, seed, epoch).fill(0, &mut order);
        order.into_iter().map(|place| self.users[place as usize]).collect()
    }

    /// Batches of an epoch.
    pub(super) fn batches(&self) -> usize {
        self.users.len().div_ceil(self.batch)
    }

    /// The users of these batches, batch by batch.
    pub(super) fn cut<'a>(&self, order: &'a [u32], from: usize, batches: usize) -> Vec<&'a [u32]> {
        order.chunks(self.batch).skip(from).take(batches).collect()
    }
}
