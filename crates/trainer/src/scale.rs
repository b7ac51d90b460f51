//! The scale of the ratings: their range and their mean.

use ratings::Ratings;

use crate::{Parameter, Weights};

/// Where ratings lie. Models with biases start from the mean and keep their predictions within the
/// range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The lowest rating.
    pub low: f32,
    /// The mean rating.
    pub mean: f32,
    /// The highest rating.
    pub high: f32,
}

impl Scale {
    /// The scale of these ratings; all zeros when there is none.
    pub fn of(ratings: &Ratings) -> Self {
        let (low, high) = ratings.range().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
        let mean = (ratings.mean() as f32).clamp(low, high);
        Self { low, mean, high }
    }

    /// The nearest rating within the range.
    #[inline(always)]
    pub fn clip(self, rating: f32) -> f32 {
        // Not `clamp`, which lets what is not a number through and panics when the range is none.
        if rating < self.low {
            self.low
        } else if rating > self.high {
            self.high
        } else {
            rating
        }
    }

    /// The scale that a model's weights hold under `rating_scale`.
    pub(crate) fn in_weights(weights: &Weights) -> Option<Self> {
        let &[low, mean, high] = weights.get(NAME)?.values.as_slice() else { return None };
        Some(Self { low, mean, high })
    }

    /// As a parameter of a model.
    pub(crate) fn parameter(self) -> Parameter {
        let values = vec![self.low, self.mean, self.high];
        Parameter { name: NAME.into(), shape: vec![values.len()], values }
    }
}

/// The parameter's name.
pub(crate) const NAME: &str = "rating_scale";
