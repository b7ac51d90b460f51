//! The learning rate from epoch to epoch.

use serde::{Deserialize, Serialize};

use crate::named::named;

/// How the learning rate moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It stays.
    #[default]
    Constant,
    /// It falls evenly from epoch to epoch, to nothing behind the last.
    Decay,
    /// It grows by 5 % while the training error falls, and halves when it rises ("bold driver";
    /// Battiti 1989).
    BoldDriver,
}

named!(Schedule, "schedule", Constant => "constant", Decay => "decay", BoldDriver => "bold-driver");

impl Schedule {
    const GROWTH: f64 = 1.05;
    const HALF: f64 = 0.5;

    /// The part of the first rate that is left in this epoch, from 1, of so many.
    pub(crate) fn share(self, epoch: u32, epochs: usize) -> f64 {
        match self {
            Self::Constant | Self::BoldDriver => 1.0,
            Self::Decay => {
                let epochs = epochs.max(1) as f64;
                ((epochs + 1.0 - f64::from(epoch)) / epochs).max(0.0)
            }
        }
    }

    /// The driver of a run that begins with this schedule; `None` if it drives by the epoch alone.
    pub(crate) fn driver(self) -> Option<BoldDriver> {
        (self == Self::BoldDriver).then_some(BoldDriver { share: 1.0, error: f64::INFINITY })
    }
}

/// What the bold driver goes by from one epoch to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoldDriver {
    /// What it has made of the learning rate, in parts of the first.
    pub share: f64,
    /// The sum of the squared errors of the last epoch, each taken before its step; infinite before
    /// the first has ended.
    pub error: f64,
}

impl BoldDriver {
    /// Ends an epoch with this sum of squared errors.
    pub(crate) fn end_epoch(&mut self, error: f64) {
        self.share *= if error > self.error { Schedule::HALF } else { Schedule::GROWTH };
        self.error = error;
    }

    /// Whether it can be that of a run.
    pub(crate) fn is_sound(self) -> bool {
        self.share >= 0.0 && self.error >= 0.0 // so neither is NaN
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn rates_decay_evenly_and_the_bold_driver_brakes() {
        let shares = [1, 2, 3, 4, 5].map(|epoch| Schedule::Decay.share(epoch, 4));
        assert_eq!(shares, [1.0, 0.75, 0.5, 0.25, 0.0]);
        assert_eq!(Schedule::Decay.driver(), None);
        let mut driver = Schedule::BoldDriver.driver().expect("bold");
        let shares = [2.0, 1.0, 1.5].map(|error| {
            driver.end_epoch(error);
            driver.share
        });
        assert_eq!(shares, [1.05, 1.05 * 1.05, 1.05 * 1.05 * 0.5]);
    }
}
