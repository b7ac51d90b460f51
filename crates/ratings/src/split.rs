//! Who trains, who tests: a table cut in two by a seed.

use rand_mt::Mt;

use crate::table::{Ratings, Table};

/// A table cut into the ratings to learn from and the ratings to be judged on.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The ratings to learn from.
    pub train: Ratings,
    /// The ratings to be judged on; empty when the test share is 0.
    pub test: Ratings,
    /// How many users the table has, whether or not a part names them all.
    pub users: usize,
    /// How many items the table has, whether or not a part names them all.
    pub items: usize,
}

/// Why a table cannot be cut as asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SplitError {
    /// The share is not a number in 0..1.
    #[error(
        "a test share of {share} is not between 0 and 1; choose the part of the ratings to test on, such as 0.2"
    )]
    BadShare {
        /// What was asked for.
        share: f64,
    },
    /// Rounding up the share took every rating.
    #[error(
        "a test share of {share} takes all {ratings} ratings and leaves none to train on; choose a smaller share or give more ratings"
    )]
    NoTrain {
        /// What was asked for.
        share: f64,
        /// How many ratings the table has.
        ratings: usize,
    },
    /// There is nothing to cut.
    #[error("there are no ratings to split; give a table with at least one")]
    NoRatings,
}

impl Split {
    /// Cuts as scikit-learn's `train_test_split(ratings, test_size=share, random_state=seed)` does,
    /// index for index and in its order: of numpy's `RandomState(seed).permutation(n)` the first
    /// `ceil(share * n)` are the test part, the others the train part.
    ///
    /// A share of 0 leaves the test part empty.
    ///
    /// # Errors
    /// When the share is not in 0..1, or nothing would be left to train on.
    pub fn random(table: &Table, test_share: f64, seed: u32) -> Result<Self, SplitError> {
        let n = table.ratings.len();
        if !(0.0..1.0).contains(&test_share) {
            return Err(SplitError::BadShare { share: test_share });
        }
        if n == 0 {
            return Err(SplitError::NoRatings);
        }
        let tests = (test_share * n as f64).ceil() as usize;
        if tests >= n {
            return Err(SplitError::NoTrain { share: test_share, ratings: n });
        }
        let order = permutation(n, seed);
        let (test, train) = order.split_at(tests);
        Ok(Self {
            train: pick(&table.ratings, train),
            test: pick(&table.ratings, test),
            users: table.users.len(),
            items: table.items.len(),
        })
    }
}

/// numpy's `RandomState(seed).permutation(n)`: a Fisher-Yates shuffle from the back.
///
/// Rows are 32 bits wide: a table has at most `u32::MAX` ratings (see [`crate::read()`]).
fn permutation(n: usize, seed: u32) -> Vec<u32> {
    let last = n.saturating_sub(1) as u32;
    let mut order: Vec<u32> = (0..=last).collect();
    let mut random = Mt::new(seed);
    for i in (1..=last).rev() {
        let j = up_to(i, &mut random);
        order.swap(i as usize, j as usize);
    }
    order
}

/// A number in `0..=max`: numpy masks and retries, so how much of the stream is used varies.
fn up_to(max: u32, random: &mut Mt) -> u32 {
    let mask = u32::MAX >> max.leading_zeros();
    loop {
        let candidate = random.next_u32() & mask;
        if candidate <= max {
            return candidate;
        }
    }
}

fn pick(ratings: &Ratings, rows: &[u32]) -> Ratings {
    let gather = rows.iter().map(|&row| row as usize);
    Ratings {
        users: gather.clone().map(|row| ratings.users[row]).collect(),
        items: gather.clone().map(|row| ratings.items[row]).collect(),
        values: gather.map(|row| ratings.values[row]).collect(),
    }
}
