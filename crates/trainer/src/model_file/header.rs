//! The JSON object in a model file's metadata.

use ratings::SplitKind;
use serde::{Deserialize, Serialize};

use super::{ModelFile, ModelFileError, history};
use crate::{Config, EpochReport};

/// The version of the format that is written, and the last that is read.
const FORMAT: u32 = 2;
/// The one in which the history stood in tensors.
const WITHOUT_HISTORY: u32 = 1;

/// The metadata's only entry.
pub(super) const KEY: &str = "latent";

/// The whole object.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    format: u32,
    pub(super) config: Config,
    pub(super) test_share: f64,
    pub(super) split_seed: u32,
    #[serde(default)]
    pub(super) split: SplitKind,
    #[serde(default)]
    pub(super) validation_share: f64,
    pub(super) rating_range: (f32, f32),
    pub(super) data_fingerprint: String,
    /// Steps made, if training can go on.
    pub(super) steps: Option<u64>,
    /// What every epoch gave; none in a file of format 1.
    #[serde(default, serialize_with = "history::without_absent")]
    pub(super) history: Vec<EpochReport>,
}

/// What can be read of any version.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Header {
    pub(super) fn of(file: &ModelFile) -> Self {
        Self {
            format: FORMAT,
            config: file.trained.config.clone(),
            test_share: file.source.test_share,
            split_seed: file.source.split_seed,
            split: file.source.split,
            validation_share: file.source.validation_share,
            rating_range: file.source.range,
            data_fingerprint: file.source.fingerprint.to_string(),
            steps: file.optimizer.as_ref().map(|optimizer| optimizer.steps),
            history: file.trained.history.clone(),
        }
    }

    /// Whether the history is in the object, not in tensors.
    pub(super) fn has_history(&self) -> bool {
        self.format > WITHOUT_HISTORY
    }

    pub(super) fn parse(text: &str) -> Result<Self, ModelFileError> {
        let damaged = |error: serde_json::Error| ModelFileError::Header(error.to_string());
        let Version { format } = serde_json::from_str(text).map_err(damaged)?;
        if format > FORMAT {
            return Err(ModelFileError::Newer { found: format, known: FORMAT });
        }
        serde_json::from_str(text).map_err(damaged)
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("every number of a checked configuration is finite")
    }
}
