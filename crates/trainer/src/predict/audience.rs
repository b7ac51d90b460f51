//! Who would like an item, one of the model's or a new one: the model with users and items in each
//! other's places, so that whatever serves a user serves an item.

use ratings::{ItemIndex, UserIndex};

use super::{
    Taste,
    draws::Draws,
    fold_in::{Prior, Ridge, row},
    network_row,
    scorer::Scorer,
    tables::Tables,
    top::{Wanted, top},
};
use crate::{Config, ModelFile};

/// A model, ready to find users for items.
#[derive(Clone, Debug)]
pub struct Audience {
    tables: Tables, // items where users are elsewhere, and the reverse
    scorer: Scorer,
    prior: Prior,
    draws: Option<Draws>,
    known: Vec<bool>, // [users]: whether a user has a training rating
    config: Config,
}

impl Audience {
    /// Of this model.
    pub fn new(file: &ModelFile) -> Self {
        let Tables { users, items, factors, .. } = Tables::of(&file.trained);
        let tables = Tables { users: items, items: users, implicit: None, factors };
        let averages = &file.averages;
        let rated = |item: usize| averages.items[item].count > 0;
        Self {
            scorer: Scorer::mirrored(&file.trained, &tables),
            prior: Prior::of(&file.trained, &tables.users, &tables.items, rated),
            draws: Draws::of(&file.trained, &tables, false, rated),
            known: averages.users.iter().map(|user| user.count > 0).collect(),
            tables,
            config: file.trained.config.clone(),
        }
    }

    /// What an item of the model's tables is to users.
    ///
    /// # Panics
    /// If the item is not in the tables.
    pub fn of(&self, item: ItemIndex) -> Taste {
        Taste::new(&self.scorer, row(&self.tables.users, item.index()).to_vec())
    }

    /// The same of a new item that these users rated: by ridge regression with the users fixed, or
    /// for a network by a few steps on the item's factors alone. Without a rating it is the mean of
    /// all items.
    ///
    /// # Panics
    /// If a user is not in the model's tables.
    pub fn of_new(&self, rated: &[(UserIndex, f32)]) -> Taste {
        let sums = self.sums(rated);
        let users = &self.tables.items;
        let factors = match (self.scorer.network(), &self.draws) {
            (Some(network), _) => {
                network_row::fit(network, &self.prior, users, &self.config, &sums)
            }
            (None, Some(draws)) => draws.row(users, &sums),
            (None, None) => Ridge::new(&self.prior, users, &sums)
                .map_or(self.prior.mean.clone(), |ridge| ridge.factors()),
        };
        Taste::new(&self.scorer, factors)
    }

    /// The standard deviations of what some users would say of a new item that others rated, for a
    /// model that knows them.
    ///
    /// # Panics
    /// If a user is not in the model's tables.
    pub fn new_deviations(&self, rated: &[(UserIndex, f32)], of: &[UserIndex]) -> Option<Vec<f32>> {
        let of: Vec<ItemIndex> = of.iter().map(|user| ItemIndex(user.0)).collect();
        self.draws.as_ref()?.deviations(&self.tables.items, &self.sums(rated), &of)
    }

    /// The model's sums that the ratings stand for, of users where items are elsewhere.
    fn sums(&self, rated: &[(UserIndex, f32)]) -> Vec<(ItemIndex, f32)> {
        let sum = |(user, rating): &(UserIndex, f32)| (ItemIndex(user.0), self.scorer.sum(*rating));
        rated.iter().map(sum).collect()
    }

    /// The rating that a user would give, not clipped.
    ///
    /// # Panics
    /// If the user is not in the model's tables.
    pub fn rate(&self, item: &Taste, user: UserIndex) -> f32 {
        self.scorer.score_one(&item.side, user.index())
    }

    /// The users who would like it best, with their ratings, best first, those in `seen` (in rising
    /// order) and those without a training rating left out. Of equals the one with the lower index
    /// comes first.
    pub fn best(&self, item: &Taste, n: usize, seen: &[UserIndex]) -> Vec<(UserIndex, f32)> {
        let seen: Vec<ItemIndex> = seen.iter().map(|user| ItemIndex(user.0)).collect();
        let wanted = Wanted { n, allowed: Some(&self.known) };
        let picks = top(&self.scorer, &item.side, wanted, &seen);
        picks.into_iter().map(|pick| (UserIndex(pick.item.0), pick.score)).collect()
    }
}
