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
    super::{
        adam::{self, Moving, Steps},
        crew::Sample,
        lanes::{Chunk, LANES},
    },
    NEVER, Rows, Waiting,
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
    gradients: Vec<Chunk>,
    first: Vec<Chunk>,
    second: Vec<Chunk>,
}

impl Block {
    pub(super) fn new(factors: usize) -> Self {
        let zeros = || vec![Chunk::ZERO; BLOCK.max(factors).div_ceil(LANES) + 2];
        Self { values: zeros(), first: zeros(), second: zeros(), gradients: zeros() }
    }

    /// The first chunks, up to `end`, and their gradients.
    #[inline(always)]
    fn upto(&mut self, end: usize) -> (Moving<'_>, &mut [f32]) {
        let [values, gradients, first, second] = self.parts().map(|part| &mut part[..end * LANES]);
        (Moving { values, first, second }, gradients)
    }

    #[inline(always)]
    fn parts(&mut self) -> [&mut [f32]; 4] {
        let Self { values, gradients, first, second } = self;
        [values, gradients, first, second].map(|part| Chunk::numbers_mut(part))
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
        let rows = (0..).zip(&self.done).map(|(row, done)| Waiting { row, done: *done });
        self.wanted.clear();
        self.wanted.extend(rows.filter(|waiting| waiting.done != current));
        self.wants = self.wanted.len();
        self.sort_by_gap(now);
        self.catch_up(simd, steps, now, chunks);
        self.done.fill(current);
    }

    /// Plans which rows to bring up to date before step `now`: those of its batch, and perhaps others.
    /// It may do so before the step before has been made, since it looks at no number.
    #[inline(always)]
    pub(in super::super) fn plan(&mut self, batch: &[Sample], now: u32) {
        self.want(batch, now);
        if now.is_multiple_of(ROUNDUP) && !self.sparse {
            self.want_stale(now);
        }
        self.sort_by_gap(now);
    }

    /// Asks for the rows that nobody has asked for lately.
    #[inline(always)]
    fn want_stale(&mut self, now: u32) {
        for (row, done) in (0..).zip(&mut self.done) {
            self.wanted[self.wants] = Waiting { row, done: *done };
            let stale = now - *done >= STALE;
            self.wants += usize::from(stale);
            *done = if stale { now } else { *done };
        }
    }

    /// Makes the missed steps of the rows that were planned, up to `now`.
    #[inline(always)]
    pub(in super::super) fn catch_up<S: Simd>(
        &mut self,
        simd: S,
        steps: &[Steps],
        now: u32,
        chunks: usize,
    ) {
        if self.sparse {
            return self.make_gathered(simd, steps, chunks);
        }
        let together = (BLOCK / self.factors).max(1);
        for at in (0..self.sorted.len()).step_by(together) {
            let rows = at..self.sorted.len().min(at + together);
            self.replay(simd, rows.clone(), steps, now, chunks);
            self.store(rows, chunks);
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
        let first_missed = |rows: &Self, place: usize| rows.sorted[place].done;
        let (mut next, mut filled) = (rows.start, 0);
        while next < rows.end {
            let (at, from) = (first_missed(self, next), filled);
            while next < rows.end && first_missed(self, next) == at {
                self.load(self.sorted[next].row, filled, chunks);
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
    fn make_gathered<S: Simd>(&mut self, simd: S, steps: &[Steps], chunks: usize) {
        let state: &mut [Chunk] = bytemuck::cast_slice_mut(&mut self.state);
        for Waiting { row, done } in &self.wanted[..self.wants] {
            if *done == NEVER {
                continue;
            }
            let row = *row as usize * 4 * chunks;
            let parts = Chunk::numbers_mut(&mut state[row..][..4 * chunks]);
            let (values, rest) = parts.split_at_mut(chunks * LANES);
            let (gradients, rest) = rest.split_at_mut(chunks * LANES);
            let (first, second) = rest.split_at_mut(chunks * LANES);
            let numbers = Moving { values, first, second };
            adam::step(simd, numbers, gradients, &steps[*done as usize].rows);
            gradients.fill(0.0);
        }
    }

    /// Sorts the rows that were asked for, longest gap first.
    #[inline(always)]
    fn sort_by_gap(&mut self, now: u32) {
        if self.sparse {
            return; // none has more to make than another
        }
        let Self { wanted, sorted, .. } = self;
        let wanted = &wanted[..self.wants];
        let bucket = |waiting: &Waiting| BUCKETS - 1 - (now - waiting.done) as usize;
        let mut start = [0u32; BUCKETS + 1];
        for waiting in wanted {
            start[bucket(waiting) + 1] += 1;
        }
        for i in 0..BUCKETS {
            start[i + 1] += start[i];
        }
        sorted.resize(wanted.len(), Waiting::default());
        for waiting in wanted {
            let place = &mut start[bucket(waiting)];
            sorted[*place as usize] = *waiting;
            *place += 1;
        }
    }

    /// Moves a row into the block, its numbers from `at` on. Whole chunks are copied; the next row
    /// overwrites what stands behind its numbers.
    #[inline(always)]
    fn load(&mut self, row: u32, at: usize, chunks: usize) {
        let state: &mut [Chunk] = bytemuck::cast_slice_mut(&mut self.state);
        let row = &mut state[row as usize * 4 * chunks..][..4 * chunks];
        for (part, to) in self.block.parts().into_iter().enumerate() {
            for c in 0..chunks {
                to[at + c * LANES..][..LANES].copy_from_slice(&row[part * chunks + c].0);
            }
        }
        row[chunks..2 * chunks].fill(Chunk::ZERO);
    }

    /// Copies `sorted[rows]` back, with zeros where a row's factors end: they are multiplied with one
    /// another. What stands behind its moments does not matter.
    #[inline(always)]
    fn store(&mut self, rows: Range<usize>, chunks: usize) {
        let last = self.factors - (chunks - 1) * LANES; // numbers in the last chunk
        let state: &mut [Chunk] = bytemuck::cast_slice_mut(&mut self.state);
        let [values, _, first, second] = self.block.parts();
        for (place, waiting) in self.sorted[rows].iter().enumerate() {
            let at = place * self.factors;
            let row = &mut state[waiting.row as usize * 4 * chunks..][..4 * chunks];
            for (part, from) in [(0, &*values), (2, first), (3, second)] {
                for c in 0..chunks {
                    row[part * chunks + c].0.copy_from_slice(&from[at + c * LANES..][..LANES]);
                }
            }
            for (lane, number) in row[chunks - 1].0.iter_mut().enumerate() {
                *number = if lane < last { *number } else { 0.0 };
            }
        }
    }
}
