//! The end of an epoch: its model is judged.

use ratings::Split;
use web_time::Instant;

use super::{Run, Stage, Training};
use crate::{Averages, EpochReport, Event, HeldOut, TrainError, held_out::Misses};

/// What the evaluation of an epoch has given so far.
#[derive(Clone, Default)]
pub(super) struct Evaluation {
    validation: Misses,
    test: Misses,
    seconds: f64,
}

impl Run {
    /// Tests on further ratings, those of whom or what has no training rating: what a
    /// [`Predictor`](crate::Predictor) falls back on is judged with the model's predictions.
    pub fn also_test(&mut self, strangers: &[HeldOut]) {
        let Split { train, users, items, .. } = &*self.split;
        let averages = Averages::of(train, *users, *items);
        let error = |(user, item, rating): &HeldOut| {
            let (guess, _) = averages.fallback(*user, *item)?;
            Some(f64::from(guess - rating))
        };
        self.strangers = strangers.iter().filter_map(error).collect();
    }

    /// Evaluates a part of the held-out ratings, or ends the epoch when all are done.
    pub(super) async fn evaluate_slice(
        &mut self,
        training: Training,
        mut evaluation: Evaluation,
    ) -> Result<Event, TrainError> {
        let started = Instant::now();
        let part = self.engine.evaluate().await?;
        evaluation.seconds += started.elapsed().as_secs_f64();
        let Some(misses) = part else {
            return self.end_epoch(&training, &evaluation).await;
        };
        if evaluation.validation.ratings < self.split.validation.len() {
            evaluation.validation += misses;
        } else {
            evaluation.test += misses;
        }
        let event = self.progress(training.epoch, None);
        self.stage = Stage::Evaluate(training, evaluation);
        Ok(event)
    }

    async fn end_epoch(
        &mut self,
        training: &Training,
        evaluation: &Evaluation,
    ) -> Result<Event, TrainError> {
        let Evaluation { validation, mut test, seconds } = *evaluation;
        test += self.strangers;
        let (validation_rmse, test_rmse) = (validation.rmse(), test.rmse());
        if [validation_rmse, test_rmse].into_iter().flatten().any(|rmse| !rmse.is_finite()) {
            return Err(self.diverged(training.epoch));
        }
        let report = EpochReport {
            epoch: training.epoch,
            train_rmse: (training.mse_sum / training.batches as f64).sqrt(),
            test_rmse,
            test_mae: test.mae(),
            validation_rmse,
            seconds: training.seconds,
            eval_seconds: seconds,
        };
        self.engine.keep();
        self.history.push(report.clone());
        self.choose().await?;
        self.begin_epoch(training.epoch + 1, training.next_slice);
        Ok(Event::Epoch(report))
    }
}
