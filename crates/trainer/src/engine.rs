//! How a step is computed, and the choice between the two ways.

use std::{fmt, str::FromStr};

use ratings::Split;
use serde::Serialize;

use crate::{Config, Device, DeviceKind, Weights, autodiff::Autodiff, fused::Fused};

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EngineChoice {
    /// Fused where there are kernels for the device, else autodiff.
    #[default]
    Auto,
    /// This project's own kernels.
    Fused,
    /// burn's automatic differentiation, the reference.
    Autodiff,
}

impl FromStr for EngineChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "fused" => Ok(Self::Fused),
            "autodiff" => Ok(Self::Autodiff),
            _ => Err(format!("unknown engine {text:?}; choose auto, fused or autodiff")),
        }
    }
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Fused => "fused",
            Self::Autodiff => "autodiff",
        })
    }
}

/// What was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// This project's own kernels; on the CPU so far.
    Fused,
    /// burn's automatic differentiation.
    Autodiff,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fused => "fused",
            Self::Autodiff => "autodiff",
        })
    }
}

/// A model being trained. Both ways do the same arithmetic on the same batches.
pub(crate) enum Engine {
    Fused(Box<Fused>),
    Autodiff(Box<Autodiff>),
}

impl Engine {
    pub(crate) fn new(split: &Split, config: &Config, weights: &Weights, device: &Device) -> Self {
        match device.engine() {
            EngineKind::Fused => {
                Self::Fused(Box::new(Fused::new(split, config, weights, device.threads())))
            }
            EngineKind::Autodiff => {
                Self::Autodiff(Box::new(Autodiff::new(split, config, weights, &device.burn)))
            }
        }
    }

    /// Shuffles the training set for `epoch`, counted from 1.
    pub(crate) fn begin_epoch(&mut self, epoch: u32) {
        match self {
            Self::Fused(engine) => engine.begin_epoch(epoch),
            Self::Autodiff(engine) => engine.begin_epoch(epoch),
        }
    }

    /// Ratings of this epoch trained on so far.
    pub(crate) fn trained(&self) -> usize {
        match self {
            Self::Fused(engine) => engine.trained(),
            Self::Autodiff(engine) => engine.trained(),
        }
    }

    /// Trains at most `batches` batches; none when the epoch is over. Returns the mean squared
    /// error of each.
    pub(crate) async fn train(&mut self, batches: usize) -> Result<Vec<f64>, String> {
        match self {
            Self::Fused(engine) => Ok(engine.train(batches)),
            Self::Autodiff(engine) => engine.train(batches).await,
        }
    }

    /// Evaluates the next part of the test set: sum of squared errors and number of ratings, or
    /// `None` when it is done.
    pub(crate) async fn evaluate(&mut self) -> Result<Option<(f64, usize)>, String> {
        match self {
            Self::Fused(engine) => Ok(engine.evaluate()),
            Self::Autodiff(engine) => engine.evaluate().await,
        }
    }

    /// Keeps the model as it is at the end of an epoch as the last good one.
    pub(crate) fn keep(&mut self) {
        match self {
            Self::Fused(engine) => engine.keep(),
            Self::Autodiff(engine) => engine.keep(),
        }
    }

    /// Goes back to the last good model.
    pub(crate) fn restore(&mut self) {
        match self {
            Self::Fused(engine) => engine.restore(),
            Self::Autodiff(engine) => engine.restore(),
        }
    }

    /// The model's numbers as they are now. Changes no bit of what follows.
    pub(crate) async fn weights(&mut self) -> Result<Weights, String> {
        match self {
            Self::Fused(engine) => Ok(engine.weights()),
            Self::Autodiff(engine) => engine.weights().await,
        }
    }
}

/// The engine for a choice on a kind of device.
///
/// # Errors
/// Fused was demanded and the device has no kernels.
pub(crate) fn choose(choice: EngineChoice, device: DeviceKind) -> Result<EngineKind, NoKernels> {
    match (choice, device) {
        (EngineChoice::Autodiff, _) | (EngineChoice::Auto, DeviceKind::Gpu) => {
            Ok(EngineKind::Autodiff)
        }
        (EngineChoice::Auto | EngineChoice::Fused, DeviceKind::Cpu) => Ok(EngineKind::Fused),
        (EngineChoice::Fused, DeviceKind::Gpu) => Err(NoKernels),
    }
}

/// The fused engine was demanded where it has no kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the fused engine has kernels for the CPU only; take the autodiff engine on a GPU")]
pub struct NoKernels;
