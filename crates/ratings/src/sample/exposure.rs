//! Who rates what: a few users rate a lot, and a few items are rated by many.

use super::SampleConfig;
use super::random::Random;

/// The fewest ratings of a user, where the sample has as many for each.
const FEWEST: usize = 20;

/// The largest part of all items that one user rates, where users can be so choosy.
const MOST_SHARE: f64 = 0.6;

/// How much users differ: the deviation of the logarithm of their ratings beyond the fewest.
const ACTIVITY_SPREAD: f64 = 1.15;

/// Draws of items for one user per rating asked for, before the rest is taken as it comes.
const MOST_DRAWS: usize = 50;

/// Which items each user rates.
pub(super) struct Exposure {
    counts: Vec<usize>, // [users]
    weights: Vec<f64>,  // [items]
    alias: Alias,       // over the items
    planned: Vec<u32>,  // [items], by user: one user for each item, so that all items are rated
    starts: Vec<usize>, // [users + 1]: whose part of `planned` is whose
    drawn_by: Vec<u32>, // [items]: the last user, from 1, to draw the item
    items: Vec<u32>,    // of the user at hand
}

impl Exposure {
    pub(super) fn new(config: &SampleConfig, random: &mut Random) -> Self {
        let counts = activities(config, random);
        let weights = popularities(config.items, random);
        let alias = Alias::new(&weights);
        let (planned, starts) = plan(config.items, &counts, random);
        let drawn_by = vec![0; config.items];
        Self { counts, weights, alias, planned, starts, drawn_by, items: Vec::new() }
    }

    /// How popular each item is; 1 is the most. [items]
    pub(super) fn popularity(&self) -> &[f64] {
        &self.weights
    }

    /// The items that `user` rates, in the order of rating. Users are to be asked for once each.
    pub(super) fn items_of(&mut self, user: usize, random: &mut Random) -> &[u32] {
        let stamp = user as u32 + 1;
        let count = self.counts[user];
        self.items.clear();
        self.items.extend_from_slice(&self.planned[self.starts[user]..self.starts[user + 1]]);
        for &item in &self.items {
            self.drawn_by[item as usize] = stamp;
        }
        let mut draws = MOST_DRAWS * count;
        while self.items.len() < count && draws > 0 {
            let item = self.alias.draw(random);
            if self.drawn_by[item] != stamp {
                self.drawn_by[item] = stamp;
                self.items.push(item as u32);
            }
            draws -= 1;
        }
        if self.items.len() < count {
            let mut others: Vec<u32> = (0..self.drawn_by.len() as u32)
                .filter(|&item| self.drawn_by[item as usize] != stamp)
                .collect();
            let missing = count - self.items.len();
            shuffle(&mut others, random);
            self.items.extend_from_slice(&others[..missing]);
        }
        shuffle(&mut self.items, random);
        &self.items
    }
}

/// How many ratings each user gives. [users]
fn activities(config: &SampleConfig, random: &mut Random) -> Vec<usize> {
    let fewest = FEWEST.min(config.ratings / config.users).min(config.items);
    let share = (config.items as f64 * MOST_SHARE) as usize;
    let most = share.max(config.ratings.div_ceil(config.users)).min(config.items);
    let weights: Vec<f64> =
        (0..config.users).map(|_| libm::exp(ACTIVITY_SPREAD * random.normal())).collect();
    let mut counts = vec![fewest; config.users];
    let mut left = config.ratings - fewest * config.users;
    // Each round shares out what is left among those with room; then one each, for the remainder.
    while left > 0 {
        let open = |count: usize| count < most;
        let total: f64 =
            counts.iter().zip(&weights).filter(|(count, _)| open(**count)).map(|(_, w)| w).sum();
        let to_share = left;
        for (count, weight) in counts.iter_mut().zip(&weights).filter(|(count, _)| open(**count)) {
            let part = (to_share as f64 * weight / total) as usize;
            let part = part.min(most - *count).min(left);
            *count += part;
            left -= part;
        }
        if left <= counts.len() || left == to_share {
            for count in counts.iter_mut().filter(|count| open(**count)).take(left) {
                *count += 1;
                left -= 1;
            }
        }
    }
    counts
}

/// How likely each item is to be rated, the most popular one being 1. [items]
///
/// A curve through the sorted counts of MovieLens-1M: steep at the head, long, and with a tail that
/// falls to a few ratings.
fn popularities(items: usize, random: &mut Random) -> Vec<f64> {
    let mut weights: Vec<f64> = (0..items)
        .map(|rank| (rank as f64 + 0.5) / items as f64)
        .map(|x| libm::exp(-5.6 * libm::sqrt(x) + 0.3 * x - 2.0 * x * x * x * x))
        .collect();
    for last in (1..items).rev() {
        weights.swap(last, random.below(last + 1));
    }
    weights
}

/// One user for each item, within what each user rates: the items by user, and where each user's
/// start.
fn plan(items: usize, counts: &[usize], random: &mut Random) -> (Vec<u32>, Vec<usize>) {
    let mut planned = vec![0_usize; counts.len()];
    let mut owners = Vec::with_capacity(items);
    for _ in 0..items {
        let mut user = random.below(counts.len());
        while planned[user] == counts[user] {
            user = (user + 1) % counts.len(); // there are at least as many ratings as items
        }
        planned[user] += 1;
        owners.push(user);
    }
    let mut starts = vec![0; counts.len() + 1];
    for (user, &count) in planned.iter().enumerate() {
        starts[user + 1] = starts[user] + count;
    }
    let mut next = starts.clone();
    let mut by_user = vec![0; items];
    for (item, &user) in owners.iter().enumerate() {
        by_user[next[user]] = item as u32;
        next[user] += 1;
    }
    (by_user, starts)
}

fn shuffle(items: &mut [u32], random: &mut Random) {
    for last in (1..items.len()).rev() {
        items.swap(last, random.below(last + 1));
    }
}

/// Draws from a weighted list in constant time (Vose 1991).
struct Alias {
    keep: Vec<f64>,  // how likely a slot's own entry is
    other: Vec<u32>, // the entry that has the rest of the slot
}

impl Alias {
    fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut keep: Vec<f64> =
            weights.iter().map(|weight| weight * weights.len() as f64 / total).collect();
        let mut other: Vec<u32> = (0..weights.len() as u32).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            other.iter().copied().partition(|&slot| keep[slot as usize] < 1.0);
        while let (Some(&needy), Some(&giver)) = (small.last(), large.last()) {
            small.pop();
            other[needy as usize] = giver;
            keep[giver as usize] -= 1.0 - keep[needy as usize];
            if keep[giver as usize] < 1.0 {
                large.pop();
                small.push(giver);
            }
        }
        // What rounding left over keeps its own slot whole.
        for slot in small.into_iter().chain(large) {
            keep[slot as usize] = 1.0;
        }
        Self { keep, other }
    }

    fn draw(&self, random: &mut Random) -> usize {
        let slot = random.below(self.keep.len());
        if random.uniform() < self.keep[slot] { slot } else { self.other[slot] as usize }
    }
}
