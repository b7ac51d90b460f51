//! `shaders/shuffle.wgsl`: the ratings of a slice in the epoch's order.

use ratings::Ratings;

use super::{Plan, Sample, run};
use crate::gpu::{Access, Fault, Gpu, Kernel, LANES, Shader, whole};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/shuffle.wgsl");

/// Training ratings, column by column: `[ratings]` each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    /// Rows of the users.
    pub(crate) users: Vec<u32>,
    /// Rows of the items, from 0.
    pub(crate) items: Vec<u32>,
    /// The ratings.
    pub(crate) ratings: Vec<f32>,
}

impl Columns {
    /// Of a table.
    pub(crate) fn of(table: &Ratings) -> Self {
        Self {
            users: table.users.iter().map(|user| user.0).collect(),
            items: table.items.iter().map(|item| item.0).collect(),
            ratings: table.values.clone(),
        }
    }
}

/// users, items, ratings, samples.
pub(crate) fn kernel(gpu: &Gpu) -> Kernel {
    use Access::{Read, Write};
    let shader = Shader { source: SOURCE, entry: "shuffle", constants: &[] };
    gpu.kernel::<Plan>(&shader, &[Read, Read, Read, Write])
}

/// Workgroups for a slice.
pub(crate) fn workgroups(plan: &Plan) -> usize {
    (plan.samples as usize).div_ceil(LANES)
}

/// The shader's answer.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(
    gpu: &Gpu,
    plan: &Plan,
    columns: &Columns,
) -> Result<Vec<Sample>, Fault> {
    let kernel = kernel(gpu);
    let records = gpu.records("plan", 1);
    gpu.write_records(&records, &[*plan]);
    let users = gpu.filled("users", &columns.users);
    let items = gpu.filled("items", &columns.items);
    let ratings = gpu.filled("ratings", &columns.ratings);
    let samples = gpu.storage("samples", plan.samples as usize * size_of::<Sample>());
    let bound = gpu.bind(&kernel, &records, &[&users, &items, &ratings, &samples].map(whole));
    run(gpu, &kernel, &bound, workgroups(plan));
    gpu.read(&samples, plan.samples as usize).await
}

/// What the shader should answer.
pub(crate) fn twin(plan: &Plan, columns: &Columns) -> Vec<Sample> {
    let places = plan.first..plan.first + plan.samples;
    let elements = places.map(|place| plan.order.at(place) as usize);
    let sample = |element: usize| Sample {
        user: columns.users[element],
        item: plan.users + columns.items[element],
        rating: columns.ratings[element],
        slots: 0,
    };
    elements.map(sample).collect()
}
