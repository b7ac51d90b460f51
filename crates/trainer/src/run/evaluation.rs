//! The end of an epoch: its model is judged.

use ratings::Split;
use web_time::Instant;

use super::{Run, Stage, Training, contest::Contender};
use crate::{
    Averages, EpochReport, Event, HeldOut, Objective, SampledHits, TrainError, Trained,
    held_out::Misses,
};

/// What the evaluation of an epoch has given so far.
#[derive(Default)]
pub(super) struct Evaluation {
    validation: Misses,
    test: Misses,
    contender: Option<Box<Contender>>, // a model that ranks
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
        let more = match self.config.objective {
            Objective::Rating => self.predict_part(&mut evaluation).await?,
            Objective::Ranking => self.place_part(&training, &mut evaluation).await?,
        };
        evaluation.seconds += started.elapsed().as_secs_f64();
        if !more {
            return self.end_epoch(&training, &evaluation).await;
        }
        let event = self.progress(training.epoch, None);
        self.stage = Stage::Evaluate(training, evaluation);
        Ok(event)
    }

    /// How far predictions of some ratings are off; `false` if there are none left.
    async fn predict_part(&mut self, evaluation: &mut Evaluation) -> Result<bool, TrainError> {
        let Some(misses) = self.engine.evaluate().await? else { return Ok(false) };
        if evaluation.validation.ratings < self.split.validation.len() {
            evaluation.validation += misses;
        } else {
            evaluation.test += misses;
        }
        Ok(true)
    }

    /// Where some items stand; `false` if there are none left.
    async fn place_part(
        &mut self,
        training: &Training,
        evaluation: &mut Evaluation,
    ) -> Result<bool, TrainError> {
        let contender = match &mut evaluation.contender {
            Some(contender) => contender,
            none => {
                let weights = self.engine.weights().await?;
                if !weights.are_finite() {
                    return Err(self.diverged(training.epoch));
                }
                let config = self.config.clone();
                let trained = Trained { config, history: Vec::new(), weights };
                none.insert(Box::new(Contender::new(&trained)))
            }
        };
        let contest = self.contest.as_ref().expect("a model that ranks has one");
        Ok(contest.place(contender, self.device.threads()))
    }

    async fn end_epoch(
        &mut self,
        training: &Training,
        evaluation: &Evaluation,
    ) -> Result<Event, TrainError> {
        let Evaluation { validation, test, contender, seconds } = evaluation;
        let errors = training.sums / training.batches as f64;
        let report = EpochReport {
            epoch: training.epoch,
            seconds: training.seconds,
            eval_seconds: *seconds,
            ..match contender {
                None => {
                    let mut test = *test;
                    test += self.strangers;
                    EpochReport {
                        train_rmse: Some(errors.squared.sqrt()),
                        train_mae: errors.absolute.is_finite().then_some(errors.absolute),
                        test_rmse: test.rmse(),
                        test_mae: test.mae(),
                        validation_rmse: validation.rmse(),
                        ..EpochReport::default()
                    }
                }
                Some(contender) => EpochReport {
                    train_loss: Some(errors.squared),
                    test_hits: SampledHits::of(&contender.test),
                    validation_hits: SampledHits::of(&contender.validation),
                    ..EpochReport::default()
                },
            }
        }
        .rounded();
        if [report.validation(), report.test()].into_iter().flatten().any(|of| !of.is_finite()) {
            return Err(self.diverged(training.epoch));
        }
        self.engine.keep();
        self.note_safe().await?;
        self.history.push(report.clone());
        self.choose().await?;
        self.begin_epoch(training.epoch + 1, training.next_slice);
        Ok(Event::Epoch(report))
    }
}
