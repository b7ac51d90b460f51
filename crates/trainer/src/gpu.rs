//! An opened GPU: its buffers, kernels and submissions, and what can go wrong with them.
//!
//! Needs no more than WebGPU's default limits and no optional feature.

mod answer; // numbers under way

use std::{
    num::NonZeroU64,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub(crate) use answer::{Answer, Done};
use bytemuck::Pod;

/// Bytes between two records that a kernel reads as its uniform: the alignment of WebGPU's
/// default limits.
pub(crate) const RECORD: usize = 256;
/// Workgroups in a row of the grid, as the shaders have it.
const GRID: u32 = 1 << 15;
/// Invocations of a workgroup, as the shaders have it.
pub(crate) const LANES: usize = 64;
/// A slice is planned to take some 50 ms; one that takes this long has no end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A device of an adapter, and its queue.
pub struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    trouble: Arc<Mutex<Trouble>>,
    patience: Duration,
}

/// What the driver has reported; the loss of the device explains whatever error came with it.
#[derive(Default)]
struct Trouble {
    lost: Option<String>,
    error: Option<String>,
}

/// A GPU that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub(crate) String);

fn locked(trouble: &Mutex<Trouble>) -> MutexGuard<'_, Trouble> {
    trouble.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A driver's message without its layout.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Gpu {
    /// Opens an adapter with WebGPU's default limits. A submission that is not done within `patience`
    /// is a fault.
    ///
    /// # Errors
    /// The driver's, or an adapter below the limits.
    pub(crate) async fn open(adapter: &wgpu::Adapter, patience: Duration) -> Result<Self, Fault> {
        let descriptor = wgpu::DeviceDescriptor { label: Some("latent"), ..Default::default() };
        let opened = adapter.request_device(&descriptor).await;
        let (device, queue) = opened.map_err(|error| Fault(error.to_string()))?;
        let trouble: Arc<Mutex<Trouble>> = Arc::default();
        let heard = Arc::clone(&trouble);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            locked(&heard).error.get_or_insert(one_line(&error.to_string()));
        }));
        let heard = Arc::clone(&trouble);
        device.set_device_lost_callback(move |_, text| {
            locked(&heard).lost.get_or_insert(format!("the device was lost: {}", one_line(&text)));
        });
        Ok(Self { device, queue, trouble, patience })
    }

    /// The first thing that went wrong.
    ///
    /// # Errors
    /// That thing.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if locked(&self.trouble).error.is_some() {
            let _ = self.device.poll(wgpu::PollType::Poll); // a loss may be known but not yet told
        }
        let trouble = locked(&self.trouble);
        let first = trouble.lost.as_ref().or(trouble.error.as_ref());
        first.map_or(Ok(()), |text| Err(Fault(text.clone())))
    }

    /// Gives the device up, as a driver may at any time.
    pub(crate) fn destroy(&self) {
        self.device.destroy();
    }

    /// A buffer of zeros that kernels read and write.
    pub(crate) fn storage(&self, label: &str, bytes: usize) -> wgpu::Buffer {
        let usage = wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::UNIFORM // a network among the rows
            | wgpu::BufferUsages::COPY_DST
            | wgpu::BufferUsages::COPY_SRC;
        self.buffer(label, bytes, usage)
    }

    /// A storage buffer with these numbers.
    pub(crate) fn filled<T: Pod>(&self, label: &str, values: &[T]) -> wgpu::Buffer {
        let buffer = self.storage(label, size_of_val(values));
        self.write(&buffer, values);
        buffer
    }

    /// A table that all invocations read at the same place.
    pub(crate) fn table(&self, label: &str, bytes: usize) -> wgpu::Buffer {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        self.buffer(label, bytes, usage)
    }

    /// Room for so many records.
    pub(crate) fn records(&self, label: &str, records: usize) -> wgpu::Buffer {
        self.table(label, records * RECORD)
    }

    fn buffer(&self, label: &str, bytes: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes.next_multiple_of(16).max(16) as u64,
            usage,
            mapped_at_creation: false,
        })
    }

    /// Overwrites the beginning of a buffer, before the next submission.
    pub(crate) fn write<T: Pod>(&self, buffer: &wgpu::Buffer, values: &[T]) {
        if !values.is_empty() {
            self.queue.write_buffer(buffer, 0, bytemuck::cast_slice(values));
        }
    }

    /// Overwrites the first records.
    pub(crate) fn write_records<T: Pod>(&self, buffer: &wgpu::Buffer, records: &[T]) {
        let mut bytes = vec![0u8; records.len() * RECORD];
        for (to, record) in bytes.chunks_mut(RECORD).zip(records) {
            to[..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(record));
        }
        self.write(buffer, &bytes);
    }

    pub(crate) fn encoder(&self) -> wgpu::CommandEncoder {
        self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    /// Sends off what was encoded.
    pub(crate) fn submit(&self, encoder: wgpu::CommandEncoder) {
        self.queue.submit([encoder.finish()]);
    }

    /// Sends off what was encoded, to be waited for.
    pub(crate) fn submit_and_watch(&self, encoder: wgpu::CommandEncoder) -> Done {
        let submission = self.queue.submit([encoder.finish()]);
        Done::of(self, submission)
    }

    /// Sends off what was encoded, and a copy of the first `count` numbers of a buffer after it.
    pub(crate) fn submit_and_read<T: Pod>(
        &self,
        mut encoder: wgpu::CommandEncoder,
        source: &wgpu::Buffer,
        count: usize,
    ) -> Answer<T> {
        let bytes = count * size_of::<T>();
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let copy = self.buffer("answer", bytes, usage);
        if bytes > 0 {
            encoder.copy_buffer_to_buffer(source, 0, &copy, 0, (bytes as u64).next_multiple_of(4));
        }
        let submission = self.queue.submit([encoder.finish()]);
        Answer::new(self, copy, submission, bytes)
    }

    /// The first `count` numbers of a buffer.
    ///
    /// # Errors
    /// A device that is lost or does not answer.
    pub(crate) async fn read<T: Pod>(
        &self,
        source: &wgpu::Buffer,
        count: usize,
    ) -> Result<Vec<T>, Fault> {
        self.submit_and_read(self.encoder(), source, count).wait(self).await
    }

    /// Compiles an entry point of a shader. Binding 0 is its record; the others, in their order, are
    /// used as said.
    pub(crate) fn kernel<R: Pod>(&self, shader: &Shader, uses: &[Access]) -> Kernel {
        let Shader { entry, constants, .. } = *shader;
        let entry_of = |binding: usize, ty| wgpu::BindGroupLayoutEntry {
            binding: u32::try_from(binding).expect("a handful"),
            visibility: wgpu::ShaderStages::COMPUTE,
            ty,
            count: None,
        };
        let record_bytes = NonZeroU64::new(size_of::<R>() as u64);
        let mut entries = vec![entry_of(
            0,
            wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Uniform,
                has_dynamic_offset: true,
                min_binding_size: record_bytes,
            },
        )];
        entries.extend(uses.iter().enumerate().map(|(n, access)| {
            entry_of(
                n + 1,
                wgpu::BindingType::Buffer {
                    ty: match access {
                        Access::Uniform => wgpu::BufferBindingType::Uniform,
                        Access::Read => wgpu::BufferBindingType::Storage { read_only: true },
                        Access::Write => wgpu::BufferBindingType::Storage { read_only: false },
                    },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
            )
        }));
        let layout = self.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(entry),
            entries: &entries,
        });
        let module = self.module(shader);
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry),
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants,
                zero_initialize_workgroup_memory: false, // every kernel writes before it reads
            },
            cache: None,
        });
        Kernel { pipeline, layout, record_bytes }
    }

    /// A shader without the counter by which wgpu makes sure that every loop ends: a driver's compiler
    /// unrolls no loop that has one, and what is indexed in it does not stay in registers.
    #[expect(unsafe_code, reason = "wgpu leaves the counter out only of trusted shaders")]
    fn module(&self, shader: &Shader) -> wgpu::ShaderModule {
        let descriptor = wgpu::ShaderModuleDescriptor {
            label: Some(shader.entry),
            source: wgpu::ShaderSource::Wgsl(shader.source.into()),
        };
        let checks = wgpu::ShaderRuntimeChecks {
            force_loop_bounding: false,
            ..wgpu::ShaderRuntimeChecks::checked()
        };
        // SAFETY: only a loop without end would be undefined behaviour. The shaders are those of
        // `shaders/`, whose loops count up to bounds or halve an interval, whatever the buffers hold;
        // `crates/xtask/tests/shaders.rs` knows each. Indices are checked as ever.
        unsafe { self.device.create_shader_module_trusted(descriptor, checks) }
    }

    /// Ties a kernel to its record buffer and its other buffers, in the order of the bindings.
    pub(crate) fn bind(
        &self,
        kernel: &Kernel,
        records: &wgpu::Buffer,
        buffers: &[wgpu::BufferBinding],
    ) -> wgpu::BindGroup {
        let record = wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: records,
                offset: 0,
                size: kernel.record_bytes,
            }),
        };
        let others = (1..).zip(buffers).map(|(binding, buffer)| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::Buffer(buffer.clone()),
        });
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &kernel.layout,
            entries: &[record].into_iter().chain(others).collect::<Vec<_>>(),
        })
    }
}

/// A buffer from its beginning to its end.
pub(crate) fn whole(buffer: &wgpu::Buffer) -> wgpu::BufferBinding<'_> {
    buffer.as_entire_buffer_binding()
}

/// An entry point of a shader, with the values of its `override`s.
#[derive(Clone, Copy)]
pub(crate) struct Shader<'a> {
    pub(crate) source: &'a str,
    pub(crate) entry: &'a str,
    pub(crate) constants: &'a [(&'a str, f64)],
}

/// What a kernel does with a buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// All invocations read the same place at once.
    Uniform,
    Read,
    Write,
}

/// A compiled entry point.
pub(crate) struct Kernel {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    record_bytes: Option<NonZeroU64>,
}

impl Kernel {
    /// Encodes this many workgroups, or more: a grid of several rows is filled up.
    pub(crate) fn dispatch(
        &self,
        pass: &mut wgpu::ComputePass,
        bound: &wgpu::BindGroup,
        record: usize,
        workgroups: usize,
    ) {
        let workgroups = u32::try_from(workgroups).expect("a grid has fewer than 2^32 workgroups");
        pass.set_pipeline(&self.pipeline);
        let offset = u32::try_from(record * RECORD).expect("records fit a buffer");
        pass.set_bind_group(0, bound, &[offset]);
        pass.dispatch_workgroups(workgroups.min(GRID), workgroups.div_ceil(GRID), 1);
    }
}
