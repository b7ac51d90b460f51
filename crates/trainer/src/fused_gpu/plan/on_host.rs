//! The host plans, by the kernels' twins, while the device works on the slice before: for ratings that
//! a kernel cannot see all at once, which are so sent slice by slice, and for a program that plays a
//! GPU, which would take more of the same processor.

use ratings::Split;

use super::{super::gather::gather, deal::deal};
use crate::{
    gpu::Gpu,
    kernels::{
        Job, Plan, Sample, mark,
        plan::small,
        schedule,
        sort::{self, Key},
    },
};

/// Plans slices for a run's buffers of samples and jobs.
pub(crate) struct OnHost {
    buffers: [wgpu::Buffer; 2],
    samples: Vec<Sample>,
    keys: Vec<Key>,
    jobs: Vec<Job>,
    dealt: Vec<u32>, // jobs of every batch that are not empty, in whole workgroups
}

impl OnHost {
    pub(super) fn new(samples: &wgpu::Buffer, jobs: &wgpu::Buffer) -> Self {
        let buffers = [samples.clone(), jobs.clone()];
        let (samples, keys, jobs, dealt) = Default::default();
        Self { buffers, samples, keys, jobs, dealt }
    }

    /// Writes the plan of a slice.
    pub(super) fn begin(&mut self, gpu: &Gpu, split: &Split, plan: &Plan) {
        let Self { buffers: [samples_there, jobs_there], samples, keys, jobs, dealt } = self;
        let places = plan.first as usize..plan.first as usize + plan.samples as usize;
        gather(split, &plan.order, places, samples);
        sort::twin(plan, samples, keys);
        mark::twin(plan, keys, samples);
        schedule::twin(plan, keys, jobs);
        let batches = jobs[plan.opening as usize..].chunks_mut(plan.entries as usize);
        let mut room = Vec::new();
        dealt.clear();
        dealt.extend(batches.map(|section| small(deal(section, &mut room))));
        gpu.write(samples_there, samples);
        gpu.write(jobs_there, jobs);
    }

    /// Jobs of a batch of the slice, and a few empty ones.
    pub(super) fn jobs(&self, step: usize) -> u32 {
        self.dealt[step]
    }
}
