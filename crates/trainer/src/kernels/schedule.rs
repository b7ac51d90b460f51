//! `shaders/schedule.wgsl`: which rows move beside every batch, and how far.

use super::{
    Job, Plan,
    plan::{MAX_REACH, small},
    run,
    sort::Key,
};
use crate::gpu::{Access, Fault, Gpu, Kernel, Shader, whole};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/schedule.wgsl");

/// keys, readers, jobs as they are found, jobs.
pub(crate) fn kernel(gpu: &Gpu) -> Kernel {
    use Access::{Read, Write};
    let shader = Shader { source: SOURCE, entry: "schedule", constants: &[] };
    gpu.kernel::<Plan>(&shader, &[Read, Read, Write, Write])
}

/// Workgroups for a slice.
pub(crate) fn workgroups(plan: &Plan) -> usize {
    plan.jobs() / plan.entries as usize
}

/// The shader's answer: the opening, then `[steps, entries]`.
///
/// # Errors
/// A GPU that fails.
pub(crate) async fn on_gpu(
    gpu: &Gpu,
    plan: &Plan,
    keys: &[Key],
    readers: &[u32],
) -> Result<Vec<Job>, Fault> {
    let kernel = kernel(gpu);
    let records = gpu.records("plan", 1);
    gpu.write_records(&records, &[*plan]);
    let keys = gpu.filled("keys", keys);
    let readers = gpu.filled("readers", readers);
    let [found, jobs] =
        ["found", "jobs"].map(|label| gpu.storage(label, plan.jobs() * size_of::<Job>()));
    let bound = gpu.bind(&kernel, &records, &[&keys, &readers, &found, &jobs].map(whole));
    run(gpu, &kernel, &bound, workgroups(plan));
    gpu.read(&jobs, plan.jobs()).await
}

/// What the shader should answer, but that of jobs with as many steps any may come first. It goes from
/// the last batch to the first, so that it has met the batch that moves a row next, and needs no
/// readers.
pub(crate) fn twin(plan: &Plan, keys: &[Key], jobs: &mut Vec<Job>) {
    let (entries, side) = (plan.entries as usize, plan.side as usize);
    let (rows, every_row) = (plan.rows as usize, plan.every_row != 0);
    let reach = plan.reach as usize;
    let mut next = vec![plan.steps; rows]; // where a row is moved next, or the end of the slice
    let mut found = Vec::with_capacity(entries);
    jobs.resize(plan.jobs(), Job::default());
    let (opening, batches) = jobs.split_at_mut(plan.opening as usize);
    let batches = batches.chunks_mut(entries).zip(keys.chunks(2 * side)).enumerate();
    for (step, (to, keys)) in batches.rev() {
        let from = small(step);
        let mut way = |row: u32| match every_row {
            true => std::mem::replace(&mut next[row as usize], from) - from,
            false => 1,
        };
        let mut first = plan.first_slot;
        for side in keys.chunks(side) {
            for same in side[..plan.count(step)].chunk_by(|a, b| a[0] == b[0]) {
                let (row, end) = (same[0][0], first + small(same.len()));
                found.push(Job { row, steps: way(row), first, end });
                first = end;
            }
        }
        let on_their_way = if every_row { step % reach..rows } else { 0..0 };
        for row in on_their_way.step_by(reach).map(small) {
            let job = Job { row, steps: way(row), ..Job::default() };
            found.extend((job.steps > 0).then_some(job)); // or the batch reads it
        }
        sort(&found, to);
        found.clear();
    }
    for (section, to) in opening.chunks_mut(entries).enumerate() {
        let rows = section * entries..rows.min((section + 1) * entries);
        let job = |row: usize| Job { row: small(row), steps: next[row], ..Job::default() };
        sort(&rows.map(job).collect::<Vec<_>>(), to);
    }
}

/// Puts the longest jobs first, and empty ones last.
fn sort(jobs: &[Job], to: &mut [Job]) {
    let mut places = [0; MAX_REACH + 1];
    jobs.iter().for_each(|job| places[job.steps as usize] += 1);
    let mut longer = 0;
    for place in places.iter_mut().rev() {
        longer += std::mem::replace(place, longer);
    }
    for job in jobs {
        let place = &mut places[job.steps as usize];
        to[*place] = *job;
        *place += 1;
    }
    to[jobs.len()..].fill(Job::default());
}
