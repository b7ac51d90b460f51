// Which rows move beside every batch, and how far. One workgroup a section of the list of jobs: those
// of a batch, or as many of those that bring the rows from the start of the slice to where they are
// moved first.
//
// A row is moved by the batches that read it and, if every row moves at every step, at one step in
// `reach` besides, so that no batch waits for a row that has far to go. Each time it goes on to where
// it is moved next, or to the end of the slice. Within a section the longest jobs come first, those
// of one length in any order.

const LANES = 128u;
const GRID = 32768u; // workgroups in a row of the grid
const MAX_REACH = 64u;

struct Plan {
    first: u32,
    samples: u32,    // ratings of the slice
    batch: u32,      // ratings of a batch; the last may have fewer
    steps: u32,      // batches
    users: u32,
    rows: u32,       // of users and of items
    first_slot: u32, // of the rows' gradients
    every_row: u32,  // whether rows move that are not read, if not 0
    side: u32,       // keys of a batch's users, and of its items
    entries: u32,    // jobs of a section, empty ones included
    opening: u32,    // jobs before those of the first batch, in whole sections
    words: u32,      // of a row's readers, if every row moves
    reach: u32,      // most steps of a job, a power of two: what is below 0 wraps around
}

struct Job {
    row: u32,
    steps: u32,
    first: u32, // the gradients that belong to it
    end: u32,
}

@group(0) @binding(0) var<uniform> plan: Plan;
@group(0) @binding(1) var<storage, read> keys: array<vec2u>;  // [steps, 2, side]: row, place in the batch
@group(0) @binding(2) var<storage, read> readers: array<u32>; // [rows, words], a bit a batch
@group(0) @binding(3) var<storage, read_write> found: array<Job>; // as they are found
@group(0) @binding(4) var<storage, read_write> jobs: array<Job>;  // opening, then [steps, entries]

var<workgroup> counts: array<atomic<u32>, MAX_REACH + 1u>; // jobs of so many steps
var<workgroup> places: array<atomic<u32>, MAX_REACH + 1u>; // where the next of them goes

// The first batch from `step` on that reads a row, or `end`.
fn next_reader(row: u32, step: u32, end: u32) -> u32 {
    var at = step;
    while at < end {
        let word = readers[row * plan.words + at / 32u] >> (at % 32u);
        if word != 0u {
            return min(at + firstTrailingBit(word), end);
        }
        at = (at / 32u + 1u) * 32u;
    }
    return end;
}

// Steps from where a row is moved at `step` to where it is moved next.
fn way(row: u32, step: u32) -> u32 {
    if plan.every_row == 0u {
        return 1u;
    }
    let since = (step - row) % plan.reach; // the row's own step
    return next_reader(row, step + 1u, min(step + plan.reach - since, plan.steps)) - step;
}

// The job that brings a row to where it is moved first.
fn opening_job(row: u32) -> Job {
    if row >= plan.rows {
        return Job();
    }
    return Job(row, next_reader(row, 0u, min(row % plan.reach, plan.steps)), 0u, 0u);
}

// A job of a batch; without steps if there is nothing to do.
fn job(step: u32, entry: u32) -> Job {
    let count = min(plan.batch, plan.samples - step * plan.batch);
    if entry < 2u * count {
        let of_item = entry >= count;
        let slot = entry - select(0u, count, of_item);
        let first = (2u * step + u32(of_item)) * plan.side;
        let row = keys[first + slot].x;
        if slot > 0u && keys[first + slot - 1u].x == row {
            return Job(); // not the row's first rating
        }
        var end = slot + 1u;
        while end < count && keys[first + end].x == row {
            end++;
        }
        let gradients = plan.first_slot + entry;
        return Job(row, way(row, step), gradients, gradients + end - slot);
    }
    let row = step % plan.reach + (entry - 2u * count) * plan.reach;
    if plan.every_row == 0u || row >= plan.rows || next_reader(row, step, step + 1u) == step {
        return Job();
    }
    return Job(row, way(row, step), 0u, 0u);
}

@compute @workgroup_size(LANES)
fn schedule(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let first = (group.y * GRID + group.x) * plan.entries;
    if first >= plan.opening + plan.steps * plan.entries {
        return;
    }
    if lane <= MAX_REACH {
        atomicStore(&counts[lane], 0u);
    }
    workgroupBarrier();
    let step = (first - plan.opening) / plan.entries; // of a batch
    for (var entry = lane; entry < plan.entries; entry += LANES) {
        var one: Job;
        if first < plan.opening {
            one = opening_job(first + entry);
        } else {
            one = job(step, entry);
        }
        found[first + entry] = one;
        atomicAdd(&counts[one.steps], 1u);
    }
    workgroupBarrier();
    if lane <= MAX_REACH {
        var longer = 0u;
        for (var steps = lane + 1u; steps <= MAX_REACH; steps++) {
            longer += atomicLoad(&counts[steps]);
        }
        atomicStore(&places[lane], longer);
    }
    workgroupBarrier();
    for (var entry = lane; entry < plan.entries; entry += LANES) {
        let one = found[first + entry]; // written by this invocation
        jobs[first + atomicAdd(&places[one.steps], 1u)] = one;
    }
}
