//! Which processor trains, and why.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

#[cfg(feature = "autodiff")]
use crate::device_burn::OnGpu;
use crate::{
    Config, ModelKind,
    adapter::{self, Adapter, Snapshot, ranked},
    engine::{self, EngineChoice, EngineKind, NoKernels},
    fused::Fused,
    gpu::{Fault, Gpu, PATIENCE},
    kernels::{self, grain::Grain},
    memory,
    parallel::cores,
};

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// A hardware GPU if there is one, else the CPU.
    #[default]
    Auto,
    /// A GPU, a software one if there is no other; an error without one.
    Gpu,
    /// The CPU.
    Cpu,
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "gpu" => Ok(Self::Gpu),
            "cpu" => Ok(Self::Cpu),
            _ => Err(format!("unknown device {text:?}; choose auto, gpu or cpu")),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        })
    }
}

/// What was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// An adapter of Vulkan, Metal, DX12 or the browser's WebGPU.
    Gpu,
    /// This processor.
    Cpu,
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        })
    }
}

/// A processor opened for training.
#[derive(Clone, Debug)]
pub struct Device {
    gpu: Option<Arc<Opened>>,
    reason: String,
    choice: DeviceChoice,
    engine: EngineChoice,
    threads: usize,
    memory: Option<u64>,    // bytes
    patience: Duration,     // with a GPU
    planned_by: DeviceKind, // the slices of the fused engine on a GPU
    grain: Grain,           // of its work there
}

/// An adapter that opens and computes rightly.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) instance: wgpu::Instance,
    handle: wgpu::Adapter,
    pub(crate) adapter: Adapter,
    #[cfg(feature = "autodiff")]
    pub(crate) burn: OnGpu,
}

impl Device {
    /// Opens what was asked for. A GPU is taken only when this project's kernels give the right
    /// answers on it.
    ///
    /// # Errors
    /// Only with [`DeviceChoice::Gpu`]: there is no adapter, or the best one cannot be used.
    pub async fn open(choice: DeviceChoice) -> Result<Self, DeviceError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::cpu("asked for")),
            DeviceChoice::Gpu => {
                let instance = adapter::instance();
                match ranked(&instance).await.into_iter().next() {
                    None => Err(DeviceError::NoAdapter),
                    Some(best) => Self::gpu(choice, instance, best, "asked for").await,
                }
            }
            DeviceChoice::Auto => Ok(Self::auto().await),
        }
    }

    /// The same device with another engine.
    pub fn with_engine(self, engine: EngineChoice) -> Self {
        Self { engine, ..self }
    }

    /// The same device with this many threads for what the CPU does: the fused engine takes a power
    /// of two of them, as many as have enough to do and fit into memory, and beside a GPU they judge.
    /// Their number changes no bit of the result.
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads: threads.max(1), ..self }
    }

    /// The same device for runs that may take this many bytes of this computer's memory. Without it
    /// there is no end to them, except in a browser: 4 GiB less what is taken.
    pub fn with_memory(self, bytes: u64) -> Self {
        Self { memory: Some(bytes), ..self }
    }

    /// Bytes of this computer's memory that a run may take; `None` without an end.
    pub fn memory(&self) -> Option<u64> {
        self.memory.or_else(memory::end_of_platform)
    }

    /// The same GPU, as if the program had chosen it and lost patience so soon: for tests of what
    /// follows.
    #[doc(hidden)]
    pub fn impatient(self, patience: Duration) -> Self {
        Self { choice: DeviceChoice::Auto, patience, ..self }
    }

    /// The same GPU for runs whose slices it plans itself or the CPU does: for tests of both. A hardware GPU
    /// plans its own; for one that a program plays, its processor does without the detour.
    #[doc(hidden)]
    pub fn with_planning(self, planned_by: DeviceKind) -> Self {
        Self { planned_by, ..self }
    }

    /// What plans the slices of the fused engine on a GPU.
    pub(crate) fn planned_by(&self) -> DeviceKind {
        self.planned_by
    }

    /// The same GPU for runs whose work is cut so finely: for tests of both ways.
    #[doc(hidden)]
    pub fn with_grain(self, grain: Grain) -> Self {
        Self { grain, ..self }
    }

    /// How finely the work of the fused engine is cut on a GPU.
    pub(crate) fn grain(&self) -> Grain {
        self.grain
    }

    /// How the steps of a model are computed on it.
    ///
    /// # Errors
    /// The fused engine was demanded and has no kernels for the model.
    pub fn engine(&self, config: &Config) -> Result<EngineKind, NoKernels> {
        engine::choose(self.engine, self.kind(), config)
    }

    /// Threads that what the CPU does may use.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How many of them train the model where memory is no matter; `None` where one thread, burn or a
    /// GPU does.
    pub fn training_threads(&self, config: &Config) -> Option<usize> {
        match (self.kind(), self.engine(config)) {
            (DeviceKind::Cpu, Ok(EngineKind::Fused)) => match config.model {
                ModelKind::Biases => None,
                model if model.in_batches() => Some(Fused::threads(config, self.threads)),
                _ => Some(self.threads),
            },
            _ => None,
        }
    }

    /// GPU or CPU.
    pub fn kind(&self) -> DeviceKind {
        if self.gpu.is_some() { DeviceKind::Gpu } else { DeviceKind::Cpu }
    }

    /// The adapter, if it is a GPU.
    pub fn adapter(&self) -> Option<&Adapter> {
        self.gpu.as_ref().map(|gpu| &gpu.adapter)
    }

    /// A short name to show: the adapter's, or `CPU`.
    pub fn name(&self) -> &str {
        self.adapter().map_or("CPU", |adapter| &adapter.name)
    }

    /// Why this one was taken, as the end of a sentence.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What the user should know before waiting for it.
    pub fn warning(&self) -> Option<String> {
        let adapter = self.adapter().filter(|adapter| !adapter.is_hardware())?;
        Some(format!("{} is a software GPU: it trains slower than the CPU itself", adapter.name))
    }

    /// The CPU in place of a GPU that has no kernels for the model, or is no faster at it for all that
    /// is known, if the choice was left to the program.
    #[must_use]
    pub fn suited_to(self, config: &Config) -> Self {
        if config.model.is_lab() || self.choice != DeviceChoice::Auto || self.gpu.is_none() {
            return self;
        }
        let reason = match self.engine(config) {
            Ok(_) => "a GPU trains this model only where it is asked for",
            Err(_) => "only the CPU trains this model",
        };
        let (choice, Self { engine, threads, memory, .. }) = (DeviceChoice::Auto, self);
        Self { engine, threads, choice, memory, ..Self::cpu(reason) }
    }

    /// The CPU in place of a GPU that failed, if the choice was left to the program.
    pub(crate) fn fallback(&self) -> Option<Self> {
        let free = self.choice == DeviceChoice::Auto && self.gpu.is_some();
        let Self { engine, threads, memory, .. } = *self;
        free.then(|| Self { engine, threads, memory, ..Self::cpu("the GPU failed") })
    }

    async fn auto() -> Self {
        let instance = adapter::instance();
        let cpu = |reason: &str| Self { choice: DeviceChoice::Auto, ..Self::cpu(reason) };
        let Some(best) = ranked(&instance).await.into_iter().next() else {
            return cpu("no GPU was found");
        };
        let name = best.1.name.clone();
        if !best.1.is_hardware() {
            return cpu(&format!("the only GPU found, {name}, is software"));
        }
        Self::gpu(DeviceChoice::Auto, instance, best, "a hardware GPU was found")
            .await
            .unwrap_or_else(|error| cpu(&error.to_string()))
    }

    fn cpu(reason: &str) -> Self {
        Self {
            gpu: None,
            reason: reason.to_owned(),
            choice: DeviceChoice::Cpu,
            engine: EngineChoice::Auto,
            threads: cores(),
            memory: None,
            patience: PATIENCE,
            planned_by: DeviceKind::Cpu,
            grain: Grain::Coarse,
        }
    }

    async fn gpu(
        choice: DeviceChoice,
        instance: wgpu::Instance,
        (handle, adapter): (wgpu::Adapter, Adapter),
        reason: &str,
    ) -> Result<Self, DeviceError> {
        let name = adapter.name.clone();
        let planned_by = if adapter.is_hardware() { DeviceKind::Gpu } else { DeviceKind::Cpu };
        let grain = Grain::of(&adapter);
        let opened = Opened {
            instance,
            handle,
            adapter,
            #[cfg(feature = "autodiff")]
            burn: OnGpu::default(),
        };
        let before = Snapshot::take();
        let gpu = opened.open(PATIENCE).await;
        let gpu = gpu.map_err(|fault| DeviceError::Open { name: name.clone(), cause: fault.0 })?;
        if opened.adapter.name.contains("llvmpipe") {
            before.pin_newer();
        }
        let tested = kernels::self_test(&gpu, grain).await;
        tested.map_err(|fault| DeviceError::Wrong { name, cause: fault.0 })?;
        Ok(Self {
            gpu: Some(Arc::new(opened)),
            reason: reason.to_owned(),
            choice,
            engine: EngineChoice::Auto,
            threads: cores(),
            memory: None,
            patience: PATIENCE,
            planned_by,
            grain,
        })
    }

    /// A fresh connection to the GPU, for this project's kernels.
    ///
    /// # Errors
    /// The driver's; also when this is the CPU.
    pub async fn connect(&self) -> Result<Gpu, Fault> {
        match &self.gpu {
            Some(gpu) => gpu.open(self.patience).await,
            None => Err(Fault("the CPU is no GPU".into())),
        }
    }

    /// The adapter behind it, if it is a GPU.
    #[cfg(feature = "autodiff")]
    pub(crate) fn opened(&self) -> Option<&Opened> {
        self.gpu.as_deref()
    }
}

impl Opened {
    async fn open(&self, patience: Duration) -> Result<Gpu, Fault> {
        Gpu::open(&self.handle().await?, patience).await
    }

    /// The adapter once more: a browser's adapter opens only once.
    pub(crate) async fn handle(&self) -> Result<wgpu::Adapter, Fault> {
        if cfg!(target_family = "wasm") {
            let best = ranked(&self.instance).await.into_iter().next();
            return best.map(|(handle, _)| handle).ok_or(Fault("the GPU is gone".into()));
        }
        Ok(self.handle.clone())
    }
}

/// A GPU was demanded and cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// There is none.
    #[error(
        "no GPU was found (Vulkan, Metal or DX12); install the driver of your card, or train on \
         the CPU"
    )]
    NoAdapter,
    /// There is one that does not open.
    #[error("{name} cannot be opened: {cause}; update its driver, or train on the CPU")]
    Open {
        /// The adapter.
        name: String,
        /// What the system said.
        cause: String,
    },
    /// There is one that opens and computes wrongly.
    #[error("{name} gives wrong answers: {cause}; update its driver, or train on the CPU")]
    Wrong {
        /// The adapter.
        name: String,
        /// The kernel, and how far off it is.
        cause: String,
    },
}
