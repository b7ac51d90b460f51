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

    /// What the bold driver makes of the rate when an epoch ended with this training error, after
    /// one with `before`; infinite if there was none.
    pub(crate) fn bold(self, error: f64, before: f64) -> f64 {
        match self {
            Self::Constant | Self::Decay => 1.0,
            Self::BoldDriver if error > before => Self::HALF,
            Self::BoldDriver => Self::GROWTH,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn rates_decay_evenly_and_the_bold_driver_brakes() {
        let shares = [1, 2, 3, 4, 5].map(|epoch| Schedule::Decay.share(epoch, 4));
        assert_eq!(shares, [1.0, 0.75, 0.5, 0.25, 0.0]);
        let bold = [(2.0, f64::INFINITY), (1.0, 2.0), (1.5, 1.0)];
        let bold = bold.map(|(error, before)| Schedule::BoldDriver.bold(error, before));
        assert_eq!(bold, [1.05, 1.05, 0.5]);
    }
}
