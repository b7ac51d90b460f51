//! How much of everything the device holds, counted before anything is made.

use std::ops::Range;

use ratings::Split;

use super::{layout::Layout, plan::NetworkRows};
use crate::{
    Config, DeviceKind, Optimizer, Order,
    fused::Step,
    gpu::RECORD,
    held_out::Parts,
    kernels::{Frame, Job, Sample, grain::Grain, sort::Key, update::MAX_STEPS},
    memory::{self, Need},
};

/// Most ratings of a slice: 8 MiB of samples.
pub(super) const MAX_SAMPLES: usize = 1 << 19;
/// Batches whose errors wait on the device: 512 KiB.
const MAX_HELD: usize = 1 << 16;
/// Test ratings evaluated at once: 64 MiB, half of a binding.
pub(super) const MAX_TEST: usize = 1 << 22;
/// Test ratings whose squared errors are summed by the device; the host sums the sums.
pub(super) const TEST_BLOCK: usize = 1 << 12;

/// Sizes for a model and its data.
pub(crate) struct Sizes {
    pub(super) layout: Layout,
    pub(crate) frame: Frame,
    pub(super) resident: bool, // whether a kernel can see all training ratings
    pub(super) train: usize,   // their number
    pub(super) max_steps: usize, // of a slice
    pub(super) slots: usize,   // of gradients
    pub(super) held: usize,    // batches whose errors wait for the end of the epoch
    pub(super) test: usize,    // ratings evaluated at once
}

impl Sizes {
    /// Bytes that a shader can bind at once, by WebGPU's default limits.
    pub(crate) const MAX_BINDING: u64 = 128 << 20;

    /// For a configuration that the kernels take, and a training set that is not empty.
    pub(crate) fn of(split: &Split, config: &Config, grain: Grain) -> Self {
        let train = split.train.len();
        let batch = config.batch_size.min(train);
        let layout = Layout::new(config, split.users, split.items, grain.tile(batch));
        let rows = split.users + split.items;
        let first_slot = layout.network.map_or(0, |network| network.rows() * network.slots(batch));
        let frame = Frame {
            batch,
            users: split.users,
            rows,
            first_slot,
            every_row: config.optimizer == Optimizer::Adam,
            reach: grain.reach(rows, batch),
        };
        let max_steps = (MAX_SAMPLES / batch)
            .min(MAX_STEPS)
            .min(train.div_ceil(batch))
            .min(frame.most_steps(Self::MAX_BINDING as usize))
            .max(1);
        Self {
            resident: train <= Self::MAX_BINDING as usize / size_of::<u32>(),
            train,
            max_steps,
            slots: 2 * batch + first_slot,
            held: train.div_ceil(batch).min(MAX_HELD).max(max_steps),
            test: Parts::new(split, MAX_TEST).longest(),
            frame,
            layout,
        }
    }

    /// The order of an epoch.
    pub(crate) fn order(&self, config: &Config, epoch: u32) -> Order {
        let n = u32::try_from(self.train).expect("a table holds at most 2^32 ratings");
        Order::new(n, config.seed, epoch)
    }

    /// The slice that begins at this place of an epoch's order and has at most so many batches.
    pub(crate) fn slice(&self, order: &Order, from: usize, batches: usize) -> Range<usize> {
        let length = batches.clamp(1, self.max_steps).saturating_mul(self.frame.batch);
        from..order.len().min(from.saturating_add(length))
    }

    /// Numbers of a row.
    pub(crate) fn row(&self) -> usize {
        self.layout.row()
    }

    /// The network, if there is one, with slots enough for the longest batch.
    pub(crate) fn network(&self) -> Option<NetworkRows> {
        self.layout.network.map(|network| NetworkRows {
            first: u32::try_from(self.layout.network_row()).expect("rows fit a u32"),
            network,
            stride: network.slots(self.frame.batch),
        })
    }

    /// Bytes of the model's numbers and both moments.
    pub(crate) fn tables(&self) -> u64 {
        3 * self.model()
    }

    /// Most ratings of a slice.
    pub(crate) fn samples(&self) -> usize {
        self.train.min(self.max_steps * self.frame.batch)
    }

    /// Jobs of a slice.
    pub(crate) fn jobs(&self) -> usize {
        self.frame.jobs(self.max_steps)
    }

    /// Keys of a slice.
    pub(super) fn keys(&self) -> usize {
        self.frame.keys(self.max_steps)
    }

    /// Words that say which batches of a slice read a row.
    pub(super) fn readers(&self) -> usize {
        self.frame.readers(self.max_steps)
    }

    /// Numbers of the gradients.
    pub(super) fn gradients(&self) -> usize {
        self.slots * self.layout.row()
    }

    /// Numbers for the errors of a slice, or of the test set.
    pub(super) fn errors(&self) -> usize {
        self.samples().max(self.test)
    }

    /// Numbers for their sums, of squares and of absolute values, and for those of batches before.
    pub(super) fn sums(&self) -> usize {
        2 * self.held.max(self.test.div_ceil(TEST_BLOCK))
    }

    /// Whether the errors of so many batches must be told before the next slice, with so many batches
    /// left in the epoch: it is over, or another slice might find no room for its own.
    pub(super) fn sums_are_full(&self, held: usize, left: usize) -> bool {
        left == 0 || held + left.min(self.max_steps) > self.held
    }

    /// Bytes of the largest table that a kernel sees.
    pub(crate) fn largest_binding(&self) -> u64 {
        let jobs = bytes::<Job>(self.jobs()).max(bytes::<u32>(self.readers()));
        (2 * self.model()).max(jobs).max(bytes::<f32>(self.gradients()))
    }

    /// Bytes of the model's numbers; the moments take twice as many.
    fn model(&self) -> u64 {
        self.layout.rows() as u64 * bytes::<f32>(self.layout.row())
    }

    /// Bytes of all of it, if slices are planned by the GPU or by the CPU.
    pub(crate) fn need(&self, planned_by: DeviceKind) -> Need {
        let records = 3 + self.max_steps;
        let sent = bytes::<Step>(MAX_STEPS) + bytes::<[u8; RECORD]>(records);
        let samples = bytes::<Sample>(self.samples());
        let plan = samples + bytes::<Job>(self.jobs());
        let work = plan + 2 * bytes::<Key>(self.keys()) + bytes::<u32>(self.readers());
        let (on_host, ratings, on_device) = match planned_by {
            DeviceKind::Gpu if self.resident => (0, bytes::<[u32; 3]>(self.train), work),
            _ => (3 * plan + bytes::<Key>(self.keys()) + bytes::<u32>(self.frame.rows), 0, 0),
        };
        let test = bytes::<Sample>(self.test);
        let rest = bytes::<f32>(self.gradients() + self.errors() + self.sums());
        let Layout { config, users, items, .. } = &self.layout;
        Need {
            // What is written to a device waits where both can see it.
            ratings: 2 * (sent + test) + ratings + on_host,
            model: 2 * memory::checkpoint(config, *users, *items) + 3 * self.model(),
            gpu: sent + plan + ratings + on_device + test + 6 * self.model() + rest,
        }
    }
}

fn bytes<T>(count: usize) -> u64 {
    count as u64 * size_of::<T>() as u64
}

#[cfg(test)]
mod tests {
    use ratings::{ItemIndex, Ratings, UserIndex};

    use super::*;
    use crate::ModelKind;

    /// A long epoch of the smallest batches, in slices of every length.
    #[test]
    fn errors_that_wait_have_room_and_are_told_once_if_all_have() {
        for (ratings, tellings) in [(5_000, 1..=1), (200_000, 3..=4)] {
            let train = Ratings {
                users: vec![UserIndex(0); ratings],
                items: vec![ItemIndex(0); ratings],
                values: vec![1.0; ratings],
            };
            let split = Split { train, users: 1, items: 1, ..Split::default() };
            let config = Config { batch_size: 1, ..Config::usual(ModelKind::Mf) };
            let sizes = Sizes::of(&split, &config, Grain::Coarse);
            let (mut held, mut left, mut told) = (0, ratings, 0);
            for steps in (1..).map(|slice: usize| slice * 37 % sizes.max_steps + 1) {
                let steps = steps.min(left);
                (held, left) = (held + steps, left - steps);
                assert!(2 * held <= sizes.sums(), "{held} of {}", sizes.sums());
                if sizes.sums_are_full(held, left) {
                    (held, told) = (0, told + 1);
                }
                if left == 0 {
                    break;
                }
            }
            assert_eq!(held, 0);
            assert!(tellings.contains(&told), "{told} times for {ratings}");
        }
    }

    #[test]
    fn a_slice_of_many_rows_keeps_within_a_binding() {
        let train = Ratings {
            users: vec![UserIndex(0); 100_000],
            items: vec![ItemIndex(0); 100_000],
            values: vec![1.0; 100_000],
        };
        let mut split = Split { train, items: 1_000, ..Split::default() };
        for (users, batch_size) in [1_000, 30_000, 5_000_000]
            .into_iter()
            .flat_map(|users| [1, 512, 65_536].map(|of| (users, of)))
        {
            split.users = users;
            for optimizer in [Optimizer::Adam, Optimizer::SparseAdam] {
                let config =
                    Config { factors: 1, batch_size, optimizer, ..Config::usual(ModelKind::Mf) };
                let sizes = Sizes::of(&split, &config, Grain::Fine);
                let keys = bytes::<Key>(sizes.keys());
                assert!(sizes.largest_binding().max(keys) <= Sizes::MAX_BINDING, "{config:?}");
                let batches = 100_000usize.div_ceil(batch_size);
                assert!(sizes.max_steps > 1 || batches == 1, "{config:?}: one batch a slice");
            }
        }
    }
}
