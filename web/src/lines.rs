//! Runs as lines of a chart.

use chart::{Axis, Chart, Kind, Rule, Series};
use trainer::{EpochReport, Objective};

use crate::record::Record;

/// How the chart looks at the runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// Whether the vertical axis is logarithmic.
    pub(crate) log: bool,
    /// How much of the smoothed value is kept at each epoch, 0 (no smoothing) to below 1.
    pub(crate) smoothing: f64,
    /// The epochs in sight; all when `None`.
    pub(crate) range: Option<(f64, f64)>,
    /// Whether the lab's printed figures are drawn.
    pub(crate) lab: bool,
}

/// What a line is, so that it can be given its colour and dash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The training error of the run at hand.
    Train,
    /// The test figure of the run at hand.
    Test,
    /// The figure of the validation part of the run at hand.
    Validation,
    /// The test figure of an earlier run.
    Earlier,
    /// Figures printed elsewhere.
    Printed,
}

/// The chart of the run at hand and the earlier ones that are judged by the same figure, and the role of
/// each of its series. A model that ranks has no such figure of its training part.
pub(crate) fn chart(
    current: Option<&Record>,
    earlier: &[Series],
    objective: Objective,
    printed: &[(f64, f64)],
    view: &View,
) -> (Chart, Vec<Role>) {
    let mut lines = Vec::new();
    if let Some(run) = current {
        lines.push((Role::Train, "train".to_owned(), points(run, |report| report.train_rmse)));
        let validation = points(run, EpochReport::validation);
        lines.push((Role::Validation, "validation".to_owned(), validation));
        lines.push((Role::Test, "test".to_owned(), points(run, EpochReport::test)));
    }
    if view.lab && !printed.is_empty() && objective == Objective::Rating {
        lines.push((Role::Printed, "lab's slides".to_owned(), printed.to_vec()));
    }
    lines.retain(|(_, _, points)| !points.is_empty());
    let now = lines.iter().map(|line| line.0);
    let roles = earlier.iter().map(|_| Role::Earlier).chain(now).collect();
    let series = lines.into_iter().map(|(role, name, points)| match role {
        Role::Printed => Series { name, points: within(points, view.range) },
        _ => drawn(name, &points, view),
    });
    let series = earlier.iter().cloned().chain(series);
    let chart = Chart {
        title: match objective {
            Objective::Rating => "RMSE by epoch".into(),
            Objective::Ranking => "NDCG@10 by epoch, among 99 sampled items".into(),
        },
        x: Axis { label: "epoch".into(), kind: Kind::Whole },
        y: Axis {
            label: objective.figure().into(),
            kind: if view.log { Kind::Log } else { Kind::Linear },
        },
        series: series.collect(),
        rules: current.map(rules).unwrap_or_default(),
    };
    (chart, roles)
}

/// By which figure runs are drawn: that of the run at hand, or of the latest one that is shown.
pub(crate) fn objective(current: Option<&Record>, earlier: &[Record]) -> Objective {
    let latest = || earlier.iter().rfind(|run| !run.hidden);
    current.or_else(latest).map_or(Objective::Rating, Record::objective)
}

/// The lines of earlier runs that are judged by a figure. They stay the same while a run goes on.
pub(crate) fn earlier(runs: &[Record], objective: Objective, view: &View) -> Vec<Series> {
    let shown = runs.iter().filter(|run| !run.hidden && run.objective() == objective);
    let lines = shown.map(|run| (run, points(run, EpochReport::test)));
    let lines = lines.filter(|(_, points)| !points.is_empty());
    lines.map(|(run, points)| drawn(run.name.clone(), &points, view)).collect()
}

/// A line as it is looked at.
fn drawn(name: String, points: &[(f64, f64)], view: &View) -> Series {
    Series { name, points: thinned(within(smooth(points, view.smoothing), view.range)) }
}

/// The level lines that a run is compared with.
fn rules(run: &Record) -> Vec<Rule> {
    let mut rules = Vec::new();
    let popular = run.popular_hits.map(|hits| hits.ndcg);
    for (name, y) in [
        ("always the mean", run.mean_rmse),
        ("biases alone", run.biases_rmse),
        ("the most rated", popular),
    ] {
        rules.extend(y.map(|y| Rule { name: name.into(), y }));
    }
    rules
}

fn points(run: &Record, value: impl Fn(&EpochReport) -> Option<f64>) -> Vec<(f64, f64)> {
    run.history.iter().filter_map(|report| Some((report.epoch as f64, value(report)?))).collect()
}

/// An exponential moving average that starts at the first value.
fn smooth(points: &[(f64, f64)], keep: f64) -> Vec<(f64, f64)> {
    let mut last = None;
    let mut smoothed = Vec::with_capacity(points.len());
    for &(x, y) in points {
        let value = last.map_or(y, |last| keep * last + (1.0 - keep) * y);
        last = Some(value);
        smoothed.push((x, value));
    }
    smoothed
}

/// Most points of a line: about as many as a chart has pixels.
const MOST_POINTS: usize = 1000;

/// Every nth point, and the last.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let kept =
        |(index, point): (usize, (f64, f64))| (index % step == 0 || index == last).then_some(point);
    points.into_iter().enumerate().filter_map(kept).collect()
}

fn within(mut points: Vec<(f64, f64)>, range: Option<(f64, f64)>) -> Vec<(f64, f64)> {
    if let Some((low, high)) = range {
        points.retain(|point| (low..=high).contains(&point.0));
    }
    points
}

/// The values of all lines at an epoch, the highest first; of a thinned line that of the nearest
/// epoch that is left.
pub(crate) fn at_epoch(chart: &Chart, epoch: f64) -> Vec<(usize, String, f64)> {
    let value = |(index, series): (usize, &Series)| {
        let off = |point: &(f64, f64)| (point.0 - epoch).abs();
        let step = series.points.get(1).map_or(0.0, |second| second.0 - series.points[0].0);
        let near = series.points.iter().filter(|point| off(point) <= (step / 2.0).floor());
        let point = near.min_by(|a, b| off(a).total_cmp(&off(b)))?;
        Some((index, series.name.clone(), point.1))
    };
    let mut values: Vec<_> = chart.series.iter().enumerate().filter_map(value).collect();
    values.sort_by(|a, b| b.2.total_cmp(&a.2));
    values
}

#[cfg(test)]
mod tests {
    use trainer::{Config, ModelKind, SampledHits};

    use super::*;
    use crate::record::tests::record;

    const PLAIN: View = View { log: false, smoothing: 0.0, range: None, lab: false };

    fn of(now: Option<&Record>, runs: &[Record], view: &View) -> (Chart, Vec<Role>) {
        let objective = objective(now, runs);
        chart(now, &earlier(runs, objective, view), objective, &[(30.0, 0.93)], view)
    }

    #[test]
    fn earlier_runs_stand_behind_the_one_at_hand() {
        let hidden = Record { hidden: true, ..record(&[1.0]) };
        let runs = [record(&[1.4, 1.3]), hidden];
        let now = Record { mean_rmse: Some(1.1), ..record(&[1.2, 0.9]) };
        let (chart, roles) = of(Some(&now), &runs, &PLAIN);
        assert_eq!(roles, [Role::Earlier, Role::Train, Role::Test]);
        assert_eq!(chart.series[2].points, [(1.0, 1.2), (2.0, 0.9)]);
        assert_eq!(chart.rules.len(), 1);
        let names: Vec<String> = at_epoch(&chart, 2.0).into_iter().map(|v| v.1).collect();
        assert_eq!(names, ["run 3", "test", "train"]);
    }

    #[test]
    fn runs_that_rank_and_runs_that_predict_are_not_drawn_together() {
        let mut ranks = record(&[]);
        ranks.settings.config = Config::usual(ModelKind::Ials);
        let hits = |ndcg| Some(SampledHits { hit_rate: 0.5, ndcg });
        let report = |(epoch, ndcg)| EpochReport {
            epoch,
            train_loss: Some(0.7),
            test_hits: hits(ndcg),
            ..EpochReport::default()
        };
        ranks.history = [(1, 0.25), (2, 0.375)].map(report).to_vec();
        ranks.popular_hits = hits(0.125);
        let (chart, roles) = of(Some(&ranks), &[record(&[1.4])], &PLAIN);
        assert_eq!(roles, [Role::Test]);
        assert_eq!(chart.series[0].points, [(1.0, 0.25), (2.0, 0.375)]);
        assert_eq!((chart.y.label.as_str(), chart.rules[0].y), ("NDCG@10", 0.125));
        assert_eq!(ranks.best_test(), Some((0.375, 2)));
    }

    #[test]
    fn long_lines_are_thinned_and_keep_their_ends() {
        let long: Vec<f64> = (0..2500).map(|epoch| 2.0 - f64::from(epoch) / 2500.0).collect();
        let (chart, _) = of(Some(&record(&long)), &[], &PLAIN);
        let points = &chart.series[1].points;
        assert!(points.len() <= MOST_POINTS + 1, "{} points", points.len());
        assert_eq!((points[0].0, points[points.len() - 1].0), (1.0, 2500.0));
        // Between two points that are left the nearer one speaks; beyond the ends, nobody.
        for epoch in [1.0, 2.0, 3.0, 1249.0, 1250.0, 2499.0, 2500.0] {
            let values = at_epoch(&chart, epoch);
            assert_eq!(values.len(), 2, "epoch {epoch}");
            assert!((values[0].2 - (2.0 - (epoch - 1.0) / 2500.0)).abs() < 0.001, "epoch {epoch}");
        }
        assert!(at_epoch(&chart, 2502.0).is_empty());
    }

    #[test]
    fn smoothing_keeps_the_first_value_and_a_range_cuts() {
        let view = View { smoothing: 0.5, range: Some((2.0, 3.0)), ..PLAIN };
        let (chart, _) = of(Some(&record(&[4.0, 2.0, 1.0])), &[], &view);
        assert_eq!(chart.series[1].points, [(2.0, 3.0), (3.0, 2.0)]);
    }
}
