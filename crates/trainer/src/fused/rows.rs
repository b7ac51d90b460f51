//! Rows of factors, as far as they are one thread's: its columns of every row.

mod replay; // the steps that rows missed

use bytemuck::{Pod, Zeroable};

use self::replay::Block;
use super::lanes::{Chunk, LANES};

/// What a processor fetches at once.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([Chunk; 2]);

/// One thread's columns of all rows.
pub(super) struct Rows {
    factors: usize, // columns
    chunks: usize,  // of a row, the last one filled up with zeros
    /// `[rows, 4, chunks]`: factors, gradient, first moment, second moment. What ratings read and
    /// add to stands together.
    state: Vec<Line>,
    sparse: bool,       // a row moves only when it is read
    last: [u32; LANES], // mask of a row's last chunk: ones where factors are
    block: Block,
}

/// One thread's columns of the factors of all rows.
#[derive(Clone, Copy)]
pub(super) struct Factors<'a> {
    state: &'a [Chunk], // [rows, 4, chunks]
    chunks: usize,
}

impl<'a> Factors<'a> {
    /// Those of a row `[chunks]`; current only if the row was wanted and caught up.
    #[inline(always)]
    pub(super) fn of(self, row: u32) -> &'a [Chunk] {
        &self.state[row as usize * 4 * self.chunks..][..self.chunks]
    }
}

impl Rows {
    /// `rows` rows of zeros.
    pub(super) fn new(rows: usize, factors: usize, chunks: usize, sparse: bool) -> Self {
        let mask = |column| if column < factors { u32::MAX } else { 0 };
        Self {
            factors,
            chunks,
            state: vec![Line([Chunk::ZERO; 2]); rows * 2 * chunks],
            sparse,
            last: std::array::from_fn(|lane| mask((chunks - 1) * LANES + lane)),
            block: Block::new(factors),
        }
    }

    /// Bytes that a row takes.
    pub(super) fn bytes(chunks: usize) -> u64 {
        (4 * chunks * size_of::<Chunk>()) as u64
    }

    /// The factors of all rows.
    #[inline(always)]
    pub(super) fn factors(&self, chunks: usize) -> Factors<'_> {
        Factors { state: self.numbers(), chunks }
    }

    /// Sets a column of a row's factors (part 0), first (1) or second moment (2), before training.
    pub(super) fn set(&mut self, row: u32, part: usize, column: usize, number: f32) {
        let at = self.place(row, part, column);
        Chunk::numbers_mut(self.numbers_mut())[at] = number;
    }

    /// The reverse of [`set`](Self::set), of a row that is up to date.
    pub(super) fn get(&self, row: u32, part: usize, column: usize) -> f32 {
        Chunk::numbers(self.numbers())[self.place(row, part, column)]
    }

    fn place(&self, row: u32, part: usize, column: usize) -> usize {
        (row as usize * 4 + [0, 2, 3][part]) * self.chunks * LANES + column
    }

    /// Where the step after the last one of a row gathers its gradient `[chunks]`.
    #[inline(always)]
    pub(super) fn gradient(&mut self, row: u32, chunks: usize) -> &mut [Chunk] {
        &mut self.numbers_mut()[(row as usize * 4 + 1) * chunks..][..chunks]
    }

    /// For each pair of rows and its scale: adds to either row's gradient the scale times the other.
    #[inline(always)]
    pub(super) fn pull_together(
        &mut self,
        pairs: impl Iterator<Item = ([u32; 2], f32)>,
        chunks: usize,
    ) {
        let state = self.numbers_mut();
        for (rows, scale) in pairs {
            let [p, q] = rows.map(|row| row as usize * 4 * chunks);
            for c in 0..chunks {
                let (of_p, of_q) = (state[p + c], state[q + c]);
                for (at, from) in [(p, of_q), (q, of_p)] {
                    state[at + chunks + c].add_product(Chunk([scale; LANES]), from);
                }
            }
        }
    }

    #[inline(always)]
    fn numbers(&self) -> &[Chunk] {
        bytemuck::cast_slice(&self.state)
    }

    #[inline(always)]
    fn numbers_mut(&mut self) -> &mut [Chunk] {
        bytemuck::cast_slice_mut(&mut self.state)
    }
}

impl Clone for Rows {
    fn clone(&self) -> Self {
        let Self { factors, chunks, sparse, last, .. } = *self;
        let (state, block) = (self.state.clone(), Block::new(factors));
        Self { factors, chunks, state, sparse, last, block }
    }

    fn clone_from(&mut self, rows: &Self) {
        self.state.clone_from(&rows.state);
    }
}
