//! The choice between the ways to compute a step.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    Config, DeviceKind, ModelKind, Optimizer,
    kernels::deep_mf::{MAX_FACTORS, MAX_WIDTH},
};

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// This project's own kernels.
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

/// The engine for a choice, a kind of device and a model.
///
/// # Errors
/// No engine does what was demanded.
pub(crate) fn choose(
    choice: EngineChoice,
    device: DeviceKind,
    config: &Config,
) -> Result<EngineKind, NoKernels> {
    if config.model.is_neural() {
        return match choice {
            EngineChoice::Fused => Err(NoKernels::Neural),
            _ if !cfg!(feature = "autodiff") => Err(NoKernels::Absent),
            EngineChoice::Auto | EngineChoice::Autodiff => Ok(EngineKind::Autodiff),
        };
    }
    if !config.model.in_batches() {
        let on_gpu = (config.model, config.optimizer) == (ModelKind::BiasedMf, Optimizer::Sgd);
        let own = choice != EngineChoice::Autodiff && (device == DeviceKind::Cpu || on_gpu);
        return match own {
            false => Err(NoKernels::Model),
            true if has_kernels(device, config) => Ok(EngineKind::Fused),
            true => Err(NoKernels::Sizes),
        };
    }
    let sparse = config.optimizer == Optimizer::SparseAdam;
    match choice {
        EngineChoice::Autodiff if !cfg!(feature = "autodiff") => Err(NoKernels::Absent),
        EngineChoice::Autodiff if sparse => Err(NoKernels::Optimizer),
        EngineChoice::Autodiff => Ok(EngineKind::Autodiff),
        _ if has_kernels(device, config) => Ok(EngineKind::Fused),
        EngineChoice::Auto if !sparse && cfg!(feature = "autodiff") => Ok(EngineKind::Autodiff),
        EngineChoice::Auto | EngineChoice::Fused => Err(NoKernels::Sizes),
    }
}

/// The CPU's are for any size; a GPU's live within WebGPU's limits.
fn has_kernels(device: DeviceKind, config: &Config) -> bool {
    let layers = match config.model {
        ModelKind::DeepMf => {
            config.hidden.len() == 2 && config.hidden.iter().all(|width| *width <= MAX_WIDTH)
        }
        _ => true,
    };
    device == DeviceKind::Cpu || (layers && config.factors <= MAX_FACTORS)
}

/// An engine was demanded that cannot train the model on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKernels {
    /// The model is too large for the fused engine's kernels on a GPU.
    #[error(
        "on a GPU the fused engine takes at most {MAX_FACTORS} factors and, for deepmf, two hidden \
         layers of at most {MAX_WIDTH}"
    )]
    Sizes,
    /// The autodiff engine does not have the optimiser.
    #[error("only the fused engine has sparse-adam")]
    Optimizer,
    /// The model trains itself, on the CPU or, if it is `biased-mf` by `sgd`, on a GPU.
    #[error(
        "only mf, deepmf, gmf, mlp and neumf run with the autodiff engine, and on a GPU only they \
         and biased-mf by sgd; train this model on the CPU"
    )]
    Model,
    /// The fused engine has no kernels for a neural model.
    #[error("gmf, mlp and neumf train with the autodiff engine; choose auto or autodiff")]
    Neural,
    /// The autodiff engine was left out of the program.
    #[error(
        "this program was built without the autodiff engine; choose the fused engine, or build it \
         with the feature `autodiff` of the crate trainer"
    )]
    Absent,
}
