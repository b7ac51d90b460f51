//! What a run came to: the object that `--json` prints and `summary.json` holds.

use std::path::Path;

use ratings::{Split, Stranger};
use serde::Serialize;
use trainer::{
    Biases, Config, Device, DeviceKind, EngineKind, EpochReport, ModelKind, Objective, SampledHits,
};

use crate::data::{Data, Facts};

/// A finished run in one object. Nothing in it is chosen on the test set: `final` is the last
/// epoch, and `chosen` the best on the validation part.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) model: ModelKind,
    /// What it is trained for: with `ranking` all RMSE are null.
    pub(crate) objective: Objective,
    /// How steps are computed.
    engine: EngineKind,
    device: DeviceKind,
    /// The GPU's name; null on the CPU.
    adapter: Option<String>,
    pub(crate) data: SplitFacts,
    parse_seconds: f64,
    pub(crate) epochs: Vec<EpochReport>,
    /// Null when no epoch was completed.
    pub(crate) r#final: Option<Final>,
    /// The epoch whose model is delivered, chosen by the validation part; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) chosen: Option<Final>,
    /// Of the model delivered: `chosen`'s if there is one, else `final`'s; null without a test set.
    pub(crate) test_rmse: Option<f64>,
    /// Ratings trained on after `final`, in an epoch that was not completed; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trained_beyond_final: Option<usize>,
    /// The run's folder.
    pub(crate) run: String,
}

/// The data and how it was cut.
#[derive(Debug, Serialize)]
pub(crate) struct SplitFacts {
    #[serde(flatten)]
    pub(crate) facts: Facts,
    train_ratings: usize,
    validation_ratings: usize,
    test_ratings: usize,
    /// Those of them whose user or item no training rating knows; absent without `--test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_test_ratings: Option<usize>,
    /// Test RMSE of always predicting the mean of the training ratings; null without a test set, and
    /// of a model that ranks, as the next.
    pub(crate) always_mean_rmse: Option<f64>,
    /// Test RMSE of the mean with user and item biases fitted to the training ratings, the line to
    /// beat; null without a test set.
    pub(crate) biases_rmse: Option<f64>,
    /// Where test items stand with the most rated items for everybody; absent of a model that predicts
    /// ratings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) popular_hits: Option<SampledHits>,
}

/// Where an epoch ended.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Final {
    pub(crate) epoch: usize,
    /// Absent without a validation part.
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_rmse: Option<f64>,
    /// Null without a test set.
    pub(crate) test_rmse: Option<f64>,
    /// Null without a test set.
    test_mae: Option<f64>,
    /// Of a model that ranks: where held-out items stand, each among 99 sampled ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_hits: Option<SampledHits>,
    /// The same of the test set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) test_hits: Option<SampledHits>,
}

impl Final {
    fn of(report: &EpochReport) -> Final {
        let EpochReport { epoch, validation_rmse, test_rmse, test_mae, .. } = *report;
        let EpochReport { validation_hits, test_hits, .. } = *report;
        Final { epoch, validation_rmse, test_rmse, test_mae, validation_hits, test_hits }
    }
}

impl Summary {
    /// The summary of a run that is about to start.
    pub(crate) fn new(
        config: &Config,
        data: &Data,
        split: &Split,
        device: &Device,
        engine: EngineKind,
    ) -> Summary {
        let rates = config.objective == Objective::Rating;
        let judged = rates && !split.test.is_empty();
        let popular_hits = match config.objective {
            Objective::Rating => None,
            Objective::Ranking => SampledHits::of_popularity(split, config.seed, device.threads()),
        };
        Summary {
            model: config.model,
            objective: config.objective,
            engine,
            device: device.kind(),
            adapter: device.adapter().map(|adapter| adapter.name.clone()),
            data: SplitFacts {
                facts: data.facts(),
                train_ratings: split.train.len(),
                validation_ratings: split.validation.len(),
                test_ratings: split.test.len(),
                unknown_test_ratings: None,
                always_mean_rmse: judged.then(|| split.test.rmse_of_always(split.train.mean())),
                biases_rmse: judged.then(|| Biases::of(split).rmse(&split.test)).flatten(),
                popular_hits,
            },
            parse_seconds: data.parse_seconds,
            epochs: Vec::new(),
            r#final: None,
            chosen: None,
            test_rmse: None,
            trained_beyond_final: None,
            run: String::new(),
        }
    }

    /// Counts test ratings that no model knows, and has the mean predicted for them too; what biases
    /// alone would make of them is not known.
    pub(crate) fn test_on(&mut self, split: &Split, strangers: &[Stranger]) {
        if strangers.is_empty() {
            return;
        }
        let mut test = split.test.clone();
        test.values.extend(strangers.iter().map(|(_, _, rating)| rating));
        self.data.test_ratings = test.len();
        self.data.unknown_test_ratings = Some(strangers.len());
        if self.objective == Objective::Rating {
            self.data.always_mean_rmse = Some(test.rmse_of_always(split.train.mean()));
        }
        self.data.biases_rmse = None;
    }

    /// Fills in what came of it: the epochs, the ratings trained on after the last of them, and the
    /// device it ended on.
    pub(crate) fn conclude(&mut self, history: &[EpochReport], beyond: usize, device: &Device) {
        self.device = device.kind();
        self.adapter = device.adapter().map(|adapter| adapter.name.clone());
        self.trained_beyond_final = (beyond > 0).then_some(beyond);
        self.epochs = history.to_vec();
        self.r#final = history.last().map(Final::of);
        self.chosen = EpochReport::chosen(history).map(Final::of);
        self.test_rmse = self.delivered().and_then(|of| of.test_rmse);
    }

    /// The epoch whose model is delivered.
    pub(crate) fn delivered(&self) -> Option<Final> {
        self.chosen.or(self.r#final)
    }

    /// The object as text, for a run kept in this folder.
    pub(crate) fn json_of(&mut self, run: &Path) -> anyhow::Result<String> {
        self.run = run.display().to_string();
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
