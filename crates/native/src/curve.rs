//! A run's history as a chart.

use chart::{Axis, Chart, Kind, Rule, Series};
use trainer::{EpochReport, ModelKind};

use crate::summary::SplitFacts;

/// Train and test RMSE by epoch, beside the test RMSE of what needs no factors.
pub(crate) fn of(model: ModelKind, history: &[EpochReport], data: &SplitFacts) -> Chart {
    let train = history.iter().map(|epoch| (epoch.epoch as f64, epoch.train_rmse)).collect();
    let test: Vec<_> =
        history.iter().filter_map(|epoch| Some((epoch.epoch as f64, epoch.test_rmse?))).collect();
    let mut series = vec![Series { name: "train".into(), points: train }];
    let validation = |epoch: &EpochReport| Some((epoch.epoch as f64, epoch.validation_rmse?));
    let validation: Vec<_> = history.iter().filter_map(validation).collect();
    if !validation.is_empty() {
        series.push(Series { name: "validation".into(), points: validation });
    }
    if !test.is_empty() {
        series.push(Series { name: "test".into(), points: test });
    }
    Chart {
        title: format!("RMSE of {model} by epoch"),
        x: Axis { label: "epoch".into(), kind: Kind::Whole },
        y: Axis { label: "RMSE".into(), kind: spacing(&series) },
        series,
        rules: [("always the mean", data.always_mean_rmse), ("biases alone", data.biases_rmse)]
            .into_iter()
            .filter_map(|(name, y)| Some(Rule { name: name.into(), y: y? }))
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
