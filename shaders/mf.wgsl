// Matrix factorisation: predictions, errors and gradients of a batch. One invocation a rating.
//
// The prediction is the inner product of a user's and an item's factors; the gradient of one is
// the other, times the error. Each gradient goes to a slot of its own, those of a row side by side.

override PAIRS: u32 = 5; // pairs of factors in a row; an odd last factor has a zero beside it

const LANES = 64u;
const GRID = 32768u; // workgroups in a row of the grid

struct Turn {
    first_sample: u32,
    samples: u32,
    first_job: u32,
    jobs: u32,
    first_step: u32,
    network: u32,
    first_slot: u32,
    stride: u32,
    groups: u32,
    scale: f32, // 2 / samples
}

struct Sample {
    user: u32, // row
    item: u32, // row
    rating: f32,
    slots: u32, // the user's in the low half, the item's in the high one
}

@group(0) @binding(0) var<uniform> turn: Turn;
@group(0) @binding(1) var<storage, read> values: array<vec2f>; // [rows, PAIRS]
@group(0) @binding(2) var<storage, read> samples: array<Sample>;
@group(0) @binding(3) var<storage, read_write> gradients: array<vec2f>; // [slots, PAIRS]
@group(0) @binding(4) var<storage, read_write> errors: array<f32>;      // [samples]

fn error_of(sample: Sample) -> f32 {
    let user = sample.user * PAIRS;
    let item = sample.item * PAIRS;
    var sum = vec2f();
    for (var pair = 0u; pair < PAIRS; pair++) {
        sum += values[user + pair] * values[item + pair];
    }
    return sum.x + sum.y - sample.rating;
}

@compute @workgroup_size(LANES)
fn differentiate(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let index = group.x * LANES + lane;
    if index >= turn.samples {
        return;
    }
    let sample = samples[turn.first_sample + index];
    let error = error_of(sample);
    errors[turn.first_sample + index] = error;

    let scale = turn.scale * error;
    let user = sample.user * PAIRS;
    let item = sample.item * PAIRS;
    let by_user = (turn.first_slot + (sample.slots & 0xffffu)) * PAIRS;
    let by_item = (turn.first_slot + turn.samples + (sample.slots >> 16u)) * PAIRS;
    for (var pair = 0u; pair < PAIRS; pair++) {
        gradients[by_user + pair] = scale * values[item + pair];
        gradients[by_item + pair] = scale * values[user + pair];
    }
}

@compute @workgroup_size(LANES)
fn evaluate(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let index = (group.y * GRID + group.x) * LANES + lane;
    if index < turn.samples {
        errors[index] = error_of(samples[turn.first_sample + index]);
    }
}
