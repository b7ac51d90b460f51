//! Rows of factors that one thread owns, and the replay of the steps they missed.
//!
//! Dense Adam moves every row at every step. A row that no rating of a batch touches moves by its
//! moments and its decay alone, so its steps can wait: before a batch reads it, and at the end of
//! an epoch, they are done in one go, with the same operations in the same order. The first of the
//! waiting steps is the one whose gradient the row has gathered; the others have none.

use pulp::Simd;

use super::adam::{self, Moving, Steps};

/// Rows start at a multiple of this many numbers, whatever the vector width, and sums run over
/// this many logical lanes.
pub(super) const LANES: usize = 8;
/// A chunk of a row.
pub(super) type Chunk = [f32; LANES];

/// Numbers that coast together: enough vectors to hide the latency of a step, few enough rows that
/// their gaps are almost alike.
const BLOCK: usize = 80;
/// Rows are sorted by their gap up to this many steps; the few longer ones one by one.
const BUCKETS: usize = 256;

/// The rows of one owner.
#[derive(Clone)]
pub(super) struct Rows {
    factors: usize,
    chunks: usize,       // of a row, the last one filled up with zeros
    state: Vec<Chunk>,   // [rows, 4, chunks]: factors, first moment, second moment, gradient
    sparse: bool,        // a row moves only when it is read
    done: Vec<u32>,      // [rows] steps of this round made; if sparse, where the gradient is from
    wanted_at: Vec<u32>, // [rows] the step that last asked for the row
    wanted: Vec<u32>,
    sorted: Vec<u32>,
    block: Block,
}

/// The numbers of several rows, one after the other without gaps.
#[derive(Clone)]
struct Block {
    values: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
}

const NEVER: u32 = u32::MAX;

impl Rows {
    /// `rows` rows of zeros.
    pub(super) fn new(rows: usize, factors: usize, sparse: bool) -> Self {
        let chunks = factors.div_ceil(LANES);
        let zeros = || vec![0.0; BLOCK.max(factors) + 2 * LANES];
        Self {
            factors,
            chunks,
            state: vec![[0.0; LANES]; rows * 4 * chunks],
            sparse,
            done: vec![if sparse { NEVER } else { 0 }; rows],
            wanted_at: vec![NEVER; rows],
            wanted: Vec::new(),
            sorted: Vec::new(),
            block: Block { values: zeros(), first: zeros(), second: zeros() },
        }
    }

    /// Bytes that a row takes.
    pub(super) fn bytes(factors: usize) -> u64 {
        (4 * factors.div_ceil(LANES) * size_of::<Chunk>() + 4 * size_of::<u32>()) as u64
    }

    /// The factors of a row `[chunks]`; current only if the row was wanted and caught up.
    #[inline(always)]
    pub(super) fn factors(&self, row: usize, chunks: usize) -> &[Chunk] {
        &self.state[row * 4 * chunks..][..chunks]
    }

    /// Sets a row's factors (part 0), first (1) or second moment (2), before training.
    pub(super) fn set(&mut self, row: usize, part: usize, values: &[f32]) {
        let chunks = &mut self.state[(row * 4 + part) * self.chunks..][..self.chunks];
        chunks.as_flattened_mut()[..values.len()].copy_from_slice(values);
    }

    /// The reverse of [`set`](Self::set), of a row that is up to date.
    pub(super) fn get(&self, row: usize, part: usize) -> &[f32] {
        let chunks = &self.state[(row * 4 + part) * self.chunks..][..self.chunks];
        &chunks.as_flattened()[..self.factors]
    }

    /// Where the step after the last one of a row gathers its gradient `[chunks]`.
    #[inline(always)]
    pub(super) fn gradient(&mut self, row: usize, chunks: usize) -> &mut [Chunk] {
        &mut self.state[(row * 4 + 3) * chunks..][..chunks]
    }

    /// Counts steps from zero again; every row must be caught up.
    pub(super) fn begin_round(&mut self) {
        self.done.fill(if self.sparse { NEVER } else { 0 });
        self.wanted_at.fill(NEVER);
    }

    /// Asks for a row to be current before step `now`.
    #[inline(always)]
    pub(super) fn want(&mut self, row: u32, now: u32) {
        let wanted_at = &mut self.wanted_at[row as usize];
        if *wanted_at != now {
            *wanted_at = now;
            if self.done[row as usize] != now {
                self.wanted.push(row);
            }
        }
    }

    /// Brings every row up to date.
    #[inline(always)]
    pub(super) fn catch_up_all<S: Simd>(
        &mut self,
        simd: S,
        steps: &[Steps],
        now: u32,
        chunks: usize,
    ) {
        let current = if self.sparse { NEVER } else { now };
        let behind = (0..).zip(&self.done).filter(|(_, done)| **done != current);
        self.wanted.extend(behind.map(|(row, _)| row));
        self.catch_up(simd, steps, now, chunks);
        self.done.fill(current);
    }

    /// Makes the missed steps of the rows that were asked for, up to `now`.
    #[inline(always)]
    pub(super) fn catch_up<S: Simd>(&mut self, simd: S, steps: &[Steps], now: u32, chunks: usize) {
        if self.sparse {
            return self.make_gathered(simd, steps, now, chunks);
        }
        self.sort_by_gap(now);
        let together = (BLOCK / self.factors).max(1);
        for at in (0..self.sorted.len()).step_by(together) {
            let rows = at..self.sorted.len().min(at + together);
            let begin = self.done[self.sorted[rows.end - 1] as usize] + 1; // the latest of the block
            for row in rows.clone() {
                self.step_alone(simd, self.sorted[row] as usize, steps, begin, chunks);
            }
            if begin < now {
                self.load(rows.clone(), chunks);
                self.coast(simd, rows.len(), &steps[begin as usize..now as usize]);
                self.store(rows.clone(), chunks);
            }
            for &row in &self.sorted[rows] {
                self.done[row as usize] = now;
            }
        }
        self.sorted.clear();
    }

    /// The same where a row moves only when it is read: it has missed the step whose gradient it
    /// has gathered, and no other.
    #[inline(always)]
    fn make_gathered<S: Simd>(&mut self, simd: S, steps: &[Steps], now: u32, chunks: usize) {
        for at in 0..self.wanted.len() {
            let row = self.wanted[at] as usize;
            let gathered_at = std::mem::replace(&mut self.done[row], now);
            if gathered_at != NEVER {
                let step = &steps[gathered_at as usize..][..1];
                self.make_alone(simd, row, step, chunks);
            }
        }
        self.wanted.clear();
    }

    /// Makes a row's first missed step, the one with its gradient, and the next ones up to `end`.
    #[inline(always)]
    fn step_alone<S: Simd>(
        &mut self,
        simd: S,
        row: usize,
        steps: &[Steps],
        end: u32,
        chunks: usize,
    ) {
        self.make_alone(simd, row, &steps[self.done[row] as usize..end as usize], chunks);
    }

    /// Makes these steps with a row, the first with its gradient.
    #[inline(always)]
    fn make_alone<S: Simd>(&mut self, simd: S, row: usize, steps: &[Steps], chunks: usize) {
        let parts = self.state[row * 4 * chunks..][..4 * chunks].as_flattened_mut();
        let len = chunks * LANES;
        let (values, rest) = parts.split_at_mut(len);
        let (first, rest) = rest.split_at_mut(len);
        let (second, gradients) = rest.split_at_mut(len);
        let mut missed = steps.iter();
        let mut numbers = Moving { values, first, second };
        if let Some(step) = missed.next() {
            adam::step(simd, numbers.again(), gradients, &step.rows);
        }
        for step in missed {
            adam::coast_moving(simd, numbers.again(), &step.rows);
        }
        gradients.fill(0.0);
    }

    /// Longest gap first, so that the numbers of a block begin one after the other.
    #[inline(always)]
    fn sort_by_gap(&mut self, now: u32) {
        let bucket = |done: u32| BUCKETS - 1 - ((now - done) as usize).min(BUCKETS - 1);
        let mut start = [0u32; BUCKETS + 1];
        for &row in &self.wanted {
            start[bucket(self.done[row as usize]) + 1] += 1;
        }
        let longest = start[1] as usize;
        for i in 0..BUCKETS {
            start[i + 1] += start[i];
        }
        self.sorted.resize(self.wanted.len(), 0);
        for &row in &self.wanted {
            let place = &mut start[bucket(self.done[row as usize])];
            self.sorted[*place as usize] = row;
            *place += 1;
        }
        if longest > 1 {
            self.sorted[..longest].sort_unstable_by_key(|&row| self.done[row as usize]);
        }
        self.wanted.clear();
    }

    /// Copies `sorted[rows]` into the block. Whole chunks are copied, and the next row overwrites
    /// the zeros at the end of the one before.
    #[inline(always)]
    fn load(&mut self, rows: std::ops::Range<usize>, chunks: usize) {
        let Self { factors, state, sorted, block, .. } = self;
        let mut at = 0;
        for &row in &sorted[rows] {
            let parts = &state[row as usize * 4 * chunks..][..3 * chunks];
            for c in 0..chunks {
                let to = at + c * LANES..at + (c + 1) * LANES;
                block.values[to.clone()].copy_from_slice(&parts[c]);
                block.first[to.clone()].copy_from_slice(&parts[chunks + c]);
                block.second[to].copy_from_slice(&parts[2 * chunks + c]);
            }
            at += *factors;
        }
    }

    /// Makes steps with the rows in the block.
    #[inline(always)]
    fn coast<S: Simd>(&mut self, simd: S, rows: usize, steps: &[Steps]) {
        let Self { factors, block, .. } = self;
        let end = (rows * *factors).next_multiple_of(LANES);
        for step in steps {
            let numbers = Moving {
                values: &mut block.values[..end],
                first: &mut block.first[..end],
                second: &mut block.second[..end],
            };
            adam::coast_moving(simd, numbers, &step.rows);
        }
    }

    /// Copies `sorted[rows]` back, with zeros where a row ends.
    #[inline(always)]
    fn store(&mut self, rows: std::ops::Range<usize>, chunks: usize) {
        let Self { factors, state, sorted, block, .. } = self;
        let last = *factors - (chunks - 1) * LANES; // numbers in the last chunk
        let mut at = 0;
        for &row in &sorted[rows] {
            let parts = &mut state[row as usize * 4 * chunks..][..3 * chunks];
            for c in 0..chunks {
                let from = at + c * LANES..at + (c + 1) * LANES;
                parts[c].copy_from_slice(&block.values[from.clone()]);
                parts[chunks + c].copy_from_slice(&block.first[from.clone()]);
                parts[2 * chunks + c].copy_from_slice(&block.second[from]);
            }
            for part in 0..3 {
                let end = &mut parts[(part + 1) * chunks - 1];
                for (lane, number) in end.iter_mut().enumerate() {
                    *number = if lane < last { *number } else { 0.0 };
                }
            }
            at += *factors;
        }
    }
}
