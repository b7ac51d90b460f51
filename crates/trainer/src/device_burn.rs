//! A device as burn's.

use std::sync::{Mutex, PoisonError};

use burn_wgpu::{RuntimeOptions, WgpuSetup, try_init_device};

use crate::{Device, device::Opened, gpu::Fault};

/// burn's device on a GPU, once a run has wanted it.
#[derive(Debug, Default)]
pub(crate) struct OnGpu(Mutex<Option<burn::tensor::Device>>);

impl OnGpu {
    fn get(&self) -> Option<burn::tensor::Device> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, device: &burn::tensor::Device) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(device.clone());
    }
}

impl Device {
    /// burn's device for it.
    ///
    /// # Errors
    /// The driver's, or a browser that lacks what burn needs.
    pub(crate) async fn burn(&self) -> Result<burn::tensor::Device, Fault> {
        match self.opened() {
            Some(gpu) => on(gpu).await,
            None => Ok(burn::tensor::Device::flex()),
        }
    }
}

async fn on(gpu: &Opened) -> Result<burn::tensor::Device, Fault> {
    if let Some(burn) = gpu.burn.get() {
        return Ok(burn);
    }
    if cfg!(target_family = "wasm") && !gpu.adapter.timestamp_query {
        return Err(Fault(
            "the browser gives no timestamp queries, which the autodiff engine needs; choose the \
             fused engine"
                .into(),
        ));
    }
    let adapter = gpu.handle().await?;
    // burn reads what it may use from the adapter, so the device gets all that is stable.
    let unwanted =
        wgpu::Features::all_experimental_mask() | wgpu::Features::MAPPABLE_PRIMARY_BUFFERS;
    let (device, queue) = adapter
        .request_device(&wgpu::DeviceDescriptor {
            label: Some("latent, burn"),
            required_features: adapter.features().difference(unwanted),
            required_limits: adapter.limits(),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        })
        .await
        .map_err(|error| Fault(error.to_string()))?;
    let backend = adapter.get_info().backend;
    let setup = WgpuSetup { instance: gpu.instance.clone(), backend, adapter, device, queue };
    let burn = try_init_device(setup, RuntimeOptions::default())
        .map(burn::tensor::Device::new)
        .map_err(|error| Fault(error.to_string()))?;
    gpu.burn.keep(&burn);
    Ok(burn)
}
