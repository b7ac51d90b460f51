//! Why an item is predicted so for a user.

use ratings::ItemIndex;

use super::{
    fold_in::{dot, row},
    neighbours::{cosine, norm},
};
use crate::{Average, Parameter};

/// A prediction taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What the model predicts, not clipped.
    pub predicted: f32,
    /// What it predicts for the mean of all users; `None` for a network, which is no sum.
    pub mean_user: Option<f32>,
    /// What the user rated, the weightiest first.
    pub reasons: Vec<Reason>,
    /// The products of the user's and the item's factors, the largest first; none for a network, nor
    /// for a model that is the mean of several draws, each of which turns its factors another way.
    pub factors: Vec<FactorShare>,
    /// How often and how highly the item was rated, and how far opinions of it go apart: the fewer
    /// and the further, the less sure.
    pub item: Average,
    /// The same of the user's ratings that it rests on.
    pub user: Average,
}

/// A rating that bears on a prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// What was rated.
    pub item: ItemIndex,
    /// How highly.
    pub rating: f32,
    /// What it adds to the prediction for the mean user, by regression on the user's ratings with
    /// the items fixed; of a logistic model as much as its slope there makes of it. For a network how alike the two items are, from -1 to 1.
    pub share: f32,
}

/// One factor's product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FactorShare {
    /// Which factor, from 0.
    pub factor: usize,
    /// The user's number times the item's.
    pub product: f32,
}

/// The reasons among a user's ratings, for a model that is a sum: each adds its share to it, and a
/// rating moves with its sum by `slope`.
#[expect(clippy::cast_possible_truncation, reason = "shown with a few digits")]
pub(super) fn reasons(rated: &[(ItemIndex, f32)], shares: Vec<f64>, slope: f32) -> Vec<Reason> {
    let reason = |(&(item, rating), share): (&(ItemIndex, f32), f64)| Reason {
        item,
        rating,
        share: share as f32 * slope,
    };
    sorted(rated.iter().zip(shares).map(reason).collect())
}

/// The same for a network: the items most alike.
pub(super) fn alike(items: &Parameter, rated: &[(ItemIndex, f32)], item: usize) -> Vec<Reason> {
    let q = row(items, item);
    let length = norm(q);
    let reason = |&(other, rating): &(ItemIndex, f32)| {
        let share = cosine(q, row(items, other.index()), length);
        Reason { item: other, rating, share: if share.is_nan() { 0.0 } else { share } }
    };
    sorted(rated.iter().map(reason).collect())
}

fn sorted(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()).then(a.item.cmp(&b.item)));
    reasons
}

/// The products, the largest first.
pub(super) fn factors(p: &[f32], q: &[f32]) -> Vec<FactorShare> {
    let share = |(factor, (p, q)): (usize, (&f32, &f32))| FactorShare { factor, product: p * q };
    let mut shares: Vec<FactorShare> = p.iter().zip(q).enumerate().map(share).collect();
    shares
        .sort_by(|a, b| b.product.abs().total_cmp(&a.product.abs()).then(a.factor.cmp(&b.factor)));
    shares
}

/// `p̄ · q`.
#[expect(clippy::cast_possible_truncation, reason = "a rating, shown with a few digits")]
pub(super) fn of_mean_user(mean: &[f32], q: &[f32]) -> f32 {
    dot(mean, q) as f32
}
