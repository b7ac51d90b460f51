//! Held-out items among items that their users are not known to have rated, and the places at which
//! scores put them.

use std::ops::{AddAssign, Range};

use ratings::{ItemIndex, UserIndex};

use super::hits::Candidates;
use crate::{Averages, Histories, Order, parallel};

/// Held-out items, user by user.
#[derive(Clone, Debug)]
pub(crate) struct Cases {
    known: Vec<ItemIndex>, // with a training rating, in rising order
    users: Vec<Case>,
}

/// What is ranked for a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Lineup {
    /// The user.
    pub user: UserIndex,
    /// The items that were held out, in rising order.
    pub held_out: Vec<ItemIndex>,
    /// The items that each of them is ranked among.
    pub others: Vec<ItemIndex>,
}

/// A user's held-out items, and all that is no candidate, both in rising order.
#[derive(Clone, Debug)]
struct Case {
    user: UserIndex,
    items: Vec<ItemIndex>,
    rated: Vec<ItemIndex>,
}

impl Cases {
    /// The held-out pairs of users and items that have a training rating each; `seen` says what else
    /// users rated: without it such items are candidates too.
    pub(crate) fn of(
        averages: &Averages,
        held_out: impl IntoIterator<Item = (UserIndex, ItemIndex)>,
        seen: Option<&Histories>,
    ) -> Self {
        let mut items = vec![Vec::new(); averages.users.len()];
        for (user, item) in held_out {
            if averages.users[user.index()].count > 0 && averages.items[item.index()].count > 0 {
                items[user.index()].push(item);
            }
        }
        let case = |(user, mut items): (UserIndex, Vec<ItemIndex>)| {
            items.sort_unstable();
            items.dedup();
            let seen = seen.map_or(&[][..], |seen| seen.items_of(user));
            let mut rated = [&items, seen].concat();
            rated.sort_unstable();
            Case { user, items, rated }
        };
        let all = (0..).map(UserIndex).zip(items);
        let known = (0..).map(ItemIndex).zip(&averages.items);
        Self {
            known: known.filter(|(_, of)| of.count > 0).map(|(item, _)| item).collect(),
            users: all.filter(|(_, items)| !items.is_empty()).map(case).collect(),
        }
    }

    /// How many users have a held-out item.
    pub(crate) fn len(&self) -> usize {
        self.users.len()
    }

    /// What is ranked for each user.
    pub(crate) fn lists(&self, candidates: Candidates) -> Vec<Lineup> {
        let lineup = |case: &Case| Lineup {
            user: case.user,
            held_out: case.items.clone(),
            others: self.others(case, candidates),
        };
        self.users.iter().map(lineup).collect()
    }

    /// Where the held-out items of some of the users stand; `scores` makes scores of a user and
    /// items. Any number of threads gives the same.
    pub(crate) fn places(
        &self,
        users: Range<usize>,
        candidates: Candidates,
        n: usize,
        threads: usize,
        scores: impl Fn(UserIndex, &[ItemIndex]) -> Vec<f32> + Sync,
    ) -> Places {
        let places = parallel::map(&self.users[users], threads, |case| {
            let others = scores(case.user, &self.others(case, candidates));
            let place = |score: f32| 1 + others.iter().filter(|other| **other >= score).count();
            scores(case.user, &case.items).into_iter().map(place).collect::<Vec<_>>()
        });
        let mut all = Places { cases: 0, at: vec![0; n] };
        for place in places.into_iter().flatten() {
            all.cases += 1;
            if let Some(at) = all.at.get_mut(place - 1) {
                *at += 1;
            }
        }
        all
    }

    fn others(&self, case: &Case, candidates: Candidates) -> Vec<ItemIndex> {
        let is_other = |item: &ItemIndex| case.rated.binary_search(item).is_err();
        match candidates {
            Candidates::Full => self.known.iter().copied().filter(is_other).collect(),
            Candidates::Sampled { negatives, seed } => {
                let shuffled = shuffled(&self.known, seed, case.user);
                shuffled.filter(is_other).take(negatives).collect()
            }
        }
    }
}

/// The items in an order that is a function of seed and user.
fn shuffled(known: &[ItemIndex], seed: u64, user: UserIndex) -> impl Iterator<Item = ItemIndex> {
    let n = u32::try_from(known.len()).expect("items have 32-bit indices");
    let order = Order::new(n, seed, user.0);
    (0..n).map(move |place| known[order.at(place) as usize])
}

/// How many held-out items stand at each of the first places. Counts, so that it does not matter in
/// which order they come.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Places {
    pub(crate) cases: usize,
    at: Vec<usize>, // [n]
}

impl Places {
    /// Share of the items that are at one of these places; 0 without an item.
    pub(crate) fn hit_rate(&self) -> f64 {
        self.at.iter().sum::<usize>() as f64 / self.cases.max(1) as f64
    }

    /// Mean of `1 / log2(place + 1)` over all items, place from 1; 0 without an item.
    pub(crate) fn ndcg(&self) -> f64 {
        let mut sum = 0.0;
        for (place, count) in (1..).zip(&self.at) {
            sum += *count as f64 / libm::log2(f64::from(place) + 1.0);
        }
        sum / self.cases.max(1) as f64
    }
}

impl AddAssign<&Self> for Places {
    fn add_assign(&mut self, other: &Self) {
        self.cases += other.cases;
        self.at.resize(self.at.len().max(other.at.len()), 0);
        self.at.iter_mut().zip(&other.at).for_each(|(all, count)| *all += count);
    }
}
