//! What a run says while it goes.

use serde::{Deserialize, Serialize};

use crate::{Objective, SampledHits};

/// One piece of news from a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// Part of an epoch is done.
    Progress(Progress),
    /// An epoch is trained and its test set evaluated.
    Epoch(EpochReport),
    /// The GPU failed and training goes on.
    Recovered(Recovery),
}

/// How a run goes on after a GPU failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// What went wrong.
    pub cause: String,
    /// Epochs that the model has seen from which it goes on; later reports are void.
    pub epochs: usize,
    /// Where it goes on: the adapter's name, or `CPU`.
    pub device: String,
}

/// How far the current epoch is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The epoch under way, from 1.
    pub epoch: usize,
    /// Epochs the run will make.
    pub epochs: usize,
    /// Ratings trained on in this epoch so far.
    pub done: usize,
    /// Ratings in an epoch.
    pub total: usize,
    /// Mean of the batch losses of the slice that just ended (the MSE in squared rating units, or
    /// of a model that ranks its own loss); `None` while the test set is evaluated, and where a GPU
    /// keeps the losses for the end of the epoch, as it does at any pace but [`Pace::Batches`].
    ///
    /// [`Pace::Batches`]: crate::Pace::Batches
    pub loss: Option<f64>,
}

/// What an epoch gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Root of the mean of the batches' mean squared errors, each taken before its step; every
    /// batch counts the same, the last short one too, as in the lab. `None` of a model that ranks.
    #[serde(default)]
    pub train_rmse: Option<f64>,
    /// The same of their mean absolute errors; `None` of a model that ranks, and of epochs that an
    /// older version made.
    #[serde(default)]
    pub train_mae: Option<f64>,
    /// Root mean squared error over the whole test set after the epoch; `None` without a test set,
    /// and of a model that ranks, as the two that follow.
    #[serde(default)]
    pub test_rmse: Option<f64>,
    /// Mean absolute error over it.
    #[serde(default)]
    pub test_mae: Option<f64>,
    /// Root mean squared error over the validation part, by which the epoch may be chosen; `None`
    /// without one.
    #[serde(default)]
    pub validation_rmse: Option<f64>,
    /// Of a model that ranks, and of no other: the mean of the batches' losses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_loss: Option<f64>,
    /// Of a model that ranks: where the items of the test set stand after the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_hits: Option<SampledHits>,
    /// Of a model that ranks: the same of the validation part, by which the epoch may be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_hits: Option<SampledHits>,
    /// Seconds spent training (shuffling and uploading included, pauses not).
    pub seconds: f64,
    /// Seconds spent evaluating both.
    pub eval_seconds: f64,
}

impl EpochReport {
    /// What the model is trained for.
    pub fn objective(&self) -> Objective {
        match self.train_loss {
            None => Objective::Rating,
            Some(_) => Objective::Ranking,
        }
    }

    /// The figure that the training part is judged by: RMSE, or the loss of a model that ranks.
    pub fn train(&self) -> Option<f64> {
        self.train_rmse.or(self.train_loss)
    }

    /// The figure that the test set is judged by ([`Objective::figure`]).
    pub fn test(&self) -> Option<f64> {
        self.test_rmse.or(self.test_hits.map(|hits| hits.ndcg))
    }

    /// The same of the validation part.
    pub fn validation(&self) -> Option<f64> {
        self.validation_rmse.or(self.validation_hits.map(|hits| hits.ndcg))
    }
}
