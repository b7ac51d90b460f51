//! Every knob of a training run, its default and its check.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Which model is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Matrix factorisation: the inner product of a user's and an item's factors.
    Mf,
    /// Deep matrix factorisation: both rows of factors through a small network.
    DeepMf,
}

impl ModelKind {
    /// All models, in the order in which menus show them.
    pub const ALL: [Self; 2] = [Self::Mf, Self::DeepMf];

    /// The name in files, flags and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mf => "mf",
            Self::DeepMf => "deepmf",
        }
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ModelKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("unknown model {text:?}; choose mf or deepmf"))
    }
}

/// How a step moves the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// `torch.optim.Adam`: every row of both tables moves at every step.
    #[default]
    Adam,
    /// `torch.optim.SparseAdam` for the tables: a row moves only when a batch reads it, without
    /// weight decay. The layers of [`ModelKind::DeepMf`] stay with Adam.
    SparseAdam,
}

impl Optimizer {
    /// All optimisers, in the order in which menus show them.
    pub const ALL: [Self; 2] = [Self::Adam, Self::SparseAdam];

    /// The name in files, flags and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::SparseAdam => "sparse-adam",
        }
    }
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Optimizer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|optimizer| optimizer.name() == text)
            .ok_or_else(|| format!("unknown optimizer {text:?}; choose adam or sparse-adam"))
    }
}

/// The settings of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The model to train.
    pub model: ModelKind,
    /// Length of a row of user or item factors (K).
    pub factors: usize,
    /// Widths of the hidden layers of [`ModelKind::DeepMf`]; [`ModelKind::Mf`] has none.
    pub hidden: Vec<usize>,
    /// Passes over the training ratings.
    pub epochs: usize,
    /// Ratings in one optimiser step.
    pub batch_size: usize,
    /// How a step moves the parameters.
    #[serde(default)]
    pub optimizer: Optimizer,
    /// The optimiser's step size.
    pub learning_rate: f64,
    /// L2 penalty, added to the gradient of every parameter at every step (coupled).
    pub weight_decay: f64,
    /// Fixes the initial weights and the order of every epoch.
    pub seed: u64,
}

impl Config {
    /// Most ratings a batch may hold.
    pub const MAX_BATCH: usize = 1 << 16;

    /// The settings of the lab on MovieLens-1M that this project began with.
    pub fn lab(model: ModelKind) -> Self {
        let (hidden, epochs) = match model {
            ModelKind::Mf => (Vec::new(), 30),
            ModelKind::DeepMf => (vec![10, 5], 20),
        };
        Self {
            model,
            factors: 10,
            hidden,
            epochs,
            batch_size: 512,
            optimizer: Optimizer::Adam,
            learning_rate: 1e-3,
            weight_decay: 1e-5,
            seed: 42,
        }
    }

    /// Refuses settings that cannot train.
    ///
    /// # Errors
    /// Names the first setting that is out of range, and its range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let Self {
            model,
            factors,
            hidden,
            epochs: _, // none is allowed: it yields the initial model
            batch_size,
            optimizer: _,
            learning_rate,
            weight_decay,
            seed: _,
        } = self;
        let refuse = |setting, value: String, range| Err(ConfigError { setting, value, range });
        if !(1..=4096).contains(factors) {
            return refuse("factors", factors.to_string(), "from 1 to 4096");
        }
        if !(1..=Self::MAX_BATCH).contains(batch_size) {
            return refuse("batch size", batch_size.to_string(), "from 1 to 65536");
        }
        if !(1e-30..=1e6).contains(learning_rate) {
            return refuse(
                "learning rate",
                shown(*learning_rate),
                "from 1e-30 to 1e6, for example 0.001",
            );
        }
        if !(weight_decay.is_finite() && (0.0..=1e6).contains(weight_decay)) {
            return refuse(
                "weight decay",
                shown(*weight_decay),
                "from 0 to 1e6, for example 0.00001",
            );
        }
        if *model == ModelKind::Mf && !hidden.is_empty() {
            return refuse(
                "hidden layers",
                format!("{hidden:?}"),
                "none for mf; choose deepmf to use them",
            );
        }
        if hidden.len() > 8 || hidden.iter().any(|width| !(1..=4096).contains(width)) {
            return refuse(
                "hidden layers",
                format!("{hidden:?}"),
                "at most 8, each from 1 to 4096 wide",
            );
        }
        Ok(())
    }
}

/// A number without a long tail of zeros.
fn shown(number: f64) -> String {
    if number == 0.0 || (1e-6..1e7).contains(&number.abs()) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// A setting that cannot train.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {value}; it must be {range}")]
pub struct ConfigError {
    /// The setting's name.
    pub setting: &'static str,
    /// What it was.
    pub value: String,
    /// What it may be.
    pub range: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lab_passes_its_own_check() {
        for model in ModelKind::ALL {
            assert_eq!(Config::lab(model).check(), Ok(()), "{model}");
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let lab = || Config::lab(ModelKind::Mf);
        for (config, setting) in [
            (Config { factors: 0, ..lab() }, "factors"),
            (Config { batch_size: 0, ..lab() }, "batch size"),
            (Config { batch_size: 65_537, ..lab() }, "batch size"),
            (Config { learning_rate: f64::NAN, ..lab() }, "learning rate"),
            (Config { learning_rate: 0.0, ..lab() }, "learning rate"),
            (Config { weight_decay: -1.0, ..lab() }, "weight decay"),
            (Config { hidden: vec![4], ..lab() }, "hidden layers"),
            (Config { hidden: vec![0], ..Config::lab(ModelKind::DeepMf) }, "hidden layers"),
        ] {
            assert_eq!(config.check().map_err(|e| e.setting), Err(setting), "{config:?}");
        }
    }

    #[test]
    fn refused_numbers_are_short() {
        let refused = |learning_rate| {
            let config = Config { learning_rate, ..Config::lab(ModelKind::Mf) };
            config.check().expect_err("out of range").value
        };
        assert_eq!([refused(-1.0), refused(0.0), refused(1e308)], ["-1", "0", "1e308"]);
    }

    #[test]
    fn model_names_round_trip() {
        for model in ModelKind::ALL {
            assert_eq!(model.to_string().parse(), Ok(model));
        }
        assert!("svd".parse::<ModelKind>().is_err());
    }
}
