//! What a ratings file says: who rated what, and how highly.

use crate::ids::{Ids, ItemIndex, UserIndex};
use crate::read::{Container, Format, Skipped};

/// Ratings as three columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ratings {
    /// Who rated, `[ratings]`.
    pub users: Vec<UserIndex>,
    /// What was rated, `[ratings]`.
    pub items: Vec<ItemIndex>,
    /// How highly, `[ratings]`: on the file's own scale, and always finite.
    pub values: Vec<f32>,
}

impl Ratings {
    /// How many ratings there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no rating at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Adds rows at the end.
    pub fn append(&mut self, other: &Self) {
        self.users.extend_from_slice(&other.users);
        self.items.extend_from_slice(&other.items);
        self.values.extend_from_slice(&other.values);
    }

    /// Some of the rows.
    ///
    /// # Panics
    /// If they are beyond the columns.
    pub fn part(&self, rows: std::ops::Range<usize>) -> Self {
        Self {
            users: self.users[rows.clone()].to_vec(),
            items: self.items[rows.clone()].to_vec(),
            values: self.values[rows].to_vec(),
        }
    }

    /// The mean rating; 0 when there is none.
    pub fn mean(&self) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        self.values.iter().map(|&value| f64::from(value)).sum::<f64>() / self.len() as f64
    }

    /// The lowest and the highest rating; `None` when there is none.
    pub fn range(&self) -> Option<(f32, f32)> {
        let first = *self.values.first()?;
        let widen = |(low, high): (f32, f32), &value: &f32| (low.min(value), high.max(value));
        Some(self.values.iter().fold((first, first), widen))
    }

    /// The RMSE of always predicting `guess`, such as the train mean; 0 when there is no rating.
    pub fn rmse_of_always(&self, guess: f64) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        let square = |&value: &f32| (f64::from(value) - guess) * (f64::from(value) - guess);
        (self.values.iter().map(square).sum::<f64>() / self.len() as f64).sqrt()
    }
}

/// A ratings file, read: its raw ids, its ratings, and what was seen on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The users, in order of first appearance.
    pub users: Ids<UserIndex>,
    /// The items, in order of first appearance.
    pub items: Ids<ItemIndex>,
    /// The ratings, in the order of the file.
    pub ratings: Ratings,
    /// When each rating was given, `[ratings]`: in the file's own unit, which is most often seconds,
    /// and always finite. `None` unless asked for, and if the file does not say.
    pub times: Option<Vec<f64>>,
    /// How the lines were written.
    pub format: Format,
    /// What the lines were wrapped in.
    pub container: Container,
    /// The bad lines that were left out, on request.
    pub skipped: Skipped,
}
