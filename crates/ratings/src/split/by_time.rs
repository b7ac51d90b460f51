//! The future to test on: the last ratings of all, of each user, or the very last of each user.
//!
//! Of ratings given at the same time the one further down the file is the later. Both parts are in
//! the order of the file.

use super::{Split, SplitError, check_share, order::permutation};
use crate::table::Table;

impl Split {
    /// The last `ceil(test_share * n)` ratings by time test, the others train.
    ///
    /// # Errors
    /// As [`random`](Self::random); also a table without times.
    pub fn by_time(table: &Table, test_share: f64) -> Result<Self, SplitError> {
        let n = table.ratings.len();
        check_share(n, test_share)?;
        let tests = (test_share * n as f64).ceil() as usize;
        if tests >= n {
            return Err(SplitError::NoTrain { share: test_share, ratings: n });
        }
        let rows = by_time(table, times(table)?);
        let mut marks = vec![false; n];
        rows[n - tests..].iter().for_each(|&row| marks[row as usize] = true);
        Ok(Self::marked(table, &marks))
    }

    /// Of each user's ratings the last `floor(test_share * their number)` by time test, so that
    /// every user keeps one to train on.
    ///
    /// # Errors
    /// When the share is not in 0..1, or the table has no ratings or no times.
    pub fn by_time_per_user(table: &Table, test_share: f64) -> Result<Self, SplitError> {
        let n = table.ratings.len();
        check_share(n, test_share)?;
        let mut left: Vec<usize> = counts(table)
            .into_iter()
            .map(|count| (test_share * count as f64).floor() as usize)
            .collect(); // to be marked, of each user
        let mut marks = vec![false; n];
        for &row in by_time(table, times(table)?).iter().rev() {
            let user = table.ratings.users[row as usize].index();
            if left[user] > 0 {
                left[user] -= 1;
                marks[row as usize] = true;
            }
        }
        Ok(Self::marked(table, &marks))
    }

    /// One rating of each user who has at least two tests: the latest or, in a table without times
    /// or with the same time everywhere, the one that comes first in numpy's `RandomState(seed).permutation(n)`.
    ///
    /// # Errors
    /// When the table has no ratings.
    pub fn leave_one_out(table: &Table, seed: u32) -> Result<Self, SplitError> {
        let n = table.ratings.len();
        check_share(n, 0.0)?;
        let tell = |times: &&Vec<f64>| times.iter().any(|time| *time != times[0]);
        let order = match table.times.as_ref().filter(tell) {
            Some(times) => {
                let mut rows = by_time(table, times);
                rows.reverse();
                rows
            }
            None => permutation(n, seed),
        };
        let counts = counts(table);
        let mut left: Vec<bool> = counts.into_iter().map(|count| count > 1).collect();
        let mut marks = vec![false; n];
        for row in order {
            let user = table.ratings.users[row as usize].index();
            marks[row as usize] = std::mem::take(&mut left[user]);
        }
        Ok(Self::marked(table, &marks))
    }
}

fn times(table: &Table) -> Result<&[f64], SplitError> {
    table.times.as_deref().ok_or(SplitError::NoTimes)
}

/// Rows from the earliest to the latest.
fn by_time(table: &Table, times: &[f64]) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..).take(table.ratings.len()).collect();
    rows.sort_by(|a, b| times[*a as usize].total_cmp(&times[*b as usize])); // stable
    rows
}

/// Ratings of each user, `[users]`.
fn counts(table: &Table) -> Vec<usize> {
    let mut counts = vec![0; table.users.len()];
    table.ratings.users.iter().for_each(|user| counts[user.index()] += 1);
    counts
}
