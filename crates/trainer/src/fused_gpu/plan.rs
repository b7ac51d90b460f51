//! Slices planned: what a batch reads, where its gradients go, and which rows it moves how far. A plan
//! needs the order of the ratings alone, no number of the model. Both planners make the same jobs; the host
//! deals them out besides.

mod deal;
mod on_device; // by the kernels
mod on_host; // by their twins

use ratings::Split;

use super::sizes::Sizes;
use crate::{
    DeviceKind,
    gpu::Gpu,
    kernels::{Plan, Turn, deep_mf::Network, plan::small},
};
use on_device::OnDevice;
use on_host::OnHost;

/// A network, and the row where its numbers begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NetworkRows {
    pub(crate) first: u32,
    pub(crate) network: Network,
    pub(crate) stride: usize, // slots of each of its rows, as many as the longest batch needs
}

/// Plans slices in a run's buffers of samples and jobs.
pub(crate) enum Planner {
    Device(Box<OnDevice>),
    Host(OnHost),
}

impl Planner {
    pub(crate) fn new(
        kind: DeviceKind,
        gpu: &Gpu,
        split: &Split,
        sizes: &Sizes,
        [samples, jobs]: [&wgpu::Buffer; 2],
    ) -> Self {
        match kind {
            DeviceKind::Gpu if sizes.resident => {
                Self::Device(Box::new(OnDevice::new(gpu, split, sizes, samples, jobs)))
            }
            _ => Self::Host(OnHost::new(samples, jobs)),
        }
    }

    /// Does what comes before a slice's first dispatch, and before its turns.
    pub(crate) fn begin(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        split: &Split,
        plan: &Plan,
    ) {
        match self {
            Self::Device(planner) => planner.begin(gpu, encoder, plan),
            Self::Host(planner) => planner.begin(gpu, split, plan),
        }
    }

    /// Encodes what the device does of the planning.
    pub(crate) fn dispatch(&self, pass: &mut wgpu::ComputePass, plan: &Plan) {
        match self {
            Self::Device(planner) => planner.dispatch(pass, plan),
            Self::Host(_) => {}
        }
    }

    /// What the kernels of the opening and of every batch are told, but for their steps.
    pub(crate) fn turns(&self, plan: &Plan, network: Option<&NetworkRows>) -> Vec<Turn> {
        let opening = Turn { jobs: plan.opening, network: u32::MAX, ..Turn::default() };
        let batch = |step: u32| {
            let count = plan.count(step as usize);
            let mut turn = Turn {
                first_sample: step * plan.batch,
                samples: small(count),
                first_job: plan.opening + step * plan.entries,
                jobs: match self {
                    Self::Device(_) => plan.entries, // how many are empty is not known here
                    Self::Host(planner) => planner.jobs(step as usize),
                },
                first_step: step,
                first_slot: plan.first_slot,
                network: u32::MAX,
                scale: 2.0 / count as f32,
                ..Turn::default()
            };
            if let Some(NetworkRows { first, network, stride }) = network {
                turn.network = *first;
                turn.layers = small(network.rows());
                turn.stride = small(*stride);
                turn.sums = small(network.slots(count));
                turn.groups = small(network.groups(count));
            }
            turn
        };
        std::iter::once(opening).chain((0..plan.steps).map(batch)).collect()
    }
}
