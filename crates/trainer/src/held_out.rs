//! The ratings that a model is judged on while it trains, and how far it is off.

use std::{
    iter::Sum,
    ops::{AddAssign, Range},
};

use ratings::Split;

use crate::miss::Miss;

/// How far predictions are off, in all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Misses {
    pub(crate) ratings: usize,
    pub(crate) sums: Miss,
}

impl Misses {
    /// Adds one prediction's error.
    #[inline(always)]
    pub(crate) fn add(&mut self, error: f64) {
        self.ratings += 1;
        self.sums += Miss { squared: error * error, absolute: error.abs() };
    }

    /// Root mean squared error; `None` without a rating.
    pub(crate) fn rmse(&self) -> Option<f64> {
        (self.ratings > 0).then(|| (self.sums.squared / self.ratings as f64).sqrt())
    }

    /// Mean absolute error; `None` without a rating.
    pub(crate) fn mae(&self) -> Option<f64> {
        (self.ratings > 0).then(|| self.sums.absolute / self.ratings as f64)
    }
}

impl FromIterator<f64> for Misses {
    fn from_iter<T: IntoIterator<Item = f64>>(errors: T) -> Self {
        let mut misses = Self::default();
        errors.into_iter().for_each(|error| misses.add(error));
        misses
    }
}

impl AddAssign for Misses {
    fn add_assign(&mut self, other: Self) {
        self.ratings += other.ratings;
        self.sums += other.sums;
    }
}

impl Sum for Misses {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        let mut all = Self::default();
        parts.for_each(|part| all += part);
        all
    }
}

/// The parts in which [`Split::held_out`] is evaluated: none has ratings to choose by and ratings to
/// test on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    validation: usize, // ratings, the first
    all: usize,        // ratings
    most: usize,       // of a part
    done: usize,       // ratings
}

impl Parts {
    /// Parts of at most so many ratings.
    pub(crate) fn new(split: &Split, most: usize) -> Self {
        let validation = split.validation.len();
        Self { validation, all: validation + split.test.len(), most, done: 0 }
    }

    /// Starts anew.
    pub(crate) fn rewind(&mut self) {
        self.done = 0;
    }

    /// The next part; `None` when all are done.
    pub(crate) fn next(&mut self) -> Option<Range<usize>> {
        let end = if self.done < self.validation { self.validation } else { self.all };
        let part = self.done..end.min(self.done.saturating_add(self.most));
        self.done = part.end;
        (!part.is_empty()).then_some(part)
    }

    /// How many ratings there are.
    pub(crate) fn len(&self) -> usize {
        self.all
    }

    /// Ratings of the longest part.
    pub(crate) fn longest(&self) -> usize {
        self.most.min(self.validation.max(self.all - self.validation))
    }
}

#[cfg(test)]
mod tests {
    use super::Parts;

    #[test]
    fn no_part_crosses_from_validation_to_test() {
        let mut parts = Parts { validation: 5, all: 12, most: 3, done: 0 };
        for _ in 0..2 {
            let all: Vec<_> = std::iter::from_fn(|| parts.next()).collect();
            assert_eq!(all, [0..3, 3..5, 5..8, 8..11, 11..12]);
            parts.rewind();
        }
        assert_eq!(parts.longest(), 3);
        assert_eq!(Parts { validation: 0, all: 0, most: 3, done: 0 }.next(), None);
    }
}
