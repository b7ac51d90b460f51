//! Rows of factors that one thread owns, and its guests: copies of others' rows, for one step.

mod replay; // the steps that rows missed

use std::hint::select_unpredictable;

use bytemuck::{Pod, Zeroable};

use self::replay::Block;

/// Rows start at a multiple of this many numbers, whatever the vector width, and sums run over
/// this many logical lanes.
pub(super) const LANES: usize = 8;
/// A chunk of a row, where the widest vectors begin.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C, align(32))]
pub(super) struct Chunk(pub(super) [f32; LANES]);

impl Chunk {
    pub(super) const ZERO: Self = Self([0.0; LANES]);

    /// Adds `scale` times another.
    #[inline(always)]
    pub(super) fn add(&mut self, scale: f32, other: Self) {
        for (to, from) in self.0.iter_mut().zip(other.0) {
            *to += scale * from;
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
}

/// The rows of one owner.
pub(super) struct Rows {
    factors: usize,
    chunks: usize, // of a row, the last one filled up with zeros
    len: usize,    // own rows
    /// `[rows, then guests, 4, chunks]`: factors, first moment, second moment, gradient. A guest
    /// has no moments, and what its gradient gathers is not read: its owner gathers it too.
    state: Vec<Chunk>,
    sparse: bool,        // a row moves only when it is read
    done: Vec<u32>, // [rows + 1] steps of this round made; if sparse, where the gradient is from
    wanted_at: Vec<u32>, // [rows + 1] the step that last asked for the row; the last is nobody's
    wanted: Vec<u32>, // rows asked for and not up to date, then room
    wants: usize,   // how many they are
    sorted: Vec<u32>,
    block: Block,
}

const NEVER: u32 = u32::MAX;

impl Rows {
    /// `rows` rows of zeros.
    pub(super) fn new(rows: usize, factors: usize, sparse: bool) -> Self {
        let chunks = factors.div_ceil(LANES);
        Self {
            factors,
            chunks,
            len: rows,
            state: vec![Chunk::ZERO; rows * 4 * chunks],
            sparse,
            done: vec![if sparse { NEVER } else { 0 }; rows + 1],
            wanted_at: vec![NEVER; rows + 1],
            wanted: Vec::new(),
            wants: 0,
            sorted: Vec::new(),
            block: Block::new(factors),
        }
    }

    /// Bytes that a row takes, or a guest.
    pub(super) fn bytes(factors: usize) -> u64 {
        (4 * factors.div_ceil(LANES) * size_of::<Chunk>() + 4 * size_of::<u32>()) as u64
    }

    /// Makes room for what batches of so many ratings ask for.
    pub(super) fn make_room(&mut self, batch: usize) {
        self.wanted.resize((self.len + 2 * batch + 1).max(self.wanted.len()), 0);
    }

    /// Makes room for so many guests.
    #[inline(always)]
    pub(super) fn make_seats(&mut self, guests: usize) {
        let state = (self.len + guests) * 4 * self.chunks;
        if self.state.len() < state {
            self.state.resize(state, Chunk::ZERO);
        }
    }

    /// Own rows; guests have the numbers that follow.
    #[expect(clippy::cast_possible_truncation, reason = "a row's number is a u32")]
    pub(super) fn len(&self) -> u32 {
        self.len as u32
    }

    /// The factors of a row `[chunks]`; current only if the row was wanted and caught up.
    #[inline(always)]
    pub(super) fn factors(&self, row: u32, chunks: usize) -> &[Chunk] {
        &self.state[row as usize * 4 * chunks..][..chunks]
    }

    /// Sets a row's factors (part 0), first (1) or second moment (2), before training.
    pub(super) fn set(&mut self, row: u32, part: usize, values: &[f32]) {
        let chunks = &mut self.state[(row as usize * 4 + part) * self.chunks..][..self.chunks];
        Chunk::numbers_mut(chunks)[..values.len()].copy_from_slice(values);
    }

    /// The reverse of [`set`](Self::set), of a row that is up to date.
    pub(super) fn get(&self, row: u32, part: usize) -> &[f32] {
        let chunks = &self.state[(row as usize * 4 + part) * self.chunks..][..self.chunks];
        &Chunk::numbers(chunks)[..self.factors]
    }

    /// Where the step after the last one of a row gathers its gradient `[chunks]`.
    #[inline(always)]
    pub(super) fn gradient(&mut self, row: u32, chunks: usize) -> &mut [Chunk] {
        &mut self.state[(row as usize * 4 + 3) * chunks..][..chunks]
    }

    /// Takes a guest's factors `[chunks]`.
    #[inline(always)]
    pub(super) fn seat(&mut self, guest: u32, factors: &[Chunk], chunks: usize) {
        let guest = &mut self.state[guest as usize * 4 * chunks..][..4 * chunks];
        guest[..chunks].copy_from_slice(factors);
        guest[3 * chunks..].fill(Chunk::ZERO);
    }

    /// Adds `scale` times each of two rows to the other's gradient.
    #[inline(always)]
    pub(super) fn pull_together(&mut self, rows: [u32; 2], scale: f32, chunks: usize) {
        let [p, q] = rows.map(|row| row as usize * 4 * chunks);
        for c in 0..chunks {
            let (of_p, of_q) = (self.state[p + c], self.state[q + c]);
            for (at, from) in [(p, of_q), (q, of_p)] {
                self.state[at + 3 * chunks + c].add(scale, from);
            }
        }
    }

    /// Counts steps from zero again; every row must be caught up.
    pub(super) fn begin_round(&mut self) {
        self.done.fill(if self.sparse { NEVER } else { 0 });
        self.wanted_at.fill(NEVER);
    }

    /// Begins to ask for the rows that must be current before step `now`.
    #[inline(always)]
    pub(super) fn ask(&mut self, now: u32) -> Asking<'_> {
        self.wanted_at[self.len] = now; // nobody's row has been asked for
        Asking {
            nobody: self.len(),
            now,
            done: &self.done,
            wanted_at: &mut self.wanted_at,
            wanted: &mut self.wanted,
            wants: 0,
        }
    }

    /// Ends it: so many were wanted.
    #[inline(always)]
    pub(super) fn asked(&mut self, wants: usize) {
        self.wants = wants;
    }
}

/// Without the guests, who stay for a step.
impl Clone for Rows {
    fn clone(&self) -> Self {
        let mut rows = Self::new(self.len, self.factors, self.sparse);
        rows.clone_from(self);
        rows
    }

    fn clone_from(&mut self, rows: &Self) {
        self.state.clear();
        self.state.extend_from_slice(&rows.state[..rows.len * 4 * rows.chunks]);
        self.done.clone_from(&rows.done);
        self.wanted_at.clone_from(&rows.wanted_at);
    }
}

/// Rows being asked for. What it is made of stays in registers.
pub(super) struct Asking<'a> {
    nobody: u32,
    now: u32,
    done: &'a [u32],
    wanted_at: &'a mut [u32],
    wanted: &'a mut [u32],
    pub(super) wants: usize,
}

impl Asking<'_> {
    /// Asks for a row if it is one of these.
    #[inline(always)]
    pub(super) fn want(&mut self, row: u32, own: bool) {
        let row = select_unpredictable(own, row, self.nobody);
        let wanted_at = &mut self.wanted_at[row as usize];
        let fresh = (*wanted_at != self.now) & (self.done[row as usize] != self.now);
        *wanted_at = self.now;
        self.wanted[self.wants] = row;
        self.wants += usize::from(fresh);
    }
}
