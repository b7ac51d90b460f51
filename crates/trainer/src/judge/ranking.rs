//! Whether lists of recommendations hold what users turned out to like.

use ratings::{ItemIndex, UserIndex};

use super::errors::HeldOut;
use crate::{Histories, Predictor, Wanted};

/// What counts as liked, and how long a list is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relevant {
    /// Held-out ratings from this one on are liked.
    pub from: f32,
    /// Items in a list (N).
    pub n: usize,
}

/// Means over the users that like something among their held-out ratings. Their lists hold the best
/// of all items with a training rating, but for what they rated in training.
///
/// Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", 2002, for NDCG, with
/// a gain of one for each liked item.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Ranking {
    /// Users that like something.
    pub users: usize,
    /// Share of a list, N long, that is liked.
    pub precision: f64,
    /// Share of what is liked that is in the list.
    pub recall: f64,
    /// Discounted gain by the best that a list could have.
    pub ndcg: f64,
    /// Mean average precision: over the liked items in the list the precision up to each, by the
    /// number of liked items, at most N.
    pub map: f64,
    /// Share of users with a liked item in their list.
    pub hit_rate: f64,
}

impl Ranking {
    /// Judges the lists of all users with liked items, on `threads` threads; `train` says what is left
    /// out of them. Users and items that the model does not know are left out.
    pub fn of(
        predictor: &Predictor,
        held_out: &[HeldOut],
        train: Option<&Histories>,
        relevant: Relevant,
        threads: usize,
    ) -> Self {
        let averages = &predictor.file().averages;
        let mut liked = vec![Vec::new(); averages.users.len()];
        for &(user, item, rating) in held_out {
            if let (Some(user), Some(item)) = (user, item)
                && rating >= relevant.from
                && averages.users[user.index()].count > 0
                && averages.items[item.index()].count > 0
            {
                liked[user.index()].push(item);
            }
        }
        let seen = |user: UserIndex| train.map_or(&[][..], |train| train.items_of(user));
        let mut users = Vec::new();
        for (user, liked) in (0..).map(UserIndex).zip(&mut liked) {
            liked.sort_unstable();
            liked.dedup();
            liked.retain(|item| seen(user).binary_search(item).is_err());
            if !liked.is_empty() {
                users.push(user);
            }
        }
        let wanted = Wanted { n: relevant.n, allowed: None };
        let lists = predictor.recommend_all(&users, wanted, train, threads);
        let mut sums = Self::default();
        for (user, list) in users.iter().zip(&lists) {
            let items: Vec<ItemIndex> = list.iter().map(|pick| pick.item).collect();
            sums.add(&items, &liked[user.index()], relevant.n);
        }
        sums.mean_of(users.len())
    }

    fn add(&mut self, list: &[ItemIndex], liked: &[ItemIndex], n: usize) {
        let (mut hits, mut gain, mut precisions) = (0.0, 0.0, 0.0);
        for (place, item) in (1..).zip(list) {
            if liked.binary_search(item).is_ok() {
                hits += 1.0;
                gain += discount(place);
                precisions += hits / f64::from(place);
            }
        }
        let possible = liked.len().min(n);
        let best: f64 = (1..).take(possible).map(discount).sum();
        self.precision += hits / n.max(1) as f64;
        self.recall += hits / liked.len() as f64;
        self.ndcg += if best > 0.0 { gain / best } else { 0.0 };
        self.map += precisions / possible.max(1) as f64;
        self.hit_rate += f64::from(u8::from(hits > 0.0));
    }

    fn mean_of(self, users: usize) -> Self {
        let mean = |sum: f64| if users == 0 { 0.0 } else { sum / users as f64 };
        Self {
            users,
            precision: mean(self.precision),
            recall: mean(self.recall),
            ndcg: mean(self.ndcg),
            map: mean(self.map),
            hit_rate: mean(self.hit_rate),
        }
    }
}

fn discount(place: u32) -> f64 {
    1.0 / libm::log2(f64::from(place) + 1.0)
}
