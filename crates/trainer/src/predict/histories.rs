//! Who rated what: ratings user by user.

use ratings::{ItemIndex, Ratings, UserIndex};

/// Each user's ratings, by item; of several for one item all are kept, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histories {
    starts: Vec<usize>, // [users + 1]
    items: Vec<ItemIndex>,
    ratings: Vec<f32>,
}

impl Histories {
    /// Sorts ratings by user, then by item.
    ///
    /// # Panics
    /// If a user is not below `users`.
    pub fn of(ratings: &Ratings, users: usize) -> Self {
        let mut starts = vec![0; users + 1];
        for user in &ratings.users {
            starts[user.index() + 1] += 1;
        }
        for user in 0..users {
            starts[user + 1] += starts[user];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; ratings.len()];
        for (row, user) in ratings.users.iter().enumerate() {
            let place = &mut next[user.index()];
            rows[*place] = row;
            *place += 1;
        }
        for user in 0..users {
            rows[starts[user]..starts[user + 1]].sort_by_key(|&row| ratings.items[row]);
        }
        Self {
            starts,
            items: rows.iter().map(|&row| ratings.items[row]).collect(),
            ratings: rows.iter().map(|&row| ratings.values[row]).collect(),
        }
    }

    /// How many users there are.
    pub fn users(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The items that a user rated, in order; none for a user who is not there.
    pub fn items_of(&self, user: UserIndex) -> &[ItemIndex] {
        self.range(user).map_or(&[], |range| &self.items[range])
    }

    /// What a user rated, and how highly.
    pub fn of_user(&self, user: UserIndex) -> impl ExactSizeIterator<Item = (ItemIndex, f32)> {
        let range = self.range(user).unwrap_or_default();
        self.items[range.clone()].iter().copied().zip(self.ratings[range].iter().copied())
    }

    fn range(&self, user: UserIndex) -> Option<std::ops::Range<usize>> {
        let [start, end] = self.starts.get(user.index()..user.index() + 2)?.try_into().ok()?;
        Some(start..end)
    }
}
