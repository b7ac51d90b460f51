//! All that training needs to go on: any engine can leave one and start from one.

use crate::Weights;

/// A model in training.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) weights: Weights,
    pub(crate) first: Weights, // moments, by the parameters' names and shapes
    pub(crate) second: Weights, // moments
    pub(crate) steps: u64,     // made so far
}

impl Checkpoint {
    /// A model that has made no step yet.
    pub(crate) fn fresh(weights: &Weights) -> Self {
        let mut zeros = weights.clone();
        for parameter in &mut zeros.parameters {
            parameter.values.fill(0.0);
        }
        Self { weights: weights.clone(), first: zeros.clone(), second: zeros, steps: 0 }
    }
}
