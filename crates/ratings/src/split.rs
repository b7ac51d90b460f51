//! Who trains, who tests: a table cut in two or three.

mod by_time; // the last ratings to test on
mod cut; // the choice among the ways
mod folds; // every rating tests once
mod given; // another file's test
mod order; // a shuffle by a seed

pub use self::cut::{Cut, SplitKind};
pub use self::folds::Folds;
pub use self::given::Stranger;
use self::order::permutation;

use std::borrow::Cow;

use crate::table::{Ratings, Table};

/// A table cut into the ratings to learn from and the ratings to be judged on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// The ratings to learn from.
    pub train: Ratings,
    /// The ratings by which epochs and settings are chosen; empty unless asked for.
    pub validation: Ratings,
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
    /// The part of the training ratings to choose by is not a number in 0..1.
    #[error(
        "a validation share of {share} is not between 0 and 1; choose the part of the training ratings to choose by, such as 0.1"
    )]
    BadValidation {
        /// What was asked for.
        share: f64,
    },
    /// Rounding up the validation share took every training rating.
    #[error(
        "a validation share of {share} takes all {ratings} training ratings; choose a smaller share or give more ratings"
    )]
    NoTrainBesideValidation {
        /// What was asked for.
        share: f64,
        /// How many training ratings there are.
        ratings: usize,
    },
    /// A cut by time of ratings that do not say when they were given.
    #[error(
        "the ratings have no timestamps, so they cannot be cut by time; give a file that has them, or split at random"
    )]
    NoTimes,
    /// Cross-validation with too few or too many folds.
    #[error("{folds} folds of {ratings} ratings; choose from 2 to {ratings}")]
    BadFolds {
        /// What was asked for.
        folds: usize,
        /// How many ratings there are.
        ratings: usize,
    },
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
        check_share(n, test_share)?;
        let tests = (test_share * n as f64).ceil() as usize;
        if tests >= n {
            return Err(SplitError::NoTrain { share: test_share, ratings: n });
        }
        let order = permutation(n, seed);
        let (test, train) = order.split_at(tests);
        Ok(Self::of(table, train, test))
    }

    /// Takes `share` of the training ratings, rounded up, for the validation part: which, says the
    /// seed; both parts keep their order. A share of 0 takes none.
    ///
    /// # Errors
    /// When the share is not in 0..1, or nothing would be left to train on.
    pub fn with_validation(mut self, share: f64, seed: u32) -> Result<Self, SplitError> {
        Cut { validation_share: share, ..Cut::default() }.check()?;
        let n = self.train.len();
        let taken = (share * n as f64).ceil() as usize;
        if taken == 0 {
            return Ok(self);
        }
        if taken >= n {
            return Err(SplitError::NoTrainBesideValidation { share, ratings: n });
        }
        // Another stream than that of the test part.
        let order = permutation(n, seed.wrapping_add(ANOTHER_STREAM));
        let mut validates = vec![false; n];
        order[..taken].iter().for_each(|&row| validates[row as usize] = true);
        (self.validation, self.train) = parted(&self.train, &validates);
        Ok(self)
    }

    /// The ratings that a model is not trained on: those to choose by, then those to test on.
    pub fn held_out(&self) -> Cow<'_, Ratings> {
        if self.validation.is_empty() {
            return Cow::Borrowed(&self.test);
        }
        let mut all = self.validation.clone();
        all.append(&self.test);
        Cow::Owned(all)
    }

    /// Cuts into these rows, in this order.
    fn of(table: &Table, train: &[u32], test: &[u32]) -> Self {
        Self {
            train: pick(&table.ratings, train),
            test: pick(&table.ratings, test),
            validation: Ratings::default(),
            users: table.users.len(),
            items: table.items.len(),
        }
    }

    /// Cuts into the marked rows, which test, and the others; both in the order of the file.
    fn marked(table: &Table, tests: &[bool]) -> Self {
        let (test, train) = parted(&table.ratings, tests);
        let (users, items) = (table.users.len(), table.items.len());
        Self { train, test, validation: Ratings::default(), users, items }
    }
}

/// Added to the seed of the test part for that of the validation part: the fraction of the golden
/// ratio.
const ANOTHER_STREAM: u32 = 0x9E37_79B9;

fn check_share(ratings: usize, share: f64) -> Result<(), SplitError> {
    Cut { test_share: share, ..Cut::default() }.check()?;
    if ratings == 0 {
        return Err(SplitError::NoRatings);
    }
    Ok(())
}

/// The marked rows and the others, each in their order.
fn parted(ratings: &Ratings, marked: &[bool]) -> (Ratings, Ratings) {
    let rows = |wanted: bool| -> Vec<u32> {
        (0..).zip(marked).filter(|(_, marked)| **marked == wanted).map(|(row, _)| row).collect()
    };
    (pick(ratings, &rows(true)), pick(ratings, &rows(false)))
}

fn pick(ratings: &Ratings, rows: &[u32]) -> Ratings {
    let gather = rows.iter().map(|&row| row as usize);
    Ratings {
        users: gather.clone().map(|row| ratings.users[row]).collect(),
        items: gather.clone().map(|row| ratings.items[row]).collect(),
        values: gather.map(|row| ratings.values[row]).collect(),
    }
}
