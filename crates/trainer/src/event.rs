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
    /// Mean of the batch losses that have come back since the last such mean: those of the slice that
    /// just ended (the MSE in squared rating units, or of a model that ranks its own loss). `None`
    /// while the test set is evaluated, and where the fused engine on a GPU keeps the losses of MF or
    /// DeepMF for the end of the epoch, as it does at any pace but [`Pace::Batches`].
    ///
    /// [`Pace::Batches`]: crate::Pace::Batches
    pub loss: Option<f64>,
}

/// What an epoch gave. A run rounds its figures to twelve decimals: so many, and no more, come
/// back from JSON as they were, whoever reads it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Root of the mean of the batches' mean squared errors, each taken before its step; every
    /// batch counts the same, the last short one too, as in the lab. Of biases, alternating least
    /// squares and Gibbs sampling, what solving for the rows leaves. `None` of a model that ranks.
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
    /// The same in figures of at most fifteen digits, twelve of them decimals; seconds in millionths.
    pub(crate) fn rounded(self) -> Self {
        let figure = |of: Option<f64>| of.map(|of| rounded(of, 1e12));
        let hits = |of: Option<SampledHits>| {
            of.map(|SampledHits { hit_rate, ndcg }| SampledHits {
                hit_rate: rounded(hit_rate, 1e12),
                ndcg: rounded(ndcg, 1e12),
            })
        };
        Self {
            epoch: self.epoch,
            train_rmse: figure(self.train_rmse),
            train_mae: figure(self.train_mae),
            test_rmse: figure(self.test_rmse),
            test_mae: figure(self.test_mae),
            validation_rmse: figure(self.validation_rmse),
            train_loss: figure(self.train_loss),
            test_hits: hits(self.test_hits),
            validation_hits: hits(self.validation_hits),
            seconds: rounded(self.seconds, 1e6),
            eval_seconds: rounded(self.eval_seconds, 1e6),
        }
    }

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

/// To the nearest part of `parts` of 1, a power of ten, or to fifteen digits where that is less.
fn rounded(figure: f64, mut parts: f64) -> f64 {
    const DIGITS: f64 = 1e15;
    let mut whole = 1.0;
    while figure.abs() * parts / whole >= DIGITS && whole < 1e22 {
        if parts > 1.0 { parts /= 10.0 } else { whole *= 10.0 }
    }
    (figure * parts / whole).round() * whole / parts
}

#[cfg(test)]
mod tests {
    use super::rounded;

    /// What a reader does that knows no more than exact powers of ten.
    #[test]
    fn a_rounded_figure_is_one_whole_number_over_a_power_of_ten() {
        for figure in [0.850_912_345_678_912_3, 1.0 / 3.0, 1e-9 / 3.0, 4e4 / 7.0, 1e18 / 9.0, 0.0] {
            let short = rounded(figure, 1e12);
            assert!((short - figure).abs() <= 0.5e-12 + 1e-15 * figure, "{figure}");
            assert_eq!(rounded(short, 1e12), short);
            let read: f64 = serde_json::from_str(&short.to_string()).expect("a number");
            assert_eq!(read, short);
        }
        assert_eq!(rounded(0.123_456_789, 1e6), 0.123_457);
        assert!(rounded(f64::INFINITY, 1e12).is_infinite());
    }
}
