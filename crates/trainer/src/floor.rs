//! What an epoch must cost at least: its work, counted from the plan, and the device's own speed at
//! nothing else, measured. For the benchmarks.

use std::hint::black_box;

use pulp::{Arch, Simd, WithSimd};
use ratings::{Ratings, Split};
use web_time::Instant;

use crate::{
    Config, Device, ModelKind, Order,
    barrier::Barrier,
    fused::{Fused, Schedule, Step, coast},
    fused_gpu::{NetworkRows, Planner, Sizes},
    gather::gather,
    gpu::{Fault, RECORD, whole},
    kernels::{
        Job, Plan, Sample, schedule, shuffle,
        sort::{self, Key},
        squares::{self, Blocks},
    },
    parallel,
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
    /// Counts an epoch, in slices as long as they may be, as this device cuts it; a GPU plans them
    /// itself.
    pub fn of(split: &Split, config: &Config, device: &Device) -> Self {
        let sizes = Sizes::of(split, config, device.grain());
        let row = 4 * sizes.row() as u64; // bytes
        let network = sizes.network();
        let mut work = Self::default();
        for plan in plans(split, config, &sizes) {
            let (steps, samples) = (u64::from(plan.steps), u64::from(plan.samples));
            work.steps += steps;
            // Of the planning, of the opening and the sums, and two a step.
            let planning = 4 + u64::from(sort::has_blocks(plan.side as usize));
            work.dispatches += planning + u64::from(plan.opening > 0) + 1 + 2 * steps;
            work.sent += (3 + steps) * RECORD as u64 + steps * size_of::<Step>() as u64;
            // A rating: itself as it is planned and as it is read, its two keys, two rows, their
            // gradients, and its error twice.
            let rating = 3 * size_of::<Sample>() + 2 * 3 * size_of::<Key>() + 8;
            work.moved += samples * (rating as u64 + 4 * row);
            work.moved += 4 * (plan.jobs() * size_of::<Job>()) as u64; // found, sorted, read
            for job in jobs_of(&plan, split) {
                // A row: its gradients, itself and its moments, there and back.
                work.moved += (u64::from(job.end - job.first) + 6) * row;
                work.moves += u64::from(job.steps) * config.factors as u64;
            }
            for step in 0..plan.steps as usize {
                let sums = |NetworkRows { network, .. }: &NetworkRows| {
                    (network.rows() * (2 * network.slots(plan.count(step)) + 6)) as u64
                };
                work.moved += network.as_ref().map_or(0, sums) * row;
            }
        }
        work
    }
}

/// The plans of an epoch, in slices as long as they may be.
fn plans(split: &Split, config: &Config, sizes: &Sizes) -> Vec<Plan> {
    let order = sizes.order(config, 1);
    let (mut plans, mut from) = (Vec::new(), 0);
    while from < split.train.len() {
        let places = sizes.slice(&order, from, usize::MAX);
        from = places.end;
        plans.push(sizes.frame.plan(&order, places));
    }
    plans
}

/// The jobs of a slice that are not empty.
fn jobs_of(plan: &Plan, split: &Split) -> Vec<Job> {
    let samples = shuffle::twin(plan, &split.train);
    let (mut keys, mut jobs) = (Vec::new(), Vec::new());
    sort::twin(plan, &samples, &mut keys);
    schedule::twin(plan, &keys, &mut jobs);
    jobs.retain(|job| job.steps > 0);
    jobs
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

/// Measures the parts of an epoch on as many of so many threads as train, each the shortest of a
/// few times.
pub fn of_cpu(split: &Split, config: &Config, work: &Work, threads: usize) -> CpuParts {
    let threads = Fused::threads(config, threads);
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
    let meet = |_thread| (0..meetings).for_each(|_| barrier.wait());
    let meetings = shortest(|| drop(parallel::each((0..threads).collect(), meet)));
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

/// How fast a GPU is at nothing but launching, at nothing but copying, and at nothing but planning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Seconds for a launch that does nothing.
    pub dispatch: f64,
    /// Bytes loaded and stored in a second, in tables as large as the model's.
    pub bytes: f64,
    /// Seconds of planning in an epoch.
    pub planning: f64,
}

/// Measures a GPU in a moment.
///
/// # Errors
/// A GPU that fails.
pub async fn of_gpu(device: &Device, split: &Split, config: &Config) -> Result<Speed, Fault> {
    const DISPATCHES: usize = 2_000;
    const COPIES: usize = 200;
    let (gpu, planned_by) = (&device.connect().await?, device.planned_by());
    let kernel = squares::kernel(gpu);
    let records = gpu.records("nothing", 1);
    gpu.write_records(&records, &[Blocks { errors: 0, size: 1, first: 0 }]);
    let [errors, sums] = ["errors", "sums"].map(|label| gpu.storage(label, 4));
    let bound = gpu.bind(&kernel, &records, &[&errors, &sums].map(whole));
    let sizes = Sizes::of(split, config, device.grain());
    let bytes = usize::try_from(sizes.tables()).unwrap_or(usize::MAX);
    let [from, to] = ["from", "to"].map(|label| gpu.storage(label, bytes));
    let samples = gpu.storage("samples", sizes.samples() * size_of::<Sample>());
    let jobs = gpu.storage("jobs", sizes.jobs() * size_of::<Job>());
    let mut planner = Planner::new(planned_by, gpu, split, &sizes, [&samples, &jobs]);
    let mut seconds = [0.0; 3];
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

        let began = Instant::now();
        for plan in plans(split, config, &sizes) {
            let mut encoder = gpu.encoder();
            planner.begin(gpu, &mut encoder, split, &plan);
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            planner.dispatch(&mut pass, &plan);
            drop(pass);
            gpu.submit(encoder);
        }
        gpu.read::<Job>(&jobs, 1).await?;
        seconds[2] = began.elapsed().as_secs_f64();
    }
    let moved = 2.0 * COPIES as f64 * from.size() as f64;
    Ok(Speed {
        dispatch: seconds[0] / DISPATCHES as f64,
        bytes: moved / seconds[1],
        planning: seconds[2],
    })
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
    use crate::{DeviceChoice, Optimizer};

    #[test]
    fn dense_steps_move_every_number_and_sparse_ones_those_that_are_read() {
        let train = Ratings {
            users: [0, 0, 1, 1].map(UserIndex).to_vec(),
            items: [0, 1, 0, 1].map(ItemIndex).to_vec(),
            values: vec![1.0; 4],
        };
        let split = Split { train, users: 2, items: 5, ..Split::default() };
        let dense = Config { batch_size: 1, factors: 3, ..Config::usual(ModelKind::Mf) };
        let device = pollster::block_on(Device::open(DeviceChoice::Cpu)).expect("a CPU");
        let work = Work::of(&split, &dense, &device);
        assert_eq!((work.steps, work.moves), (4, 4 * 7 * 3));
        assert_eq!(work.dispatches, 2 * 4 + 2 + 4, "two a step, the opening, the sums, the plan");
        let sparse = Config { optimizer: Optimizer::SparseAdam, ..dense };
        assert_eq!(Work::of(&split, &sparse, &device).moves, 4 * 2 * 3);
    }
}
