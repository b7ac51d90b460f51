//! What a table looks like, in a few numbers.

use std::collections::BTreeMap;

use crate::ids::UserIndex;
use crate::table::{Ratings, Table};

/// Beyond so many distinct values the histogram counts intervals instead.
const MOST_BARS: usize = 100;

/// How many intervals a histogram of a continuous scale has.
const INTERVALS: usize = 20;

/// A table in a few numbers.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Statistics {
    /// Distinct users.
    pub users: usize,
    /// Distinct items.
    pub items: usize,
    /// Ratings, repeated ones included.
    pub ratings: usize,
    /// Ratings over users times items; 0 for an empty table.
    pub density: f64,
    /// The mean rating.
    pub mean: f64,
    /// The standard deviation of the ratings: the RMSE of always saying the mean.
    pub deviation: f64,
    /// The lowest rating.
    pub min: f32,
    /// The highest rating.
    pub max: f32,
    /// How often each rating occurs, from the lowest up.
    pub histogram: Vec<Bar>,
    /// `None` when each bar is one value; the width of a bar when the scale is too fine for that.
    pub histogram_step: Option<f32>,
    /// Ratings per user.
    pub per_user: Spread,
    /// Ratings per item.
    pub per_item: Spread,
    /// Ratings beyond the first of their (user, item) pair.
    pub repeated_pairs: usize,
}

/// One bar of the histogram.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bar {
    /// The rating, or the lower edge of the interval.
    pub value: f32,
    /// How many ratings are in it.
    pub count: usize,
}

/// The spread of a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Spread {
    /// The smallest.
    pub min: usize,
    /// The middle one; the mean of the two middle ones when their number is even.
    pub median: f64,
    /// The largest.
    pub max: usize,
}

impl Statistics {
    /// Counts a table. Needs 4 bytes per rating for the time of the call.
    pub fn of(table: &Table) -> Self {
        let ratings = &table.ratings;
        let (users, items) = (table.users.len(), table.items.len());
        let user_counts = count(ratings.users.iter().map(|user| user.index()), users);
        let item_counts = count(ratings.items.iter().map(|item| item.index()), items);
        let cells = users as f64 * items as f64;
        let (min, max) = ratings.range().unwrap_or_default();
        let (histogram, histogram_step) = histogram(&ratings.values, min, max);
        let mean = ratings.mean();
        Self {
            users,
            items,
            ratings: ratings.len(),
            density: if cells > 0.0 { ratings.len() as f64 / cells } else { 0.0 },
            mean,
            deviation: ratings.rmse_of_always(mean),
            min,
            max,
            histogram,
            histogram_step,
            repeated_pairs: repeated_pairs(ratings, &user_counts),
            per_user: spread(user_counts),
            per_item: spread(item_counts),
        }
    }
}

fn count(rows: impl Iterator<Item = usize>, len: usize) -> Vec<usize> {
    let mut counts = vec![0; len];
    for row in rows {
        counts[row] += 1;
    }
    counts
}

fn spread(mut counts: Vec<usize>) -> Spread {
    counts.sort_unstable();
    let middle = counts.len() / 2;
    let (Some(&min), Some(&max)) = (counts.first(), counts.last()) else {
        return Spread::default();
    };
    let median = if counts.len() % 2 == 1 {
        counts[middle] as f64
    } else {
        (counts[middle - 1] + counts[middle]) as f64 / 2.0
    };
    Spread { min, median, max }
}

/// One bar per distinct value, or equal intervals when there are too many.
fn histogram(values: &[f32], min: f32, max: f32) -> (Vec<Bar>, Option<f32>) {
    let mut bars: BTreeMap<u32, Bar> = BTreeMap::new(); // by the order of the values
    for &value in values {
        let value = value + 0.0; // -0 and 0 are one rating
        let bar = bars.entry(sortable(value)).or_insert(Bar { value, count: 0 });
        bar.count += 1;
        if bars.len() > MOST_BARS {
            return intervals(values, min, max);
        }
    }
    (bars.into_values().collect(), None)
}

fn intervals(values: &[f32], min: f32, max: f32) -> (Vec<Bar>, Option<f32>) {
    // In f64: the difference of two finite f32 may overflow.
    let step = (f64::from(max) - f64::from(min)) / INTERVALS as f64;
    let edge = |interval: usize| (f64::from(min) + interval as f64 * step) as f32;
    let mut bars: Vec<Bar> =
        (0..INTERVALS).map(|interval| Bar { value: edge(interval), count: 0 }).collect();
    for &value in values {
        let interval = ((f64::from(value) - f64::from(min)) / step) as usize;
        bars[interval.min(INTERVALS - 1)].count += 1;
    }
    (bars, Some(step as f32))
}

/// A key that sorts as the finite float does.
fn sortable(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// Ratings beyond the first of their pair: the items of each user, gathered and sorted.
fn repeated_pairs(ratings: &Ratings, user_counts: &[usize]) -> usize {
    let mut starts: Vec<usize> = user_counts
        .iter()
        .scan(0, |end, count| {
            let start = *end;
            *end += count;
            Some(start)
        })
        .collect();
    let mut gathered = vec![0_u32; ratings.len()]; // the items, user by user
    for (&UserIndex(user), item) in ratings.users.iter().zip(&ratings.items) {
        let next = &mut starts[user as usize];
        gathered[*next] = item.0;
        *next += 1;
    }
    let mut rest = gathered.as_mut_slice();
    let mut repeated = 0;
    for &count in user_counts {
        let (items, after) = rest.split_at_mut(count);
        items.sort_unstable();
        repeated += items.windows(2).filter(|pair| pair[0] == pair[1]).count();
        rest = after;
    }
    repeated
}
