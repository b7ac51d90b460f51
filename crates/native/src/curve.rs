//! A run's history as a chart.

use chart::{Axis, Chart, Kind, Rule, Series};
use trainer::{EpochReport, Objective};

use crate::summary::Summary;

/// Train and test RMSE by epoch, beside the test RMSE of what needs no factors; of a model that ranks
/// NDCG, which the training part has not, beside that of the most rated items.
pub(crate) fn of(summary: &Summary) -> Chart {
    let Summary { model, objective, data, epochs, .. } = summary;
    let line = |name: &str, of: fn(&EpochReport) -> Option<f64>| Series {
        name: name.into(),
        points: epochs.iter().filter_map(|epoch| Some((epoch.epoch as f64, of(epoch)?))).collect(),
    };
    let mut series = vec![
        line("train", |epoch| epoch.train_rmse),
        line("validation", EpochReport::validation),
        line("test", EpochReport::test),
    ];
    series.retain(|series| !series.points.is_empty());
    let figure = objective.figure();
    let rules = [
        ("always the mean", data.always_mean_rmse),
        ("biases alone", data.biases_rmse),
        ("the most rated", data.popular_hits.map(|hits| hits.ndcg)),
    ];
    Chart {
        title: match objective {
            Objective::Rating => format!("{figure} of {model} by epoch"),
            Objective::Ranking => format!("{figure} of {model} by epoch, 99 sampled"),
        },
        x: Axis { label: "epoch".into(), kind: Kind::Whole },
        y: Axis { label: figure.into(), kind: spacing(&series) },
        series,
        rules: rules
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
