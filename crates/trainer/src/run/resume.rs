//! Leaving a run and taking it up again, with the same bits as if nothing had been between.

use std::sync::Arc;

use ratings::Split;

use super::{Run, Safe, Stage, Training};
use crate::{
    BoldDriver, Config, Device, TrainError, Trained, Weights, checkpoint::Checkpoint, miss::Miss,
};

/// What training needs besides the model to go on from it.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// The numbers that are being trained, where the model is that of an earlier epoch, chosen by
    /// the validation part.
    pub last: Option<Weights>,
    /// First moments of the gradients, by the names and shapes of the weights.
    pub first: Weights,
    /// Second moments.
    pub second: Weights,
    /// Steps made since the start of the run.
    pub steps: u64,
    /// Sum of the losses of the batches of the epoch under way.
    pub loss_sum: f64,
    /// Sum of their mean absolute errors; `None` of a model that ranks, and in older files.
    pub absolute_sum: Option<f64>,
    /// Seconds spent training in the epoch under way.
    pub seconds: f64,
    /// What drives the learning rate, where the schedule is [`Schedule::BoldDriver`]; older files
    /// have none, and their runs go on with the first rate.
    ///
    /// [`Schedule::BoldDriver`]: crate::Schedule::BoldDriver
    pub bold: Option<BoldDriver>,
}

impl Run {
    /// The model as it is now, between two slices, and what it takes to go on from it. Changes no
    /// bit of what follows.
    ///
    /// # Errors
    /// A model that is out of range already, which ends the run as in [`advance`](Self::advance);
    /// a device that fails, which the next `advance` may survive.
    pub async fn checkpoint(&mut self) -> Result<(Trained, OptimizerState), TrainError> {
        let errors = self.engine.settle().await?;
        self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Train(mut training) => {
                training.add(&errors, 0.0);
                self.after(training)
            }
            stage => stage,
        };
        let Checkpoint { weights, first, second, steps, bold } = self.engine.checkpoint().await?;
        let begun = match &self.stage {
            Stage::Train(training) | Stage::Evaluate(training, _) => training.clone(),
            Stage::Done => Training::default(),
        };
        if !weights.are_finite() || !begun.sums.squared.is_finite() {
            self.stage = Stage::Done;
            return Err(self.diverged(self.history.len() + 1));
        }
        let last = self.chosen.is_some().then(|| weights.clone());
        let weights = self.delivered(weights);
        let trained =
            Trained { config: self.config.clone(), history: self.history.clone(), weights };
        let Training { sums, seconds, .. } = begun;
        let loss_sum = sums.squared;
        let absolute_sum = sums.absolute.is_finite().then_some(sums.absolute);
        let moments =
            OptimizerState { last, first, second, steps, loss_sum, absolute_sum, seconds, bold };
        Ok((trained, moments))
    }

    /// Takes up a run where [`checkpoint`](Self::checkpoint) left it, on the same split. On the same
    /// device it goes on with the same bits. `trained.config.epochs` may be raised before.
    ///
    /// # Errors
    /// As [`start_from`](Self::start_from); also numbers of steps and epochs that do not belong
    /// together on this split.
    pub async fn resume(
        trained: Trained,
        optimizer: OptimizerState,
        split: &Arc<Split>,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let Trained { config, history, weights } = trained;
        config.check()?;
        let OptimizerState { last, first, second, steps, seconds, bold, .. } = optimizer;
        let sums = Miss {
            squared: optimizer.loss_sum,
            absolute: optimizer.absolute_sum.unwrap_or(f64::NAN),
        };
        // A model that trains itself is left at the end of an epoch.
        let goes_on = config.model.in_batches() && (sums.squared != 0.0 || seconds != 0.0);
        let batches = batches_begun(steps, history.len(), split, &config, goes_on)?;
        let (weights, chosen) = match last {
            Some(last) => (last, Some(weights)),
            None => (weights, None),
        };
        let start = Safe {
            checkpoint: Checkpoint { weights, first, second, steps, bold },
            epochs: history.len(),
            begun: Training { batches, sums, seconds, ..Training::default() },
        };
        let mut run = Self::go_on_from(start, history, split, &config, device).await?;
        run.chosen = chosen;
        Ok(run)
    }
}

/// Batches of the epoch under way, if one is, after so many steps and whole epochs.
fn batches_begun(
    steps: u64,
    epochs: usize,
    split: &Split,
    config: &Config,
    goes_on: bool,
) -> Result<usize, TrainError> {
    let per_epoch = split.train.len().div_ceil(config.batch_size) as u64;
    let begun = (epochs as u64).checked_mul(per_epoch).and_then(|whole| steps.checked_sub(whole));
    let begun = begun.filter(|begun| *begun <= if goes_on { per_epoch } else { 0 });
    begun.and_then(|begun| usize::try_from(begun).ok()).ok_or(TrainError::OtherSplit {
        steps,
        epochs,
        per_epoch,
    })
}
