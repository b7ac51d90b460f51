// The best items of every user, lane by lane: each lane scores every 64th group of four items and
// keeps the best four of them. One workgroup a user. Of equal scores the earlier item stays.

const LANES = 64u;
const GRID = 32768u; // workgroups in a row of the grid
const NONE = 0xffffffffu;
const LOWEST = -3.4028234e38;

struct Tables {
    users: u32,
    blocks: u32, // of 4 * LANES items
    width: u32,  // numbers of a row
}

@group(0) @binding(0) var<uniform> tables: Tables;
@group(0) @binding(1) var<storage, read> users: array<f32>; // [users, width]
@group(0) @binding(2) var<storage, read> items: array<vec4f>; // [blocks, width, LANES]
@group(0) @binding(3) var<storage, read> hidden: array<u32>; // [users, blocks, LANES / 8], a bit an item
@group(0) @binding(4) var<storage, read_write> found: array<vec4u>; // [users, 2, LANES]: items, scores

var<private> scores: vec4f; // falling
var<private> names: vec4u;

fn offer(score: f32, item: u32) {
    if !(score > scores.w) {
        return;
    }
    scores.w = score;
    names.w = item;
    if scores.w > scores.z {
        scores = scores.xywz;
        names = names.xywz;
    }
    if scores.z > scores.y {
        scores = scores.xzyw;
        names = names.xzyw;
    }
    if scores.y > scores.x {
        scores = scores.yxzw;
        names = names.yxzw;
    }
}

@compute @workgroup_size(LANES)
fn best(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let user = group.y * GRID + group.x;
    if user >= tables.users {
        return;
    }
    scores = vec4f(LOWEST);
    names = vec4u(NONE);
    for (var block = 0u; block < tables.blocks; block += 1u) {
        var sums = vec4f();
        for (var at = 0u; at < tables.width; at += 1u) {
            let column = (block * tables.width + at) * LANES + lane;
            sums += users[user * tables.width + at] * items[column];
        }
        let word = hidden[(user * tables.blocks + block) * (LANES / 8u) + lane / 8u];
        let shown = ~(word >> (lane % 8u * 4u));
        let item = (block * LANES + lane) * 4u;
        if (shown & 1u) != 0u {
            offer(sums.x, item);
        }
        if (shown & 2u) != 0u {
            offer(sums.y, item + 1u);
        }
        if (shown & 4u) != 0u {
            offer(sums.z, item + 2u);
        }
        if (shown & 8u) != 0u {
            offer(sums.w, item + 3u);
        }
    }
    found[user * 2u * LANES + lane] = names;
    found[(user * 2u + 1u) * LANES + lane] = bitcast<vec4u>(scores);
}
