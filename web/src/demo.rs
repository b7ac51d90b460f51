//! What is trained: a made-up data set, small enough to see every step.

use ratings::sample::{self, SampleConfig};
use ratings::{Split, SplitError};
use serde::Serialize;
use trainer::{Config, ModelKind};

/// Everything that fixes the run's numbers; with it, any other machine can repeat them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Demo {
    sample: SampleConfig,
    test_share: f64,
    split_seed: u32,
    pub(crate) config: Config,
}

impl Demo {
    /// Three batches of 512 train, 384 ratings test.
    pub(crate) fn three_steps() -> Self {
        Self {
            sample: SampleConfig { users: 80, items: 60, ratings: 1920, seed: 7 },
            test_share: 0.2,
            split_seed: 42,
            config: Config { epochs: 1, ..Config::lab(ModelKind::Mf) },
        }
    }

    /// Makes the ratings and cuts them.
    pub(crate) fn split(&self) -> Result<Split, SplitError> {
        let sample = sample::generate(&self.sample);
        Split::random(&sample.table, self.test_share, self.split_seed)
    }
}
