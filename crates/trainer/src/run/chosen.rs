//! Which epoch's model is delivered: the best by the validation part.

use super::{Run, Stage};
use crate::{Config, EpochReport, Weights, gpu::Fault};

impl EpochReport {
    /// The epoch that is the best by the validation part, the first of equals: that with the lowest
    /// RMSE or, of a model that ranks, with the highest NDCG. `None` without a validation part.
    pub fn chosen(history: &[Self]) -> Option<&Self> {
        let judged = history.iter().filter(|report| report.validation().is_some());
        judged.reduce(|best, next| {
            let figures = next.validation().zip(best.validation());
            match figures {
                Some((of, than)) if next.objective().is_better(of, than) => next,
                _ => best,
            }
        })
    }
}

impl Run {
    /// Ends the run after so many epochs that are no better by the validation part; `None` makes
    /// all epochs. A run without a validation part never ends early.
    pub fn set_patience(&mut self, epochs: Option<usize>) {
        self.patience = epochs;
        if self.is_over() {
            self.stage = Stage::Done;
        }
    }

    /// Whether patience has come to its end.
    pub(super) fn is_over(&self) -> bool {
        // Epochs of a burn-in are no part of the model: nothing is to be expected of them.
        let Config { model, posterior, .. } = &self.config;
        let burn_in = if model.is_bayesian() { posterior.burn_in } else { 0 };
        let since = |best: &EpochReport| self.history.len().saturating_sub(best.epoch.max(burn_in));
        let since = EpochReport::chosen(&self.history).map(since);
        self.patience.zip(since).is_some_and(|(patience, since)| since >= patience.max(1))
    }

    /// Keeps the model if the epoch that just ended is the best so far.
    pub(super) async fn choose(&mut self) -> Result<(), Fault> {
        let best = EpochReport::chosen(&self.history).map(|best| best.epoch);
        if best.is_some_and(|best| best == self.history.len()) {
            self.chosen = Some(self.engine.weights().await?);
        }
        Ok(())
    }

    /// The model to deliver, given the one that is being trained.
    pub(super) fn delivered(&self, current: Weights) -> Weights {
        self.chosen.clone().unwrap_or(current)
    }
}
