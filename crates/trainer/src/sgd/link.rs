//! From a row's inner product to a rating.

use serde::{Deserialize, Serialize};

use crate::{Scale, named::named};

/// How a biased model turns its sum into a rating.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// `mean + sum`, cut off at the ends of the scale when it is used.
    #[default]
    Linear,
    /// `low + (high - low) / (1 + exp(-(base + sum)))`, where `base` gives the mean.
    Logistic,
}

named!(Link, "link", Linear => "linear", Logistic => "logistic");

/// A link for ratings of one scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Linked {
    link: Link,
    pub(crate) scale: Scale,
    pub(crate) base: f32, // the sum that gives the mean, before any bias
}

impl Linked {
    pub(crate) fn new(link: Link, scale: Scale) -> Self {
        let base = match link {
            Link::Linear => scale.mean,
            Link::Logistic => logit(scale, scale.mean),
        };
        Self { link, scale, base }
    }

    /// Whether the rating is the sum and the mean.
    pub(crate) fn is_linear(self) -> bool {
        self.link == Link::Linear
    }

    /// The error `rating - prediction` before clipping, and its product with the prediction's slope.
    #[inline(always)]
    pub(crate) fn error(self, sum: f32, rating: f32) -> [f32; 2] {
        match self.link {
            Link::Linear => {
                let error = rating - (self.base + sum);
                [error, error]
            }
            Link::Logistic => {
                let range = self.scale.high - self.scale.low;
                let share = logistic(self.base + sum);
                let error = rating - (self.scale.low + range * share);
                [error, error * range * (share * (1.0 - share))]
            }
        }
    }

    /// How much the prediction before clipping moves with the sum.
    pub(crate) fn slope(self, sum: f32) -> f32 {
        match self.link {
            Link::Linear => 1.0,
            Link::Logistic => {
                let share = logistic(self.base + sum);
                (self.scale.high - self.scale.low) * (share * (1.0 - share))
            }
        }
    }

    /// The prediction, within the range of the ratings.
    #[inline(always)]
    pub(crate) fn predict(self, sum: f32) -> f32 {
        let [error, _] = self.error(sum, 0.0);
        self.scale.clip(-error)
    }
}

impl Linked {
    /// The sum that gives a rating, off the ends of the scale, where a logistic link has none.
    pub(crate) fn sum(self, rating: f32) -> f32 {
        match self.link {
            Link::Linear => rating - self.base,
            Link::Logistic => logit(self.scale, rating) - self.base,
        }
    }
}

/// The logarithm of the odds of a rating's place on the scale.
fn logit(scale: Scale, rating: f32) -> f32 {
    let share = (rating - scale.low) / (scale.high - scale.low);
    let share = if share.is_finite() { share.clamp(OFF_THE_ENDS, 1.0 - OFF_THE_ENDS) } else { 0.5 };
    libm::logf(share / (1.0 - share))
}

/// The least part of the scale between a rating and its ends.
const OFF_THE_ENDS: f32 = 1e-3;

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x))
}
