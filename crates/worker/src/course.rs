//! A run under way: how far it may go, and what belongs to it.

use std::sync::Arc;

use protocol::Settings;
use ratings::Split;
use trainer::Run;

/// How far the run may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Go {
    /// Not at all.
    Hold,
    /// To the end of the epoch.
    Epoch,
    /// To its end.
    On,
}

/// A run.
pub(crate) struct Course {
    pub(crate) run: Run,
    pub(crate) go: Go,
    pub(crate) settings: Settings,
    pub(crate) split: Arc<Split>,
    /// Seconds since the worker began, when the page was given the last checkpoint.
    pub(crate) kept: f64,
}
