//! A run's history as a chart.

use chart::{Axis, Chart, Kind, Rule, Series};
use trainer::{EpochReport, ModelKind};

/// Train and test RMSE by epoch, beside the RMSE of always predicting the mean.
pub(crate) fn of(model: ModelKind, history: &[EpochReport], always_mean: Option<f64>) -> Chart {
    let train = history.iter().map(|epoch| (epoch.epoch as f64, epoch.train_rmse)).collect();
    let test: Vec<_> =
        history.iter().filter_map(|epoch| Some((epoch.epoch as f64, epoch.test_rmse?))).collect();
    let mut series = vec![Series { name: "train".into(), points: train }];
    if !test.is_empty() {
        series.push(Series { name: "test".into(), points: test });
    }
    Chart {
        title: format!("RMSE of {model} by epoch"),
        x: Axis { label: "epoch".into(), kind: Kind::Whole },
        y: Axis { label: "RMSE".into(), kind: spacing(&series) },
        series,
        rules: always_mean
            .map(|y| Rule { name: "always the mean".into(), y })
            .into_iter()
            .collect(),
    }
}

/// A curve that falls from 4.5 to 0.9 spends its last twenty epochs on a flat line, unless ratios count.
pub(crate) fn spacing(series: &[Series]) -> Kind {
    let values = || series.iter().flat_map(|series| &series.points).map(|point| point.1);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(0.0, f64::max);
    if low > 0.0 && high / low >= 3.0 { Kind::Log } else { Kind::Linear }
}
