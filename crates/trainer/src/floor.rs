//! What an epoch must cost at least: its work, counted from the plan, and the device's own speed at
//! nothing else, measured. For the benchmarks.

use std::{hint::black_box, thread};

use pulp::{Arch, Simd, WithSimd};
use ratings::{Ratings, Split};
use web_time::Instant;

use crate::{
    Config, ModelKind, Optimizer, Order,
    barrier::Barrier,
    fused::{Schedule, Step, coast},
    fused_gpu::{self, Plan, Planner, Sizes},
    gather::gather,
    gpu::{Fault, Gpu, whole},
    kernels::{
        Job, Sample, Turn,
        squares::{self, Blocks},
    },
};

/// The work of an epoch of the fused engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Batches.
    pub steps: u64,
    /// Launches of a kernel on a GPU.
    pub dispatches: u64,
    /// Bytes that the host sends to a GPU.
    pub sent: u64,
    /// Bytes that a GPU's kernels load and store.
    pub moved: u64,
    /// Numbers of the tables that Adam moves, once for every step it moves them.
    pub moves: u64,
}

impl Work {
    /// Counts an epoch, in slices as long as they may be.
    pub fn of(split: &Split, config: &Config) -> Self {
        let row = 4 * Sizes::of(split, config).row() as u64; // bytes
        let tables = u32::try_from(split.users + split.items).expect("rows fit a u32");
        let mut work = Self::default();
        for_slices(split, config, |plan| {
            let Plan { samples, jobs, turns, opening } = plan;
            work.steps += turns.len() as u64;
            work.dispatches += 2 * turns.len() as u64 + u64::from(opening.jobs > 0) + 1; // the sums
            work.sent += (size_of_val(samples.as_slice())
                + size_of_val(jobs.as_slice())
                + turns.len() * (size_of::<Turn>() + size_of::<Step>()))
                as u64;
            // A rating: itself, two rows, their gradients, and its error twice.
            work.moved += samples.len() as u64 * (size_of::<Sample>() as u64 + 4 * row + 8);
            for job in jobs {
                // A row: its gradients, itself and its moments, there and back.
                let gradients = u64::from(job.end - job.first);
                let written = if job.row < tables { 0 } else { gradients };
                work.moved += size_of::<Job>() as u64 + (gradients + written + 6) * row;
                if job.row < tables {
                    work.moves += u64::from(job.steps) * config.factors as u64;
                }
            }
        });
        work
    }
}

/// Plans an epoch for a GPU, in slices as long as they may be.
fn for_slices(split: &Split, config: &Config, mut see: impl FnMut(&Plan)) {
    let sizes = Sizes::of(split, config);
    let mut planner = Planner::new(split.users, split.items);
    let mut plan = Plan::default();
    let n = u32::try_from(split.train.len()).expect("a table holds at most 2^32 ratings");
    let order = Order::new(n, config.seed, 1);
    let every_row = config.optimizer == Optimizer::Adam;
    let end = split.train.len();
    for begin in (0..end).step_by(sizes.slice()) {
        fused_gpu::gather(split, &order, begin..end.min(begin + sizes.slice()), &mut plan.samples);
        planner.plan(&mut plan, config.batch_size, sizes.network().as_ref(), every_row);
        see(&plan);
    }
}

/// Seconds that the host plans an epoch for a GPU, in one thread beside the device's work.
pub fn planning(split: &Split, config: &Config) -> f64 {
    let began = Instant::now();
    for_slices(split, config, |plan| {
        black_box(&plan.jobs);
    });
    began.elapsed().as_secs_f64()
}

/// Parts of an epoch of the fused engine on the CPU, each alone, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuParts {
    /// Adam's arithmetic, on numbers that never leave the nearest memory.
    pub adam: f64,
    /// The shuffle, and fetching the ratings in its order.
    pub order: f64,
    /// The meetings of the threads, when nobody is late.
    pub meetings: f64,
}

/// Measures the parts of an epoch on so many threads, each the shortest of a few times.
pub fn of_cpu(split: &Split, config: &Config, work: &Work, threads: usize) -> CpuParts {
    let n = u32::try_from(split.train.len()).expect("a table holds at most 2^32 ratings");
    let Ratings { users, items, values } = &split.train;
    let columns = users.iter().zip(items).zip(values);
    let train: Vec<_> = columns.map(|((user, item), value)| (user.0, item.0, *value)).collect();
    let mut samples = Vec::new();
    let order = shortest(|| {
        let order = Order::new(n, config.seed, 1);
        gather(&order, 0..train.len(), threads, &mut samples, |element| train[element]);
    });
    black_box(samples);

    let meetings_of_a_step = if config.model == ModelKind::DeepMf { 2 } else { 1 };
    let meetings = work.steps * meetings_of_a_step;
    let barrier = Barrier::new(threads);
    let meet = || (0..meetings).for_each(|_| barrier.wait());
    let meetings = shortest(|| {
        thread::scope(|scope| {
            (1..threads).for_each(|_| drop(scope.spawn(meet)));
            meet();
        });
    });
    CpuParts { adam: work.moves as f64 / (adams_speed() * threads as f64), order, meetings }
}

/// Seconds of the shortest of a few times.
fn shortest(mut task: impl FnMut()) -> f64 {
    const TIMES: usize = 5;
    let mut time = || {
        let began = Instant::now();
        task();
        began.elapsed().as_secs_f64()
    };
    (0..TIMES).map(|_| time()).fold(f64::INFINITY, f64::min)
}

/// How fast a GPU is at nothing but launching, and at nothing but copying.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Seconds for a launch that does nothing.
    pub dispatch: f64,
    /// Bytes loaded and stored in a second, in tables as large as the model's.
    pub bytes: f64,
}

/// Measures a GPU in a moment.
///
/// # Errors
/// A GPU that fails.
pub async fn of_gpu(gpu: &Gpu, split: &Split, config: &Config) -> Result<Speed, Fault> {
    const DISPATCHES: usize = 2_000;
    const COPIES: usize = 200;
    let kernel = squares::kernel(gpu);
    let records = gpu.records("nothing", 1);
    gpu.write_records(&records, &[Blocks { errors: 0, size: 1, first: 0 }]);
    let [errors, sums] = ["errors", "sums"].map(|label| gpu.storage(label, 4));
    let bound = gpu.bind(&kernel, &records, &[&errors, &sums].map(whole));
    let bytes = usize::try_from(Sizes::of(split, config).tables()).unwrap_or(usize::MAX);
    let [from, to] = ["from", "to"].map(|label| gpu.storage(label, bytes));
    let mut seconds = [0.0; 2];
    for _ in 0..2 {
        let began = Instant::now(); // the first round warms up
        let mut encoder = gpu.encoder();
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        for _ in 0..DISPATCHES {
            kernel.dispatch(&mut pass, &bound, 0, 1);
        }
        drop(pass);
        gpu.submit_and_read::<f32>(encoder, &sums, 1).wait(gpu).await?;
        seconds[0] = began.elapsed().as_secs_f64();

        let began = Instant::now();
        let mut encoder = gpu.encoder();
        for _ in 0..COPIES {
            encoder.copy_buffer_to_buffer(&from, 0, &to, 0, from.size());
        }
        gpu.submit_and_read::<f32>(encoder, &to, 1).wait(gpu).await?;
        seconds[1] = began.elapsed().as_secs_f64();
    }
    let moved = 2.0 * COPIES as f64 * from.size() as f64;
    Ok(Speed { dispatch: seconds[0] / DISPATCHES as f64, bytes: moved / seconds[1] })
}

/// Numbers that Adam moves in a second on one thread of this processor when they never leave its
/// nearest memory. They begin anew before they have come near 0, where what is left of a moment is
/// below the normal numbers and a processor a hundred times slower.
fn adams_speed() -> f64 {
    const STEPS: u32 = 100;
    const TIMES: u32 = 500;
    let step = Schedule::new().next(&Config::usual(ModelKind::Mf)).rows;
    let mut last = [[0.0; 80]; 3];
    let seconds = shortest(|| {
        for _ in 0..TIMES {
            let mut numbers = black_box([[0.5; 80]; 3]);
            Arch::new().dispatch(Coasting { numbers: &mut numbers, step, times: STEPS });
            last = black_box(numbers);
        }
    });
    assert!(last.iter().flatten().all(|number| number.is_normal()));
    80.0 * f64::from(STEPS * TIMES) / seconds
}

struct Coasting<'a> {
    numbers: &'a mut [[f32; 80]; 3],
    step: Step,
    times: u32,
}

impl WithSimd for Coasting<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [values, first, second] = self.numbers;
        for _ in 0..self.times {
            coast(simd, [&mut *values, &mut *first, &mut *second], &self.step);
        }
    }
}

#[cfg(test)]
mod tests {
    use ratings::{ItemIndex, UserIndex};

    use super::*;

    #[test]
    fn dense_steps_move_every_number_and_sparse_ones_those_that_are_read() {
        let train = Ratings {
            users: [0, 0, 1, 1].map(UserIndex).to_vec(),
            items: [0, 1, 0, 1].map(ItemIndex).to_vec(),
            values: vec![1.0; 4],
        };
        let split = Split { train, users: 2, items: 5, ..Split::default() };
        let dense = Config { batch_size: 1, factors: 3, ..Config::usual(ModelKind::Mf) };
        let work = Work::of(&split, &dense);
        assert_eq!((work.steps, work.moves), (4, 4 * 7 * 3));
        assert_eq!(work.dispatches, 2 * 4 + 2, "two a step, the opening and the sums");
        let sparse = Config { optimizer: Optimizer::SparseAdam, ..dense };
        assert_eq!(Work::of(&split, &sparse).moves, 4 * 2 * 3);
    }
}
