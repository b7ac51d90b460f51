//! Where the items that were held out stand among items that a user is not known to have rated: He
//! et al.'s protocol, "Neural Collaborative Filtering", 2017, section 4.1, and the same against all.
//!
//! Meant for a split that leaves out one item of each user. The figures of sampled candidates are
//! far higher than those of all, and may order models in another way (Krichene and Rendle, "On
//! Sampled Metrics for Item Recommendation", 2020): the two are never to be compared.

use ratings::{ItemIndex, UserIndex};
use serde::Serialize;

use super::{cases::Cases, errors::HeldOut};
use crate::{Histories, Predictor};

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
        let pairs = held_out.iter().filter_map(|(user, item, _)| Some(((*user)?, (*item)?)));
        let cases = Cases::of(&predictor.file().averages, pairs, train);
        let scores = |user: UserIndex, items: &[ItemIndex]| -> Vec<f32> {
            let taste = predictor.taste_of(user);
            items.iter().map(|item| predictor.rate(&taste, *item)).collect()
        };
        let places = cases.places(0..cases.len(), candidates, n, threads, scores);
        Self {
            candidates,
            cases: places.cases,
            n,
            hit_rate: places.hit_rate(),
            ndcg: places.ndcg(),
        }
    }
}
