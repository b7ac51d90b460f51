// Biased matrix factorisation by gradient descent, one rating at a time. One workgroup a cell: the
// ratings of a block of users for a block of items. The cells of a dispatch have no row in common.
//
// A row has its bias among its numbers (a user's p, bias, 1; an item's q, 1, bias), so the inner
// product is the whole sum and one rule moves everything: p += rate (slope q - shrink p), and the
// same with p and q exchanged, both from the old rows.
//
// Lane l owns the numbers l, l + LANES, ... of every row, so nobody reads what another has written to
// a row. Only the inner product goes through the workgroup's memory: every lane leaves its part and,
// behind the barrier, adds up all of them in one order. Whoever writes a half again has met the
// others at the barrier of the rating between, when they had read it: one barrier a rating is enough.

override FACTORS: u32 = 10;

const LANES = 8u;
const MAX_CHUNKS = 17; // of LANES numbers in a row
const RUN = 32u;       // ratings that are visited one after the other
const STRETCH = 512u;  // runs of a cell in one dispatch

struct Stretch {
    first_cell: u32, // of the diagonal
    first_run: u32,  // of each cell
    logistic: u32,   // the link, if not 0
    rate: f32,
    base: f32, // the sum that gives the mean, without a step
    low: f32,  // the lowest rating
    range: f32,
}

struct Cell {
    first_sample: u32, // of the diagonal
    samples: u32,
    first_run: u32, // in `runs`
}

struct Sample {
    user: u32, // row
    item: u32, // row
    rating: f32,
}

@group(0) @binding(0) var<uniform> stretch: Stretch;
@group(0) @binding(1) var<storage, read_write> users: array<f32>; // [users, chunks, LANES]
@group(0) @binding(2) var<storage, read_write> items: array<f32>; // [items, chunks, LANES]
@group(0) @binding(3) var<storage, read> user_shrink: array<f32>; // [users], the penalty at one rating
@group(0) @binding(4) var<storage, read> item_shrink: array<f32>; // [items]
@group(0) @binding(5) var<storage, read> cells: array<Cell>;
@group(0) @binding(6) var<storage, read> runs: array<u32>;        // of every cell, in their order
@group(0) @binding(7) var<storage, read> samples: array<Sample>;  // of the diagonal, cell by cell
@group(0) @binding(8) var<storage, read_write> sums: array<vec2f>; // [cells]: squared, absolute errors

var<workgroup> parts: array<f32, 16>; // [2, LANES], the halves in turn

// The error, and its product with the slope of the prediction.
fn error_of(sum: f32, rating: f32) -> vec2f {
    if stretch.logistic == 0u {
        return vec2f(rating - (stretch.base + sum));
    }
    let x = stretch.base + sum;
    let small = exp(-abs(x)); // never out of range
    let share = select(small, 1.0, x >= 0.0) / (1.0 + small);
    let error = rating - fma(stretch.range, share, stretch.low);
    return vec2f(error, error * stretch.range * (share * (1.0 - share)));
}

@compute @workgroup_size(LANES)
fn sgd(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let place = stretch.first_cell + group.x;
    let cell = cells[place];
    let chunks = (FACTORS + 2u + LANES - 1u) / LANES;
    var p: array<f32, MAX_CHUNKS>;
    var q: array<f32, MAX_CHUNKS>;
    var half = 0u;
    var errors = vec2f(); // squared, absolute

    let all = (cell.samples + RUN - 1u) / RUN;
    for (var turn = stretch.first_run; turn < min(stretch.first_run + STRETCH, all); turn++) {
        let first = runs[cell.first_run + turn] * RUN;
        var of_run = vec2f(); // sums of their own, so that a long cell's loses little
        for (var at = first; at < min(first + RUN, cell.samples); at++) {
            let sample = samples[cell.first_sample + at];
            let user = sample.user * chunks * LANES + lane;
            let item = sample.item * chunks * LANES + lane;
            var part = 0.0;
            for (var chunk = 0u; chunk < chunks; chunk++) {
                p[chunk] = users[user + chunk * LANES];
                q[chunk] = items[item + chunk * LANES];
                part = fma(p[chunk], q[chunk], part);
            }
            parts[half + lane] = part;
            workgroupBarrier();
            let left = (parts[half] + parts[half + 4u]) + (parts[half + 2u] + parts[half + 6u]);
            let right = (parts[half + 1u] + parts[half + 5u]) + (parts[half + 3u] + parts[half + 7u]);
            half = LANES - half;

            let error = error_of(left + right, sample.rating); // alike in every lane
            of_run = vec2f(fma(error.x, error.x, of_run.x), of_run.y + abs(error.x));
            let shrink = vec2f(user_shrink[sample.user], item_shrink[sample.item]);
            for (var chunk = 0u; chunk < chunks; chunk++) {
                let number = chunk * LANES + lane;
                let by_p = fma(error.y, q[chunk], -(shrink.x * p[chunk]));
                let by_q = fma(error.y, p[chunk], -(shrink.y * q[chunk]));
                // The number beside a bias is the 1 that the other side's bias is multiplied with.
                if number != FACTORS + 1u {
                    users[user + chunk * LANES] = fma(stretch.rate, by_p, p[chunk]);
                }
                if number != FACTORS {
                    items[item + chunk * LANES] = fma(stretch.rate, by_q, q[chunk]);
                }
            }
        }
        errors += of_run;
    }
    if lane == 0u {
        let before = select(sums[place], vec2f(), stretch.first_run == 0u);
        sums[place] = before + errors;
    }
}
