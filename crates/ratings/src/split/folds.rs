//! Cross-validation: every rating tests once.

use super::{Split, SplitError, order::permutation};
use crate::table::Table;

impl Split {
    /// The splits of a cross-validation: numpy's `RandomState(seed).permutation(n)` is cut into
    /// `folds` runs, the first `n % folds` of them one longer, as scikit-learn's `KFold` does; each
    /// run tests once, and what is left, in its order, trains.
    ///
    /// # Errors
    /// Fewer than two folds, or more than there are ratings.
    pub fn folds(
        table: &Table,
        folds: usize,
        seed: u32,
    ) -> Result<impl Iterator<Item = Self> + '_, SplitError> {
        let n = table.ratings.len();
        if !(2..=n).contains(&folds) {
            return Err(SplitError::BadFolds { folds, ratings: n });
        }
        let order = permutation(n, seed);
        let (size, longer) = (n / folds, n % folds);
        let begin = move |fold: usize| fold * size + fold.min(longer);
        Ok((0..folds).map(move |fold| {
            let (begin, end) = (begin(fold), begin(fold + 1));
            let train = [&order[..begin], &order[end..]].concat();
            Self::of(table, &train, &order[begin..end])
        }))
    }
}
