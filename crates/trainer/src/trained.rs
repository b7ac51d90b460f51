//! What a run leaves: the model, its settings and its history.

use ratings::{ItemIndex, UserIndex};

use crate::{
    Config, EpochReport, Estimate, Scale, Scorer, Weights, points::Points, predict::Tables,
};

/// A trained model on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The settings it was trained with.
    pub config: Config,
    /// Every epoch it saw.
    pub history: Vec<EpochReport>,
    /// Its numbers.
    pub weights: Weights,
}

impl Trained {
    /// Predicted ratings; those of models with biases within the range of the training ratings, the
    /// others' as they come. Computed on the CPU.
    ///
    /// # Panics
    /// If the lengths differ or an index is beyond the model's tables.
    pub fn predict(&self, users: &[UserIndex], items: &[ItemIndex]) -> Vec<f32> {
        assert_eq!(users.len(), items.len(), "one item for each user");
        let tables = Tables::of(self);
        let scorer = Scorer::with_tables(self, &tables);
        let scale = Scale::in_weights(&self.weights);
        let predict = |(user, item): (&UserIndex, &ItemIndex)| {
            let score = scorer.score_one(&scorer.side(tables.user(*user)), item.index());
            scale.map_or(score, |scale| scale.clip(score))
        };
        users.iter().zip(items).map(predict).collect()
    }

    /// Predicted ratings with their standard deviations; `None` if the model knows none: only
    /// [`ModelKind::BayesMf`](crate::ModelKind::BayesMf) does, once it has kept two draws.
    ///
    /// # Panics
    /// If the lengths differ or an index is beyond the model's tables.
    pub fn estimate(&self, users: &[UserIndex], items: &[ItemIndex]) -> Option<Vec<Estimate>> {
        assert_eq!(users.len(), items.len(), "one item for each user");
        let points = Points::of(&self.config, &self.weights)?;
        users.iter().zip(items).map(|(user, item)| points.estimate(*user, *item)).collect()
    }
}
