//! A run under way: how far it may go, and what it leaves.

use trainer::{Event, Run, TrainError, Trained};

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

/// A run and how far it may go.
pub(crate) struct Course {
    run: Run,
    pub(crate) go: Go,
}

impl Course {
    /// A run held before its first slice.
    pub(crate) fn new(run: Run) -> Self {
        Self { run, go: Go::Hold }
    }

    /// One slice of work.
    pub(crate) async fn advance(&mut self) -> Result<Option<Event>, TrainError> {
        let event = self.run.advance().await?;
        if self.go == Go::Epoch && matches!(event, Some(Event::Epoch(_))) {
            self.go = Go::Hold;
        }
        Ok(event)
    }

    /// Ends it.
    pub(crate) async fn finish(self) -> Result<Trained, TrainError> {
        self.run.finish().await
    }
}
