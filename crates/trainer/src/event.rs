//! What a run says while it goes.

use serde::{Deserialize, Serialize};

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
    /// Mean of the batch losses (MSE, squared rating units) of the slice that just ended; `None`
    /// while the test set is evaluated.
    pub mse: Option<f64>,
}

/// What an epoch gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Root of the mean of the batches' mean squared errors, each taken before its step; every
    /// batch counts the same, the last short one too, as in the lab.
    pub train_rmse: f64,
    /// Root mean squared error over the whole test set after the epoch; `None` without a test set.
    pub test_rmse: Option<f64>,
    /// Mean absolute error over it.
    #[serde(default)]
    pub test_mae: Option<f64>,
    /// Root mean squared error over the validation part, by which the epoch may be chosen; `None`
    /// without one.
    #[serde(default)]
    pub validation_rmse: Option<f64>,
    /// Seconds spent training (shuffling and uploading included, pauses not).
    pub seconds: f64,
    /// Seconds spent evaluating both.
    pub eval_seconds: f64,
}
