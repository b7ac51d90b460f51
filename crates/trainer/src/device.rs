//! Which processor trains, and why. The only file that knows a graphics API is behind it.

use std::{fmt, str::FromStr};

use burn_wgpu::{RuntimeOptions, WgpuSetup, try_init_device};
use serde::Serialize;

use crate::engine::{self, EngineChoice, EngineKind, NoKernels};

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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

/// What stands behind an adapter, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AdapterKind {
    /// A card of its own.
    Discrete,
    /// Part of the processor.
    Integrated,
    /// A share of a card, handed to a virtual machine.
    Virtual,
    /// Unknown; browsers do not tell.
    Other,
    /// A program that plays a GPU on the CPU.
    Software,
}

/// A GPU that could be opened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adapter {
    /// The maker's name for it.
    pub name: String,
    /// The graphics API: `vulkan`, `metal`, `dx12` or `webgpu`.
    pub backend: String,
    /// Hardware or software.
    pub kind: AdapterKind,
    /// Driver's name.
    pub driver: String,
    /// Driver's version, as it gives it.
    pub driver_info: String,
    /// What a kernel may use.
    pub limits: Limits,
    /// Whether the GPU's own clock can be read.
    pub timestamp_query: bool,
}

/// The limits of an adapter that matter to kernels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// Storage buffers one shader may bind.
    pub max_storage_buffers_per_stage: u32,
    /// Largest buffer, bytes.
    pub max_buffer_bytes: u64,
    /// Largest part of a buffer a shader can see, bytes.
    pub max_binding_bytes: u64,
    /// Invocations in a workgroup.
    pub max_invocations: u32,
    /// Memory shared by a workgroup, bytes.
    pub workgroup_bytes: u32,
}

impl Adapter {
    /// Whether it is more than a program on the CPU.
    pub fn is_hardware(&self) -> bool {
        self.kind != AdapterKind::Software
    }

    fn of(adapter: &wgpu::Adapter) -> Self {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        let software_name = ["swiftshader", "llvmpipe", "software"]
            .iter()
            .any(|mark| info.name.to_lowercase().contains(mark));
        let kind = match info.device_type {
            wgpu::DeviceType::Cpu => AdapterKind::Software,
            _ if software_name => AdapterKind::Software,
            wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
            wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
            wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
            wgpu::DeviceType::Other => AdapterKind::Other,
        };
        Self {
            name: if info.name.is_empty() { "unnamed adapter".into() } else { info.name },
            backend: info.backend.to_str().to_owned(),
            kind,
            driver: info.driver,
            driver_info: info.driver_info,
            limits: Limits {
                max_storage_buffers_per_stage: limits.max_storage_buffers_per_shader_stage,
                max_buffer_bytes: limits.max_buffer_size,
                max_binding_bytes: limits.max_storage_buffer_binding_size,
                max_invocations: limits.max_compute_invocations_per_workgroup,
                workgroup_bytes: limits.max_compute_workgroup_storage_size,
            },
            timestamp_query: adapter.features().contains(wgpu::Features::TIMESTAMP_QUERY),
        }
    }
}

/// A processor opened for training.
#[derive(Clone, Debug)]
pub struct Device {
    pub(crate) burn: burn::tensor::Device,
    kind: DeviceKind,
    adapter: Option<Adapter>,
    reason: String,
    engine: EngineKind,
    threads: usize,
}

impl Device {
    /// Opens what was asked for.
    ///
    /// # Errors
    /// Only with [`DeviceChoice::Gpu`]: there is no adapter, or the best one cannot be opened.
    pub async fn open(choice: DeviceChoice) -> Result<Self, DeviceError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::cpu("asked for")),
            DeviceChoice::Gpu => {
                let instance = instance();
                match ranked(&instance).await.into_iter().next() {
                    None => Err(DeviceError::NoAdapter),
                    Some(best) => Self::gpu(instance, best, "asked for").await,
                }
            }
            DeviceChoice::Auto => Ok(Self::auto().await),
        }
    }

    /// The same device with another engine.
    ///
    /// # Errors
    /// The device has no kernels for the engine that is demanded.
    pub fn with_engine(self, choice: EngineChoice) -> Result<Self, NoKernels> {
        Ok(Self { engine: engine::choose(choice, self.kind)?, ..self })
    }

    /// The same device with this many threads for the fused engine on the CPU, which takes a power
    /// of two of them. Their number changes no bit of the result.
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads: threads.max(1), ..self }
    }

    /// How steps are computed on it.
    pub fn engine(&self) -> EngineKind {
        self.engine
    }

    /// Threads that the fused engine may use.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// GPU or CPU.
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// The adapter, if it is a GPU.
    pub fn adapter(&self) -> Option<&Adapter> {
        self.adapter.as_ref()
    }

    /// A short name to show: the adapter's, or `CPU`.
    pub fn name(&self) -> &str {
        self.adapter.as_ref().map_or("CPU", |adapter| &adapter.name)
    }

    /// Why this one was taken, as the end of a sentence.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What the user should know before waiting for it.
    pub fn warning(&self) -> Option<String> {
        let adapter = self.adapter.as_ref().filter(|adapter| !adapter.is_hardware())?;
        Some(format!(
            "{} is a software GPU: it trains far slower than the CPU itself",
            adapter.name
        ))
    }

    async fn auto() -> Self {
        let instance = instance();
        let Some(best) = ranked(&instance).await.into_iter().next() else {
            return Self::cpu("no GPU was found");
        };
        let name = best.1.name.clone();
        if !best.1.is_hardware() {
            return Self::cpu(&format!("the only GPU found, {name}, is software"));
        }
        Self::gpu(instance, best, "a hardware GPU was found")
            .await
            .unwrap_or_else(|error| Self::cpu(&format!("{name} cannot be used: {error}")))
    }

    fn cpu(reason: &str) -> Self {
        Self {
            burn: burn::tensor::Device::flex(),
            kind: DeviceKind::Cpu,
            adapter: None,
            reason: reason.to_owned(),
            engine: EngineKind::Fused,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    async fn gpu(
        instance: wgpu::Instance,
        (handle, adapter): (wgpu::Adapter, Adapter),
        reason: &str,
    ) -> Result<Self, DeviceError> {
        let cannot = |cause: String| DeviceError::Open { name: adapter.name.clone(), cause };
        if cfg!(target_family = "wasm") && !adapter.timestamp_query {
            return Err(cannot("the browser gives no timestamp queries, which burn needs".into()));
        }
        // burn reads what it may use from the adapter, so the device gets all that is stable.
        let unwanted =
            wgpu::Features::all_experimental_mask() | wgpu::Features::MAPPABLE_PRIMARY_BUFFERS;
        let (device, queue) = handle
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("latent"),
                required_features: handle.features().difference(unwanted),
                required_limits: handle.limits(),
                memory_hints: wgpu::MemoryHints::MemoryUsage,
                ..Default::default()
            })
            .await
            .map_err(|error| cannot(error.to_string()))?;
        let setup = WgpuSetup {
            instance,
            backend: handle.get_info().backend,
            adapter: handle,
            device,
            queue,
        };
        let burn = try_init_device(setup, RuntimeOptions::default())
            .map(burn::tensor::Device::new)
            .map_err(|error| cannot(error.to_string()))?;
        Ok(Self {
            burn,
            kind: DeviceKind::Gpu,
            adapter: Some(adapter),
            reason: reason.to_owned(),
            engine: EngineKind::Autodiff,
            threads: 1,
        })
    }
}

/// Every adapter of this machine, the one that [`DeviceChoice::Gpu`] takes first.
pub async fn adapters() -> Vec<Adapter> {
    ranked(&instance()).await.into_iter().map(|(_, adapter)| adapter).collect()
}

async fn ranked(instance: &wgpu::Instance) -> Vec<(wgpu::Adapter, Adapter)> {
    let mut found: Vec<_> = handles(instance)
        .await
        .into_iter()
        .map(|handle| {
            let adapter = Adapter::of(&handle);
            (handle, adapter)
        })
        .collect();
    found.sort_by_key(|(_, adapter)| adapter.kind); // stable: the system's own order within a kind
    found
}

#[cfg(not(target_family = "wasm"))]
async fn handles(instance: &wgpu::Instance) -> Vec<wgpu::Adapter> {
    instance.enumerate_adapters(wgpu::Backends::PRIMARY).await
}

#[cfg(target_family = "wasm")]
async fn handles(instance: &wgpu::Instance) -> Vec<wgpu::Adapter> {
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    instance.request_adapter(&options).await.into_iter().collect()
}

fn instance() -> wgpu::Instance {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    descriptor.backends &= wgpu::Backends::PRIMARY; // OpenGL's compute is too limited for training
    wgpu::Instance::new(descriptor)
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
}
