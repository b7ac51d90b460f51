// The ratings of every batch, sorted by user and, apart from that, by item; those of one row stay in
// the batch's order. A key's place is the number of keys before it: in a block it is counted, and
// where a batch has several blocks, it is looked for in every other one.

const LANES = 32u;    // few, so that each counts for many keys at once
const GRID = 32768u;  // workgroups in a row of the grid
const BLOCK = 512u;   // keys that a workgroup counts
const BLOCK_BITS = 9u;
const SHARE = 4u;     // fours of keys for an invocation
const NO_ROW = 0x7fffffu; // no row is higher: moments would outgrow a binding. Ties go by place

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
}

struct Sample {
    user: u32, // row
    item: u32, // row
    rating: f32,
    slots: u32,
}

@group(0) @binding(0) var<uniform> plan: Plan;
@group(0) @binding(1) var<storage, read> samples: array<Sample>;
@group(0) @binding(2) var<storage, read_write> blocks: array<vec2u>; // [steps, 2, side]: row, place in the batch
@group(0) @binding(3) var<storage, read_write> merged: array<vec2u>; // the same

var<workgroup> near: array<vec4i, LANES * SHARE>;

// The row that a key stands for, before anything is sorted.
fn row_of(at: u32) -> u32 {
    let step = at >> (firstTrailingBit(plan.side) + 1u);
    let place = at & (plan.side - 1u);
    let index = step * plan.batch + place;
    if step >= plan.steps || place >= plan.batch || index >= plan.samples {
        return NO_ROW;
    }
    let sample = samples[index];
    return select(sample.item, sample.user, (at & plan.side) == 0u);
}

// Puts the key that was at a place where it belongs.
fn put(at: u32, row: u32, to: u32) {
    if at < plan.steps * 2u * plan.side {
        blocks[to] = vec2u(row, at & (plan.side - 1u));
    }
}

// Sorts every block, or every side in it.
@compute @workgroup_size(LANES)
fn sort(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let first = (group.y * GRID + group.x) * BLOCK;
    let bits = min(firstTrailingBit(plan.side), BLOCK_BITS); // of a place in a block's side
    var rows: array<vec4u, SHARE>;
    var mine: array<vec4i, SHARE>;
    for (var share = 0u; share < SHARE; share++) {
        let at = 4u * (share * LANES + lane);
        let four = first + at;
        rows[share] = vec4u(row_of(four), row_of(four + 1u), row_of(four + 2u), row_of(four + 3u));
        // In 32 bits: the side, if there are several; the row; the place.
        let places = at + vec4u(0u, 1u, 2u, 3u);
        let side = select(vec4u(), (places >> vec4u(bits)) << vec4u(bits + 23u), bits < BLOCK_BITS);
        let key = side | (rows[share] << vec4u(bits)) | (places & vec4u((1u << bits) - 1u));
        mine[share] = bitcast<vec4i>(key ^ vec4u(0x80000000u)); // signed numbers are compared faster
        near[share * LANES + lane] = mine[share];
    }
    workgroupBarrier();
    var before: array<vec4i, SHARE>; // counted downwards
    for (var other = 0u; other < LANES * SHARE; other++) {
        let keys = near[other];
        for (var share = 0u; share < SHARE; share++) {
            before[share] += select(vec4i(), vec4i(-1), vec4i(keys.x) < mine[share]);
            before[share] += select(vec4i(), vec4i(-1), vec4i(keys.y) < mine[share]);
            before[share] += select(vec4i(), vec4i(-1), vec4i(keys.z) < mine[share]);
            before[share] += select(vec4i(), vec4i(-1), vec4i(keys.w) < mine[share]);
        }
    }
    for (var share = 0u; share < SHARE; share++) {
        let at = first + 4u * (share * LANES + lane);
        let to = first + vec4u(-before[share]);
        put(at, rows[share].x, to.x);
        put(at + 1u, rows[share].y, to.y);
        put(at + 2u, rows[share].z, to.z);
        put(at + 3u, rows[share].w, to.w);
    }
}

// Keys of a sorted block whose rows are lower than this one, or at most as high.
fn count_before(block: u32, row: u32, or_equal: bool) -> u32 {
    var low = 0u;
    var high = BLOCK;
    while low < high {
        let middle = (low + high) / 2u;
        let other = blocks[block + middle].x;
        if other < row || (or_equal && other == row) {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return low;
}

// Puts the blocks of every side together. One invocation a key.
@compute @workgroup_size(LANES)
fn merge(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = (group.y * GRID + group.x) * LANES + lane;
    if at >= plan.steps * 2u * plan.side {
        return;
    }
    let key = blocks[at];
    let mine = at / BLOCK * BLOCK;
    let first = at & ~(plan.side - 1u);
    var place = at - mine;
    for (var block = first; block < first + plan.side; block += BLOCK) {
        if block != mine {
            place += count_before(block, key.x, block < mine);
        }
    }
    merged[first + place] = key;
}
