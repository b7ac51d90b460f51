//! What a model is to whoever predicts: a row of numbers for each user and each item, whose inner
//! product is the rating, or what a link or a network makes one of.
//!
//! With biases a user's row is `[p.., mean + bias, 1]` and an item's `[q.., 1, bias]`. A model that
//! is the mean of several draws has the factors of all of them side by side, and their mean biases.
//! With SVD++ a user's factors are `p` and what the user's items imply.

use ratings::{ItemIndex, UserIndex};

use crate::{Parameter, Trained, points::Points};

/// The rows of users and of items.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(super) users: Parameter, // [users, width]
    pub(super) items: Parameter, // [items, width]
    pub(super) implicit: Option<Implicit>,
    pub(super) factors: usize, // numbers of a row before the biases
}

/// What users' items imply, kept apart.
#[derive(Clone, Debug)]
pub(crate) struct Implicit {
    pub(super) own: Parameter, // [users, width]: users' rows without it
    items: Parameter,          // [items, factors]
}

impl Implicit {
    /// What these items imply for whoever rated them: `|N|^-1/2 Σ y`, `[factors]`.
    pub(super) fn of(&self, rated: &[(ItemIndex, f32)]) -> Vec<f32> {
        let factors = self.items.shape[1];
        let mut sum = vec![0.0; factors];
        for (item, _) in rated {
            let y = &self.items.values[item.index() * factors..][..factors];
            sum.iter_mut().zip(y).for_each(|(sum, y)| *sum += y);
        }
        #[expect(clippy::cast_precision_loss, reason = "a weight needs no more than f32's digits")]
        let root = (rated.len().max(1) as f32).sqrt();
        sum.into_iter().map(|sum| sum / root).collect()
    }
}

impl Tables {
    pub(crate) fn of(trained: &Trained) -> Self {
        let rows_of = |name: &str, (width, values): (usize, Vec<f32>)| Parameter {
            name: name.into(),
            shape: vec![values.len() / width, width],
            values,
        };
        let table = |name: &str, rows: Option<(usize, Vec<f32>)>| match rows {
            Some(rows) => rows_of(name, rows),
            None => trained.weights.get(name).expect("every model has factors or biases").clone(),
        };
        let points = Points::of(&trained.config, &trained.weights);
        let rows = |side: usize| points.as_ref().map(|points| points.rows(side));
        let implicit = trained.weights.get("item_implicit").zip(points.as_ref());
        let implicit = implicit.map(|(items, points)| Implicit {
            own: rows_of("user_factors", points.own_rows(0)),
            items: items.clone(),
        });
        let (users, items) = (table("user_factors", rows(0)), table("item_factors", rows(1)));
        let biases = if points.is_some() { 2 } else { 0 };
        Self { factors: users.shape[1] - biases, users, items, implicit }
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
