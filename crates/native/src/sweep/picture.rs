//! A sweep as a chart.

use chart::{Axis, Chart, Kind, Series};
use trainer::Objective;

use super::folder::Trial;
use crate::curve;

/// The validation figure by the one number that was varied or, of several settings, by trial in the order
/// in which they were begun, with the best so far.
pub(super) fn of(model: &str, objective: Objective, trials: &[Trial]) -> Chart {
    let (label, kind, points) = match one_number(trials) {
        Some((name, mut points)) => {
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (low, high) = (points[0].0, points[points.len() - 1].0);
            let kind = if low > 0.0 && high >= 10.0 * low { Kind::Log } else { Kind::Linear };
            (name, kind, points)
        }
        None => {
            let points = (1..).zip(trials).map(|(n, trial)| (f64::from(n), figure(trial)));
            ("trial".into(), Kind::Whole, points.collect())
        }
    };
    let mut series = vec![Series { name: "validation".into(), points }];
    if kind == Kind::Whole {
        let mut best = f64::NAN;
        let so_far = (1..).zip(trials).map(|(n, trial)| {
            let of = figure(trial);
            if best.is_nan() || objective.is_better(of, best) {
                best = of;
            }
            (f64::from(n), best)
        });
        series.push(Series { name: "best so far".into(), points: so_far.collect() });
    }
    Chart {
        title: format!("Sweep of {model}: validation {}", objective.figure()),
        x: Axis { label, kind },
        y: Axis { label: objective.figure().into(), kind: curve::spacing(&series) },
        series,
        rules: Vec::new(),
    }
}

/// What is drawn of a trial; a failure leaves a gap.
fn figure(trial: &Trial) -> f64 {
    trial.figure().unwrap_or(f64::NAN)
}

/// The only setting, if there is one and it is a number, with the errors by it.
fn one_number(trials: &[Trial]) -> Option<(String, Vec<(f64, f64)>)> {
    let [name] = &trials.first()?.values.keys().collect::<Vec<_>>()[..] else { return None };
    let number = |trial: &Trial| {
        let value = trial.values.get(*name)?;
        value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
    };
    let points = trials.iter().map(|trial| Some((number(trial)?, figure(trial))));
    Some(((*name).clone(), points.collect::<Option<_>>()?))
}
