//! How long a slice is.

/// How much one call of [`Run::advance`] does while it trains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As many batches as took about this long last time.
    Seconds(f64),
    /// A fixed number of batches: slow motion, or one number each for a test.
    Batches(usize),
}

impl Default for Pace {
    fn default() -> Self {
        Self::Seconds(0.05)
    }
}

impl Pace {
    /// At least one batch; the default for a time that is not positive.
    pub(super) fn checked(self) -> Self {
        match self {
            Self::Seconds(seconds) if !(seconds.is_finite() && seconds > 0.0) => Self::default(),
            Self::Batches(batches) => Self::Batches(batches.max(1)),
            Self::Seconds(_) => self,
        }
    }

    /// Batches for the next slice, given what the last one took. It at most doubles, so that one
    /// lucky measurement cannot make a long stall.
    pub(super) fn next(self, batches: usize, seconds: f64) -> usize {
        match self {
            Self::Batches(_) => batches.max(1),
            Self::Seconds(target) => {
                let wanted = batches as f64 * target / seconds.max(1e-6);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "bounded below"
                )]
                let wanted = wanted.clamp(1.0, 2.0 * batches as f64) as usize;
                wanted
            }
        }
    }
}
