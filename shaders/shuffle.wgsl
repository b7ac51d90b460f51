// The ratings of a slice in the epoch's order. One invocation a place.
//
// The order is a keyed permutation: a Feistel network over a power of two, walked until it lands
// below the number of ratings. It is a function of the place alone, so nothing is sent.

const LANES = 64u;
const GRID = 32768u; // workgroups in a row of the grid

struct Plan {
    first: u32,   // place of the slice in the epoch's order
    samples: u32, // ratings of the slice
    batch: u32,
    steps: u32,
    users: u32, // the first row of an item
    rows: u32,
    first_slot: u32,
    every_row: u32,
    side: u32,
    entries: u32,
    opening: u32,
    words: u32,
    reach: u32,
    ratings: u32, // of the epoch
    low_mask: u32,
    high_mask: u32,
    low_bits: u32,
    key_1: u32,
    key_2: u32,
    key_3: u32,
    key_4: u32,
    key_5: u32,
    key_6: u32,
}

struct Sample {
    user: u32, // row
    item: u32, // row
    rating: f32,
    slots: u32,
}

@group(0) @binding(0) var<uniform> plan: Plan;
@group(0) @binding(1) var<storage, read> users: array<u32>;   // [ratings]
@group(0) @binding(2) var<storage, read> items: array<u32>;   // [ratings]
@group(0) @binding(3) var<storage, read> ratings: array<f32>; // [ratings]
@group(0) @binding(4) var<storage, read_write> samples: array<Sample>;

fn mix(number: u32) -> u32 {
    var x = number;
    x ^= x >> 16u;
    x *= 0x7feb352du;
    x ^= x >> 15u;
    x *= 0x846ca68bu;
    return x ^ (x >> 16u);
}

fn permute(x: u32) -> u32 {
    var high = x >> plan.low_bits;
    var low = x & plan.low_mask;
    high ^= mix(low ^ plan.key_1) & plan.high_mask;
    low ^= mix(high ^ plan.key_2) & plan.low_mask;
    high ^= mix(low ^ plan.key_3) & plan.high_mask;
    low ^= mix(high ^ plan.key_4) & plan.low_mask;
    high ^= mix(low ^ plan.key_5) & plan.high_mask;
    low ^= mix(high ^ plan.key_6) & plan.low_mask;
    return (high << plan.low_bits) | low;
}

@compute @workgroup_size(LANES)
fn shuffle(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let place = (group.y * GRID + group.x) * LANES + lane;
    if place >= plan.samples {
        return;
    }
    var element = permute(plan.first + place);
    let most = (plan.high_mask << plan.low_bits) | plan.low_mask; // the longest walk
    for (var walked = 0u; walked < most && element >= plan.ratings; walked++) {
        element = permute(element);
    }
    samples[place] = Sample(users[element], plan.users + items[element], ratings[element], 0u);
}
