//! The steps that rows missed.
//!
//! Dense Adam moves every row at every step. A row that no rating of a batch touches moves by its
//! moments and its decay alone, so its steps can wait: before a batch reads it, after some hundred
//! steps at the latest, and at the end of an epoch they are done in one go, with the same operations
//! in the same order. The first of the waiting steps is the one whose gradient the row has gathered;
//! the others have none.
//!
//! Rows are replayed in blocks, the one that waits longest first. A step is made with those rows
//! of the block that have come to it, their numbers one after the other without gaps; the next row
//! joins behind them when its first missed step is due.

use std::ops::Range;

use pulp::Simd;

use super::{
    super::adam::{self, Moving, Steps},
    Chunk, LANES, NEVER, Rows,
};

/// Numbers of a block, which should stay in the fastest cache. Fewer leave a processor waiting for
/// a step's results before it can begin the next.
const BLOCK: usize = 320;
/// Every so many steps the rows that nobody has asked for lately make theirs, in good company:
/// alone, one with a thousand steps to make up keeps all waiting.
const ROUNDUP: u32 = 64;
/// Steps that such a row has missed, at least.
const STALE: u32 = 32;
/// No row misses as many steps as this.
const BUCKETS: usize = (ROUNDUP + STALE) as usize;

/// The numbers of the rows of a block that have come to a step, then room.
pub(super) struct Block {
    values: Vec<Chunk>,
    first: Vec<Chunk>,
    second: Vec<Chunk>,
    gradients: Vec<Chunk>,
}

impl Block {
    pub(super) fn new(factors: usize) -> Self {
        let zeros = || vec![Chunk::ZERO; BLOCK.max(factors).div_ceil(LANES) + 2];
        Self { values: zeros(), first: zeros(), second: zeros(), gradients: zeros() }
    }

    /// The first chunks, up to `end`, and their gradients.
    #[inline(always)]
    fn upto(&mut self, end: usize) -> (Moving<'_>, &mut [f32]) {
        let [values, first, second, gradients] = self.parts().map(|part| &mut part[..end * LANES]);
        (Moving { values, first, second }, gradients)
    }

    #[inline(always)]
    fn parts(&mut self) -> [&mut [f32]; 4] {
        let Self { values, first, second, gradients } = self;
        [values, first, second, gradients].map(|part| Chunk::numbers_mut(part))
    }
}

impl Rows {
    /// Brings every row up to date.
    #[inline(always)]
    pub(in super::super) fn catch_up_all<S: Simd>(
        &mut self,
        simd: S,
        steps: &[Steps],
        now: u32,
        chunks: usize,
    ) {
        let current = if self.sparse { NEVER } else { now };
        self.wanted.clear();
        let behind = (0..).zip(&self.done[..self.len]).filter(|(_, done)| **done != current);
        self.wanted.extend(behind.map(|(row, _)| row));
        self.wants = self.wanted.len();
        self.make_missed(simd, steps, now, chunks);
        self.done.fill(current);
    }

    /// Makes the missed steps of the rows that were asked for, up to `now`.
    #[inline(always)]
    pub(in super::super) fn catch_up<S: Simd>(
        &mut self,
        simd: S,
        steps: &[Steps],
        now: u32,
        chunks: usize,
    ) {
        if now.is_multiple_of(ROUNDUP) && !self.sparse {
            self.want_stale(now);
        }
        self.make_missed(simd, steps, now, chunks);
    }

    /// Asks for the rows that nobody has asked for lately.
    #[inline(always)]
    fn want_stale(&mut self, now: u32) {
        for row in 0..self.len {
            self.wanted[self.wants] = row as u32;
            let stale = (now - self.done[row] >= STALE) & (self.wanted_at[row] != now);
            self.wants += usize::from(stale);
        }
    }

    #[inline(always)]
    fn make_missed<S: Simd>(&mut self, simd: S, steps: &[Steps], now: u32, chunks: usize) {
        if self.sparse {
            return self.make_gathered(simd, steps, chunks, now);
        }
        self.sort_by_gap(now);
        let together = (BLOCK / self.factors).max(1);
        for at in (0..self.sorted.len()).step_by(together) {
            let rows = at..self.sorted.len().min(at + together);
            self.replay(simd, rows.clone(), steps, now, chunks);
            self.store(rows.clone(), chunks);
            for &row in &self.sorted[rows] {
                self.done[row as usize] = now;
            }
        }
    }

    /// Makes the steps that `sorted[rows]` missed, in the block.
    #[inline(always)]
    fn replay<S: Simd>(
        &mut self,
        simd: S,
        rows: Range<usize>,
        steps: &[Steps],
        now: u32,
        chunks: usize,
    ) {
        let first_missed = |rows: &Self, place| rows.done[rows.sorted[place] as usize];
        let (mut next, mut filled) = (rows.start, 0);
        while next < rows.end {
            let (at, from) = (first_missed(self, next), filled);
            while next < rows.end && first_missed(self, next) == at {
                self.load(self.sorted[next], filled, chunks);
                filled += self.factors;
                next += 1;
            }
            let until = if next < rows.end { first_missed(self, next) } else { now };
            let (mut numbers, gradients) = self.block.upto(filled.div_ceil(LANES));
            adam::step(simd, numbers.again(), gradients, &steps[at as usize].rows);
            gradients[from..].fill(0.0);
            for step in &steps[at as usize + 1..until as usize] {
                adam::coast_moving(simd, numbers.again(), &step.rows);
            }
        }
    }

    /// The same where a row moves only when it is read: it has missed the step whose gradient it
    /// has gathered, and no other.
    #[inline(always)]
    fn make_gathered<S: Simd>(&mut self, simd: S, steps: &[Steps], chunks: usize, now: u32) {
        for at in 0..self.wants {
            let row = self.wanted[at] as usize;
            let gathered_at = std::mem::replace(&mut self.done[row], now);
            if gathered_at == NEVER {
                continue;
            }
            let parts = Chunk::numbers_mut(&mut self.state[row * 4 * chunks..][..4 * chunks]);
            let (values, rest) = parts.split_at_mut(chunks * LANES);
            let (first, rest) = rest.split_at_mut(chunks * LANES);
            let (second, gradients) = rest.split_at_mut(chunks * LANES);
            let numbers = Moving { values, first, second };
            adam::step(simd, numbers, gradients, &steps[gathered_at as usize].rows);
            gradients.fill(0.0);
        }
    }

    /// Sorts the rows that were asked for, longest gap first.
    #[inline(always)]
    fn sort_by_gap(&mut self, now: u32) {
        let Self { done, sorted, .. } = self;
        let wanted = &self.wanted[..self.wants];
        let bucket = |row: u32| BUCKETS - 1 - (now - done[row as usize]) as usize;
        let mut start = [0u32; BUCKETS + 1];
        for &row in wanted {
            start[bucket(row) + 1] += 1;
        }
        for i in 0..BUCKETS {
            start[i + 1] += start[i];
        }
        sorted.resize(wanted.len(), 0);
        for &row in wanted {
            let place = &mut start[bucket(row)];
            sorted[*place as usize] = row;
            *place += 1;
        }
    }

    /// Moves a row into the block, its numbers from `at` on. Whole chunks are copied; the next row
    /// overwrites the zeros at the end.
    #[inline(always)]
    fn load(&mut self, row: u32, at: usize, chunks: usize) {
        let row = &mut self.state[row as usize * 4 * chunks..][..4 * chunks];
        for (part, to) in self.block.parts().into_iter().enumerate() {
            for c in 0..chunks {
                to[at + c * LANES..][..LANES].copy_from_slice(&row[part * chunks + c].0);
            }
        }
        row[3 * chunks..].fill(Chunk::ZERO);
    }

    /// Copies `sorted[rows]` back, with zeros where a row ends.
    #[inline(always)]
    fn store(&mut self, rows: Range<usize>, chunks: usize) {
        let last = self.factors - (chunks - 1) * LANES; // numbers in the last chunk
        let [values, first, second, _] = self.block.parts();
        for (place, &row) in self.sorted[rows].iter().enumerate() {
            let at = place * self.factors;
            let row = &mut self.state[row as usize * 4 * chunks..][..3 * chunks];
            for (part, from) in [&*values, first, second].into_iter().enumerate() {
                for c in 0..chunks {
                    row[part * chunks + c].0.copy_from_slice(&from[at + c * LANES..][..LANES]);
                }
                for (lane, number) in row[(part + 1) * chunks - 1].0.iter_mut().enumerate() {
                    *number = if lane < last { *number } else { 0.0 };
                }
            }
        }
    }
}
