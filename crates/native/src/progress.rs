//! How far the epoch is: a bar on a terminal, now and then a line elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use trainer::Progress;

use crate::args::ProgressChoice;
use crate::streams;
use crate::text::{duration, grouped};

/// How progress inside an epoch is shown.
pub(crate) enum Meter {
    /// A bar that is redrawn.
    Bar(ProgressBar),
    /// A line when nothing was said for a while.
    Lines { quiet_since: Instant },
    /// Nothing.
    Silent,
}

/// An epoch this long deserves a sign of life.
const PATIENCE: Duration = Duration::from_secs(10);

impl Meter {
    /// What was chosen, as far as the terminal allows: a bar needs one that moves its cursor.
    pub(crate) fn new(choice: ProgressChoice) -> Meter {
        match choice {
            ProgressChoice::None => Meter::Silent,
            ProgressChoice::Auto | ProgressChoice::Bar if streams::is_live() => Meter::Bar(bar()),
            _ => Meter::Lines { quiet_since: Instant::now() },
        }
    }

    /// Shows how far the epoch is, given the seconds since it began.
    pub(crate) fn show(&mut self, progress: &Progress, seconds: f64) {
        let Progress { epoch, epochs, done, total, .. } = progress;
        let (done, total) = (*done, *total);
        match self {
            Meter::Bar(bar) => {
                bar.set_prefix(format!("Epoch {epoch:3}/{epochs}"));
                bar.set_message(forecast(progress, seconds));
                if bar.length() != Some(total as u64) {
                    bar.set_length(total as u64);
                }
                bar.set_position(done as u64);
            }
            Meter::Lines { quiet_since } if quiet_since.elapsed() >= PATIENCE => {
                *quiet_since = Instant::now();
                let (share, count) = (100.0 * done as f64 / total as f64, grouped(done));
                let rest = forecast(progress, seconds);
                streams::say(&format!(
                    "  epoch {epoch}/{epochs}: {share:.0} % ({count} of {} ratings), {rest}",
                    grouped(total)
                ));
            }
            Meter::Lines { .. } | Meter::Silent => {}
        }
    }

    /// Runs something that writes to the terminal, out of the bar's way.
    pub(crate) fn aside<T>(&mut self, write: impl FnOnce() -> T) -> T {
        match self {
            Meter::Bar(bar) => bar.suspend(write),
            Meter::Lines { quiet_since } => {
                *quiet_since = Instant::now();
                write()
            }
            Meter::Silent => write(),
        }
    }

    /// Takes the bar off the screen.
    pub(crate) fn clear(&mut self) {
        if let Meter::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// The bar with and without colour.
const TEMPLATES: [&str; 2] = [
    "{prefix} {bar:18.blue} {percent:>3} % {wide_msg}",
    "{prefix} {bar:18} {percent:>3} % {wide_msg}",
];

fn bar() -> ProgressBar {
    let template = if streams::is_coloured() { TEMPLATES[0] } else { TEMPLATES[1] };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        .with_style(style.progress_chars("━━╌"))
}

/// Speed, and the time that the epoch and the run still take at this speed.
fn forecast(progress: &Progress, seconds: f64) -> String {
    let Progress { epoch, epochs, done, total, .. } = *progress;
    // A run's first slices are short and carry the cost of the start: their speed says nothing.
    if done == 0 || seconds <= 0.0 || (epoch == 1 && seconds < 0.5) {
        return String::new();
    }
    if done >= total {
        return "testing".into();
    }
    let speed = done as f64 / seconds;
    let left = (total - done) as f64 / speed;
    let run_left = left + epochs.saturating_sub(epoch) as f64 * total as f64 / speed;
    let rate = grouped(speed.round() as usize);
    format!("{rate} ratings/s, {} left (run {})", duration(left), duration(run_left))
}

#[cfg(test)]
mod tests {
    use trainer::Progress;

    use super::{ProgressStyle, TEMPLATES, forecast};

    #[test]
    fn a_forecast_has_speed_and_both_remaining_times() {
        let at = |done| Progress { epoch: 2, epochs: 4, done, total: 1_000, loss: None };
        assert_eq!(forecast(&at(250), 1.0), "250 ratings/s, 3.0 s left (run 11 s)");
        assert_eq!(forecast(&at(0), 1.0), "");
        assert_eq!(forecast(&at(1_000), 1.0), "testing");
    }

    #[test]
    fn the_bars_templates_are_valid() {
        for template in TEMPLATES {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
