//! The history in a model file.

use safetensors::SafeTensors;
use serde::Serializer;
use serde_json::Value;

use super::{ModelFileError, blocks};
use crate::{Config, EpochReport, Objective, SampledHits};

/// Writes a list of one object an epoch, without the figures that it has not.
pub(super) fn without_absent<S: Serializer>(
    history: &[EpochReport],
    to: S,
) -> Result<S::Ok, S::Error> {
    let object = |report: &EpochReport| {
        let mut object = serde_json::to_value(report).expect("its keys are texts");
        if let Value::Object(figures) = &mut object {
            figures.retain(|_, figure| !figure.is_null());
        }
        object
    };
    to.collect_seq(history.iter().map(object))
}

/// A history as a file has it, if it is that of a run: one report an epoch, in figures that can be
/// written and read again ([`EpochReport`]).
///
/// # Errors
/// Names the epoch that cannot be.
pub(super) fn checked(
    history: Vec<EpochReport>,
    objective: Objective,
) -> Result<Vec<EpochReport>, ModelFileError> {
    let wrong = |problem: String| Err(ModelFileError::Header(format!("its history {problem}")));
    if history.len() > Config::MAX_EPOCHS {
        return wrong(format!("has {} epochs", history.len()));
    }
    for (epoch, report) in (1..).zip(&history) {
        if report.epoch != epoch {
            return wrong(format!("has epoch {} in place of {epoch}", report.epoch));
        }
        if report.objective() != objective {
            return wrong(format!("has figures of another objective in epoch {epoch}"));
        }
        let figures = [report.train(), report.test(), report.validation()];
        let absolute = [report.train_mae, report.test_mae];
        let seconds = [report.seconds, report.eval_seconds].map(Some);
        if figures
            .into_iter()
            .chain(absolute)
            .chain(seconds)
            .flatten()
            .any(|figure| !(0.0..=f64::from(f32::MAX)).contains(&figure))
        {
            return wrong(format!("has a figure that is out of range in epoch {epoch}"));
        }
    }
    Ok(history.into_iter().map(EpochReport::rounded).collect())
}

/// The history of a file of format 1: F64, NaN for none.
///
/// | tensor | shape | what it holds |
/// | --- | --- | --- |
/// | `history` | `[epochs, 4]` | train and test RMSE, seconds of both |
/// | `judgement` | `[epochs, 2]` | validation RMSE and test MAE; the oldest files have none |
/// | `ranking` | `[epochs, 5]` | of a model that ranks, in place of errors: train loss; of 99 sampled items HR@10 and NDCG@10 of the test set, then of the validation part |
///
/// # Errors
/// A tensor that is absent, or another.
pub(super) fn in_tensors(
    file: &SafeTensors,
    objective: Objective,
) -> Result<Vec<EpochReport>, ModelFileError> {
    let epochs = file.tensor("history").map_or(0, |of| of.shape().first().copied().unwrap_or(0));
    let rows = blocks::read::<f64>(file, "history", &[epochs, 4])?;
    let judged = match file.tensor("judgement") {
        Ok(_) => blocks::read::<f64>(file, "judgement", &[epochs, 2])?,
        Err(_) => vec![f64::NAN; 2 * epochs],
    };
    let ranked = match objective {
        Objective::Ranking => blocks::read::<f64>(file, "ranking", &[epochs, 5])?,
        Objective::Rating => vec![f64::NAN; 5 * epochs],
    };
    let known = |figure: f64| (!figure.is_nan()).then_some(figure);
    let hits = |hit_rate: f64, ndcg: f64| {
        Some(SampledHits { hit_rate: known(hit_rate)?, ndcg: known(ndcg)? })
    };
    let report = |epoch: usize| {
        let at = epoch - 1;
        let [train_rmse, test_rmse, seconds, eval_seconds] = rows.as_chunks::<4>().0[at];
        let [validation_rmse, test_mae] = judged.as_chunks::<2>().0[at].map(known);
        let [loss, hit_rate, ndcg, validation_hit_rate, validation_ndcg] =
            ranked.as_chunks::<5>().0[at];
        EpochReport {
            epoch,
            train_rmse: known(train_rmse),
            test_rmse: known(test_rmse),
            test_mae,
            train_mae: None,
            validation_rmse,
            train_loss: known(loss),
            test_hits: hits(hit_rate, ndcg),
            validation_hits: hits(validation_hit_rate, validation_ndcg),
            seconds,
            eval_seconds,
        }
    };
    Ok((1..=epochs).map(report).collect())
}
