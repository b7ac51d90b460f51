//! What the kernels must be told of a slice: for each batch where its gradients go, which rows it
//! moves and how far.

use crate::kernels::{Job, Sample, Turn, deep_mf::Network};

/// Jobs with fewer steps than this are sorted by counting.
const BUCKETS: usize = 256;
/// Most steps of a job, if the rows are not many: a batch takes as long as its longest job.
const REACH: usize = 64;

/// A slice of steps, ready for the device.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) samples: Vec<Sample>, // in the epoch's order, filled in by the caller but for `slots`
    pub(crate) jobs: Vec<Job>,
    pub(crate) turns: Vec<Turn>, // of the batches
    pub(crate) opening: Turn,    // brings rows from the slice's start to their first readers
}

/// A network, and the row where its numbers begin.
pub(crate) struct NetworkRows {
    pub(crate) first: u32,
    pub(crate) network: Network,
    pub(crate) stride: usize, // slots of each of its rows, as many as the longest batch needs
}

/// Plans slices; keeps its memory between them.
pub(crate) struct Planner {
    users: u32,
    reach: usize, // most steps of a job of few rows
    rows: Vec<Seen>,
    found: Vec<Found>,
    jobs_of: Vec<[u32; 2]>, // of each sample's user and item, in `found`
}

/// What is known of a row, going through a slice from its end.
#[derive(Clone, Copy)]
struct Seen {
    reader: u32, // the next batch that moves it, or the end of the slice
    job: u32,    // its job there
}

/// A row of a batch.
struct Found {
    row: u32,
    steps: u32,
    samples: u32,
    next_slot: u32,
}

impl Planner {
    /// For tables of `users` and `items` rows.
    pub(crate) fn new(users: usize, items: usize) -> Self {
        Self {
            users: small(users),
            reach: REACH,
            rows: vec![Seen { reader: 0, job: 0 }; users + items],
            found: Vec::new(),
            jobs_of: Vec::new(),
        }
    }

    /// Plans `plan.samples` in batches of `batch_size`. With `every_row`, rows that a batch does not
    /// read move too, as in dense Adam; without it a row moves only where it is read. A row that has
    /// far to go to its next reader goes on beside other batches on the way, where that makes no more
    /// jobs than there are samples.
    pub(crate) fn plan(
        &mut self,
        plan: &mut Plan,
        batch_size: usize,
        network: Option<&NetworkRows>,
        every_row: bool,
    ) {
        let Plan { samples, jobs, turns, opening } = plan;
        let steps = samples.len().div_ceil(batch_size);
        let reach = self.reach.max(self.rows.len().div_ceil(batch_size));
        jobs.clear();
        turns.clear();
        turns.resize(steps, Turn::default());
        self.rows.fill(Seen { reader: small(steps), job: 0 });
        // A network's slots come first. They stay where they are in every slice, since the numbers
        // that fill up its rows are never written and must stay zero.
        let stride = network.map_or(0, |of| small(of.stride));
        let first_slot = network.map_or(0, |of| small(of.network.rows()) * stride);
        for (step, batch) in samples.chunks_mut(batch_size).enumerate().rev() {
            let slots = Slots {
                end_of_users: self.users,
                users: first_slot,
                items: first_slot + small(batch.len()),
            };
            let first_job = jobs.len();
            self.find(batch, small(step));
            if every_row {
                self.go_on(step, reach, turns, jobs);
            } else {
                self.found.iter_mut().for_each(|found| found.steps = 1);
            }
            self.assign_slots(batch);
            sort_into(&self.found, slots, jobs);
            let mut turn = Turn {
                first_sample: small(step * batch_size),
                samples: small(batch.len()),
                first_job: small(first_job),
                first_step: small(step),
                first_slot: slots.users,
                stride,
                network: network.map_or(u32::MAX, |of| of.first),
                scale: 2.0 / batch.len() as f32,
                ..Turn::default()
            };
            if let Some(NetworkRows { first, network, .. }) = network {
                let slots = small(network.slots(batch.len()));
                turn.groups = small(network.groups(batch.len()));
                jobs.extend((0..small(network.rows())).map(|row| {
                    let slot = row * turn.stride;
                    Job { row: first + row, steps: 1, first: slot, end: slot + slots }
                }));
            }
            turn.jobs = small(jobs.len() - first_job);
            turns[step] = turn;
        }
        let first_job = jobs.len();
        if every_row {
            self.found.clear();
            let waiting = (0..).zip(&self.rows).filter(|(_, seen)| seen.reader > 0);
            let wait = |(row, seen): (u32, &Seen)| Found {
                row,
                steps: seen.reader,
                samples: 0,
                next_slot: 0,
            };
            self.found.extend(waiting.map(wait));
            sort_into(&self.found, Slots::default(), jobs);
        }
        *opening = Turn {
            first_job: small(first_job),
            jobs: small(jobs.len() - first_job),
            network: u32::MAX, // a network's rows never wait
            ..Turn::default()
        };
    }

    /// Finds the rows of a batch, and which of them each sample reads.
    fn find(&mut self, batch: &[Sample], step: u32) {
        let Self { rows, found, jobs_of, .. } = self;
        found.clear();
        jobs_of.clear();
        let mut note = |row: u32| {
            let seen = &mut rows[row as usize];
            if seen.reader != step {
                let steps = seen.reader - step;
                *seen = Seen { reader: step, job: found.len() as u32 };
                found.push(Found { row, steps, samples: 0, next_slot: 0 });
            }
            found[seen.job as usize].samples += 1;
            seen.job
        };
        jobs_of.extend(batch.iter().map(|sample| [note(sample.user), note(sample.item)]));
    }

    /// Has rows go on at a step whose way from it to where they are next moved is the longest.
    fn go_on(&mut self, step: usize, reach: usize, turns: &[Turn], jobs: &[Job]) {
        let Self { rows, found, .. } = self;
        let (stop, count) = (step + reach, small(rows.len()));
        let mut note = |row: u32| {
            // A network's rows stand behind the tables'; they never wait.
            let Some(seen) = rows.get_mut(row as usize) else { return };
            if seen.reader == small(stop) {
                *seen = Seen { reader: small(step), job: small(found.len()) };
                found.push(Found { row, steps: small(reach), samples: 0, next_slot: 0 });
            }
        };
        match turns.get(stop) {
            Some(turn) => {
                let moved = &jobs[turn.first_job as usize..][..turn.jobs as usize];
                moved.iter().for_each(|job| note(job.row));
            }
            None if stop == turns.len() => (0..count).for_each(note),
            None => {}
        }
    }

    /// Gives the samples of a row slots side by side: users' in one range, items' in another.
    fn assign_slots(&mut self, batch: &mut [Sample]) {
        let (mut user_slots, mut item_slots) = (0, 0);
        for found in &mut self.found {
            let slots = if found.row < self.users { &mut user_slots } else { &mut item_slots };
            found.next_slot = *slots;
            *slots += found.samples;
        }
        for (sample, jobs) in batch.iter_mut().zip(&self.jobs_of) {
            let [user, item] = jobs.map(|job| {
                let slot = &mut self.found[job as usize].next_slot;
                *slot += 1;
                *slot - 1
            });
            sample.slots = user | item << 16; // a batch has at most 2^16 samples
        }
    }
}

/// Where the slots of users and of items begin.
#[derive(Clone, Copy, Default)]
struct Slots {
    end_of_users: u32, // the first row of an item
    users: u32,
    items: u32,
}

/// Adds jobs for these rows of a batch, the longest first.
fn sort_into(found: &[Found], slots: Slots, jobs: &mut Vec<Job>) {
    let bucket = |steps: u32| BUCKETS - 1 - (steps as usize).min(BUCKETS - 1);
    let mut start = [0u32; BUCKETS + 1];
    for found in found {
        start[bucket(found.steps) + 1] += 1;
    }
    let longest = start[1] as usize;
    for i in 0..BUCKETS {
        start[i + 1] += start[i];
    }
    let begin = jobs.len();
    jobs.resize(begin + found.len(), Job::default());
    let sorted = &mut jobs[begin..];
    for &Found { row, steps, samples, next_slot } in found {
        let place = &mut start[bucket(steps)];
        let end = next_slot + if row < slots.end_of_users { slots.users } else { slots.items };
        sorted[*place as usize] = Job { row, steps, first: end - samples, end };
        *place += 1;
    }
    sorted[..longest].sort_unstable_by_key(|job| (u32::MAX - job.steps, job.row));
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("a slice has fewer than 2^32 of anything")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(user: u32, item: u32) -> Sample {
        Sample { user, item, ..Sample::default() }
    }

    #[test]
    fn every_row_makes_every_step_once() {
        for (reach, longest) in [(1, 3), (4, 4), (100, 12)] {
            let sample = |n: u32| sample(n * n % 7, 8 + n * 5 % 11); // user 7 rates nothing
            let samples: Vec<Sample> = (0..100).map(sample).collect();
            let mut plan = Plan { samples, ..Plan::default() };
            let mut planner = Planner { reach, ..Planner::new(8, 11) };
            planner.plan(&mut plan, 9, None, true);
            assert_eq!(plan.turns.len(), 12);
            let mut made = vec![0; 19];
            let turns = [&[plan.opening][..], &plan.turns].concat();
            for (n, turn) in turns.iter().enumerate() {
                let jobs = &plan.jobs[turn.first_job as usize..][..turn.jobs as usize];
                assert!(jobs.is_sorted_by_key(|job| std::cmp::Reverse(job.steps)));
                for job in jobs {
                    assert_eq!(made[job.row as usize], turn.first_step, "turn {n}: {job:?}");
                    made[job.row as usize] += job.steps;
                }
            }
            assert_eq!(made, [12; 19]);
            // 19 rows in batches of 9: at least three steps a job.
            assert_eq!(plan.jobs.iter().map(|job| job.steps).max(), Some(longest));
        }
    }

    #[test]
    fn a_rows_gradients_stand_side_by_side() {
        let mut plan = Plan {
            samples: vec![sample(1, 3), sample(0, 3), sample(1, 2), sample(1, 3)],
            ..Plan::default()
        };
        Planner::new(2, 2).plan(&mut plan, 4, None, false);
        let turn = plan.turns[0];
        let jobs = &plan.jobs[turn.first_job as usize..][..turn.jobs as usize];
        assert_eq!(plan.opening.jobs, 0, "rows that nobody reads stay where they are");
        let slots = |row: u32| {
            let job = jobs.iter().find(|job| job.row == row).expect("every row is read");
            assert_eq!(job.steps, 1);
            (job.first..job.end).collect::<Vec<_>>()
        };
        let mut all = Vec::new();
        for row in 0..4 {
            let side = |sample: &&Sample| sample.user == row || sample.item == row;
            let slot = |sample: &Sample| match row {
                0 | 1 => sample.slots & 0xffff,
                _ => 4 + (sample.slots >> 16),
            };
            let given: Vec<u32> = plan.samples.iter().filter(side).map(slot).collect();
            assert_eq!(given, slots(row), "row {row}, in the batch's order");
            all.extend(given);
        }
        all.sort_unstable();
        assert_eq!(all, (0..8).collect::<Vec<_>>());
    }
}
