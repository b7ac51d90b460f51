//! A model as the start of another, on other ratings.

use ratings::{Ids, ItemIndex, UserIndex};

use super::ModelFile;
use crate::{Config, Weights};

impl ModelFile {
    /// Initial weights for a model with this configuration: rows of users and items that this model
    /// knows are its own, the others are fresh, as in [`Weights::initial`]; a chain keeps none of this
    /// model's draws, which are of other ratings. `None` if the two models are not of the same kind
    /// and width.
    pub fn warm_weights(
        &self,
        config: &Config,
        users: &Ids<UserIndex>,
        items: &Ids<ItemIndex>,
    ) -> Option<Weights> {
        let mut weights = Weights::initial(config, users.len(), items.len());
        let ours = &self.trained.weights.parameters;
        if config.model != self.trained.config.model || weights.parameters.len() != ours.len() {
            return None;
        }
        for (parameter, from) in weights.parameters.iter_mut().zip(ours) {
            if parameter.name.starts_with("draws.") {
                continue;
            }
            // What a row implies belongs to that row.
            let name = parameter.name.trim_start_matches("implied.");
            let of_users = name.starts_with("user_");
            if !of_users && !name.starts_with("item_") {
                if parameter.shape != from.shape {
                    return None;
                }
                parameter.values.clone_from(&from.values);
                continue;
            }
            if parameter.shape[1..] != from.shape[1..] {
                return None;
            }
            let width: usize = from.shape[1..].iter().product();
            let known: Vec<Option<usize>> = if of_users {
                users.iter().map(|id| self.users.index_of(id).map(UserIndex::index)).collect()
            } else {
                items.iter().map(|id| self.items.index_of(id).map(ItemIndex::index)).collect()
            };
            for (row, known) in parameter.values.chunks_mut(width).zip(known) {
                if let Some(known) = known {
                    row.copy_from_slice(&from.values[known * width..][..width]);
                }
            }
        }
        Some(weights)
    }
}
