//! How far predictions are off.

use std::{
    iter::Sum,
    ops::{AddAssign, Div},
};

/// The squared and the absolute error of a prediction, or of several their sums or their means. Of a
/// model that ranks the first is the loss that it lowers, and the second is not a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Miss {
    pub(crate) squared: f64,
    pub(crate) absolute: f64,
}

impl Miss {
    /// Those of one rating. The square is that of an f32, as the engines' gradients have it.
    #[inline(always)]
    pub(crate) fn of(error: f32) -> Self {
        Self { squared: f64::from(error * error), absolute: f64::from(error.abs()) }
    }

    /// What a model that ranks lowers.
    pub(crate) fn loss(loss: f64) -> Self {
        Self { squared: loss, absolute: f64::NAN }
    }
}

impl From<[f64; 2]> for Miss {
    fn from([squared, absolute]: [f64; 2]) -> Self {
        Self { squared, absolute }
    }
}

impl AddAssign for Miss {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        self.squared += other.squared;
        self.absolute += other.absolute;
    }
}

impl Div<f64> for Miss {
    type Output = Self;

    fn div(self, by: f64) -> Self {
        Self { squared: self.squared / by, absolute: self.absolute / by }
    }
}

impl Sum for Miss {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        let mut all = Self::default();
        parts.for_each(|part| all += part);
        all
    }
}
