//! Rows with the biases among their lanes, and one step of gradient descent on a pair of them.

/// Rows start at a multiple of this many numbers, and sums run over this many logical lanes,
/// whatever the vector width.
pub(crate) const LANES: usize = 8;
/// A chunk of a row.
pub(crate) type Chunk = [f32; LANES];

/// How the lanes of a row are used: a user's `[p.., bias, 1, 0..]`, an item's `[q.., 1, bias, 0..]`.
/// So the inner product of two rows is `p · q + user_bias + item_bias`, and the gradient of either
/// bias comes out of the rule that moves the factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lanes {
    pub(crate) factors: usize,
}

/// Which table a row is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Users,
    Items,
}

impl Lanes {
    /// Chunks of a row.
    pub(crate) fn chunks(self) -> usize {
        (self.factors + 2).div_ceil(LANES)
    }

    pub(crate) fn bias(self, side: Side) -> usize {
        self.factors + usize::from(side == Side::Items)
    }

    fn one(self, side: Side) -> usize {
        self.factors + usize::from(side == Side::Users)
    }

    /// A row with these factors and this bias.
    pub(crate) fn row(self, side: Side, factors: &[f32], bias: f32) -> Vec<Chunk> {
        let mut row = vec![[0.0; LANES]; self.chunks()];
        let lanes = row.as_flattened_mut();
        lanes[..self.factors].copy_from_slice(factors);
        lanes[self.bias(side)] = bias;
        lanes[self.one(side)] = 1.0;
        row
    }

    /// A row with these factors and nothing else.
    pub(crate) fn padded(self, factors: &[f32]) -> Vec<Chunk> {
        let mut row = vec![[0.0; LANES]; self.chunks()];
        row.as_flattened_mut()[..self.factors].copy_from_slice(factors);
        row
    }

    /// `value` in the lanes that a step moves, 0 in the others.
    pub(crate) fn moving(self, side: Side, value: f32) -> Vec<Chunk> {
        let mut row = vec![[0.0; LANES]; self.chunks()];
        let lanes = row.as_flattened_mut();
        lanes[..self.factors].fill(value);
        lanes[self.bias(side)] = value;
        row
    }
}

/// The inner product of two rows, summed in fixed lanes. `room` is where the lanes' sums go: what is
/// stored side by side is computed side by side.
#[inline(always)]
pub(crate) fn dot(p: &[Chunk], q: &[Chunk], room: &mut Chunk) -> f32 {
    let mut lanes = [0.0; LANES];
    for (p, q) in p.iter().zip(q) {
        let (p, q) = (*p, *q);
        lanes = each(|lane| lanes[lane] + p[lane] * q[lane]);
    }
    *room = lanes;
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// `p += rate (slope q - shrink p)` and the same with `p` and `q` exchanged, both from the old rows.
#[inline(always)]
pub(crate) fn step(
    p: &mut [Chunk],
    q: &mut [Chunk],
    slope: f32,
    [p_rate, q_rate]: [&[Chunk]; 2],
    [p_shrink, q_shrink]: [f32; 2],
) {
    for (((p, q), p_rate), q_rate) in p.iter_mut().zip(q).zip(p_rate).zip(q_rate) {
        // Copies, so that the compiler knows that nothing overlaps.
        let (old_p, old_q, p_rate, q_rate) = (*p, *q, *p_rate, *q_rate);
        *p = each(|lane| {
            old_p[lane] + p_rate[lane] * (slope * old_q[lane] - p_shrink * old_p[lane])
        });
        *q = each(|lane| {
            old_q[lane] + q_rate[lane] * (slope * old_p[lane] - q_shrink * old_q[lane])
        });
    }
}

/// A vector, lane by lane: a loop that becomes one operation.
#[inline(always)]
pub(crate) fn each(lane: impl Fn(usize) -> f32) -> Chunk {
    let mut chunk = [0.0; LANES];
    for (at, value) in chunk.iter_mut().enumerate() {
        *value = lane(at);
    }
    chunk
}
