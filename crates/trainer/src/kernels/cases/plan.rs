//! Known slices for the kernels that plan: each is given what the twins of those before it have left,
//! and must answer with its own twin's numbers, to the bit.

use std::fmt::Debug;

use ratings::{ItemIndex, Ratings, UserIndex};

use super::{Draw, Size};
use crate::{
    Order,
    gpu::{Fault, Gpu},
    kernels::{
        Frame, Job, Plan, Sample,
        grain::Grain,
        mark, schedule, shuffle,
        sort::{self, Key},
    },
};

/// A slice of an epoch, from a place to its end.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// Users, items and ratings of the epoch; factors do not matter.
    pub size: Size,
    /// Ratings of a batch.
    pub batch: usize,
    /// The place where the slice begins.
    pub from: usize,
    /// Whether all rows move at every step.
    pub every_row: bool,
    /// How finely the work is cut.
    pub grain: Grain,
}

/// Compares `shaders/shuffle.wgsl` with its twin.
///
/// # Errors
/// What is not the same.
pub async fn shuffle(gpu: &Gpu, slice: Slice) -> Result<(), Fault> {
    let (plan, train) = (slice.plan(), slice.train());
    let ours = shuffle::on_gpu(gpu, &plan, &train).await?;
    same("shuffle", slice, &ours, &shuffle::twin(&plan, &train))
}

/// Compares `shaders/sort.wgsl` with its twin.
///
/// # Errors
/// What is not the same.
pub async fn sort(gpu: &Gpu, slice: Slice) -> Result<(), Fault> {
    let (plan, samples) = (slice.plan(), slice.samples());
    let ours = sort::on_gpu(gpu, &plan, &samples).await?;
    same("sort", slice, &ours, &slice.keys())
}

/// Compares `shaders/mark.wgsl` with its twin.
///
/// # Errors
/// What is not the same.
pub async fn mark(gpu: &Gpu, slice: Slice) -> Result<(), Fault> {
    let (plan, keys) = (slice.plan(), slice.keys());
    let ours = mark::on_gpu(gpu, &plan, &keys, &slice.samples()).await?;
    same("mark", slice, &ours.samples, &slice.marked())?;
    same("mark", slice, &ours.readers, &mark::readers(&plan, &keys))
}

/// Compares `shaders/schedule.wgsl` with its twin.
///
/// # Errors
/// What is not the same.
pub async fn schedule(gpu: &Gpu, slice: Slice) -> Result<(), Fault> {
    let (plan, keys) = (slice.plan(), slice.keys());
    let readers = mark::readers(&plan, &keys);
    let mut ours = schedule::on_gpu(gpu, &plan, &keys, &readers).await?;
    let mut twins = slice.jobs();
    for jobs in [&mut ours, &mut twins] {
        for section in jobs.chunks_mut(plan.entries as usize) {
            let alike = section.chunk_by_mut(|a, b| a.steps == b.steps);
            alike.for_each(|alike| alike.sort_unstable_by_key(|job| job.row));
        }
    }
    same("schedule", slice, &ours, &twins)
}

impl Slice {
    fn plan(&self) -> Plan {
        let Size { users, items, samples, .. } = self.size;
        let frame = Frame {
            batch: self.batch,
            users: users as usize,
            rows: (users + items) as usize,
            first_slot: 3,
            every_row: self.every_row,
            reach: self.grain.reach((users + items) as usize, self.batch),
        };
        frame.plan(&Order::new(samples, 7, 1), self.from..samples as usize)
    }

    fn train(&self) -> Ratings {
        let Size { users, items, samples, .. } = self.size;
        let mut draw = Draw(samples);
        // Low numbers are more frequent, as popular items are.
        let mut row = |rows: u32| (draw.next() % rows).min(draw.next() % rows);
        Ratings {
            users: (0..samples).map(|_| UserIndex(row(users))).collect(),
            items: (0..samples).map(|_| ItemIndex(row(items))).collect(),
            values: (0..samples).map(|n| n as f32).collect(),
        }
    }

    fn samples(&self) -> Vec<Sample> {
        shuffle::twin(&self.plan(), &self.train())
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        sort::twin(&self.plan(), &self.samples(), &mut keys);
        keys
    }

    /// The samples with their slots.
    fn marked(&self) -> Vec<Sample> {
        let mut samples = self.samples();
        mark::twin(&self.plan(), &self.keys(), &mut samples);
        samples
    }

    fn jobs(&self) -> Vec<Job> {
        let mut jobs = vec![Job { row: 7, steps: 7, first: 7, end: 7 }; 3]; // of a slice before
        schedule::twin(&self.plan(), &self.keys(), &mut jobs);
        jobs
    }
}

fn same<T: Debug + PartialEq>(
    kernel: &str,
    slice: Slice,
    ours: &[T],
    twins: &[T],
) -> Result<(), Fault> {
    if ours.len() != twins.len() {
        return Err(Fault(format!("{kernel}, {slice:?}: {} of {}", ours.len(), twins.len())));
    }
    match ours.iter().zip(twins).position(|(ours, twin)| ours != twin) {
        None => Ok(()),
        Some(at) => {
            let (ours, twin) = (&ours[at], &twins[at]);
            Err(Fault(format!("{kernel}, {slice:?}: number {at} is {ours:?}, not {twin:?}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAINS: [Grain; 2] = [Grain::Fine, Grain::Coarse];
    const SIZE: Size = Size { users: 8, items: 11, samples: 100, factors: 1 };

    impl Slice {
        /// The slice as the twins plan it: its ratings with their slots, and its jobs.
        fn planned(&self) -> (Plan, Vec<Sample>, Vec<Job>) {
            (self.plan(), self.marked(), self.jobs())
        }
    }

    #[test]
    fn every_row_makes_every_step_once() {
        let many = Size { users: 700, items: 300, ..SIZE };
        let sizes = [(SIZE, 9, 0), (SIZE, 1, 20), (many, 2, 3), (many, 100, 0)];
        let sizes = sizes.into_iter().flat_map(|size| GRAINS.map(|grain| (size, grain)));
        for ((size, batch, from), grain) in sizes {
            let slice = Slice { size, batch, from, every_row: true, grain };
            let (plan, _, jobs) = slice.planned();
            let (opening, jobs) = jobs.split_at(plan.opening as usize);
            let batches = jobs.chunks(plan.entries as usize);
            let mut made = vec![0; plan.rows as usize];
            let turns = std::iter::once((0, opening)).chain((0..).zip(batches));
            for (step, jobs) in turns {
                for job in jobs.iter().filter(|job| job.steps > 0) {
                    assert_eq!(made[job.row as usize], step, "{slice:?}: {job:?}");
                    assert!(job.steps <= plan.reach);
                    made[job.row as usize] += job.steps;
                }
            }
            assert!(made.iter().all(|steps| *steps == plan.steps), "{slice:?}: {made:?}");
        }
    }

    #[test]
    fn without_moments_rows_move_where_they_are_read() {
        let slice = Slice { size: SIZE, batch: 9, from: 0, every_row: false, grain: Grain::Fine };
        let (plan, samples, jobs) = slice.planned();
        assert_eq!(plan.opening, 0);
        let batches = samples.chunks(9).zip(jobs.chunks(plan.entries as usize));
        for (samples, jobs) in batches {
            let mut read: Vec<u32> = samples.iter().flat_map(|of| [of.user, of.item]).collect();
            read.sort_unstable();
            read.dedup();
            let jobs = jobs.iter().filter(|job| job.steps > 0);
            let mut moved: Vec<u32> = jobs.clone().map(|job| job.row).collect();
            moved.sort_unstable();
            assert_eq!(moved, read);
            assert!(jobs.clone().all(|job| job.steps == 1));
        }
    }

    #[test]
    fn the_longest_jobs_come_first() {
        let size = Size { users: 300, items: 200, samples: 900, factors: 1 };
        let slice = Slice { size, batch: 150, from: 0, every_row: true, grain: Grain::Coarse };
        let (plan, _, jobs) = slice.planned();
        assert_eq!((plan.opening, plan.entries), (640, 320));
        for section in jobs.chunks(plan.entries as usize) {
            assert!(section.is_sorted_by_key(|job| std::cmp::Reverse(job.steps)));
        }
    }

    #[test]
    fn a_rows_gradients_stand_side_by_side() {
        let (plan, samples, jobs) =
            Slice { size: SIZE, batch: 30, from: 10, every_row: true, grain: Grain::Fine }
                .planned();
        let jobs = &jobs[plan.opening as usize..];
        for (samples, jobs) in samples.chunks(30).zip(jobs.chunks(plan.entries as usize)) {
            let mut all = Vec::new();
            for job in jobs.iter().filter(|job| job.end > 0) {
                let of_item = job.row >= plan.users;
                let row = |sample: &Sample| if of_item { sample.item } else { sample.user };
                let slot = |sample: &Sample| match of_item {
                    true => plan.first_slot + samples.len() as u32 + (sample.slots >> 16),
                    false => plan.first_slot + (sample.slots & 0xffff),
                };
                let given: Vec<u32> =
                    samples.iter().filter(|of| row(of) == job.row).map(slot).collect();
                let slots: Vec<u32> = (job.first..job.end).collect();
                assert_eq!(given, slots, "row {}, in the batch's order", job.row);
                all.extend(slots);
            }
            all.sort_unstable();
            let slots = plan.first_slot..plan.first_slot + 2 * samples.len() as u32;
            assert!(all.into_iter().eq(slots));
        }
    }
}
