//! A run as the page keeps it: in the table of runs, in the browser's storage, in a chart.

use protocol::Settings;
use serde::{Deserialize, Serialize};
use trainer::{EpochReport, ModelKind};

/// A run, under way or over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Counts the runs of this browser, from 1.
    pub(crate) id: u32,
    /// A name that the person may change.
    pub(crate) name: String,
    /// The data's name and fingerprint.
    pub(crate) data: String,
    pub(crate) fingerprint: String,
    /// How it was trained.
    pub(crate) settings: Settings,
    /// On what: the adapter's name, or `CPU`; and by which engine.
    pub(crate) device: String,
    pub(crate) engine: String,
    /// Every epoch so far.
    pub(crate) history: Vec<EpochReport>,
    /// Changes of learning rate or weight decay on the way.
    pub(crate) changes: Vec<Change>,
    /// Test RMSE of always the mean, and of biases alone.
    pub(crate) mean_rmse: Option<f64>,
    pub(crate) biases_rmse: Option<f64>,
    /// Whether its curve is left out of the chart.
    pub(crate) hidden: bool,
}

/// A setting that was changed while the run went on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// In epochs: 2.5 is half way through the third.
    pub(crate) at: f64,
    /// What it was set to, such as `learning rate 0.0005`.
    pub(crate) what: String,
}

impl Record {
    /// The RMSE on the test set after the last epoch.
    pub(crate) fn final_test(&self) -> Option<f64> {
        self.history.last().and_then(|report| report.test_rmse)
    }

    /// The lowest RMSE on the test set, and its epoch. It is chosen by looking at the test set, so
    /// it flatters the model.
    pub(crate) fn lowest_test(&self) -> Option<(f64, usize)> {
        let tests = self.history.iter().filter_map(|r| Some((r.test_rmse?, r.epoch)));
        tests.min_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Seconds of training and evaluation so far, pauses left out.
    pub(crate) fn seconds(&self) -> f64 {
        self.history.iter().fold(0.0, |sum, report| sum + report.seconds + report.eval_seconds)
    }

    /// The settings that tell runs apart, in a few words.
    pub(crate) fn summary(&self) -> String {
        let config = &self.settings.config;
        let mut words = Vec::new();
        if config.model != ModelKind::Biases {
            words.push(format!("K {}", config.factors));
        }
        if config.model.has_layers() {
            let widths: Vec<String> = config.hidden.iter().map(usize::to_string).collect();
            words.push(widths.join("-"));
        }
        if !matches!(config.model, ModelKind::Biases | ModelKind::BayesMf) {
            words.push(format!("lr {}", config.learning_rate));
        }
        if config.model != ModelKind::BayesMf {
            words.push(format!("wd {}", config.weight_decay));
        }
        if config.model.in_batches() {
            words.push(format!("batch {}", config.batch_size));
        }
        words.join(", ")
    }

    /// The history as a table for other programs.
    pub(crate) fn csv(&self) -> String {
        let mut table = String::from("epoch,train_rmse,test_rmse,seconds,eval_seconds\n");
        for report in &self.history {
            let EpochReport { epoch, train_rmse, test_rmse, seconds, eval_seconds, .. } = report;
            let test = test_rmse.map(|rmse| rmse.to_string()).unwrap_or_default();
            table += &format!("{epoch},{train_rmse},{test},{seconds},{eval_seconds}\n");
        }
        table
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use protocol::Settings;
    use trainer::{Config, DeviceChoice, EngineChoice, EpochReport, ModelKind};

    use super::Record;

    /// A run with these test RMSEs.
    pub(crate) fn record(tests: &[f64]) -> Record {
        let report = |(index, &test): (usize, &f64)| EpochReport {
            epoch: index + 1,
            train_rmse: test - 0.1,
            test_rmse: Some(test),
            test_mae: None,
            validation_rmse: None,
            seconds: 0.5,
            eval_seconds: 0.25,
        };
        Record {
            id: 3,
            name: "run 3".into(),
            data: "ratings.dat".into(),
            fingerprint: "1".into(),
            settings: Settings {
                config: Config::usual(ModelKind::DeepMf),
                test_share: 0.2,
                split_seed: 42,
                device: DeviceChoice::Auto,
                engine: EngineChoice::Auto,
            },
            device: "CPU".into(),
            engine: "fused".into(),
            history: tests.iter().enumerate().map(report).collect(),
            changes: Vec::new(),
            mean_rmse: None,
            biases_rmse: None,
            hidden: false,
        }
    }

    #[test]
    fn the_lowest_is_told_from_the_last() {
        let record = record(&[1.2, 0.9, 0.95]);
        assert_eq!(record.lowest_test(), Some((0.9, 2)));
        assert_eq!(record.final_test(), Some(0.95));
        assert_eq!(record.seconds(), 2.25);
        assert_eq!(record.summary(), "K 10, 10-5, lr 0.001, wd 0.00001, batch 512");
    }

    #[test]
    fn the_csv_has_a_line_an_epoch() {
        let csv = record(&[1.5]).csv();
        assert_eq!(csv, "epoch,train_rmse,test_rmse,seconds,eval_seconds\n1,1.4,1.5,0.5,0.25\n");
    }
}
