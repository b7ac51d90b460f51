// Where the gradients of every rating go, and which batches read a row. One invocation a sorted key.
//
// A key's place among those of its batch is the slot of its gradient, so those of a row stand side by
// side, in the batch's order.

const LANES = 64u;
const GRID = 32768u; // workgroups in a row of the grid

struct Plan {
    first: u32,
    samples: u32, // ratings of the slice
    batch: u32,   // ratings of a batch; the last may have fewer
    steps: u32,   // batches
    users: u32,
    rows: u32,
    first_slot: u32,
    every_row: u32,
    side: u32, // keys of a batch's users, and of its items: a power of two
    entries: u32,
    opening: u32,
    words: u32, // of a row's readers, if every row moves
}

@group(0) @binding(0) var<uniform> plan: Plan;
@group(0) @binding(1) var<storage, read> keys: array<vec2u>; // [steps, 2, side]: row, place in the batch
@group(0) @binding(2) var<storage, read_write> samples: array<atomic<u32>>; // [samples, 4]
@group(0) @binding(3) var<storage, read_write> readers: array<atomic<u32>>; // [rows, words], a bit a batch

@compute @workgroup_size(LANES)
fn mark(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = (group.y * GRID + group.x) * LANES + lane;
    let step = at >> (firstTrailingBit(plan.side) + 1u);
    let slot = at & (plan.side - 1u);
    if step >= plan.steps || slot >= min(plan.batch, plan.samples - step * plan.batch) {
        return;
    }
    let key = keys[at];
    let half = select(16u, 0u, (at & plan.side) == 0u); // the user's slot is the low one
    atomicOr(&samples[4u * (step * plan.batch + key.y) + 3u], slot << half);
    if plan.words > 0u && (slot == 0u || keys[at - 1u].x != key.x) {
        atomicOr(&readers[key.x * plan.words + step / 32u], 1u << (step % 32u));
    }
}
