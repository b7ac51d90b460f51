//! A model file at work.

use std::{borrow::Cow, sync::OnceLock};

use ratings::{ItemIndex, UserIndex};

use super::{
    Explanation, Filter, Histories,
    draws::Draws,
    explain,
    fold_in::{Prior, Ridge, row},
    neighbours::nearest,
    network_row,
    scorer::{Scorer, Side},
    tables::Tables,
    top::{Pick, Wanted, top},
};
use crate::{Average, ModelFile, Objective, Scale, Trained, parallel, points::Points};

/// A model, ready to predict.
#[derive(Clone, Debug)]
pub struct Predictor {
    file: ModelFile,
    tables: Tables,
    scorer: Scorer,
    prior: Prior,
    draws: OnceLock<Option<Draws>>, // made for the first who is new
    known: Vec<bool>,               // [items]: whether an item has a training rating
}

/// What a user likes, as the model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Taste {
    pub(super) factors: Vec<f32>,
    pub(super) side: Side,
}

impl Taste {
    /// Of somebody with these factors.
    pub(super) fn new(scorer: &Scorer, factors: Vec<f32>) -> Self {
        Self { side: scorer.side(&factors), factors }
    }
}

/// A predicted rating, and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The rating; of a model that ranks the score, and `None` where it knows one of the two not.
    pub rating: Option<f32>,
    /// Standard deviation of what the user would say; `None` if the model does not know it, as only
    /// [`ModelKind::BayesMf`](crate::ModelKind::BayesMf) does, or if the rating is not the model's.
    pub deviation: Option<f32>,
    /// Why it is not the model's, if it is not.
    pub fallback: Option<Fallback>,
}

/// What a prediction is if the model does not know one of the two: not in its tables, or without a
/// training rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// The user is unknown; it is the item's mean.
    ItemMean,
    /// The item is unknown; it is the user's mean.
    UserMean,
    /// Both are unknown; it is the mean of all ratings.
    Mean,
    /// One of them is unknown to a model that ranks, to whose scores no mean can be compared: there is
    /// none.
    NoScore,
}

impl Predictor {
    /// Of this model.
    pub fn new(file: ModelFile) -> Self {
        let users = &file.averages.users;
        let tables = Tables::of(&file.trained);
        let own = tables.implicit.as_ref().map_or(&tables.users, |implicit| &implicit.own);
        Self {
            scorer: Scorer::with_tables(&file.trained, &tables),
            prior: Prior::of(&file.trained, own, &tables.items, |user| users[user].count > 0),
            draws: OnceLock::new(),
            tables,
            known: file.averages.items.iter().map(|item| item.count > 0).collect(),
            file,
        }
    }

    /// The model.
    pub fn file(&self) -> &ModelFile {
        &self.file
    }

    /// What the model's scores mean.
    pub fn objective(&self) -> Objective {
        self.file.trained.config.objective
    }

    /// The rating of an item by a user, both as the model's tables have them; `None` is one that they
    /// have not. With `clip` it stays within the scale of the ratings, as that of a model with biases
    /// always does: training measures it so.
    pub fn predict(
        &self,
        user: Option<UserIndex>,
        item: Option<ItemIndex>,
        clip: bool,
    ) -> Prediction {
        let fallback = self.file.averages.fallback(user, item);
        let known = user.zip(item).filter(|_| fallback.is_none());
        let (rating, fallback) = match (fallback, self.objective()) {
            (Some((mean, why)), Objective::Rating) => (Some(mean), Some(why)),
            (Some(_), Objective::Ranking) => (None, Some(Fallback::NoScore)),
            (None, _) => (known.map(|(user, item)| self.rate(&self.taste_of(user), item)), None),
        };
        let deviation = known.and_then(|(user, item)| self.deviation(user, item));
        let rating = rating.map(|rating| match Scale::in_weights(&self.file.trained.weights) {
            Some(scale) => scale.clip(rating),
            None if clip => self.clipped(rating),
            None => rating,
        });
        Prediction { rating, deviation, fallback }
    }

    /// The standard deviation of what a user would say of an item, for a model that knows it.
    ///
    /// # Panics
    /// If one of them is not in the model's tables.
    pub fn deviation(&self, user: UserIndex, item: ItemIndex) -> Option<f32> {
        let Trained { config, weights, .. } = &self.file.trained;
        let estimate = Points::of(config, weights)?.estimate(user, item)?;
        Some(estimate.deviation)
    }

    /// The same of what somebody new who rated some items ([`new_taste`](Self::new_taste)) would say of
    /// others.
    ///
    /// # Panics
    /// If an item is not in the model's tables.
    pub fn new_deviations(&self, rated: &[(ItemIndex, f32)], of: &[ItemIndex]) -> Option<Vec<f32>> {
        self.draws()?.deviations(&self.tables.items, rated, of)
    }

    /// A rating brought to the nearest end of the scale, if it is beyond; the score of a model that
    /// ranks as it is, since it has no scale.
    pub fn clipped(&self, rating: f32) -> f32 {
        if self.objective() == Objective::Ranking {
            return rating;
        }
        let (low, high) = self.file.source.range;
        rating.max(low).min(high)
    }

    /// The taste of a user of the model's tables. Of one without a training rating the model knows
    /// nothing: it is that of somebody new.
    ///
    /// # Panics
    /// If the user is not in the tables.
    pub fn taste_of(&self, user: UserIndex) -> Taste {
        match self.file.averages.users[user.index()].count {
            0 => self.new_taste(&[]),
            _ => Taste::new(&self.scorer, self.tables.user(user).to_vec()),
        }
    }

    /// The taste of somebody new who rated these items: by ridge regression with the items fixed, or
    /// for a network by a few steps on the user's factors alone. Without a rating it is the mean of
    /// all users.
    ///
    /// # Panics
    /// If an item is not in the model's tables.
    pub fn new_taste(&self, rated: &[(ItemIndex, f32)]) -> Taste {
        let rated = &self.sums(rated);
        let items = &self.tables.items;
        let prior = self.prior_for(rated);
        let factors = match (self.scorer.network(), self.draws()) {
            (Some(network), _) => {
                network_row::fit(network, &prior, items, &self.file.trained.config, rated)
            }
            (None, Some(draws)) => draws.row(items, rated),
            (None, None) => {
                Ridge::new(&prior, items, rated).map_or(prior.mean.clone(), |ridge| ridge.factors())
            }
        };
        Taste::new(&self.scorer, factors)
    }

    /// The rating that a taste gives an item, not clipped.
    ///
    /// # Panics
    /// If the item is not in the model's tables.
    pub fn rate(&self, taste: &Taste, item: ItemIndex) -> f32 {
        self.scorer.score_one(&taste.side, item.index())
    }

    /// The ratings that a taste gives all items, not clipped: `[items]`.
    pub fn rate_all(&self, taste: &Taste) -> Vec<f32> {
        let mut scores = vec![0.0; self.scorer.items()];
        self.scorer.score(&taste.side, 0..self.scorer.items(), &mut scores);
        scores
    }

    /// The items that may be recommended: those that pass and have a training rating. `[items]`
    pub fn allowed(&self, filter: &Filter) -> Vec<bool> {
        let ModelFile { items, titles, averages, .. } = &self.file;
        let mut allowed = filter.allowed(items, titles, &averages.items);
        allowed.iter_mut().zip(&self.known).for_each(|(allowed, known)| *allowed &= known);
        allowed
    }

    /// The best items for a taste, best first, those in `seen` (in rising order) left out. Of items
    /// with the same score the one with the lower index comes first.
    pub fn recommend(&self, taste: &Taste, wanted: Wanted, seen: &[ItemIndex]) -> Vec<Pick> {
        let allowed = Some(self.allowed_of(wanted));
        top(&self.scorer, &taste.side, Wanted { allowed, ..wanted }, seen)
    }

    /// Which items may be in a list: `[items]`.
    pub(super) fn allowed_of<'a>(&'a self, wanted: Wanted<'a>) -> &'a [bool] {
        wanted.allowed.unwrap_or(&self.known)
    }

    /// One user against many items.
    pub(super) fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// The same for many users of the model's tables, on `threads` threads: a list for each. What
    /// they rated in `seen` is left out.
    ///
    /// # Panics
    /// If a user is not in the tables.
    pub fn recommend_all(
        &self,
        users: &[UserIndex],
        wanted: Wanted,
        seen: Option<&Histories>,
        threads: usize,
    ) -> Vec<Vec<Pick>> {
        let mut lists = vec![Vec::new(); users.len()];
        let share = users.len().div_ceil(threads.max(1)).max(1);
        let work = users.chunks(share).zip(lists.chunks_mut(share)).collect();
        parallel::each(work, |(users, lists)| {
            for (user, list) in users.iter().zip(lists) {
                let seen = seen.map_or(&[][..], |seen| seen.items_of(*user));
                *list = self.recommend(&self.taste_of(*user), wanted, seen);
            }
        });
        lists
    }

    /// The items most alike, by the cosine of their factors.
    ///
    /// # Panics
    /// If the item is not in the model's tables.
    pub fn similar_items(&self, item: ItemIndex, wanted: Wanted) -> Vec<Pick> {
        let allowed = Some(wanted.allowed.unwrap_or(&self.known));
        nearest(&self.tables.items, self.tables.factors, item.index(), wanted.n, allowed)
    }

    /// The users most alike, by the cosine of their factors, with it.
    ///
    /// # Panics
    /// If the user is not in the model's tables.
    pub fn similar_users(&self, user: UserIndex, n: usize) -> Vec<(UserIndex, f32)> {
        let known: Vec<bool> = self.file.averages.users.iter().map(|of| of.count > 0).collect();
        let Tables { users, factors, .. } = &self.tables;
        let near = nearest(users, *factors, user.index(), n, Some(&known));
        near.into_iter().map(|pick| (UserIndex(pick.item.0), pick.score)).collect()
    }

    /// Why an item is predicted so for a taste, whose user rated these items.
    ///
    /// # Panics
    /// If an item is not in the model's tables.
    pub fn explain(
        &self,
        taste: &Taste,
        rated: &[(ItemIndex, f32)],
        item: ItemIndex,
    ) -> Explanation {
        let items = &self.tables.items;
        let q = row(items, item.index());
        let sum = self.scorer.network().is_none();
        let prior = self.prior_for(rated);
        let others: Vec<(ItemIndex, f32)> =
            rated.iter().copied().filter(|(rated, _)| sum || *rated != item).collect();
        let mean = match self.draws() {
            Some(draws) => explain::of_mean_user(&draws.row(items, &[]), q),
            None => explain::of_mean_user(&prior.mean, q),
        };
        let factors = self.tables.factors;
        let one_point = factors <= self.file.trained.config.factors;
        Explanation {
            predicted: self.rate(taste, item),
            mean_user: sum.then(|| self.scorer.rating(mean)),
            reasons: match sum {
                true => {
                    let (sums, slope) = (self.sums(&others), self.scorer.slope(mean));
                    let shares = match self.draws() {
                        Some(draws) => draws.shares(items, &sums, item.index()),
                        None => Ridge::new(&prior, items, &sums)
                            .map_or(Vec::new(), |ridge| ridge.shares(q)),
                    };
                    explain::reasons(&others, shares, slope)
                }
                false => explain::alike(items, &others, item.index()),
            },
            factors: match sum && one_point {
                true => explain::factors(&taste.factors[..factors], &q[..factors]),
                false => Vec::new(),
            },
            item: self.file.averages.items[item.index()],
            user: Average::of(rated.iter().map(|(_, rating)| *rating)),
        }
    }

    /// What each draw knows of somebody new, of a model with biases.
    fn draws(&self) -> Option<&Draws> {
        let users = &self.file.averages.users;
        let known = |user: usize| users[user].count > 0;
        let draws = || Draws::of(&self.file.trained, &self.tables, true, known);
        self.draws.get_or_init(draws).as_ref()
    }

    /// What is known of somebody who rated these items, before it is asked how highly.
    fn prior_for(&self, rated: &[(ItemIndex, f32)]) -> Cow<'_, Prior> {
        match &self.tables.implicit {
            None => Cow::Borrowed(&self.prior),
            Some(implicit) => Cow::Owned(self.prior.moved(&implicit.of(rated))),
        }
    }

    /// The model's sums that the ratings stand for.
    fn sums(&self, rated: &[(ItemIndex, f32)]) -> Vec<(ItemIndex, f32)> {
        rated.iter().map(|(item, rating)| (*item, self.scorer.sum(*rating))).collect()
    }
}
