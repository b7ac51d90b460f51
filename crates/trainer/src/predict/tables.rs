//! What a model is to whoever predicts: a row of numbers for each user and each item, whose inner
//! product is the rating, or what a link or a network makes one of.
//!
//! With biases a user's row is `[p.., mean + bias, 1]` and an item's `[q.., 1, bias]`. A model that
//! is the mean of several draws has the factors of all of them side by side, and their mean biases.

use ratings::UserIndex;

use crate::{Parameter, Trained, points::Points};

/// The rows of users and of items.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(super) users: Parameter, // [users, width]
    pub(super) items: Parameter, // [items, width]
}

impl Tables {
    pub(crate) fn of(trained: &Trained) -> Self {
        let table = |name: &str, rows: Option<(usize, Vec<f32>)>| match rows {
            Some((width, values)) => {
                Parameter { name: name.into(), shape: vec![values.len() / width, width], values }
            }
            None => trained.weights.get(name).expect("every model has factors or biases").clone(),
        };
        let points = Points::of(&trained.config, &trained.weights);
        let rows = |side: usize| points.as_ref().map(|points| points.rows(side));
        Self { users: table("user_factors", rows(0)), items: table("item_factors", rows(1)) }
    }

    /// A user's row.
    ///
    /// # Panics
    /// If the user is not in the table.
    pub(crate) fn user(&self, user: UserIndex) -> &[f32] {
        let width = self.users.shape[1];
        &self.users.values[user.index() * width..][..width]
    }
}
