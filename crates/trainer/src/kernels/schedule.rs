//! `shaders/schedule.wgsl`: which rows move beside every batch, and how far.

use super::{
    Job, Plan,
    plan::{BITS, REACH, small},
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

/// What the shader should answer, but that of jobs with as many steps any may come first.
pub(crate) fn twin(plan: &Plan, keys: &[Key], readers: &[u32]) -> Vec<Job> {
    let (rows, steps, words) = (plan.rows as usize, plan.steps as usize, plan.words as usize);
    let every_row = plan.every_row != 0;
    let reads =
        |row: usize, step: usize| readers[row * words + step / BITS] >> (step % BITS) & 1 == 1;
    let next = |row: usize, from: usize| {
        let end = steps.min(from + row.wrapping_sub(from) % REACH); // the row's own step
        let words = &readers[row * words..][..words];
        let mut at = from;
        while at < end {
            let word = words[at / BITS] >> (at % BITS);
            if word != 0 {
                return end.min(at + word.trailing_zeros() as usize);
            }
            at = (at / BITS + 1) * BITS;
        }
        end
    };
    let job = |row: usize, step: usize| Job {
        row: small(row),
        steps: if every_row { small(next(row, step + 1) - step) } else { 1 },
        ..Job::default()
    };

    let opening =
        |row: usize| Job { row: small(row), steps: small(next(row, 0)), ..Job::default() };
    let mut jobs: Vec<Job> = (0..rows.min(plan.opening as usize)).map(opening).collect();
    jobs.resize(plan.opening as usize, Job::default());
    for step in 0..steps {
        let mut of_batch = Vec::with_capacity(plan.entries as usize);
        let keys = &keys[2 * step * plan.side as usize..];
        let mut first = plan.first_slot;
        for side in keys.chunks(plan.side as usize).take(2) {
            for same in side[..plan.count(step)].chunk_by(|a, b| a[0] == b[0]) {
                let end = first + small(same.len());
                of_batch.push(Job { first, end, ..job(same[0][0] as usize, step) });
                first = end;
            }
        }
        if every_row {
            let on_their_way = (step % REACH..rows).step_by(REACH);
            of_batch
                .extend(on_their_way.filter(|row| !reads(*row, step)).map(|row| job(row, step)));
        }
        of_batch.resize(plan.entries as usize, Job::default());
        jobs.append(&mut of_batch);
    }
    let mut sorted = jobs.clone();
    let sections = jobs.chunks(plan.entries as usize);
    for (section, to) in sections.zip(sorted.chunks_mut(plan.entries as usize)) {
        sort(section, to);
    }
    sorted
}

/// Puts the longest jobs first.
fn sort(jobs: &[Job], to: &mut [Job]) {
    let mut places = [0; REACH + 1];
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
}
