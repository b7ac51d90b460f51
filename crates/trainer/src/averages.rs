//! How often and how highly users and items are rated: what a prediction falls back on.

use ratings::{ItemIndex, Ratings, UserIndex};

use crate::Fallback;

/// The ratings of one user or one item in three numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Average {
    /// How many there are.
    pub count: u32,
    /// Their mean; 0 when there is none.
    pub mean: f32,
    /// Their standard deviation, which takes two; an older model's file has none.
    pub deviation: Option<f32>,
}

impl Average {
    /// Of these ratings.
    pub(crate) fn of(ratings: impl Iterator<Item = f32>) -> Self {
        let mut sums = Sums::default();
        ratings.for_each(|rating| sums.add(f64::from(rating)));
        sums.average()
    }
}

/// The averages of training ratings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Averages {
    /// The mean of all ratings.
    pub mean: f64,
    /// By user: `[users]`.
    pub users: Vec<Average>,
    /// By item: `[items]`.
    pub items: Vec<Average>,
}

impl Averages {
    /// What is predicted for whom or what has no training rating; `None` where both have some. An
    /// index of `None` is one that the tables have not.
    pub(crate) fn fallback(
        &self,
        user: Option<UserIndex>,
        item: Option<ItemIndex>,
    ) -> Option<(f32, Fallback)> {
        let user = user.map(|user| self.users[user.index()]).filter(|user| user.count > 0);
        let item = item.map(|item| self.items[item.index()]).filter(|item| item.count > 0);
        #[expect(clippy::cast_possible_truncation, reason = "a rating")]
        match (user, item) {
            (Some(_), Some(_)) => None,
            (None, Some(item)) => Some((item.mean, Fallback::ItemMean)),
            (Some(user), None) => Some((user.mean, Fallback::UserMean)),
            (None, None) => Some((self.mean as f32, Fallback::Mean)),
        }
    }

    /// The averages of these ratings.
    ///
    /// # Panics
    /// If an index is not below the number of users or items.
    pub fn of(ratings: &Ratings, users: usize, items: usize) -> Self {
        let by = |rows: &mut dyn Iterator<Item = usize>, len: usize| -> Vec<Average> {
            let mut sums = vec![Sums::default(); len];
            for (row, value) in rows.zip(&ratings.values) {
                sums[row].add(f64::from(*value));
            }
            sums.into_iter().map(Sums::average).collect()
        };
        Self {
            mean: ratings.mean(),
            users: by(&mut ratings.users.iter().map(|user| user.index()), users),
            items: by(&mut ratings.items.iter().map(|item| item.index()), items),
        }
    }
}

/// Running mean and squares around it, which lose no digits (Welford, "Note on a Method for
/// Calculating Corrected Sums of Squares and Products", 1962).
#[derive(Clone, Copy, Default)]
struct Sums {
    count: u32,
    sum: f64,
    mean: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        let away = value - self.mean;
        self.mean += away / f64::from(self.count);
        self.squares += away * (value - self.mean);
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest f32 is wanted")]
    fn average(self) -> Average {
        let Self { count, sum, mean: _, squares } = self;
        let mean = if count == 0 { 0.0 } else { (sum / f64::from(count)) as f32 };
        let deviation = (count > 1).then(|| (squares / f64::from(count - 1)).sqrt() as f32);
        Average { count, mean, deviation }
    }
}
