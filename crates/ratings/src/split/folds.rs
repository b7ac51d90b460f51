//! Cross-validation: every rating tests once.

use super::{Split, SplitError, order::permutation};
use crate::table::Table;

/// The splits of a cross-validation, each made when it is asked for.
#[derive(Clone, Debug)]
pub struct Folds<'a> {
    table: &'a Table,
    order: Vec<u32>, // of the ratings
    folds: usize,
}

impl<'a> Folds<'a> {
    /// numpy's `RandomState(seed).permutation(n)` is cut into `folds` runs, the first `n % folds` of
    /// them one longer, as scikit-learn's `KFold` does; each run tests once, and what is left, in its
    /// order, trains.
    ///
    /// # Errors
    /// Fewer than two folds, or more than there are ratings.
    pub fn new(table: &'a Table, folds: usize, seed: u32) -> Result<Self, SplitError> {
        let n = table.ratings.len();
        if !(2..=n).contains(&folds) {
            return Err(SplitError::BadFolds { folds, ratings: n });
        }
        Ok(Self { table, order: permutation(n, seed), folds })
    }

    /// The split of one fold, counted from 0.
    ///
    /// # Panics
    /// If there is no such fold.
    pub fn at(&self, fold: usize) -> Split {
        assert!(fold < self.folds, "fold {fold} of {}", self.folds);
        let (size, longer) = (self.order.len() / self.folds, self.order.len() % self.folds);
        let begin = |fold: usize| fold * size + fold.min(longer);
        let (begin, end) = (begin(fold), begin(fold + 1));
        let train = [&self.order[..begin], &self.order[end..]].concat();
        Split::of(self.table, &train, &self.order[begin..end])
    }
}
