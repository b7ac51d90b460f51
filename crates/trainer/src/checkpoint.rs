//! All that training needs to go on: any engine can leave one and start from one.

use crate::{BoldDriver, Config, Weights};

/// A model in training.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) weights: Weights,
    pub(crate) first: Weights, // moments, by the parameters' names and shapes; Adam's alone has any
    pub(crate) second: Weights, // moments
    pub(crate) steps: u64,     // made so far
    pub(crate) bold: Option<BoldDriver>, // of the schedule of that name
}

impl Checkpoint {
    /// A model that has made no step yet.
    pub(crate) fn fresh(weights: &Weights, config: &Config) -> Self {
        let mut zeros = weights.clone();
        if !config.model.in_batches() {
            zeros.parameters.clear();
        }
        for parameter in &mut zeros.parameters {
            parameter.values.fill(0.0);
        }
        Self { weights: weights.clone(), first: zeros.clone(), second: zeros, steps: 0, bold: None }
    }

    /// Whether names and shapes are those of a model with this configuration.
    pub(crate) fn fits(&self, config: &Config, users: usize, items: usize) -> bool {
        let moments = [&self.first, &self.second];
        self.weights.fits(config, users, items)
            && moments.iter().all(|of| {
                of.fits(config, users, items)
                    || (!config.model.in_batches() && of.parameters.is_empty())
            })
    }
}
