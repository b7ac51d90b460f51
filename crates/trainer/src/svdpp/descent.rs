//! The visits of an epoch, by as many threads as there are.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicUsize, Ordering},
};

use pulp::{Arch, Simd, WithSimd};

use super::{
    tables::{Read, SHARDS, Shard, Tables, shard},
    visits::Visits,
};
use crate::{
    barrier::{Barrier, Party},
    miss::Miss,
    parallel,
    sgd::{
        Linked,
        lanes::{self, Chunk, LANES, each},
    },
};

/// Ratings of a batch that are worth a thread.
const WORTH: usize = 64;

/// What holds for a whole slice of batches.
pub(super) struct Descent<'a> {
    pub(super) arch: Arch,
    pub(super) tables: &'a Tables,
    pub(super) visits: &'a Visits,
    pub(super) chunks: usize, // of a row
    pub(super) link: Linked,
    pub(super) rates: [&'a [Chunk]; 3], // [chunks] each: users', items', implicit
    pub(super) shrink: [&'a [f32]; 2],  // what a row pays at one rating: users, items
    pub(super) epoch: u32,
}

/// A visit to a user.
#[derive(Default)]
struct Visit {
    user: u32,
    row: Vec<Chunk>,   // p with the bias: what it has become
    whole: Vec<Chunk>, // the row with what the user's items imply
    slope: Vec<Chunk>, // |N|^-1/2 Σ error q
    errors: Miss,      // each taken before its step
}

impl Descent<'_> {
    /// Makes the visits of these batches; returns the sums of each batch's errors.
    pub(super) fn train(&self, batches: &[&[u32]], threads: usize) -> Vec<Miss> {
        let ratings = self.visits.ratings() / self.visits.batches().max(1); // of a batch
        let threads = threads.clamp(1, SHARDS.min(1 + ratings / WORTH));
        let barrier = Barrier::new(threads);
        let taken: Vec<AtomicUsize> = batches.iter().map(|_| AtomicUsize::new(0)).collect();
        let most = batches.iter().map(|batch| batch.len()).max().unwrap_or(0);
        let visits: Vec<RwLock<Visit>> = (0..most).map(|_| RwLock::default()).collect();
        let work = |(me, _party): (usize, Party)| {
            let mut errors = Vec::new();
            for (batch, taken) in batches.iter().zip(&taken) {
                self.see(batch, taken, &visits);
                barrier.wait();
                let shards = (me..SHARDS).step_by(threads);
                errors.push(self.learn(&visits[..batch.len()], shards));
                barrier.wait();
            }
            errors
        };
        let parties = (0..threads).map(|me| (me, barrier.join())).collect();
        parallel::each(parties, work).swap_remove(0) // all have the same
    }

    /// The users' part of a batch: each thread takes users while there are any.
    fn see(&self, batch: &[u32], taken: &AtomicUsize, visits: &[RwLock<Visit>]) {
        let shards = self.tables.read();
        loop {
            let place = taken.fetch_add(1, Ordering::Relaxed);
            let Some(&user) = batch.get(place) else { return };
            let visit = &mut *visits[place].write().unwrap_or_else(PoisonError::into_inner);
            visit.user = user;
            match self.chunks {
                1 => self.arch.dispatch(See::<1> { of: self, shards: &shards, visit }),
                2 => self.arch.dispatch(See::<2> { of: self, shards: &shards, visit }),
                3 => self.arch.dispatch(See::<3> { of: self, shards: &shards, visit }),
                5 => self.arch.dispatch(See::<5> { of: self, shards: &shards, visit }),
                7 => self.arch.dispatch(See::<7> { of: self, shards: &shards, visit }),
                _ => self.arch.dispatch(See::<0> { of: self, shards: &shards, visit }),
            }
        }
    }

    /// The items' part: what the visits mean for the rows of these shards.
    fn learn(&self, visits: &[RwLock<Visit>], shards: impl Iterator<Item = usize>) -> Miss {
        for at in shards {
            let shard = &mut *self.tables.write(at);
            for visit in visits {
                let visit = &*visit.read().unwrap_or_else(PoisonError::into_inner);
                if super::tables::shard(visit.user) == at {
                    shard.user_mut(visit.user, self.chunks).copy_from_slice(&visit.row);
                }
                match self.chunks {
                    1 => self.arch.dispatch(Learn::<1> { of: self, at, shard, visit }),
                    2 => self.arch.dispatch(Learn::<2> { of: self, at, shard, visit }),
                    3 => self.arch.dispatch(Learn::<3> { of: self, at, shard, visit }),
                    5 => self.arch.dispatch(Learn::<5> { of: self, at, shard, visit }),
                    7 => self.arch.dispatch(Learn::<7> { of: self, at, shard, visit }),
                    _ => self.arch.dispatch(Learn::<0> { of: self, at, shard, visit }),
                }
            }
        }
        let errors =
            |visit: &RwLock<Visit>| visit.read().unwrap_or_else(PoisonError::into_inner).errors;
        visits.iter().map(errors).sum()
    }
}

/// `|N|^-1/2 Σ y` of what a user rated.
#[inline(always)]
pub(super) fn implied(rated: &[(u32, f32)], shards: &Read, chunks: usize, to: &mut Vec<Chunk>) {
    to.clear();
    to.resize(chunks, [0.0; LANES]);
    for (item, _) in rated {
        let (_, y) = shards[shard(*item)].item(*item, chunks);
        for (to, y) in to.iter_mut().zip(y) {
            let sum = *to;
            *to = each(|lane| sum[lane] + y[lane]);
        }
    }
    let share = share(rated.len());
    to.as_flattened_mut().iter_mut().for_each(|value| *value *= share);
}

/// Where a user's ratings, `n` of them and at least one, are begun: elsewhere in every epoch. The
/// product is beyond 32 bits from the second epoch on, so the remainder is taken of all 64: a browser
/// begins where the desktop does.
#[expect(clippy::cast_possible_truncation, reason = "what is left is below n, which is a usize")]
fn first(epoch: u32, user: u32, n: usize) -> usize {
    ((u64::from(epoch) * 0x9E37_79B9 + u64::from(user)) % n as u64) as usize
}

/// `|N|^-1/2`.
#[expect(clippy::cast_precision_loss, reason = "a weight needs no more than f32's digits")]
fn share(rated: usize) -> f32 {
    1.0 / (rated.max(1) as f32).sqrt()
}

/// The user's part of a visit. A type of its own, and everything below it inlined, so that it is
/// compiled once for every vector width. `CHUNKS` is a row's length if that is not 0.
struct See<'a, const CHUNKS: usize> {
    of: &'a Descent<'a>,
    shards: &'a Read<'a>,
    visit: &'a mut Visit,
}

impl<const CHUNKS: usize> WithSimd for See<'_, CHUNKS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { of, shards, visit } = self;
        let chunks = if CHUNKS == 0 { of.chunks } else { CHUNKS };
        let (user, rated) = (visit.user, of.visits.of(visit.user));
        let Visit { row, whole, slope, errors, .. } = visit;
        implied(rated, shards, chunks, whole);
        row.clear();
        row.extend_from_slice(shards[shard(user)].user(user, chunks));
        for (whole, row) in whole.iter_mut().zip(row.iter()) {
            let implied = *whole;
            *whole = each(|lane| row[lane] + implied[lane]);
        }
        slope.clear();
        slope.resize(chunks, [0.0; LANES]);
        let (row, whole, slope) = (&mut row[..chunks], &mut whole[..chunks], &mut slope[..chunks]);
        let (rates, shrink) = (&of.rates[0][..chunks], of.shrink[0][user as usize]);
        *errors = Miss::default();
        let begin = first(of.epoch, user, rated.len());
        let mut room = [0.0; LANES];
        for (item, rating) in rated[begin..].iter().chain(&rated[..begin]) {
            let (q, _) = shards[shard(*item)].item(*item, chunks);
            let [error, steep] = of.link.error(lanes::dot(whole, q, &mut room), *rating);
            *errors += Miss::of(error);
            for ((((row, whole), slope), q), rate) in
                row.iter_mut().zip(whole.iter_mut()).zip(slope.iter_mut()).zip(q).zip(rates)
            {
                let (old, old_whole, old_slope, q, rate) = (*row, *whole, *slope, *q, *rate);
                let step: Chunk = each(|lane| rate[lane] * (steep * q[lane] - shrink * old[lane]));
                *slope = each(|lane| old_slope[lane] + steep * q[lane]);
                *row = each(|lane| old[lane] + step[lane]);
                *whole = each(|lane| old_whole[lane] + step[lane]);
            }
        }
        let share = share(rated.len());
        slope.as_flattened_mut().iter_mut().for_each(|value| *value *= share);
    }
}

/// An item's part of a visit, for all items of a shard.
struct Learn<'a, const CHUNKS: usize> {
    of: &'a Descent<'a>,
    at: usize,
    shard: &'a mut Shard,
    visit: &'a Visit,
}

impl<const CHUNKS: usize> WithSimd for Learn<'_, CHUNKS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { of, at, shard, visit } = self;
        let chunks = if CHUNKS == 0 { of.chunks } else { CHUNKS };
        let [_, rates, implicit_rates] = of.rates.map(|rates| &rates[..chunks]);
        let (whole, slope) = (&visit.whole[..chunks], &visit.slope[..chunks]);
        let mut room = [0.0; LANES];
        for (item, rating) in of.visits.in_shard(visit.user, at) {
            let shrink = of.shrink[1][*item as usize];
            let (q, y) = shard.item_mut(*item, chunks);
            let [_, steep] = of.link.error(lanes::dot(whole, q, &mut room), *rating);
            for ((q, whole), rate) in q.iter_mut().zip(whole).zip(rates) {
                let old = *q;
                *q = each(|lane| {
                    old[lane] + rate[lane] * (steep * whole[lane] - shrink * old[lane])
                });
            }
            for ((y, slope), rate) in y.iter_mut().zip(slope).zip(implicit_rates) {
                let old = *y;
                *y = each(|lane| old[lane] + rate[lane] * (slope[lane] - shrink * old[lane]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::first;

    /// The same arithmetic in 128 bits; most products are beyond 2^32, where a cut to 32 bits before
    /// the remainder gives other places.
    #[test]
    fn ratings_begin_at_the_same_place_on_every_platform() {
        let mut differ = 0;
        for (epoch, user, n) in
            [(1, 0, 7), (2, 0, 7), (3, 5, 129), (20, 6_039, 53), (u32::MAX, u32::MAX, 2_314)]
        {
            let product = u128::from(epoch) * 0x9E37_79B9 + u128::from(user);
            assert_eq!(first(epoch, user, n) as u128, product % n as u128, "{epoch} {user} {n}");
            differ += usize::from((product as u32) as usize % n != first(epoch, user, n));
        }
        assert_eq!(differ, 4, "the cases do not tell 32 bits from 64");
    }
}
