// Sums of squared and of absolute errors, a pair for each batch of a slice, or for each block of the
// held-out ratings. One workgroup a block, always in the same order.

const LANES = 64u;
const GRID = 32768u; // workgroups in a row of the grid

struct Blocks {
    errors: u32, // in all
    size: u32,   // errors in a block; the last may have fewer
    first: u32,  // sums that stand before the first block's
}

@group(0) @binding(0) var<uniform> blocks: Blocks;
@group(0) @binding(1) var<storage, read> errors: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec2f>; // [blocks]: squares, absolute values

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
        sums[blocks.first + block] = parts[0];
    }
}
