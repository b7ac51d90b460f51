//! What can end a run, and what to do about it.

use crate::{ConfigError, NoKernels, TooLarge, gpu::Fault};

/// A run that cannot start or go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// A setting is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The training set is empty.
    #[error("there are no ratings to train on; make the test share smaller or give more ratings")]
    NoRatings,
    /// Given weights are not this configuration's.
    #[error("the weights have other names or shapes than this model and data need")]
    Weights,
    /// A model in training that was not trained on this split.
    #[error(
        "the model has made {steps} steps in {epochs} whole epochs, and an epoch of these ratings \
         has {per_epoch}; give the ratings, the test share and the seed it was trained with, and \
         its whole history"
    )]
    OtherSplit {
        /// Steps that it has made.
        steps: u64,
        /// Epochs that it has seen.
        epochs: usize,
        /// Steps of an epoch on the given split.
        per_epoch: u64,
    },
    /// The loss left the range of numbers.
    #[error(
        "the loss became infinite or not a number in epoch {epoch}; the likely cause is {}. The \
         model of {} is kept",
        likely_cause(*learning_rate, *largest_rating),
        if *kept == 0 { "the start".to_owned() } else { format!("epoch {kept}") }
    )]
    Diverged {
        /// The epoch in which it happened.
        epoch: usize,
        /// The epoch whose model is kept; 0 is the initial one.
        kept: usize,
        /// The step size then.
        learning_rate: f64,
        /// The largest training rating, by its distance from 0.
        largest_rating: f32,
    },
    /// The device failed.
    #[error("the device failed: {0}; train on the CPU, or start again")]
    Device(#[from] Fault),
    /// There is too little memory.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The fused engine was demanded and has no kernels for the model.
    #[error(transparent)]
    NoKernels(#[from] NoKernels),
}

/// Ratings above this square to numbers near the end of f32.
const HUGE_RATING: f32 = 1e15;

fn likely_cause(learning_rate: f64, largest_rating: f32) -> String {
    if largest_rating > HUGE_RATING {
        format!("a rating as large as {largest_rating:e}: bring the ratings to a smaller scale")
    } else {
        format!("the learning rate ({learning_rate}): try a tenth of it")
    }
}
