//! Where the items that were held out stand among items that a user is not known to have rated: He
//! et al.'s protocol, "Neural Collaborative Filtering", 2017, section 4.1, and the same against all.
//!
//! Meant for a split that leaves out one item of each user. The figures of sampled candidates are
//! far higher than those of all, and may order models in another way (Krichene and Rendle, "On
//! Sampled Metrics for Item Recommendation", 2020): the two are never to be compared.

use ratings::{ItemIndex, UserIndex};
use serde::Serialize;

use super::errors::HeldOut;
use crate::{Histories, Order, Predictor, parallel};

/// Among which items a held-out one is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Candidates {
    /// So many, drawn from those that the user has not rated.
    Sampled {
        /// How many.
        negatives: usize,
        /// Fixes which.
        seed: u64,
    },
    /// All that the user has not rated.
    Full,
}

/// Means over the held-out ratings, whatever was rated. Candidates are items with a training rating
/// that the user rated neither in training nor among what is held out; one with the same score as
/// the held-out item stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Hits {
    /// Among which items.
    pub candidates: Candidates,
    /// Held-out ratings of users and items that the model knows.
    pub cases: usize,
    /// Places that count.
    pub n: usize,
    /// Share of the cases in which the item is among the first `n` (HR).
    pub hit_rate: f64,
    /// Mean of `1 / log2(place + 1)`, place from 1, and 0 beyond the first `n` (NDCG).
    pub ndcg: f64,
}

/// A user's held-out items, and all that is no candidate, both in rising order.
struct Case {
    user: UserIndex,
    items: Vec<ItemIndex>,
    rated: Vec<ItemIndex>,
}

impl Hits {
    /// Ranks every held-out item, on `threads` threads; `train` says what users rated in training:
    /// without it such items are candidates too.
    pub fn of(
        predictor: &Predictor,
        held_out: &[HeldOut],
        train: Option<&Histories>,
        candidates: Candidates,
        n: usize,
        threads: usize,
    ) -> Self {
        let cases = cases(predictor, held_out, train);
        let known: Vec<ItemIndex> = {
            let items = (0..).map(ItemIndex).zip(&predictor.file().averages.items);
            items.filter(|(_, average)| average.count > 0).map(|(item, _)| item).collect()
        };
        let places = parallel::map(&cases, threads, |case| {
            let others = match candidates {
                Candidates::Full => without(&known, &case.rated),
                Candidates::Sampled { negatives, seed } => sample(&known, case, negatives, seed),
            };
            places(predictor, case, &others)
        });
        let places: Vec<usize> = places.into_iter().flatten().collect();
        let within = places.iter().filter(|place| **place <= n);
        let gain = |place: &usize| 1.0 / libm::log2(*place as f64 + 1.0);
        // The sum of nothing is -0.
        let mean = |sum: f64| (sum + 0.0) / places.len().max(1) as f64;
        Self {
            candidates,
            cases: places.len(),
            n,
            hit_rate: mean(within.clone().count() as f64),
            ndcg: mean(within.map(gain).sum()),
        }
    }
}

/// The held-out items of every user, where the model knows both.
fn cases(predictor: &Predictor, held_out: &[HeldOut], train: Option<&Histories>) -> Vec<Case> {
    let averages = &predictor.file().averages;
    let mut items = vec![Vec::new(); averages.users.len()];
    for (user, item, _) in held_out {
        if let (Some(user), Some(item)) = (user, item)
            && averages.users[user.index()].count > 0
            && averages.items[item.index()].count > 0
        {
            items[user.index()].push(*item);
        }
    }
    let case = |(user, mut items): (UserIndex, Vec<ItemIndex>)| {
        items.sort_unstable();
        items.dedup();
        let seen = train.map_or(&[][..], |train| train.items_of(user));
        let mut rated = [&items, seen].concat();
        rated.sort_unstable();
        Case { user, items, rated }
    };
    let all = (0..).map(UserIndex).zip(items);
    all.filter(|(_, items)| !items.is_empty()).map(case).collect()
}

fn without(known: &[ItemIndex], rated: &[ItemIndex]) -> Vec<ItemIndex> {
    known.iter().copied().filter(|item| rated.binary_search(item).is_err()).collect()
}

/// Different items that a user has not rated, a function of seed and user; fewer where there are not
/// so many.
fn sample(known: &[ItemIndex], case: &Case, negatives: usize, seed: u64) -> Vec<ItemIndex> {
    let n = u32::try_from(known.len()).expect("items have 32-bit indices");
    let order = Order::new(n, seed, case.user.0);
    let shuffled = (0..n).map(|place| {
        let mut element = [0];
        order.fill(place, &mut element);
        known[element[0] as usize]
    });
    shuffled.filter(|item| case.rated.binary_search(item).is_err()).take(negatives).collect()
}

/// The place, from 1, of each of a user's held-out items among the others.
fn places(predictor: &Predictor, case: &Case, others: &[ItemIndex]) -> Vec<usize> {
    let taste = predictor.taste_of(case.user);
    let scores: Vec<f32> = others.iter().map(|item| predictor.rate(&taste, *item)).collect();
    let place = |item: &ItemIndex| {
        let score = predictor.rate(&taste, *item);
        1 + scores.iter().filter(|other| **other >= score).count()
    };
    case.items.iter().map(place).collect()
}
