// Sums of squared errors, one for each batch of a slice, or for each block of the test set. One
// workgroup a sum, always in the same order.

const LANES = 64u;
const GRID = 32768u; // workgroups in a row of the grid

struct Blocks {
    errors: u32, // in all
    size: u32,   // errors in a block; the last may have fewer
}

@group(0) @binding(0) var<uniform> blocks: Blocks;
@group(0) @binding(1) var<storage, read> errors: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>; // [blocks]

var<workgroup> parts: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn squares(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let block = group.y * GRID + group.x;
    let begin = min(block * blocks.size, blocks.errors);
    let end = min(begin + blocks.size, blocks.errors);
    var sum = 0.0;
    for (var index = begin + lane; index < end; index += LANES) {
        sum += errors[index] * errors[index];
    }
    parts[lane] = sum;
    for (var span = LANES / 2u; span > 0u; span /= 2u) {
        workgroupBarrier();
        if lane < span {
            parts[lane] += parts[lane + span];
        }
    }
    if lane == 0u && begin < end {
        sums[block] = parts[0];
    }
}
