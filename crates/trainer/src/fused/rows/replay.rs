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

use pulp::Simd;

use super::{
    super::{
        adam::{self, Moving, Steps},
        lanes::{Chunk, LANES},
        planner::{NEVER, Waiting},
    },
    Line, Rows,
};

/// Numbers of a block, which should stay in the fastest cache. Fewer leave a processor waiting for
/// a step's results before it can begin the next.
const BLOCK: usize = 320;

/// Rows that are fetched at once where each makes a step in its place; of 48 the first are out of the
/// fastest cache again when their turn comes.
const TOGETHER: usize = 16;
/// Chunks that a processor fetches at once.
const LINE: usize = size_of::<Line>() / size_of::<Chunk>();

/// The numbers of the rows of a block that have come to a step, then room.
pub(super) struct Block {
    /// `[4, room]`: values, gradients, first and second moments.
    numbers: Vec<Chunk>,
}

impl Block {
    pub(super) fn new(factors: usize) -> Self {
        let room = BLOCK.max(factors).div_ceil(LANES) + 2;
        Self { numbers: vec![Chunk::ZERO; 4 * room] }
    }

    /// Its parts, of one length.
    #[inline(always)]
    fn parts(&mut self) -> [&mut [f32]; 4] {
        let numbers = Chunk::numbers_mut(&mut self.numbers);
        let room = numbers.len() / 4;
        let (values, numbers) = numbers.split_at_mut(room);
        let (gradients, numbers) = numbers.split_at_mut(room);
        let (first, second) = numbers.split_at_mut(room);
        [values, gradients, first, &mut second[..room]]
    }
}

impl Rows {
    /// Makes the missed steps of the rows of a plan, up to `now`.
    #[inline(always)]
    pub(in super::super) fn catch_up<S: Simd>(
        &mut self,
        simd: S,
        plan: &[Waiting],
        steps: &[Steps],
        now: u32,
        chunks: usize,
    ) {
        if self.sparse {
            return self.step_in_place(simd, plan, steps, chunks);
        }
        for rows in plan.chunks((BLOCK / self.factors).max(1)) {
            self.replay(simd, rows, steps, now, chunks);
            self.store(rows, chunks);
        }
    }

    /// Makes the steps that `rows` missed, in the block.
    #[inline(always)]
    fn replay<S: Simd>(
        &mut self,
        simd: S,
        rows: &[Waiting],
        steps: &[Steps],
        now: u32,
        chunks: usize,
    ) {
        let Self { factors, state, block, .. } = self;
        let (state, mut parts) = (bytemuck::cast_slice_mut(state), block.parts());
        let (mut next, mut filled) = (0, 0);
        while next < rows.len() {
            let at = rows[next].done;
            while next < rows.len() && rows[next].done == at {
                load(state, rows[next].row, &mut parts, filled, chunks);
                filled += *factors;
                next += 1;
            }
            let until = if next < rows.len() { rows[next].done } else { now };
            let whole = filled.next_multiple_of(LANES);
            let [values, gradients, first, second] =
                parts.each_mut().map(|part| &mut part[..whole]);
            let mut numbers = Moving { values, first, second };
            adam::step(simd, numbers.again(), gradients, &steps[at as usize].rows);
            for step in &steps[at as usize + 1..until as usize] {
                adam::coast_moving(simd, numbers.again(), &step.rows);
            }
        }
    }

    /// The same where a row moves only when it is read: it has missed the step whose gradient it
    /// has gathered, and no other.
    #[inline(always)]
    fn step_in_place<S: Simd>(
        &mut self,
        simd: S,
        plan: &[Waiting],
        steps: &[Steps],
        chunks: usize,
    ) {
        let state: &mut [Chunk] = bytemuck::cast_slice_mut(&mut self.state);
        for rows in plan.chunks(TOGETHER) {
            touch(state, rows, chunks);
            for Waiting { row, done } in rows {
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
            }
        }
    }

    /// Copies rows back, with zeros where a row's factors end: they are multiplied with one another.
    /// What stands behind its moments does not matter.
    #[inline(always)]
    fn store(&mut self, rows: &[Waiting], chunks: usize) {
        let state: &mut [Chunk] = bytemuck::cast_slice_mut(&mut self.state);
        let [values, _, first, second] = self.block.parts();
        for (place, waiting) in rows.iter().enumerate() {
            let at = place * self.factors;
            let row = &mut state[waiting.row as usize * 4 * chunks..][..4 * chunks];
            for (part, from) in [(0, &*values), (2, first), (3, second)] {
                for c in 0..chunks {
                    let mut chunk = Chunk::load(&from[at + c * LANES..]);
                    if part == 0 && c + 1 == chunks {
                        chunk.keep(&self.last);
                    }
                    row[part * chunks + c] = chunk;
                }
            }
        }
    }
}

/// Fetches rows from far memory, all at once: a step is so long that a processor, left to itself, sees
/// few rows ahead.
#[inline(always)]
fn touch(state: &[Chunk], rows: &[Waiting], chunks: usize) {
    let mut all = 0;
    for Waiting { row, .. } in rows {
        let row = &state[*row as usize * 4 * chunks..][..4 * chunks];
        for line in row.chunks(LINE) {
            all ^= line[0].0[0].to_bits();
        }
    }
    std::hint::black_box(all); // else nothing would be fetched
}

/// Moves a row into the parts of a block, its numbers from `at` on. Whole chunks are copied; the next
/// row overwrites what stands behind its numbers.
#[inline(always)]
fn load(state: &mut [Chunk], row: u32, parts: &mut [&mut [f32]; 4], at: usize, chunks: usize) {
    let row = &mut state[row as usize * 4 * chunks..][..4 * chunks];
    for (part, to) in parts.iter_mut().enumerate() {
        for c in 0..chunks {
            to[at + c * LANES..][..LANES].copy_from_slice(&row[part * chunks + c].0);
        }
    }
    row[chunks..2 * chunks].fill(Chunk::ZERO);
}
