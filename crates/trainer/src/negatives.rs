//! What users did not choose, for models that learn to rank from what they did.
//!
//! He et al., "Neural Collaborative Filtering", 2017, section 3.1.1: beside every item that a user
//! chose stand a few drawn evenly from those that the user has no training rating of. Each draw is a
//! function of seed, epoch, place and number, with no state, so slices and resumed runs change none.

use ratings::ItemIndex;

/// Users' items that have no training rating, without a list of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unrated {
    starts: Vec<usize>, // [users + 1]
    /// Of the j-th item that a user rated, in rising order, how many below it the user did not rate.
    below: Vec<u32>,
    items: u32,
}

impl Unrated {
    /// Of these users' items, each user's in rising order; `items` is how many there are.
    pub(crate) fn of<'a>(rated: impl Iterator<Item = &'a [ItemIndex]>, items: usize) -> Self {
        let mut unrated = Self {
            starts: vec![0],
            below: Vec::new(),
            items: u32::try_from(items).expect("items have 32-bit indices"),
        };
        for own in rated {
            let mut distinct = 0;
            for (at, item) in own.iter().enumerate() {
                if at == 0 || own[at - 1] != *item {
                    unrated.below.push(item.0 - distinct);
                    distinct += 1;
                }
            }
            unrated.starts.push(unrated.below.len());
        }
        unrated
    }

    /// The item that a number, any of 64 bits, draws from those that a user did not rate; all are as
    /// likely. `None` for a user who rated all.
    pub(crate) fn draw(&self, user: usize, number: u64) -> Option<ItemIndex> {
        let below = &self.below[self.starts[user]..self.starts[user + 1]];
        let rated = u32::try_from(below.len()).expect("distinct items are no more than all");
        let choices = self.items - rated;
        #[expect(clippy::cast_possible_truncation, reason = "the product's upper half is below it")]
        let place = ((u128::from(number) * u128::from(choices)) >> 64) as u32;
        let before = below.partition_point(|unrated| *unrated <= place);
        let before = u32::try_from(before).expect("as above");
        (choices > 0).then_some(ItemIndex(place + before))
    }
}

/// The number of the `n`-th draw beside the rating at a place of an epoch's order.
pub(crate) fn number(seed: u64, epoch: u32, place: usize, n: usize) -> u64 {
    let draw = (u64::from(epoch) << 32) | n as u64; // draws are few
    mix(mix(mix(seed ^ STEP) ^ place as u64).wrapping_add(STEP) ^ draw)
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15; // 2^64 / golden ratio

/// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", 2014, figure 17, with D. Stafford's constants "Mix13").
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(numbers: &[u32]) -> Vec<ItemIndex> {
        numbers.iter().copied().map(ItemIndex).collect()
    }

    /// Chi-square with as many degrees of freedom as there are other choices: above 40 it would come
    /// by chance less than once in 100,000 tries with up to 9 of them.
    #[test]
    fn what_a_user_did_not_rate_is_drawn_evenly_and_nothing_else() {
        let rated = [items(&[]), items(&[0, 1, 5, 5, 9]), items(&[2, 3, 4, 5, 6, 7, 8, 9])];
        let unrated = Unrated::of(rated.iter().map(Vec::as_slice), 10);
        const DRAWS: usize = 40_000;
        for (user, rated) in rated.iter().enumerate() {
            let mut counts = [0.0f64; 10];
            for place in 0..DRAWS / 4 {
                for n in 0..4 {
                    let item = unrated.draw(user, number(42, 1, place, n)).expect("some are left");
                    counts[item.index()] += 1.0;
                }
            }
            let left: Vec<usize> =
                (0..10).filter(|&item| !rated.contains(&ItemIndex(item as u32))).collect();
            let expected = DRAWS as f64 / left.len() as f64;
            let off: f64 = left.iter().map(|&item| (counts[item] - expected).powi(2)).sum();
            assert!(off / expected < 40.0, "user {user}: {counts:?}");
            assert_eq!(left.iter().map(|&item| counts[item]).sum::<f64>(), DRAWS as f64);
        }
    }

    #[test]
    fn whoever_rated_everything_is_shown_nothing_else() {
        let all = items(&[0, 1, 2]);
        let unrated = Unrated::of([all.as_slice(), &all[..2]].into_iter(), 3);
        for number in [0, 1 << 40, u64::MAX] {
            assert_eq!(unrated.draw(0, number), None);
            assert_eq!(unrated.draw(1, number), Some(ItemIndex(2)));
        }
    }

    /// First numbers. They may change only with a new major version: published curves rest on them.
    #[test]
    fn numbers_depend_on_seed_epoch_place_and_draw() {
        let base = number(42, 1, 0, 0);
        let others =
            [number(43, 1, 0, 0), number(42, 2, 0, 0), number(42, 1, 1, 0), number(42, 1, 0, 1)];
        assert!(others.iter().all(|other| *other != base), "{base} {others:?}");
    }
}
