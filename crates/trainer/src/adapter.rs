//! The GPUs of this machine.

mod affinity; // of the threads of a program that plays a GPU

pub(crate) use affinity::Snapshot;
use serde::Serialize;

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

/// Every adapter of this machine, the one that [`DeviceChoice::Gpu`] takes first.
pub async fn adapters() -> Vec<Adapter> {
    ranked(&instance()).await.into_iter().map(|(_, adapter)| adapter).collect()
}

pub(crate) async fn ranked(instance: &wgpu::Instance) -> Vec<(wgpu::Adapter, Adapter)> {
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

pub(crate) fn instance() -> wgpu::Instance {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    descriptor.backends &= wgpu::Backends::PRIMARY; // OpenGL's compute is too limited for training
    wgpu::Instance::new(descriptor)
}
