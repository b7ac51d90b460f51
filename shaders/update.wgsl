// Moves the rows that a batch has touched, and goes on to the step before they are moved next. One
// invocation a pair of numbers.
//
// Dense Adam moves every row at every step, but a row that no batch reads in between moves by its
// moments and its decay alone. So all its steps up to there are made at once: the first
// with the gradient that the batch has found, the others with none. No job of a workgroup is longer
// than its first, and its jobs are about as long, so that its invocations end together; some may have
// no steps. The rows of the layers, which never wait, come after all jobs. The weight decay is the
// same for all steps of a slice.

override PAIRS: u32 = 5; // pairs of numbers in a row; an odd last number has a zero beside it

const LANES = 64u;
const GRID = 32768u; // workgroups in a row of the grid
const STEPS = 4096u; // of a slice

struct Step {
    rate: f32,  // for Adam, learning rate / (1 - beta_1^t)
    root: f32,  // for Adam, 1 / sqrt(1 - beta_2^t)
    decay: f32, // weight decay
    unused: f32,
}

struct Turn {
    first_sample: u32,
    samples: u32,
    first_job: u32,
    jobs: u32, // on rows of the tables
    first_step: u32, // in `steps`
    network: u32,    // row where the layers begin
    first_slot: u32,
    stride: u32, // slots of each of the layers' rows
    groups: u32,
    scale: f32,
    layers: u32, // their rows
    sums: u32,   // slots of each that the batch has filled
    row_step: Step, // the step with the gradients
    layer_step: Step,
}

struct Job {
    row: u32,
    steps: u32,
    first: u32, // the gradients that belong to it
    end: u32,
}

struct Numbers {
    value: vec2f,
    first: vec2f,  // moment
    second: vec2f, // moment
}

@group(0) @binding(0) var<uniform> turn: Turn;
@group(0) @binding(1) var<storage, read_write> values: array<vec2f>;  // [rows, PAIRS]
@group(0) @binding(2) var<storage, read_write> moments: array<vec4f>; // [rows, PAIRS]: first, second
@group(0) @binding(3) var<storage, read> gradients: array<vec2f>;     // [slots, PAIRS]
@group(0) @binding(4) var<storage, read> jobs: array<Job>;
@group(0) @binding(5) var<uniform> steps: array<Step, STEPS>;

// Kingma and Ba, "Adam", 2015, algorithm 1, with PyTorch's coupled weight decay. A compiler may fuse
// a product with a sum, and may do so in one of the two places that this is inlined into and not in
// the other; then a row's bits would depend on where slices end. So every sum says what it fuses.
fn adam(before: Numbers, gradient: vec2f, step: Step) -> Numbers {
    let g = fma(vec2f(step.decay), before.value, gradient);
    let first = fma(g - before.first, vec2f(1.0 - 0.9), before.first);
    let second = fma(g * g, vec2f(1.0 - 0.999), before.second * 0.999);
    let move_by = first / fma(sqrt(second), vec2f(step.root), vec2f(1e-8));
    return Numbers(fma(vec2f(-step.rate), move_by, before.value), first, second);
}

@compute @workgroup_size(LANES)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let begin = (group.y * GRID + group.x) * LANES;
    var longest = 1u;
    if begin / PAIRS < turn.jobs {
        longest = jobs[turn.first_job + begin / PAIRS].steps;
    }
    let index = begin + lane;
    let mine = index / PAIRS;
    if mine >= turn.jobs + turn.layers {
        return;
    }
    let layer = mine - turn.jobs;
    var job = Job(turn.network + layer, 1u, layer * turn.stride, layer * turn.stride + turn.sums);
    if mine < turn.jobs {
        job = jobs[turn.first_job + mine];
    }
    if job.steps == 0u {
        return;
    }
    let pair = index % PAIRS;
    let here = job.row * PAIRS + pair;

    var gradient = vec2f();
    let fours = job.first + (max(job.end, job.first) - job.first) / 4u * 4u;
    var slot = job.first;
    for (; slot < fours; slot += 4u) { // so that four are fetched at once
        let at = slot * PAIRS + pair;
        gradient += gradients[at];
        gradient += gradients[at + PAIRS];
        gradient += gradients[at + 2u * PAIRS];
        gradient += gradients[at + 3u * PAIRS];
    }
    for (; slot < job.end; slot++) {
        gradient += gradients[slot * PAIRS + pair];
    }
    let moment = moments[here];
    var numbers = Numbers(values[here], moment.xy, moment.zw);
    if mine < turn.jobs {
        numbers = adam(numbers, gradient, turn.row_step);
    } else {
        numbers = adam(numbers, gradient, turn.layer_step);
    }
    for (var step = 1u; step < longest; step++) { // alike for all of a workgroup
        let next = steps[turn.first_step + step];
        let moved = adam(numbers, vec2f(), Step(next.rate, next.root, turn.row_step.decay, 0.0));
        if step < job.steps {
            numbers = moved;
        }
    }
    values[here] = numbers.value;
    moments[here] = vec4f(numbers.first, numbers.second);
}
