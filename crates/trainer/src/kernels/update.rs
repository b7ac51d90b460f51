//! `shaders/update.wgsl`: Adam on the rows of a batch, and on to their next readers.

use super::{Job, Turn, pairs, plan::small, run};
use crate::{
    Config, ModelKind,
    fused::{Schedule, Step},
    gpu::{Access, Fault, Gpu, Kernel, LANES, Shader, whole},
};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/update.wgsl");

/// Most steps of a slice: what 64 KiB hold.
pub(crate) const MAX_STEPS: usize = 1 << 12;

/// values, moments, gradients, jobs, steps.
pub(crate) fn kernel(gpu: &Gpu, factors: usize) -> Kernel {
    use Access::{Read, Uniform, Write};
    let constants = &[("PAIRS", pairs(factors) as f64)];
    let shader = Shader { source: SOURCE, entry: "update", constants };
    gpu.kernel::<Turn>(&shader, &[Write, Write, Read, Read, Uniform])
}

/// Room for the steps of a slice.
pub(crate) fn table(gpu: &Gpu) -> wgpu::Buffer {
    gpu.table("steps", MAX_STEPS * size_of::<Step>())
}

/// Workgroups for so many jobs.
pub(crate) fn workgroups(jobs: usize, factors: usize) -> usize {
    (jobs * pairs(factors)).div_ceil(LANES)
}

/// Rows, the gradients of some of them, and the steps they are to make.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows {
    /// Length of a row.
    pub(crate) factors: usize,
    /// `[rows, 2 * pairs(factors)]`.
    pub(crate) values: Vec<f32>,
    /// `[rows, pairs(factors), 4]`: first moments of a pair, then its second moments.
    pub(crate) moments: Vec<f32>,
    /// `[slots, 2 * pairs(factors)]`, those of the layers first.
    pub(crate) gradients: Vec<f32>,
    /// The rows to move; no job of a workgroup is longer than its first.
    pub(crate) jobs: Vec<Job>,
    /// The last rows, which make one step.
    pub(crate) layers: Layers,
}

/// Rows of a network's layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layers {
    /// Their number.
    pub(crate) rows: u32,
    /// Slots of each.
    pub(crate) stride: u32,
    /// Of those, the first that have gradients.
    pub(crate) sums: u32,
}

/// Adam's settings, from the first step of a run on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adam {
    /// Step size.
    pub(crate) learning_rate: f64,
    /// Coupled penalty.
    pub(crate) weight_decay: f64,
    /// Steps made before.
    pub(crate) made: u64,
}

impl Adam {
    fn steps(&self, count: usize) -> Vec<Step> {
        let mut schedule = Schedule::after(self.made);
        (0..count).map(|_| schedule.next(&self.config()).rows).collect()
    }

    /// The layers' step, made to differ from the rows'.
    fn layer_step(&self) -> Step {
        let config = Config { learning_rate: 3.0 * self.learning_rate, ..self.config() };
        Schedule::after(self.made).next(&config).layers
    }

    fn config(&self) -> Config {
        Config {
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
            ..Config::usual(ModelKind::Mf)
        }
    }
}

/// The shader's answer: values and moments after the jobs.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(gpu: &Gpu, rows: &Rows, adam: &Adam) -> Result<Rows, Fault> {
    let kernel = kernel(gpu, rows.factors);
    let jobs = small(rows.jobs.len());
    let records = gpu.records("turn", 1);
    let row_steps = adam.steps(rows.longest());
    let Layers { rows: layers, stride, sums } = rows.layers;
    let turn = Turn {
        jobs,
        network: small(rows.first_layer()),
        layers,
        stride,
        sums,
        row_step: row_steps[0],
        layer_step: adam.layer_step(),
        ..Turn::default()
    };
    gpu.write_records(&records, &[turn]);
    let values = gpu.filled("values", &rows.values);
    let moments = gpu.filled("moments", &rows.moments);
    let gradients = gpu.filled("gradients", &rows.gradients);
    let job_list = gpu.filled("jobs", &rows.jobs);
    let steps = table(gpu);
    gpu.write(&steps, &row_steps);
    let storage = [&values, &moments, &gradients, &job_list, &steps].map(whole);
    let bound = gpu.bind(&kernel, &records, &storage);
    run(gpu, &kernel, &bound, workgroups(rows.jobs.len() + layers as usize, rows.factors));
    Ok(Rows {
        values: gpu.read(&values, rows.values.len()).await?,
        moments: gpu.read(&moments, rows.moments.len()).await?,
        ..rows.clone()
    })
}

/// What the shader should answer.
pub(crate) fn twin(rows: &Rows, adam: &Adam) -> Rows {
    let mut after = rows.clone();
    let row = 2 * pairs(rows.factors);
    let steps = adam.steps(rows.longest());
    let of_jobs = rows.jobs.iter().map(|job| (*job, &steps[..job.steps as usize]));
    let layer_step = [adam.layer_step()];
    let of_layers = (0..rows.layers.rows).map(|layer| {
        let first = layer * rows.layers.stride;
        let row = small(rows.first_layer()) + layer;
        (Job { row, steps: 1, first, end: first + rows.layers.sums }, &layer_step[..])
    });
    for (job, steps) in of_jobs.chain(of_layers) {
        for k in 0..row {
            let slots = job.first as usize..job.end as usize;
            let mut gradient: f32 = slots.map(|slot| rows.gradients[slot * row + k]).sum();
            let at = job.row as usize * row + k;
            let pair = at / 2 * 4 + at % 2; // of the first moment; the second stands two further
            for step in steps {
                let numbers = [after.values[at], after.moments[pair], after.moments[pair + 2]];
                let [value, first, second] = step.apply(numbers, gradient);
                after.values[at] = value;
                after.moments[pair] = first;
                after.moments[pair + 2] = second;
                gradient = 0.0;
            }
        }
    }
    after
}

impl Rows {
    fn first_layer(&self) -> usize {
        self.values.len() / (2 * pairs(self.factors)) - self.layers.rows as usize
    }

    fn longest(&self) -> usize {
        self.jobs.first().map_or(0, |job| job.steps as usize)
    }
}
