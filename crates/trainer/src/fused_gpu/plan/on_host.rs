//! The host plans, by the kernels' twins, while the device works on the slice before: for ratings that
//! a kernel cannot see all at once, which are so sent slice by slice, and for a program that plays a
//! GPU, which would take more of the same processor.

use ratings::Split;

use super::super::gather::gather;
use crate::{
    gpu::Gpu,
    kernels::{Plan, Sample, mark, schedule, sort},
};

/// Plans slices for a run's buffers of samples and jobs.
pub(crate) struct OnHost {
    samples: wgpu::Buffer,
    jobs: wgpu::Buffer,
    gathered: Vec<Sample>,
}

impl OnHost {
    pub(super) fn new(samples: &wgpu::Buffer, jobs: &wgpu::Buffer) -> Self {
        Self { samples: samples.clone(), jobs: jobs.clone(), gathered: Vec::new() }
    }

    /// Writes the plan of a slice.
    pub(super) fn begin(&mut self, gpu: &Gpu, split: &Split, plan: &Plan) {
        let places = plan.first as usize..plan.first as usize + plan.samples as usize;
        gather(split, &plan.order, places, &mut self.gathered);
        let keys = sort::twin(plan, &self.gathered);
        let marked = mark::twin(plan, &keys, &self.gathered);
        gpu.write(&self.samples, &marked.samples);
        gpu.write(&self.jobs, &schedule::twin(plan, &keys, &marked.readers));
    }
}
