//! Passes over the grid on a GPU: ratings and rows stay there, each diagonal is a dispatch, or several
//! where it is long, and a slice of them a submission. At the end of an epoch the rows come back, and all but the steps is the
//! CPU's.

use ratings::Split;

use super::{
    grid::{SIDE, on_diagonal},
    lanes::{Chunk, Lanes},
    learner::Sgd,
    table::Table,
};
use crate::{
    Config, Part, TooLarge, TrainError, Weights,
    checkpoint::Checkpoint,
    fused_gpu::Sizes,
    gpu::{Fault, Gpu, Kernel, whole},
    held_out::Misses,
    kernels::sgd::{self, Cell, Sample, Stretch},
    learner::Learning,
    memory::{self, Need},
    miss::Miss,
};

/// A biased factorisation being trained on a GPU.
pub(crate) struct SgdGpu {
    gpu: Gpu,
    learning: Learning<Sgd>, // all but the steps
    kernel: Kernel,
    rows: [wgpu::Buffer; 2], // of users, of items [rows, chunks], block by block
    shrink: [wgpu::Buffer; 2], // [rows]
    runs: wgpu::Buffer,      // the order of this epoch, cell by cell, diagonal by diagonal
    stretches: wgpu::Buffer, // records
    sums: wgpu::Buffer,      // of errors [SIDE, SIDE, 2], by diagonal and block of users
    bound: Vec<wgpu::BindGroup>, // [SIDE], by diagonal
    moved: bool,             // whether the host has older rows
    kept: bool,              // whether the last good model is news
}

impl SgdGpu {
    /// Uploads a model and its ratings.
    ///
    /// # Errors
    /// A GPU without enough memory, or one that fails; ratings of a diagonal that outgrow a table.
    pub(crate) fn new(
        gpu: Gpu,
        split: &Split,
        config: &Config,
        from: &Checkpoint,
        threads: usize,
    ) -> Result<Self, TrainError> {
        let sgd = Sgd::new(split, config, from, threads);
        let longest = (0..SIDE).map(|at| sgd.grid.diagonal(at)).max().unwrap_or_default();
        check(split, config, longest)?;
        let tables = [&sgd.tables.users, &sgd.tables.items];
        let kernel = sgd::kernel(&gpu, config.factors);
        let rows = tables.map(|table| gpu.filled("rows", &table.rows()));
        let shrink = tables.map(|table| gpu.filled("penalties", &table.shrink()));
        let sums = gpu.storage("sums", SIDE * SIDE * size_of::<[f32; 2]>());
        let (cells, samples) = diagonals(&sgd, &gpu);
        let end = cells.last().map_or(0, |cell| cell.first_run as usize + cell.runs());
        let runs = gpu.storage("runs", end * size_of::<u32>());
        let cells = gpu.filled("cells", &cells);
        let stretches = (0..SIDE).map(|diagonal| stretches(&sgd, diagonal).count()).sum();
        let stretches = gpu.records("stretches", stretches);
        let bind = |samples: &wgpu::Buffer| {
            let [[users, items], [user_shrink, item_shrink]] =
                [&rows, &shrink].map(|of| of.each_ref());
            let storage = [users, items, user_shrink, item_shrink, &cells, &runs, samples, &sums];
            gpu.bind(&kernel, &stretches, &storage.map(whole))
        };
        let bound = samples.iter().map(bind).collect();
        gpu.check()?;
        let learning = Learning::of(Box::new(sgd), split, config, from);
        let (moved, kept) = (false, false);
        Ok(Self { gpu, learning, kernel, rows, shrink, runs, stretches, sums, bound, moved, kept })
    }

    /// What it takes in memory: the device holds the ratings and the rows once; the host two copies
    /// from which a lost device is recovered, and a table as it comes back.
    pub(crate) fn need(split: &Split, config: &Config) -> Need {
        let rows = (split.users + split.items) as u64;
        let ratings = (split.train.len() * size_of::<Sample>()) as u64;
        let gpu = ratings + rows * (row(config) + size_of::<f32>() as u64);
        let on_host = Learning::need(split, config);
        let copies = 2 * memory::parameters(config, split.users, split.items);
        let model = on_host.model + copies + Self::largest_table(split, config);
        Need { gpu, model, ..on_host }
    }

    /// Bytes of the largest table of rows.
    pub(crate) fn largest_table(split: &Split, config: &Config) -> u64 {
        split.users.max(split.items) as u64 * row(config)
    }

    pub(crate) fn begin_epoch(&mut self, epoch: u32) {
        self.learning.begin_epoch(epoch);
        let sgd = &self.learning.learner;
        let cells = (0..SIDE).flat_map(on_diagonal);
        let runs: Vec<u32> = cells.flat_map(|(users, items)| sgd.order(users, items)).collect();
        self.gpu.write(&self.runs, &runs);
    }

    pub(crate) fn tune(&mut self, config: &Config) {
        self.learning.tune(config);
        for (table, shrink) in self.learning.learner.tables.both().into_iter().zip(&self.shrink) {
            self.gpu.write(shrink, &table.shrink());
        }
    }

    pub(crate) fn trained(&self) -> usize {
        self.learning.trained()
    }

    /// Makes at most `steps` steps, each a diagonal, and waits for them.
    ///
    /// # Errors
    /// A device that fails.
    pub(crate) async fn train(&mut self, steps: usize) -> Result<Vec<Miss>, Fault> {
        let Self { gpu, learning, kernel, bound, .. } = self;
        let sgd = &mut *learning.learner;
        let diagonals = sgd.coming(steps).to_vec();
        let all = diagonals.iter().flat_map(|at| stretches(sgd, *at).map(move |of| (*at, of)));
        let (places, records): (Vec<usize>, Vec<Stretch>) = all.unzip();
        gpu.write_records(&self.stretches, &records);
        let mut encoder = gpu.encoder();
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        for (record, diagonal) in places.into_iter().enumerate() {
            kernel.dispatch(&mut pass, &bound[diagonal], record, SIDE);
        }
        drop(pass);
        self.moved = true;
        let sums = gpu.submit_and_read(encoder, &self.sums, SIDE * SIDE).wait(gpu).await?;
        let of_cell = |sums: &[f32; 2]| Miss::from(sums.map(f64::from));
        let of_diagonal = |at: &usize| sums[at * SIDE..][..SIDE].iter().map(of_cell).sum();
        let errors = sgd.passed(diagonals.iter().map(of_diagonal).collect());
        if sgd.coming(1).is_empty() {
            self.fetch().await?; // for the evaluation
        }
        Ok(errors)
    }

    /// Brings the rows to the host.
    async fn fetch(&mut self) -> Result<(), Fault> {
        if !self.moved {
            return Ok(());
        }
        let tables = &mut self.learning.learner.tables;
        for (table, rows) in [&mut tables.users, &mut tables.items].into_iter().zip(&self.rows) {
            let rows = self.gpu.read::<Chunk>(rows, table.chunks()).await?;
            table.set_rows(&rows);
        }
        self.moved = false;
        Ok(())
    }

    pub(crate) fn evaluate(&mut self) -> Option<Misses> {
        self.learning.evaluate()
    }

    pub(crate) fn keep(&mut self) {
        self.learning.keep();
        self.kept = true;
    }

    pub(crate) fn restore(&mut self) {
        self.learning.restore();
        for (table, rows) in self.learning.learner.tables.both().into_iter().zip(&self.rows) {
            self.gpu.write(rows, &table.rows());
        }
        self.moved = false;
    }

    /// The last good model, if it was not asked for yet.
    pub(crate) fn rescued(&mut self) -> Option<Checkpoint> {
        std::mem::take(&mut self.kept).then(|| self.learning.checkpoint())
    }

    /// Gives the device up, as a driver may at any time.
    pub(crate) fn lose_device(&self) {
        self.gpu.destroy();
    }

    /// The model's numbers as they are now.
    ///
    /// # Errors
    /// A device that fails.
    pub(crate) async fn weights(&mut self) -> Result<Weights, Fault> {
        self.fetch().await?;
        Ok(self.learning.weights())
    }

    /// The model of the last epoch that ended well.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        self.learning.checkpoint()
    }
}

/// Bytes of a row.
fn row(config: &Config) -> u64 {
    (Lanes { factors: config.factors }.chunks() * size_of::<Chunk>()) as u64
}

/// Refuses ratings of which a diagonal outgrows a table.
fn check(split: &Split, config: &Config, longest: usize) -> Result<(), TooLarge> {
    let (bytes, limit) = ((longest * size_of::<Sample>()) as u64, Sizes::MAX_BINDING);
    if bytes <= limit {
        return Ok(());
    }
    let (users, items, factors) = (split.users, split.items, config.factors);
    let what = Part::Binding;
    Err(TooLarge {
        what,
        bytes,
        limit,
        users,
        items,
        factors,
        fitting: None,
        batch: None,
        draws: None,
    })
}

/// All cells, diagonal by diagonal, and the ratings of each diagonal.
fn diagonals(sgd: &Sgd, gpu: &Gpu) -> (Vec<Cell>, Vec<wgpu::Buffer>) {
    let cut = |n: usize| u32::try_from(n).expect("a table holds at most 2^32 ratings");
    let starts = sgd.tables.both().map(Table::starts);
    let (mut cells, mut first_run) = (Vec::new(), 0);
    let samples = (0..SIDE).map(|diagonal| {
        let mut samples = Vec::with_capacity(sgd.grid.diagonal(diagonal));
        for (users, items) in on_diagonal(diagonal) {
            let of_cell = sgd.grid.cell(users, items);
            let first_sample = cut(samples.len());
            let cell =
                Cell { first_sample, samples: cut(of_cell.len()), first_run: cut(first_run) };
            first_run += cell.runs();
            cells.push(cell);
            let [users, items] = [starts[0][users], starts[1][items]];
            samples.extend(of_cell.iter().map(|of| Sample {
                user: users + of.user,
                item: items + of.item,
                rating: of.rating,
            }));
        }
        gpu.filled("samples", &samples)
    });
    let samples = samples.collect();
    (cells, samples)
}

/// The dispatches of a diagonal.
fn stretches(sgd: &Sgd, diagonal: usize) -> impl Iterator<Item = Stretch> + use<> {
    let longest = sgd.grid.cells(diagonal).map(<[_]>::len).max().unwrap_or_default();
    Stretch::new(diagonal * SIDE, sgd.link, sgd.rate()).all(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelKind;

    #[test]
    fn a_diagonal_beyond_a_table_is_refused_with_the_way_out() {
        let (split, config) = (Split::default(), Config::usual(ModelKind::BiasedMf));
        let most = Sizes::MAX_BINDING as usize / 12; // bytes of a rating
        assert_eq!(check(&split, &config, most), Ok(()));
        let refused = check(&split, &config, most + 1).expect_err("it is too long");
        assert_eq!((refused.what, refused.fitting), (Part::Binding, None));
        assert!(refused.to_string().ends_with("train on the CPU"), "{refused}");
    }
}
