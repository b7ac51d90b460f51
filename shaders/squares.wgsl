// Sums of squared errors, one for each batch of a slice, or for each block of the held-out ratings,
// and behind them as many sums of absolute errors. One workgroup a block, always in the same order.

const LANES = 64u;
const GRID = 32768u; // workgroups in a row of the grid

struct Blocks {
    errors: u32, // in all
    size: u32,   // errors in a block; the last may have fewer
}

@group(0) @binding(0) var<uniform> blocks: Blocks;
@group(0) @binding(1) var<storage, read> errors: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>; // [2, blocks]

var<workgroup> parts: array<vec2f, LANES>; // squares, absolute values

@compute @workgroup_size(LANES)
fn squares(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let block = group.y * GRID + group.x;
    let begin = min(block * blocks.size, blocks.errors);
    let end = min(begin + blocks.size, blocks.errors);
    var sum = vec2f();
    for (var index = begin + lane; index < end; index += LANES) {
        let error = errors[index];
        sum += vec2f(error * error, abs(error));
    }
    parts[lane] = sum;
    for (var span = LANES / 2u; span > 0u; span /= 2u) {
        workgroupBarrier();
        if lane < span {
            parts[lane] += parts[lane + span];
        }
    }
    if lane == 0u && begin < end {
        let all = (blocks.errors + blocks.size - 1u) / blocks.size;
        sums[block] = parts[0].x;
        sums[all + block] = parts[0].y;
    }
}
