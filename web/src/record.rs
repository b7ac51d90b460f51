//! A run as the page keeps it: in the table of runs, in the browser's storage, in a chart.

use protocol::Settings;
use serde::{Deserialize, Serialize};
use trainer::{EpochReport, ModelKind, Objective, SampledHits};

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
    /// Of a model that ranks: where test items stand with the most rated items for everybody.
    #[serde(default)]
    pub(crate) popular_hits: Option<SampledHits>,
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
    /// What the model is trained for.
    pub(crate) fn objective(&self) -> Objective {
        self.settings.config.objective
    }

    /// The epoch whose model is kept, where a validation part chooses it.
    pub(crate) fn chosen(&self) -> Option<&EpochReport> {
        EpochReport::chosen(&self.history)
    }

    /// The figure of the test set of the model that is kept, which is that of the last epoch unless
    /// another was chosen: its RMSE, or NDCG of a model that ranks.
    pub(crate) fn final_test(&self) -> Option<f64> {
        self.chosen().or(self.history.last()).and_then(EpochReport::test)
    }

    /// The best figure of the test set, and its epoch. It is chosen by looking at the test set, so
    /// it flatters the model.
    pub(crate) fn best_test(&self) -> Option<(f64, usize)> {
        let tests = self.history.iter().filter_map(|r| Some((r.test()?, r.epoch)));
        let objective = self.objective();
        tests.reduce(|best, next| if objective.is_better(next.0, best.0) { next } else { best })
    }

    /// A figure of the test set as it is shown, with its name where it is not the usual one.
    pub(crate) fn shown(&self, figure: f64) -> String {
        match self.objective() {
            Objective::Rating => format!("{figure:.4}"),
            Objective::Ranking => format!("{} {figure:.4}", self.objective().figure()),
        }
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
        if config.model == ModelKind::Ials {
            words.push(format!("unobserved {}", config.implicit.unobserved));
        }
        if config.model.has_rate() {
            words.push(format!("lr {}", config.learning_rate));
        }
        if !config.model.is_bayesian() {
            words.push(format!("wd {}", config.weight_decay));
        }
        if config.model.in_batches() {
            words.push(format!("batch {}", config.batch_size));
        }
        words.join(", ")
    }

    /// The history as a table for other programs, in the columns of the desktop's `metrics.csv`.
    pub(crate) fn csv(&self) -> String {
        if self.objective() == Objective::Ranking {
            return self.ranking_csv();
        }
        let head =
            "epoch,train_rmse,test_rmse,seconds,eval_seconds,validation_rmse,test_mae,train_mae";
        let mut table = format!("{head}\n");
        for report in &self.history {
            let EpochReport { epoch, seconds, eval_seconds, .. } = report;
            let [train, test] = [report.train_rmse, report.test_rmse].map(cell);
            let validation = cell(report.validation_rmse);
            let [test_mae, train_mae] = [report.test_mae, report.train_mae].map(cell);
            table += &format!("{epoch},{train},{test},{seconds},{eval_seconds},");
            table += &format!("{validation},{test_mae},{train_mae}\n");
        }
        table
    }

    /// The same of a model that ranks.
    fn ranking_csv(&self) -> String {
        let head = "epoch,train_loss,test_hit_rate,test_ndcg,seconds,eval_seconds\n";
        let row = |report: &EpochReport| {
            let EpochReport { epoch, train_loss, test_hits, seconds, eval_seconds, .. } = report;
            let hits = [test_hits.map(|of| of.hit_rate), test_hits.map(|of| of.ndcg)];
            let ([hit_rate, ndcg], loss) = (hits.map(cell), cell(*train_loss));
            format!("{epoch},{loss},{hit_rate},{ndcg},{seconds},{eval_seconds}\n")
        };
        head.to_owned() + &self.history.iter().map(row).collect::<String>()
    }
}

/// A number of a table, or nothing.
fn cell(number: Option<f64>) -> String {
    number.map_or(String::new(), |number| number.to_string())
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
            train_rmse: Some(test - 0.1),
            test_rmse: Some(test),
            seconds: 0.5,
            eval_seconds: 0.25,
            ..EpochReport::default()
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
                validation_share: 0.0,
                patience: None,
                device: DeviceChoice::Auto,
                engine: EngineChoice::Auto,
            },
            device: "CPU".into(),
            engine: "fused".into(),
            history: tests.iter().enumerate().map(report).collect(),
            changes: Vec::new(),
            mean_rmse: None,
            biases_rmse: None,
            popular_hits: None,
            hidden: false,
        }
    }

    #[test]
    fn the_best_is_told_from_the_last() {
        let record = record(&[1.2, 0.9, 0.95]);
        assert_eq!(record.best_test(), Some((0.9, 2)));
        assert_eq!(record.final_test(), Some(0.95));
        assert_eq!(record.seconds(), 2.25);
        assert_eq!(record.summary(), "K 10, 10-5, lr 0.001, wd 0.00001, batch 512");
    }

    #[test]
    fn a_validation_part_chooses_the_epoch() {
        let mut record = record(&[1.2, 0.9, 0.95]);
        for (report, validation) in record.history.iter_mut().zip([1.1, 1.0, 0.9]) {
            report.validation_rmse = Some(validation);
        }
        assert_eq!(record.chosen().map(|report| report.epoch), Some(3));
        assert_eq!(record.final_test(), Some(0.95));
        assert!(record.csv().ends_with("3,0.85,0.95,0.5,0.25,0.9,,\n"), "{}", record.csv());
    }

    #[test]
    fn the_csv_has_a_line_an_epoch() {
        let mut record = record(&[1.5]);
        (record.history[0].test_mae, record.history[0].train_mae) = (Some(1.2), Some(1.1));
        let csv = record.csv();
        let lines: Vec<&str> = csv.lines().collect();
        let head =
            "epoch,train_rmse,test_rmse,seconds,eval_seconds,validation_rmse,test_mae,train_mae";
        assert_eq!(lines, [head, "1,1.4,1.5,0.5,0.25,,1.2,1.1"]);
    }
}
