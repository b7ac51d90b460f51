//! How a table is cut, as it is kept beside a model so that the same parts can be had again.

use std::{fmt, str::FromStr};

use super::{Split, SplitError};
use crate::table::Table;

/// Which ratings test.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum SplitKind {
    /// A share of all, drawn by the seed ([`Split::random`]).
    #[default]
    Random,
    /// The last share of all ([`Split::by_time`]).
    Time,
    /// The last share of each user's ([`Split::by_time_per_user`]).
    TimePerUser,
    /// One of each user's ([`Split::leave_one_out`]).
    LeaveOneOut,
}

impl SplitKind {
    /// The names, in the order of the declaration.
    pub const NAMES: [&'static str; 4] = ["random", "time", "time-per-user", "leave-one-out"];

    /// All of them.
    pub const ALL: [Self; 4] = [Self::Random, Self::Time, Self::TimePerUser, Self::LeaveOneOut];

    /// Whether it asks when ratings were given.
    pub fn wants_times(self) -> bool {
        self != Self::Random
    }
}

impl FromStr for SplitKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().zip(Self::NAMES).find(|(_, name)| *name == text);
        known.map(|(kind, _)| kind).ok_or_else(|| {
            format!("unknown split {text:?}; choose random, time, time-per-user or leave-one-out")
        })
    }
}

impl fmt::Display for SplitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Random => "random",
            Self::Time => "time",
            Self::TimePerUser => "time-per-user",
            Self::LeaveOneOut => "leave-one-out",
        })
    }
}

/// All that decides which ratings train, validate and test.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cut {
    /// Which ratings test.
    pub kind: SplitKind,
    /// Part of the ratings kept for testing; [`SplitKind::LeaveOneOut`] does without.
    pub test_share: f64,
    /// Part of the training ratings by which epochs and settings are chosen.
    pub validation_share: f64,
    /// Fixes what is drawn.
    pub seed: u32,
}

impl Cut {
    /// Refuses what cuts no table.
    ///
    /// # Errors
    /// A share that is not in 0..1.
    pub fn check(&self) -> Result<(), SplitError> {
        let Self { kind: _, test_share, validation_share, seed: _ } = *self;
        if !(0.0..1.0).contains(&test_share) {
            return Err(SplitError::BadShare { share: test_share });
        }
        if !(0.0..1.0).contains(&validation_share) {
            return Err(SplitError::BadValidation { share: validation_share });
        }
        Ok(())
    }

    /// Cuts a table.
    ///
    /// # Errors
    /// A share out of range, one that leaves nothing to train on, or times that are not there.
    pub fn of(&self, table: &Table) -> Result<Split, SplitError> {
        let split = match self.kind {
            SplitKind::Random => Split::random(table, self.test_share, self.seed),
            SplitKind::Time => Split::by_time(table, self.test_share),
            SplitKind::TimePerUser => Split::by_time_per_user(table, self.test_share),
            SplitKind::LeaveOneOut => Split::leave_one_out(table, self.seed),
        };
        split?.with_validation(self.validation_share, self.seed)
    }
}

/// A random split: test share, seed.
impl From<(f64, u32)> for Cut {
    fn from((test_share, seed): (f64, u32)) -> Self {
        Self { test_share, seed, ..Self::default() }
    }
}
