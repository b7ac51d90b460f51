//! The training ratings from the side of the rows that rate or are rated.

use std::ops::Range;

use ratings::Ratings;

/// The ratings of every row of one side, one row's after the other's.
pub(crate) struct ByRow {
    starts: Vec<usize>, // [rows + 1]
    /// `(row of the other side, rating on the model's own scale)`, in the order of the training set.
    entries: Vec<(u32, f32)>,
}

impl ByRow {
    /// The ratings by user and by item; `standard` takes a rating to the model's own scale.
    pub(crate) fn both(
        train: &Ratings,
        users: usize,
        items: usize,
        standard: impl Fn(f32) -> f32,
    ) -> [Self; 2] {
        let of_users = train.users.iter().map(|user| user.0);
        let of_items = train.items.iter().map(|item| item.0);
        let values = train.values.iter().map(|value| standard(*value));
        [
            Self::new(users, of_users.clone().zip(of_items.clone()).zip(values.clone())),
            Self::new(items, of_items.zip(of_users).zip(values)),
        ]
    }

    fn new(rows: usize, triples: impl Iterator<Item = ((u32, u32), f32)> + Clone) -> Self {
        let mut starts = vec![0; rows + 1];
        triples.clone().for_each(|((row, _), _)| starts[row as usize + 1] += 1);
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0, 0.0); starts[rows]];
        for ((row, other), value) in triples {
            entries[next[row as usize]] = (other, value);
            next[row as usize] += 1;
        }
        Self { starts, entries }
    }

    /// Sorts every row's ratings by a key of theirs; equal ones stay in the order of the training set.
    pub(crate) fn sort_by_key<K: Ord>(&mut self, key: impl Fn(&(u32, f32)) -> K) {
        for ends in self.starts.windows(2) {
            self.entries[ends[0]..ends[1]].sort_by_key(&key);
        }
    }

    /// Rows.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Ratings of all rows.
    pub(crate) fn ratings(&self) -> usize {
        self.entries.len()
    }

    /// How many ratings each row has: `[rows]`.
    pub(crate) fn counts(&self) -> impl Iterator<Item = usize> {
        self.starts.windows(2).map(|ends| ends[1] - ends[0])
    }

    /// The ratings of one row.
    pub(crate) fn of(&self, row: usize) -> &[(u32, f32)] {
        &self.entries[self.starts[row]..self.starts[row + 1]]
    }

    /// The rows cut into shares of about `ratings` ratings each, or of one row. None is without a
    /// rating, unless all rows are: a turn is over when all ratings had theirs.
    pub(crate) fn shares(&self, ratings: usize) -> Vec<Range<usize>> {
        let mut shares = Vec::new();
        let mut begin = 0;
        for end in 1..=self.len() {
            let is_full = self.starts[end] - self.starts[begin] >= ratings;
            if end == self.len() || (is_full && self.starts[end] < self.ratings()) {
                shares.push(begin..end);
                begin = end;
            }
        }
        shares
    }

    /// Ratings of these rows.
    pub(crate) fn count(&self, rows: &Range<usize>) -> usize {
        self.starts[rows.end] - self.starts[rows.start]
    }
}

#[cfg(test)]
mod tests {
    use ratings::{ItemIndex, UserIndex};

    use super::*;

    #[test]
    fn rows_without_ratings_are_no_share_of_their_own() {
        let rows = [0, 0, 1, 3, 3, 3];
        let train = Ratings {
            users: rows.map(UserIndex).to_vec(),
            items: rows.map(ItemIndex).to_vec(),
            values: vec![1.0; rows.len()],
        };
        let [users, _] = ByRow::both(&train, 6, 6, |rating| rating);
        assert_eq!(users.shares(2), [0..1, 1..6]);
        assert_eq!(users.shares(1), [0..1, 1..2, 2..6]);
        assert_eq!(users.shares(3), [0..2, 2..6]);
    }
}
