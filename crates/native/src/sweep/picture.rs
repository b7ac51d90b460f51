//! A sweep as a chart.

use chart::{Axis, Chart, Kind, Series};

use super::folder::Trial;
use crate::curve;

/// Validation RMSE by the one number that was varied or, of several settings, by trial in the order
/// in which they were begun, with the best so far.
pub(super) fn of(model: &str, trials: &[Trial]) -> Chart {
    let error = |trial: &Trial| trial.error();
    let (label, kind, points) = match one_number(trials) {
        Some((name, mut points)) => {
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (low, high) = (points[0].0, points[points.len() - 1].0);
            let kind = if low > 0.0 && high >= 10.0 * low { Kind::Log } else { Kind::Linear };
            (name, kind, points)
        }
        None => {
            let points = (1..).zip(trials).map(|(n, trial)| (f64::from(n), error(trial)));
            ("trial".into(), Kind::Whole, points.collect())
        }
    };
    let mut series = vec![Series { name: "validation".into(), points }];
    if kind == Kind::Whole {
        let mut best = f64::INFINITY;
        let so_far = (1..).zip(trials).map(|(n, trial)| {
            best = best.min(error(trial));
            (f64::from(n), best)
        });
        series.push(Series { name: "best so far".into(), points: so_far.collect() });
    }
    Chart {
        title: format!("Sweep of {model}: validation RMSE"),
        x: Axis { label, kind },
        y: Axis { label: "RMSE".into(), kind: curve::spacing(&series) },
        series,
        rules: Vec::new(),
    }
}

/// The only setting, if there is one and it is a number, with the errors by it.
fn one_number(trials: &[Trial]) -> Option<(String, Vec<(f64, f64)>)> {
    let [name] = &trials.first()?.values.keys().collect::<Vec<_>>()[..] else { return None };
    let number = |trial: &Trial| {
        let value = trial.values.get(*name)?;
        value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
    };
    let points = trials.iter().map(|trial| Some((number(trial)?, trial.error())));
    Some(((*name).clone(), points.collect::<Option<_>>()?))
}
