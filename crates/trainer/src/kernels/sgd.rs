//! `shaders/sgd.wgsl`: gradient descent on the cells of a diagonal, one rating at a time.

use bytemuck::{Pod, Zeroable};

use super::run;
use crate::{
    gpu::{Access, Fault, Gpu, Kernel, Shader, whole},
    sgd::{
        Linked, RUN,
        lanes::{self, Chunk, Lanes, Side},
    },
};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/sgd.wgsl");

/// Runs of a cell in one dispatch: so many ratings one after the other take a GPU some hundredths
/// of a second.
pub(crate) const STRETCH: usize = 512;

/// What a dispatch is told: a stretch of runs of all cells of a diagonal.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub(crate) struct Stretch {
    /// The diagonal's first cell.
    pub(crate) first_cell: u32,
    /// The first run of each cell.
    pub(crate) first_run: u32,
    /// Whether the link is logistic.
    logistic: u32,
    /// The learning rate.
    rate: f32,
    /// The sum that gives the mean rating, before any bias.
    base: f32,
    /// The lowest rating.
    low: f32,
    /// The highest less the lowest.
    range: f32,
}

impl Stretch {
    /// The beginning of a diagonal whose cells begin there.
    pub(crate) fn new(first_cell: usize, link: Linked, rate: f32) -> Self {
        Self {
            first_cell: u32::try_from(first_cell).expect("there are few cells"),
            first_run: 0,
            logistic: u32::from(!link.is_linear()),
            rate,
            base: link.base,
            low: link.scale.low,
            range: link.scale.high - link.scale.low,
        }
    }

    /// The stretches, one behind the other, of a diagonal whose longest cell has so many ratings.
    pub(crate) fn all(self, ratings: usize) -> impl Iterator<Item = Self> {
        let runs = u32::try_from(ratings.div_ceil(RUN)).expect("a table holds 2^32 ratings");
        (0..runs).step_by(STRETCH).map(move |first_run| Self { first_run, ..self })
    }
}

/// Ratings of a block of users for a block of items.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub(crate) struct Cell {
    /// Its first rating among those of its diagonal.
    pub(crate) first_sample: u32,
    /// Its ratings.
    pub(crate) samples: u32,
    /// Where the order of its runs stands.
    pub(crate) first_run: u32,
}

impl Cell {
    /// Its runs; the last may be short.
    pub(crate) fn runs(self) -> usize {
        (self.samples as usize).div_ceil(RUN)
    }
}

/// A rating and its rows.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub(crate) struct Sample {
    pub(crate) user: u32,
    pub(crate) item: u32,
    pub(crate) rating: f32,
}

/// users, items, their penalties, cells, runs, samples, sums.
pub(crate) fn kernel(gpu: &Gpu, factors: usize) -> Kernel {
    use Access::{Read, Write};
    let constants = &[("FACTORS", factors as f64)];
    let shader = Shader { source: SOURCE, entry: "sgd", constants };
    gpu.kernel::<Stretch>(&shader, &[Write, Write, Read, Read, Read, Read, Read, Write])
}

/// Rows of both sides and the ratings of a diagonal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    /// Numbers of a row that are neither a bias nor its 1.
    pub(crate) lanes: Lanes,
    /// Rows of users and of items `[rows, chunks]`.
    pub(crate) rows: [Vec<Chunk>; 2],
    /// What they pay at one rating `[rows]`.
    pub(crate) shrink: [Vec<f32>; 2],
    /// The cells of the diagonal, whose runs keep the order in which they stand in `runs`.
    pub(crate) cells: Vec<Cell>,
    /// The order of the runs, cell by cell.
    pub(crate) runs: Vec<u32>,
    /// The ratings, cell by cell.
    pub(crate) samples: Vec<Sample>,
    /// From a sum to a rating.
    pub(crate) link: Linked,
    /// The learning rate.
    pub(crate) rate: f32,
}

/// What is left of a case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// The rows after it.
    pub(crate) rows: [Vec<Chunk>; 2],
    /// Squared and absolute errors of every cell, each taken before its step.
    pub(crate) sums: Vec<[f32; 2]>,
}

/// The shader's answer.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(gpu: &Gpu, case: &Case) -> Result<Found, Fault> {
    let kernel = kernel(gpu, case.lanes.factors);
    let [users, items] = case.rows.each_ref().map(|rows| gpu.filled("rows", rows));
    let [user_shrink, item_shrink] =
        case.shrink.each_ref().map(|shrink| gpu.filled("shrink", shrink));
    let cells = gpu.filled("cells", &case.cells);
    let runs = gpu.filled("runs", &case.runs);
    let samples = gpu.filled("samples", &case.samples);
    let sums = gpu.storage("sums", case.cells.len() * size_of::<[f32; 2]>());
    let storage =
        [&users, &items, &user_shrink, &item_shrink, &cells, &runs, &samples, &sums].map(whole);
    let longest = case.cells.iter().map(|cell| cell.samples as usize).max().unwrap_or_default();
    for stretch in Stretch::new(0, case.link, case.rate).all(longest) {
        let records = gpu.records("stretch", 1);
        gpu.write_records(&records, &[stretch]);
        run(gpu, &kernel, &gpu.bind(&kernel, &records, &storage), case.cells.len());
    }
    Ok(Found {
        rows: [
            gpu.read(&users, case.rows[0].len()).await?,
            gpu.read(&items, case.rows[1].len()).await?,
        ],
        sums: gpu.read(&sums, case.cells.len()).await?,
    })
}

/// What the shader should answer: the steps of the CPU.
pub(crate) fn twin(case: &Case) -> Found {
    let [mut users, mut items] = case.rows.clone();
    let chunks = case.lanes.chunks();
    let [user_rates, item_rates] =
        [Side::Users, Side::Items].map(|side| case.lanes.moving(side, case.rate));
    let mut sums = Vec::new();
    for cell in &case.cells {
        let samples = &case.samples[cell.first_sample as usize..][..cell.samples as usize];
        let order = &case.runs[cell.first_run as usize..][..cell.runs()];
        let mut errors = [0.0; 2];
        for sample in order.iter().flat_map(|run| samples.chunks(RUN).nth(*run as usize)).flatten()
        {
            let (user, item) = (sample.user as usize, sample.item as usize);
            let p = &mut users[user * chunks..][..chunks];
            let q = &mut items[item * chunks..][..chunks];
            let sum = lanes::dot(p, q, &mut Chunk::default());
            let [error, slope] = case.link.error(sum, sample.rating);
            let shrink = [case.shrink[0][user], case.shrink[1][item]];
            lanes::step(p, q, slope, [&user_rates, &item_rates], shrink);
            errors = [errors[0] + error * error, errors[1] + error.abs()];
        }
        sums.push(errors);
    }
    Found { rows: [users, items], sums }
}
