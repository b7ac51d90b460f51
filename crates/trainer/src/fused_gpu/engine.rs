//! The fused engine on a GPU, as a run sees it.

use std::sync::Arc;

use ratings::{Ratings, Split};

use super::{
    doubling::doubling,
    flights::{Flights, Landed},
    gather::sample,
    plan::Planner,
    rescue::Rescue,
    sizes::{MAX_TEST, Sizes, TEST_BLOCK},
};
use crate::{
    Config, Device, ModelKind, Order, Weights,
    checkpoint::Checkpoint,
    engine::Slice,
    fused::Schedule,
    gpu::{Fault, Gpu, Kernel, LANES, whole},
    held_out::{Misses, Parts},
    kernels::{
        Job, Sample, Turn,
        deep_mf::Network,
        mf,
        squares::{self, Blocks},
        update,
    },
    miss::Miss,
};

/// A model being trained by this project's kernels on a GPU.
pub(crate) struct FusedGpu {
    gpu: Gpu,
    config: Config,
    split: Arc<Split>,
    sizes: Sizes,
    kernels: Kernels,
    buffers: Buffers,
    bound: Bound,
    planner: Planner,
    order: Order, // of the epoch
    schedule: Schedule,
    steps: u64, // made or under way
    flights: Flights,
    planned: usize, // ratings of this epoch
    trained: usize, // of them, those that are done
    parts: Parts,   // of the held-out ratings
    held_out: Ratings,
    good: u64, // steps of the last good model
    rescue: Rescue,
}

struct Kernels {
    model: mf::Kernels,
    update: Kernel,
    squares: Kernel,
}

struct Buffers {
    values: wgpu::Buffer,       // [rows, pairs, 2]
    moments: wgpu::Buffer,      // [rows, pairs, 4]
    good_values: wgpu::Buffer,  // as they were after the last epoch that ended well
    good_moments: wgpu::Buffer, // and so were these
    samples: wgpu::Buffer,
    jobs: wgpu::Buffer,
    steps: wgpu::Buffer,
    turns: wgpu::Buffer, // records: the opening, then the batches
    errors: wgpu::Buffer,
    blocks: wgpu::Buffer, // one record
    sums: wgpu::Buffer,
    test: wgpu::Buffer, // samples
}

struct Bound {
    differentiate: wgpu::BindGroup,
    evaluate: wgpu::BindGroup,
    update: wgpu::BindGroup,
    squares: wgpu::BindGroup,
}

impl FusedGpu {
    /// Uploads a model and its test set to a connection to a device.
    ///
    /// # Errors
    /// A GPU without enough memory, or one that fails.
    pub(crate) fn new(
        gpu: Gpu,
        device: &Device,
        split: Arc<Split>,
        config: &Config,
        from: &Checkpoint,
    ) -> Result<Self, Fault> {
        let sizes = Sizes::of(&split, config, device.grain());
        let Sizes { layout, max_steps, test, .. } = &sizes;
        let (max_steps, test) = (*max_steps, *test);
        let kernels = Kernels::new(&gpu, config, layout.network);
        let number = size_of::<f32>();
        let values = layout.values(&from.weights);
        let moments = layout.moments(from);
        let gradients = gpu.storage("gradients", sizes.gradients() * number);
        let buffers = Buffers {
            good_values: gpu.filled("good values", &values),
            good_moments: gpu.filled("good moments", &moments),
            values: gpu.filled("values", &values),
            moments: gpu.filled("moments", &moments),
            samples: gpu.storage("samples", sizes.samples() * size_of::<Sample>()),
            jobs: gpu.storage("jobs", sizes.jobs() * size_of::<Job>()),
            steps: update::table(&gpu),
            turns: gpu.records("turns", 1 + max_steps),
            errors: gpu.storage("errors", sizes.errors() * number),
            blocks: gpu.records("blocks", 1),
            sums: gpu.storage("sums", sizes.sums() * number),
            test: gpu.storage("test", test * size_of::<Sample>()),
        };
        let Buffers { values, moments, samples, errors, turns, .. } = &buffers;
        let windows = layout.network.map(|network| network.windows(values, layout.network_row()));
        let model = |samples| -> Vec<wgpu::BufferBinding> {
            let storage = [values, samples, &gradients, errors].map(whole);
            storage.into_iter().chain(windows.clone().into_iter().flatten()).collect()
        };
        let moved = [values, moments, &gradients, &buffers.jobs, &buffers.steps].map(whole);
        let summed = [errors, &buffers.sums].map(whole);
        let bound = Bound {
            differentiate: gpu.bind(&kernels.model.differentiate, turns, &model(samples)),
            evaluate: gpu.bind(&kernels.model.evaluate, turns, &model(&buffers.test)),
            update: gpu.bind(&kernels.update, turns, &moved),
            squares: gpu.bind(&kernels.squares, &buffers.blocks, &summed),
        };
        let planner =
            Planner::new(device.planned_by(), &gpu, &split, &sizes, [samples, &buffers.jobs]);
        gpu.check()?;
        let mut engine = Self {
            planner,
            order: sizes.order(config, 1),
            schedule: Schedule::after(from.steps),
            steps: from.steps,
            good: from.steps,
            rescue: Rescue::default(),
            flights: Flights::default(),
            planned: 0,
            trained: 0,
            parts: Parts::new(&split, MAX_TEST),
            held_out: split.held_out().into_owned(),
            config: config.clone(),
            sizes,
            split,
            kernels,
            buffers,
            bound,
            gpu,
        };
        if engine.parts.longest() == engine.parts.len() {
            engine.upload_held_out(0..engine.parts.len());
        }
        Ok(engine)
    }

    /// Shuffles the training set for `epoch`, counted from 1.
    pub(crate) fn begin_epoch(&mut self, epoch: u32) {
        self.order = self.sizes.order(&self.config, epoch);
        self.flights.clear();
        (self.planned, self.trained) = (0, 0);
        self.parts.rewind();
    }

    /// Leaves out the first ratings of the epoch: the model has seen them.
    pub(crate) fn skip(&mut self, ratings: usize) {
        (self.planned, self.trained) = (ratings, ratings);
    }

    /// Takes the step size and the penalty of this configuration for the slices not sent off yet.
    pub(crate) fn tune(&mut self, config: &Config) {
        self.config = config.clone();
    }

    /// Ratings of this epoch trained on so far.
    pub(crate) fn trained(&self) -> usize {
        self.trained
    }

    /// Ratings of this epoch that the model has seen, those under way included.
    pub(crate) fn seen(&self) -> usize {
        self.planned
    }

    /// Sends off the next `batches` batches and waits for the oldest slice under way; there is none
    /// when the epoch is over. Its batches' errors come back at the end of the epoch, or at once if
    /// they are `told`.
    pub(crate) async fn train(&mut self, batches: usize, told: bool) -> Result<Slice, Fault> {
        while self.flights.have_room() && self.planned < self.split.train.len() {
            self.launch(batches, told);
        }
        if !self.flights.are_under_way() && self.trained < self.planned {
            return Err(Fault("a slice was lost with the device".into())); // a checkpoint met it
        }
        let landed = self.flights.land(&self.gpu, self.config.batch_size).await?;
        Ok(self.count(landed))
    }

    /// Waits for all slices under way, and for the errors that have not come back.
    pub(crate) async fn settle(&mut self) -> Result<Vec<Miss>, Fault> {
        let (batch_size, mut errors) = (self.config.batch_size, Vec::new());
        while self.flights.are_under_way() {
            let landed = self.flights.land(&self.gpu, batch_size).await?;
            errors.extend(self.count(landed).errors);
        }
        errors.extend(self.flights.tell(&self.gpu, &self.buffers.sums, batch_size).await?);
        Ok(errors)
    }

    fn count(&mut self, Landed { ratings, errors }: Landed) -> Slice {
        self.trained += ratings;
        Slice { steps: ratings.div_ceil(self.config.batch_size), errors }
    }

    /// Sends a slice off, its first batches while the others are still being encoded.
    fn launch(&mut self, batches: usize, told: bool) {
        let Config { batch_size, factors, .. } = self.config;
        let places = self.sizes.slice(&self.order, self.planned, batches);
        let plan = self.sizes.frame.plan(&self.order, places);
        self.planned += plan.samples as usize;
        let ratings = plan.samples as usize;

        let Self { gpu, buffers, kernels, bound, schedule, planner, .. } = self;
        let mut encoder = gpu.encoder();
        planner.begin(gpu, &mut encoder, &self.split, &plan);
        let mut turns = planner.turns(&plan, self.sizes.network().as_ref());
        let mut steps = Vec::new();
        for turn in &mut turns[1..] {
            let next = schedule.next(&self.config);
            (turn.row_step, turn.layer_step) = (next.rows, next.layers);
            steps.push(next.rows);
        }
        turns[0].row_step = steps[0];
        self.steps += steps.len() as u64;
        gpu.write(&buffers.steps, &steps);
        gpu.write_records(&buffers.turns, &turns);
        let cut = |n: usize| u32::try_from(n).expect("a slice is small");
        let held = self.flights.held(batch_size);
        let blocks = Blocks { errors: cut(ratings), size: cut(batch_size), first: cut(held) };
        gpu.write_records(&buffers.blocks, &[blocks]);

        let anew = wgpu::ComputePassDescriptor::default();
        planner.dispatch(&mut encoder.begin_compute_pass(&anew), &plan);
        for piece in doubling(turns.len()) {
            if piece.start > 0 {
                gpu.submit(std::mem::replace(&mut encoder, gpu.encoder()));
            }
            let mut pass = encoder.begin_compute_pass(&anew);
            for (record, turn) in piece.clone().zip(&turns[piece]) {
                let workgroups = match turn.groups {
                    0 => (turn.samples as usize).div_ceil(LANES),
                    groups => groups as usize,
                };
                if workgroups > 0 {
                    let kernel = &kernels.model.differentiate;
                    kernel.dispatch(&mut pass, &bound.differentiate, record, workgroups);
                }
                let rows = turn.jobs + turn.layers;
                if rows > 0 {
                    let workgroups = update::workgroups(rows as usize, factors);
                    kernels.update.dispatch(&mut pass, &bound.update, record, workgroups);
                }
            }
        }
        let mut pass = encoder.begin_compute_pass(&anew);
        kernels.squares.dispatch(&mut pass, &bound.squares, 0, steps.len());
        drop(pass);
        let left = (self.split.train.len() - self.planned).div_ceil(batch_size);
        let told = told || self.sizes.sums_are_full(held + steps.len(), left);
        self.flights.send(gpu, encoder, &buffers.sums, (ratings, batch_size), told);
    }

    /// Evaluates the next part of the held-out ratings, usually all of them, or `None` when all are
    /// done.
    pub(crate) async fn evaluate(&mut self) -> Result<Option<Misses>, Fault> {
        let Some(part) = self.parts.next() else { return Ok(None) };
        let ratings = part.len();
        if ratings < self.parts.len() {
            self.upload_held_out(part); // or it is there since the start
        }
        let Self { gpu, buffers, kernels, bound, .. } = self;
        let cut = |n: usize| u32::try_from(n).expect("a part of the test set is small");
        let turn = Turn { samples: cut(ratings), ..Turn::default() };
        gpu.write_records(&buffers.turns, &[turn]);
        let cuts = Blocks { errors: cut(ratings), size: cut(TEST_BLOCK), first: 0 };
        gpu.write_records(&buffers.blocks, &[cuts]);
        let blocks = ratings.div_ceil(TEST_BLOCK);
        let mut encoder = gpu.encoder();
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        kernels.model.evaluate.dispatch(&mut pass, &bound.evaluate, 0, ratings.div_ceil(LANES));
        kernels.squares.dispatch(&mut pass, &bound.squares, 0, blocks);
        drop(pass);
        let sums = gpu.submit_and_read::<f32>(encoder, &buffers.sums, 2 * blocks).wait(gpu).await?;
        let sums = sums.as_chunks().0.iter().map(|sums| Miss::from(sums.map(f64::from))).sum();
        Ok(Some(Misses { ratings, sums }))
    }

    fn upload_held_out(&mut self, part: std::ops::Range<usize>) {
        let samples: Vec<Sample> =
            part.map(|element| sample(&self.held_out, self.split.users, element)).collect();
        self.gpu.write(&self.buffers.test, &samples);
    }

    /// Keeps the model as it is now as the last good one.
    pub(crate) fn keep(&mut self) {
        let Buffers { values, moments, good_values, good_moments, .. } = &self.buffers;
        self.copy([(values, good_values), (moments, good_moments)]);
        self.good = self.steps;
        let good = [&self.buffers.good_values, &self.buffers.good_moments];
        self.rescue.begin(&self.gpu, &self.sizes.layout, good, self.good);
    }

    /// A good model that has reached the host since it was last asked for.
    ///
    /// # Errors
    /// A device that was lost on the way.
    pub(crate) async fn rescued(&mut self) -> Result<Option<Checkpoint>, Fault> {
        self.rescue.arrived(&self.gpu, &self.sizes.layout).await
    }

    /// Gives the device up, as a driver may at any time.
    pub(crate) fn lose_device(&self) {
        self.gpu.destroy();
    }

    /// Goes back to the last good model.
    pub(crate) fn restore(&mut self) {
        let Buffers { values, moments, good_values, good_moments, .. } = &self.buffers;
        self.copy([(good_values, values), (good_moments, moments)]);
        self.flights.clear();
        self.steps = self.good;
        self.schedule = Schedule::after(self.good);
    }

    fn copy(&self, pairs: [(&wgpu::Buffer, &wgpu::Buffer); 2]) {
        let mut encoder = self.gpu.encoder();
        for (from, to) in pairs {
            encoder.copy_buffer_to_buffer(from, 0, to, 0, from.size());
        }
        self.gpu.submit(encoder);
    }

    /// The model's numbers as they are now. Changes no bit of what follows.
    pub(crate) async fn weights(&mut self) -> Result<Weights, Fault> {
        let numbers = self.sizes.layout.rows() * self.sizes.layout.row();
        Ok(self.sizes.layout.weights(&self.gpu.read(&self.buffers.values, numbers).await?))
    }

    /// All that training needs to go on, slices under way included. Changes no bit of what follows.
    pub(crate) async fn checkpoint(&mut self) -> Result<Checkpoint, Fault> {
        let numbers = self.sizes.layout.rows() * self.sizes.layout.row();
        let weights = self.weights().await?;
        let moments = self.gpu.read(&self.buffers.moments, 2 * numbers).await?;
        let [first, second] = self.sizes.layout.split_moments(&moments);
        Ok(Checkpoint { weights, first, second, steps: self.steps, bold: None })
    }
}

impl Kernels {
    fn new(gpu: &Gpu, config: &Config, network: Option<Network>) -> Self {
        Self {
            model: match (config.model, network) {
                (ModelKind::DeepMf, network) => {
                    network.expect("a network that the kernels take").kernels(gpu)
                }
                _ => mf::Kernels::new(gpu, config.factors),
            },
            update: update::kernel(gpu, config.factors),
            squares: squares::kernel(gpu),
        }
    }
}
