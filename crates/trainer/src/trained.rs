//! What a run leaves: the model, its settings and its history.

use ratings::{ItemIndex, UserIndex};

use crate::{Config, EpochReport, Scorer, Weights};

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
    /// Predicted ratings, not clipped to the scale. Computed on the CPU.
    ///
    /// # Panics
    /// If the lengths differ or an index is beyond the model's tables.
    pub fn predict(&self, users: &[UserIndex], items: &[ItemIndex]) -> Vec<f32> {
        assert_eq!(users.len(), items.len(), "one item for each user");
        let scorer = Scorer::new(self);
        let table = self.weights.get("user_factors").expect("every model has factors");
        let width = table.shape[1];
        let predict = |(user, item): (&UserIndex, &ItemIndex)| {
            let factors = &table.values[user.index() * width..][..width];
            scorer.score_one(&scorer.side(factors), item.index())
        };
        users.iter().zip(items).map(predict).collect()
    }
}
