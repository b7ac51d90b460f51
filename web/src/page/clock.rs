//! Elapsed time, speed and time to go of the run at hand.

use leptos::prelude::*;

/// Counts the time that a run moves, and the ratings it trains on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Clock {
    /// Seconds it moved before it was last held.
    before: f64,
    /// When it went on, in seconds since the page opened; `None` while it is held.
    since: Option<f64>,
    /// Ratings trained on since the run was started or resumed.
    pub(crate) ratings: f64,
}

impl Clock {
    /// Lets it run or holds it.
    pub(crate) fn run(&mut self, moving: bool) {
        self.before = self.elapsed();
        self.since = moving.then(now);
    }

    /// Seconds the run has moved.
    pub(crate) fn elapsed(&self) -> f64 {
        self.before + self.since.map_or(0.0, |since| now() - since)
    }

    /// Ratings a second, evaluation included, once there is enough to tell.
    pub(crate) fn speed(&self) -> Option<f64> {
        let seconds = self.elapsed();
        (seconds > 0.05 && self.ratings > 0.0).then(|| self.ratings / seconds)
    }
}

/// Seconds since the page opened.
pub(crate) fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now() / 1000.0)
}
