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
    /// It falls from epoch to epoch, the more slowly the longer: to a half after 4 epochs, a tenth
    /// after 17, a hundredth after 55, however many there are to be. With step sizes that suit it,
    /// models end within 0.0006 of the error of an even fall to nothing behind the last epoch, by a
    /// tenth of MovieLens-1M's training ratings.
    Decay,
    /// It grows by 5 % while the training error falls, and halves when it rises ("bold driver";
    /// Battiti 1989).
    BoldDriver,
}

named!(Schedule, "schedule", Constant => "constant", Decay => "decay", BoldDriver => "bold-driver");

impl Schedule {
    const GROWTH: f64 = 1.05;
    const HALF: f64 = 0.5;
    /// Epochs of a falling rate until it is an eighth.
    const EIGHTH: f64 = 15.0;

    /// The part of the first rate that is left in this epoch, from 1.
    pub(crate) fn share(self, epoch: u32) -> f64 {
        match self {
            Self::Constant | Self::BoldDriver => 1.0,
            Self::Decay => {
                let part = Self::EIGHTH / (Self::EIGHTH - 1.0 + f64::from(epoch));
                part * part * part // `powi` may round otherwise elsewhere
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
    fn rates_decay_and_the_bold_driver_brakes() {
        let shares = [1, 16, 31, 46].map(|epoch| Schedule::Decay.share(epoch));
        assert_eq!(shares[..2], [1.0, 0.125]);
        assert!((shares[2] - 1.0 / 27.0).abs() < 1e-15 && shares[3] == 1.0 / 64.0, "{shares:?}");
        for (epoch, said) in [(4, 0.5), (17, 0.1), (55, 0.01)] {
            let share = Schedule::Decay.share(epoch + 1);
            assert!((share / said - 1.0).abs() < 0.05, "{epoch}: {share}");
        }
        assert_eq!(Schedule::Decay.driver(), None);
        let mut driver = Schedule::BoldDriver.driver().expect("bold");
        let shares = [2.0, 1.0, 1.5].map(|error| {
            driver.end_epoch(error);
            driver.share
        });
        assert_eq!(shares, [1.05, 1.05 * 1.05, 1.05 * 1.05 * 0.5]);
    }
}
