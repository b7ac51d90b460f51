//! Which processor trains, and why, in the browser's words.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use protocol::{DeviceReport, Settings};
use trainer::{Device, DeviceChoice, DeviceError, DeviceKind, EngineKind, NoKernels};

use crate::webgpu;
use crate::why::{self, NO_TIMESTAMPS, TOO_LARGE};

/// Whether GPUs are given no time to answer.
static IMPATIENT: AtomicBool = AtomicBool::new(false);

/// Gives GPUs opened from now on no time to answer, and lets a run leave them for the CPU: for tests
/// of what follows.
pub(crate) fn lose_patience() {
    IMPATIENT.store(true, Ordering::Relaxed);
}

/// A device and why it was taken.
#[derive(Clone)]
pub(crate) struct Taken {
    pub(crate) device: Device,
    reason: String,
    /// Whether it is the CPU because no GPU was found.
    is_last_resort: bool,
}

/// The devices opened so far: opening a GPU tests its kernels, which takes a moment.
#[derive(Default)]
pub(crate) struct Devices {
    auto: Option<Taken>,
    gpu: Option<Taken>,
}

impl Devices {
    /// The device of a choice.
    ///
    /// # Errors
    /// The sentence to show: there is no GPU though one was demanded.
    pub(crate) async fn open(&mut self, choice: DeviceChoice) -> Result<Taken, String> {
        let known = match choice {
            DeviceChoice::Auto => &mut self.auto,
            DeviceChoice::Gpu => &mut self.gpu,
            DeviceChoice::Cpu => return cpu("asked for").await,
        };
        if let Some(taken) = known {
            return Ok(taken.clone());
        }
        let device = Device::open(choice).await.map_err(|error| match error {
            DeviceError::NoAdapter => format!("{}. Choose the CPU", webgpu::found().why_not()),
            error => error.to_string(),
        })?;
        let mut reason = device.reason().to_owned();
        let impatient = IMPATIENT.load(Ordering::Relaxed);
        let device = if impatient { device.impatient(Duration::ZERO) } else { device };
        let is_last_resort =
            device.kind() == DeviceKind::Cpu && trainer::adapters().await.is_empty();
        if is_last_resort {
            reason = webgpu::found().why_the_cpu();
        }
        Ok(known.insert(Taken { device, reason, is_last_resort }).clone())
    }

    /// The device for a run: where the choice is the program's, one that can carry it.
    ///
    /// # Errors
    /// The sentence to show: no device does what was asked.
    pub(crate) async fn open_for(&mut self, settings: &Settings) -> Result<Taken, String> {
        let mut taken = self.open(settings.device).await?.with_engine(settings);
        let free = settings.device == DeviceChoice::Auto && taken.device.kind() == DeviceKind::Gpu;
        if free && let Some(reason) = unfit(&taken.device, settings) {
            taken = cpu(&reason).await?.with_engine(settings);
        }
        let engine = taken.device.engine(&settings.config).map_err(|error| error.to_string())?;
        if taken.is_last_resort {
            taken.reason.extend(why::cost(settings.config.model, engine));
        }
        Ok(taken)
    }

    /// Forgets the GPUs, for one was lost.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl Taken {
    fn with_engine(self, settings: &Settings) -> Self {
        Self { device: self.device.with_engine(settings.engine), ..self }
    }

    /// What the page shows of it.
    pub(crate) fn report(&self) -> DeviceReport {
        DeviceReport {
            kind: self.device.kind(),
            name: self.device.name().to_owned(),
            reason: self.reason.clone(),
            warning: self.device.warning(),
        }
    }
}

async fn cpu(reason: &str) -> Result<Taken, String> {
    let device = Device::open(DeviceChoice::Cpu).await.map_err(|error| error.to_string())?;
    Ok(Taken { device, reason: reason.to_owned(), is_last_resort: false })
}

/// Why a GPU cannot carry this run, or is not taken for it, if so.
fn unfit(gpu: &Device, settings: &Settings) -> Option<String> {
    let config = &settings.config;
    if !config.model.in_batches() {
        return Some(gpu.clone().suited_to(config).reason().to_owned());
    }
    match gpu.engine(config) {
        Err(NoKernels::Sizes) => Some(TOO_LARGE.to_owned()),
        Ok(EngineKind::Autodiff) if gpu.adapter().is_some_and(|gpu| !gpu.timestamp_query) => {
            Some(NO_TIMESTAMPS.to_owned())
        }
        _ => None,
    }
}
