const FACTORS = 10u; const WIDTH_1 = 10u; const WIDTH_2 = 5u; const MOST = 64u; const BLOCK_INPUTS = 4u; const PARTS = 3u; // replaced by a run's own

// Deep matrix factorisation: predictions, errors and gradients of a batch. A workgroup takes a
// tile of ratings: one invocation runs one of them through the network and back, then the
// invocations share the sums that are the gradient of the layers.
//
// The layers' numbers follow the tables' rows and are moved like rows; a workgroup's sums are some
// of the slots of their gradient. All invocations read the same weight at once, so the weights are
// uniform as well.

const ROW = 2u * ((FACTORS + 1u) / 2u); // numbers in a row; an odd last one has a zero beside it
const INPUTS = 2u * FACTORS;

const LANES = 64u;
const GRID = 32768u; // workgroups in a row of the grid

// Outputs stand in fours, filled up with zeros: weights [inputs, outputs], then biases [outputs].
const FOURS_1 = (WIDTH_1 + 3u) / 4u;
const FOURS_2 = (WIDTH_2 + 3u) / 4u;
const BIAS_1 = 0u; // of what follows the first layer's weights, as the next ones
const WEIGHT_2 = BIAS_1 + FOURS_1;
const BIAS_2 = WEIGHT_2 + 4u * FOURS_1 * FOURS_2;
const WEIGHT_3 = BIAS_2 + FOURS_2;
const BIAS_3 = WEIGHT_3 + FOURS_2;
const REST = BIAS_3 + 1u;
const REST_AT = (INPUTS * 4u * FOURS_1 + 63u) / 64u * 64u; // a number, at a multiple of 256 bytes

// What a rating leaves behind, number by number: inputs, hidden values, and derivatives of the
// loss by the layers' outputs.
const HIDDEN_1 = INPUTS;
const HIDDEN_2 = HIDDEN_1 + WIDTH_1;
const DELTA_1 = HIDDEN_2 + WIDTH_2;
const DELTA_2 = DELTA_1 + WIDTH_1;
const DELTA_3 = DELTA_2 + WIDTH_2;
const TRACE = DELTA_3 + 1u;
const TILE = min(MOST, 4096u / TRACE - 1u); // ratings, no more than 16 KiB hold
const STRIDE = TILE + 1u;                   // so that neighbours lie in different banks

// The gradient of the layers is cut into blocks of some inputs by some outputs, one invocation a
// block; where blocks are few, the ratings of the tile are cut into parts as well.
const BLOCK_OUTPUTS = 5u;
const WIDE_1 = (WIDTH_1 + BLOCK_OUTPUTS - 1u) / BLOCK_OUTPUTS;
const WIDE_2 = (WIDTH_2 + BLOCK_OUTPUTS - 1u) / BLOCK_OUTPUTS;
const BLOCKS_1 = ((INPUTS + BLOCK_INPUTS) / BLOCK_INPUTS) * WIDE_1; // a bias is one input more
const BLOCKS_2 = ((WIDTH_1 + BLOCK_INPUTS) / BLOCK_INPUTS) * WIDE_2;
const BLOCKS_3 = (WIDTH_2 + BLOCK_INPUTS) / BLOCK_INPUTS;
const BLOCKS = BLOCKS_1 + BLOCKS_2 + BLOCKS_3;

struct Turn {
    first_sample: u32,
    samples: u32,
    first_job: u32,
    jobs: u32,
    first_step: u32,
    network: u32,
    first_slot: u32, // of the rows; those of the layers come before
    stride: u32,     // slots of each of the layers' rows
    groups: u32,     // workgroups that share the batch
    scale: f32,      // 2 / samples
}

struct Sample {
    user: u32, // row
    item: u32, // row
    rating: f32,
    slots: u32, // the user's in the low half, the item's in the high one
}

@group(0) @binding(0) var<uniform> turn: Turn;
@group(0) @binding(1) var<storage, read> values: array<f32>; // [rows, ROW]
@group(0) @binding(2) var<storage, read> samples: array<Sample>;
@group(0) @binding(3) var<storage, read_write> gradients: array<f32>; // [slots, ROW]
@group(0) @binding(4) var<storage, read_write> errors: array<f32>;    // [samples]
@group(0) @binding(5) var<uniform> weight_1: array<vec4f, INPUTS * FOURS_1>;
@group(0) @binding(6) var<uniform> rest: array<vec4f, REST>;

var<workgroup> traces: array<f32, TRACE * STRIDE>; // [TRACE, STRIDE]

struct Forward {
    hidden_1: array<vec4f, FOURS_1>,
    hidden_2: array<vec4f, FOURS_2>,
    error: f32,
}

// Runs a rating through the network.
fn forward(sample: Sample) -> Forward {
    var run: Forward;
    for (var j = 0u; j < FOURS_1; j++) {
        run.hidden_1[j] = rest[BIAS_1 + j];
    }
    for (var i = 0u; i < FACTORS; i++) {
        let p = values[sample.user * ROW + i];
        let q = values[sample.item * ROW + i];
        for (var j = 0u; j < FOURS_1; j++) {
            run.hidden_1[j] += weight_1[i * FOURS_1 + j] * p;
            run.hidden_1[j] += weight_1[(FACTORS + i) * FOURS_1 + j] * q;
        }
    }
    for (var j = 0u; j < FOURS_2; j++) {
        run.hidden_2[j] = rest[BIAS_2 + j];
    }
    for (var i = 0u; i < FOURS_1; i++) {
        run.hidden_1[i] = max(run.hidden_1[i], vec4f());
        let x = run.hidden_1[i];
        for (var j = 0u; j < FOURS_2; j++) {
            let at = WEIGHT_2 + 4u * i * FOURS_2 + j;
            run.hidden_2[j] += rest[at] * x.x + rest[at + FOURS_2] * x.y
                + rest[at + 2u * FOURS_2] * x.z + rest[at + 3u * FOURS_2] * x.w;
        }
    }
    var sum = rest[BIAS_3].x;
    for (var i = 0u; i < FOURS_2; i++) {
        run.hidden_2[i] = max(run.hidden_2[i], vec4f());
        sum += dot(rest[WEIGHT_3 + i], run.hidden_2[i]);
    }
    run.error = sum - sample.rating;
    return run;
}

// Leaves four numbers of a trace of `width` in column `lane`.
fn leave(trace: u32, at: u32, width: u32, lane: u32, numbers: vec4f) {
    for (var k = 0u; k < 4u; k++) {
        if at + k < width {
            traces[(trace + at + k) * STRIDE + lane] = numbers[k];
        }
    }
}

// Runs a rating forward and back; leaves its trace in column `lane` and its rows' gradients.
fn differentiate_one(index: u32, lane: u32) {
    let sample = samples[turn.first_sample + index];
    let run = forward(sample);
    errors[turn.first_sample + index] = run.error;

    let delta_3 = turn.scale * run.error;
    traces[DELTA_3 * STRIDE + lane] = delta_3;
    var delta_2: array<vec4f, FOURS_2>;
    for (var j = 0u; j < FOURS_2; j++) {
        let alive = run.hidden_2[j] > vec4f();
        delta_2[j] = select(vec4f(), delta_3 * rest[WEIGHT_3 + j], alive);
        leave(HIDDEN_2, 4u * j, WIDTH_2, lane, run.hidden_2[j]);
        leave(DELTA_2, 4u * j, WIDTH_2, lane, delta_2[j]);
    }
    var delta_1: array<vec4f, FOURS_1>;
    for (var i = 0u; i < FOURS_1; i++) {
        var sum = vec4f();
        for (var j = 0u; j < FOURS_2; j++) {
            let at = WEIGHT_2 + 4u * i * FOURS_2 + j;
            sum += vec4f(
                dot(rest[at], delta_2[j]),
                dot(rest[at + FOURS_2], delta_2[j]),
                dot(rest[at + 2u * FOURS_2], delta_2[j]),
                dot(rest[at + 3u * FOURS_2], delta_2[j]),
            );
        }
        delta_1[i] = select(vec4f(), sum, run.hidden_1[i] > vec4f());
        leave(HIDDEN_1, 4u * i, WIDTH_1, lane, run.hidden_1[i]);
        leave(DELTA_1, 4u * i, WIDTH_1, lane, delta_1[i]);
    }
    let by_user = (turn.first_slot + (sample.slots & 0xffffu)) * ROW;
    let by_item = (turn.first_slot + turn.samples + (sample.slots >> 16u)) * ROW;
    for (var i = 0u; i < FACTORS; i++) {
        var by_p = 0.0;
        var by_q = 0.0;
        for (var j = 0u; j < FOURS_1; j++) {
            by_p += dot(weight_1[i * FOURS_1 + j], delta_1[j]);
            by_q += dot(weight_1[(FACTORS + i) * FOURS_1 + j], delta_1[j]);
        }
        traces[i * STRIDE + lane] = values[sample.user * ROW + i];
        traces[(FACTORS + i) * STRIDE + lane] = values[sample.item * ROW + i];
        gradients[by_user + i] = by_p;
        gradients[by_item + i] = by_q;
    }
    if FACTORS < ROW {
        gradients[by_user + FACTORS] = 0.0;
        gradients[by_item + FACTORS] = 0.0;
    }
}

// A layer as its gradient sees it.
struct Layer {
    inputs: u32,
    outputs: u32,
    input: u32,   // where its inputs begin in a trace
    delta: u32,   // and its derivatives
    weight: u32,  // where its weights begin among the layers' numbers
    columns: u32, // outputs and the zeros after them
    bias: u32,
}

// Sums input times derivative over a part of the tile's ratings, for one block; a bias reads a one.
fn add_block(layer: Layer, block: u32, part: u32, group: u32, count: u32, begins: bool) {
    let wide = (layer.outputs + BLOCK_OUTPUTS - 1u) / BLOCK_OUTPUTS;
    let first_input = block / wide * BLOCK_INPUTS;
    let first_output = block % wide * BLOCK_OUTPUTS;
    var sums: array<array<f32, BLOCK_OUTPUTS>, BLOCK_INPUTS>;
    for (var s = part; s < count; s += PARTS) {
        var deltas: array<f32, BLOCK_OUTPUTS>;
        for (var j = 0u; j < BLOCK_OUTPUTS; j++) {
            deltas[j] = traces[min(layer.delta + first_output + j, TRACE - 1u) * STRIDE + s];
        }
        for (var i = 0u; i < BLOCK_INPUTS; i++) {
            let trace = traces[(layer.input + first_input + i) * STRIDE + s];
            let input = select(1.0, trace, first_input + i < layer.inputs);
            for (var j = 0u; j < BLOCK_OUTPUTS; j++) {
                sums[i][j] += input * deltas[j];
            }
        }
    }
    for (var i = 0u; i < BLOCK_INPUTS; i++) { // fixed bounds, so that the sums stay in registers
        for (var j = 0u; j < BLOCK_OUTPUTS; j++) {
            let input = first_input + i;
            let output = first_output + j;
            let weight = layer.weight + input * layer.columns + output;
            let number = select(layer.bias + output, weight, input < layer.inputs);
            if input <= layer.inputs && output < layer.outputs {
                add(number, group * PARTS + part, sums[i][j], begins);
            }
        }
    }
}

// Adds to a number of one of the slots of the layers' gradient.
fn add(number: u32, slot: u32, sum: f32, begins: bool) {
    let at = (number / ROW * turn.stride + slot) * ROW + number % ROW;
    if begins {
        gradients[at] = sum;
    } else {
        gradients[at] += sum;
    }
}

@compute @workgroup_size(LANES)
fn differentiate(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) lane: u32) {
    let group = id.x;
    let groups = max(turn.groups, 1u);
    for (var tile = group; tile * TILE < turn.samples; tile += groups) {
        let begins = tile == group;
        let count = min(TILE, turn.samples - tile * TILE);
        workgroupBarrier(); // the last tile's traces have been read
        if lane < count {
            differentiate_one(tile * TILE + lane, lane);
        }
        workgroupBarrier();
        for (var work = lane; work < BLOCKS * PARTS; work += LANES) {
            let part = work % PARTS;
            var block = work / PARTS;
            let bias_1 = REST_AT + 4u * BIAS_1;
            var layer = Layer(INPUTS, WIDTH_1, 0u, DELTA_1, 0u, 4u * FOURS_1, bias_1);
            if block >= BLOCKS_1 + BLOCKS_2 {
                block -= BLOCKS_1 + BLOCKS_2;
                let weight = REST_AT + 4u * WEIGHT_3;
                layer = Layer(WIDTH_2, 1u, HIDDEN_2, DELTA_3, weight, 1u, REST_AT + 4u * BIAS_3);
            } else if block >= BLOCKS_1 {
                block -= BLOCKS_1;
                let weight = REST_AT + 4u * WEIGHT_2;
                let bias = REST_AT + 4u * BIAS_2;
                layer = Layer(WIDTH_1, WIDTH_2, HIDDEN_1, DELTA_2, weight, 4u * FOURS_2, bias);
            }
            add_block(layer, block, part, group, count, begins);
        }
    }
}

@compute @workgroup_size(LANES)
fn evaluate(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let index = (group.y * GRID + group.x) * LANES + lane;
    if index < turn.samples {
        errors[index] = forward(samples[turn.first_sample + index]).error;
    }
}
