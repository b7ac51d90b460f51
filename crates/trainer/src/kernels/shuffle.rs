//! `shaders/shuffle.wgsl`: the ratings of a slice in the epoch's order.

use ratings::Ratings;

use super::{Plan, Sample, run};
use crate::gpu::{Access, Fault, Gpu, Kernel, LANES, Shader, whole};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/shuffle.wgsl");

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
pub(crate) async fn on_gpu(gpu: &Gpu, plan: &Plan, train: &Ratings) -> Result<Vec<Sample>, Fault> {
    let kernel = kernel(gpu);
    let records = gpu.records("plan", 1);
    gpu.write_records(&records, &[*plan]);
    let users = gpu.filled("users", &train.users);
    let items = gpu.filled("items", &train.items);
    let ratings = gpu.filled("ratings", &train.values);
    let samples = gpu.storage("samples", plan.samples as usize * size_of::<Sample>());
    let bound = gpu.bind(&kernel, &records, &[&users, &items, &ratings, &samples].map(whole));
    run(gpu, &kernel, &bound, workgroups(plan));
    gpu.read(&samples, plan.samples as usize).await
}

/// What the shader should answer.
pub(crate) fn twin(plan: &Plan, train: &Ratings) -> Vec<Sample> {
    let places = plan.first..plan.first + plan.samples;
    let elements = places.map(|place| plan.order.at(place) as usize);
    let sample = |element: usize| Sample {
        user: train.users[element].0,
        item: plan.users + train.items[element].0,
        rating: train.values[element],
        slots: 0,
    };
    elements.map(sample).collect()
}
