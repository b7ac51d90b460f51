//! Where held-out items stand, in the two figures that a model that ranks is judged by while it
//! trains.

use ratings::{ItemIndex, Ratings, Split, UserIndex};
use serde::{Deserialize, Serialize};

use super::{
    cases::{Cases, Lineup, Places},
    hits::Candidates,
};
use crate::{Averages, Histories};

/// [`Hits`](crate::Hits) among the first ten places, each held-out item among 99 sampled ones: not
/// to be compared with figures among all items.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampledHits {
    /// Share of the items at one of the first ten places (HR@10).
    pub hit_rate: f64,
    /// Mean of `1 / log2(place + 1)`, and 0 beyond the tenth (NDCG@10).
    pub ndcg: f64,
}

impl SampledHits {
    /// Places that count.
    pub const PLACES: usize = 10;
    /// Items that each held-out one is ranked among: those of He et al., "Neural Collaborative
    /// Filtering", 2017, section 4.1.
    pub const NEGATIVES: usize = 99;

    /// The candidates that this seed draws.
    pub fn candidates(seed: u64) -> Candidates {
        Candidates::Sampled { negatives: Self::NEGATIVES, seed }
    }

    /// The items that each held-out one of a split's test set is ranked among, user by user: so that
    /// other programs can be judged alike.
    pub fn lists(split: &Split, seed: u64) -> Vec<Lineup> {
        let averages = Averages::of(&split.train, split.users, split.items);
        test_cases(split, &averages).lists(Self::candidates(seed))
    }

    /// What the test set of a split gives with the most rated items for everybody, the line to beat;
    /// `None` without a test item that training knows.
    pub fn of_popularity(split: &Split, seed: u64, threads: usize) -> Option<Self> {
        let averages = Averages::of(&split.train, split.users, split.items);
        let cases = test_cases(split, &averages);
        #[expect(clippy::cast_precision_loss, reason = "a score")]
        let scores = |_: UserIndex, items: &[ItemIndex]| -> Vec<f32> {
            items.iter().map(|item| averages.items[item.index()].count as f32).collect()
        };
        let candidates = Self::candidates(seed);
        Self::of(&cases.places(0..cases.len(), candidates, Self::PLACES, threads, scores))
    }

    /// `None` without an item.
    pub(crate) fn of(places: &Places) -> Option<Self> {
        (places.cases > 0).then(|| Self { hit_rate: places.hit_rate(), ndcg: places.ndcg() })
    }
}

/// The cases of a split's test part; what was rated in training or for validation is no candidate.
pub(crate) fn test_cases(split: &Split, averages: &Averages) -> Cases {
    let mut seen = split.train.clone();
    seen.append(&split.validation);
    cases(&split.test, averages, &Histories::of(&seen, split.users))
}

/// The cases of a split's validation part. Of the test part nothing is known yet: its items are
/// candidates as any others.
pub(crate) fn validation_cases(split: &Split, averages: &Averages) -> Cases {
    cases(&split.validation, averages, &Histories::of(&split.train, split.users))
}

fn cases(held_out: &Ratings, averages: &Averages, seen: &Histories) -> Cases {
    let pairs = held_out.users.iter().copied().zip(held_out.items.iter().copied());
    Cases::of(averages, pairs, Some(seen))
}
