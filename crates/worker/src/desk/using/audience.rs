//! Who would like a new item.

use std::collections::BTreeMap;

use protocol::{Audience, User};
use ratings::UserIndex;

use super::{Counter, MOST_SHOWN};

/// Most users of an audience.
const MOST_USERS: usize = 1_000;

impl Counter {
    /// Users whose id holds a text: the one that is it first, then the busiest.
    pub(super) fn users_like(&self, text: &str) -> Vec<User> {
        let file = self.predictor.file();
        let exact = file.users.index_of(text);
        let others = self
            .users
            .iter()
            .copied()
            .filter(|index| Some(*index) != exact && file.users.name_of(*index).contains(text));
        let user = |index: UserIndex| {
            let average = file.averages.users[index.index()];
            let user = file.users.name_of(index).to_owned();
            User { user, ratings: average.count as usize, mean: average.mean }
        };
        exact.into_iter().chain(others).take(MOST_SHOWN).map(user).collect()
    }

    /// The users who would rate a new item highest, by how these users rated it. Of two ratings of
    /// one user the last counts.
    pub(super) fn audience(
        &self,
        rated: &[(String, f32)],
        most: usize,
    ) -> Result<Audience, String> {
        let file = self.predictor.file();
        let (low, high) = file.source.range;
        let (mut known, mut unknown) = (BTreeMap::new(), Vec::new());
        for (id, rating) in rated {
            if !(low..=high).contains(rating) {
                return Err(format!(
                    "the rating {rating} of user {id}: ratings go from {low} to {high}"
                ));
            }
            match file.users.index_of(id) {
                Some(user) => drop(known.insert(user, *rating)),
                None => unknown.push(id.clone()),
            }
        }
        let audience = self.audience.get_or_init(|| trainer::Audience::new(file));
        let (seen, known): (Vec<UserIndex>, Vec<_>) =
            known.into_iter().map(|rating| (rating.0, rating)).unzip();
        let best = audience.best(&audience.of_new(&known), most.min(MOST_USERS), &seen);
        let users = best.into_iter().map(|(user, rating)| {
            (file.users.name_of(user).to_owned(), self.predictor.clipped(rating))
        });
        Ok(Audience { rated: known.len(), unknown, users: users.collect() })
    }
}
