//! The device plans: it holds the ratings, and nothing of a slice is sent but its place.

use ratings::Split;

use super::super::sizes::Sizes;
use crate::{
    gpu::{Gpu, Kernel, whole},
    kernels::{Job, Plan, mark, schedule, shuffle, sort},
};

/// Plans slices in a run's buffers of samples and jobs.
pub(crate) struct OnDevice {
    shuffle: (Kernel, wgpu::BindGroup),
    sort: (sort::Kernels, sort::Bound),
    mark: (Kernel, wgpu::BindGroup),
    schedule: (Kernel, wgpu::BindGroup),
    records: wgpu::Buffer, // the plan
    readers: wgpu::Buffer,
}

impl OnDevice {
    /// Uploads the training ratings.
    pub(super) fn new(
        gpu: &Gpu,
        split: &Split,
        sizes: &Sizes,
        samples: &wgpu::Buffer,
        jobs: &wgpu::Buffer,
    ) -> Self {
        let records = gpu.records("plan", 1);
        let readers = gpu.storage("readers", sizes.readers() * size_of::<u32>());
        let found = gpu.storage("found", sizes.jobs() * size_of::<Job>());
        let users = gpu.filled("users", &split.train.users);
        let items = gpu.filled("items", &split.train.items);
        let ratings = gpu.filled("ratings", &split.train.values);
        let shuffle = shuffle::kernel(gpu);
        let shuffled =
            gpu.bind(&shuffle, &records, &[&users, &items, &ratings, samples].map(whole));
        let sort = sort::Kernels::new(gpu);
        let sorted = sort.bind(gpu, &records, samples, (sizes.keys(), sizes.frame.side()));
        let (mark, schedule) = (mark::kernel(gpu), schedule::kernel(gpu));
        let marked = gpu.bind(&mark, &records, &[&sorted.keys, samples, &readers].map(whole));
        let scheduled =
            gpu.bind(&schedule, &records, &[&sorted.keys, &readers, &found, jobs].map(whole));
        Self {
            shuffle: (shuffle, shuffled),
            sort: (sort, sorted),
            mark: (mark, marked),
            schedule: (schedule, scheduled),
            records,
            readers,
        }
    }

    /// Writes what the device must be told of a slice, and clears what the slice before has left.
    pub(super) fn begin(&self, gpu: &Gpu, encoder: &mut wgpu::CommandEncoder, plan: &Plan) {
        gpu.write_records(&self.records, &[*plan]);
        if plan.readers() > 0 {
            let bytes = (plan.readers() * size_of::<u32>()) as u64;
            encoder.clear_buffer(&self.readers, 0, Some(bytes));
        }
    }

    /// Encodes the planning of the slice.
    pub(super) fn dispatch(&self, pass: &mut wgpu::ComputePass, plan: &Plan) {
        let (kernel, bound) = &self.shuffle;
        kernel.dispatch(pass, bound, 0, shuffle::workgroups(plan));
        let (kernels, bound) = &self.sort;
        kernels.dispatch(pass, bound, plan);
        let (kernel, bound) = &self.mark;
        kernel.dispatch(pass, bound, 0, mark::workgroups(plan));
        let (kernel, bound) = &self.schedule;
        kernel.dispatch(pass, bound, 0, schedule::workgroups(plan));
    }
}
