//! Numbers in fixed lanes: whatever the vector width and the number of threads, sums are those of
//! these lanes, added up by the same tree.

use std::ops::AddAssign;

use bytemuck::{Pod, Zeroable};
use wide::f32x4;

/// Logical lanes of a sum.
pub(super) const LANES: usize = 8;
const HALF: usize = LANES / 2;

/// A number in every lane.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C, align(32))]
pub(super) struct Chunk(pub(super) [f32; LANES]);

impl Chunk {
    pub(super) const ZERO: Self = Self([0.0; LANES]);

    /// The first numbers of a slice.
    #[inline(always)]
    pub(super) fn load(from: &[f32]) -> Self {
        Self(*from.first_chunk().expect("a whole chunk"))
    }

    /// Overwrites the numbers of the lanes in which a mask, of zeros and ones all over, has zeros.
    #[inline(always)]
    pub(super) fn keep(&mut self, mask: &[u32; LANES]) {
        for (number, mask) in self.0.iter_mut().zip(mask) {
            *number = f32::from_bits(number.to_bits() & mask);
        }
    }

    /// Adds the products of two.
    #[inline(always)]
    pub(super) fn add_product(&mut self, a: Self, b: Self) {
        for (lane, to) in self.0.iter_mut().enumerate() {
            *to += a.0[lane] * b.0[lane];
        }
    }

    /// Their numbers, one after the other.
    #[inline(always)]
    pub(super) fn numbers(chunks: &[Self]) -> &[f32] {
        bytemuck::cast_slice(chunks)
    }

    /// Their numbers, one after the other, to be changed.
    #[inline(always)]
    pub(super) fn numbers_mut(chunks: &mut [Self]) -> &mut [f32] {
        bytemuck::cast_slice_mut(chunks)
    }

    /// Rows made columns, each in halves. Written out: of loops a compiler makes a detour through
    /// memory.
    #[inline(always)]
    pub(super) fn transposed(rows: &[&Self; LANES]) -> [[f32x4; 2]; LANES] {
        let [a, b, c, d, e, f, g, h] = rows;
        let upper_left = f32x4::transpose([a.half(0), b.half(0), c.half(0), d.half(0)]);
        let upper_right = f32x4::transpose([a.half(1), b.half(1), c.half(1), d.half(1)]);
        let lower_left = f32x4::transpose([e.half(0), f.half(0), g.half(0), h.half(0)]);
        let lower_right = f32x4::transpose([e.half(1), f.half(1), g.half(1), h.half(1)]);
        let [[a, b, c, d], [e, f, g, h]] = [upper_left, upper_right];
        let [[i, j, k, l], [m, n, o, p]] = [lower_left, lower_right];
        [[a, i], [b, j], [c, k], [d, l], [e, m], [f, n], [g, o], [h, p]]
    }

    /// The lower half (0) or the upper one (1).
    #[inline(always)]
    pub(super) fn half(&self, half: usize) -> f32x4 {
        let numbers: &[f32; HALF] = self.0[half * HALF..].first_chunk().expect("half of a chunk");
        (*numbers).into()
    }

    /// The first step of a [`fold`].
    #[inline(always)]
    fn halved(&self) -> f32x4 {
        self.half(0) + self.half(1)
    }
}

/// Adds to the first numbers of a slice.
#[inline(always)]
pub(super) fn add_halves(halves: [f32x4; 2], to: &mut [f32]) {
    let mut sums = halves;
    for (sum, to) in sums.iter_mut().zip(to.as_chunks::<HALF>().0) {
        *sum += f32x4::from(*to);
    }
    store(sums, to);
}

/// Overwrites the first numbers of a slice with those of two halves.
#[inline(always)]
pub(super) fn store(halves: [f32x4; 2], to: &mut [f32]) {
    let (low, high) = to[..LANES].split_at_mut(HALF);
    low.copy_from_slice(&halves[0].to_array());
    high.copy_from_slice(&halves[1].to_array());
}

/// The sums of all lanes of each.
#[inline(always)]
pub(super) fn totals(lanes: &[Chunk; LANES]) -> [f32x4; 2] {
    let [a, b, c, d, e, f, g, h] = lanes;
    let [a, b, c, d] = f32x4::transpose([a.halved(), b.halved(), c.halved(), d.halved()]);
    let [e, f, g, h] = f32x4::transpose([e.halved(), f.halved(), g.halved(), h.halved()]);
    [(a + c) + (b + d), (e + g) + (f + h)]
}

impl AddAssign for Chunk {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(to, number)| *to += number);
    }
}

/// Adds up lanes, a power of two of them, the upper half to the lower one, until `to` are left: the
/// same tree of sums whether one thread climbs it or several do the first part, each with every n-th.
#[inline(always)]
pub(super) fn fold<T: Copy + AddAssign>(lanes: &mut [T], to: usize) {
    let mut len = lanes.len();
    while len > to {
        len /= 2;
        let (low, high) = lanes[..2 * len].split_at_mut(len);
        low.iter_mut().zip(high).for_each(|(low, high)| *low += *high);
    }
}

/// The sum of all lanes.
#[inline(always)]
pub(super) fn total<T: Copy + AddAssign>(lanes: &mut [T]) -> T {
    fold(lanes, 1);
    lanes[0]
}

/// [`fold`] for lanes of as many numbers each, one lane after the other: the first becomes the sum.
#[inline(always)]
pub(super) fn fold_rows(numbers: &mut [f32], of_lane: usize) {
    let mut len = numbers.len();
    while len > of_lane {
        len /= 2;
        let (low, high) = numbers[..2 * len].split_at_mut(len);
        add(low, high);
    }
}

/// Adds numbers to as many others.
#[inline(always)]
pub(super) fn add(to: &mut [f32], numbers: &[f32]) {
    to.iter_mut().zip(numbers).for_each(|(to, number)| *to += number);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [Chunk; LANES] {
        std::array::from_fn(|row| {
            Chunk(std::array::from_fn(|lane| 0.1 + (8 * row + lane) as f32 / 3.0))
        })
    }

    #[test]
    fn rows_become_columns() {
        for (lane, column) in Chunk::transposed(&rows().each_ref()).into_iter().enumerate() {
            let mut numbers = [0.0; LANES];
            store(column, &mut numbers);
            assert_eq!(numbers, rows().map(|row| row.0[lane]));
        }
    }

    #[test]
    fn all_ways_to_the_sum_climb_one_tree() {
        let mut sums = [0.0; LANES];
        add_halves(totals(&rows()), &mut sums);
        let mut order_matters = false;
        for (row, sum) in rows().iter().zip(sums) {
            let [a, b, c, d, e, f, g, h] = row.0;
            let tree = ((a + e) + (c + g)) + ((b + f) + (d + h));
            order_matters |= tree != row.0.iter().sum::<f32>();
            assert_eq!([sum, total(&mut { row.0 })], [tree; 2]);
            let members = [[a, c, e, g], [b, d, f, h]].map(|mut lanes| total(&mut lanes));
            assert_eq!(members[0] + members[1], tree, "two members, every second lane each");
        }
        assert!(order_matters);
        let mut one_after_the_other = rows().map(|row| row.0).concat();
        fold_rows(&mut one_after_the_other, LANES);
        assert_eq!(one_after_the_other[..LANES], total(&mut rows()).0);
    }
}
