//! Passes over the grid, by as many threads as there are.

use std::sync::atomic::{AtomicUsize, Ordering};

use pulp::{Arch, Simd, WithSimd};

use super::{
    grid::{Grid, RUN, SIDE, Sample},
    lanes::{self, Chunk},
    link::Linked,
    table::{Block, Table},
};
use crate::{
    barrier::{Barrier, Party},
    miss::Miss,
    parallel,
};

/// What holds for a whole slice of diagonals.
pub(super) struct Descent<'a> {
    pub(super) arch: Arch,
    pub(super) grid: &'a Grid,
    pub(super) users: &'a Table,
    pub(super) items: &'a Table,
    pub(super) chunks: usize, // of a row
    pub(super) link: Linked,
    pub(super) rates: [&'a [Chunk]; 2], // [chunks] each: users', items'
    pub(super) seed: u64,
    pub(super) epoch: u32,
}

impl Descent<'_> {
    /// Trains the cells of these diagonals; returns for each diagonal the sums of the errors, each
    /// taken before its step.
    pub(super) fn train(&self, diagonals: &[usize], threads: usize) -> Vec<Miss> {
        let threads = threads.clamp(1, SIDE);
        let barrier = Barrier::new(threads);
        let taken: Vec<AtomicUsize> = diagonals.iter().map(|_| AtomicUsize::new(0)).collect();
        let work = |_party: Party| {
            let mut errors = Vec::new(); // (place among the cells of all diagonals, sum)
            for (turn, (diagonal, taken)) in diagonals.iter().zip(&taken).enumerate() {
                loop {
                    let block = taken.fetch_add(1, Ordering::Relaxed);
                    if block >= SIDE {
                        break;
                    }
                    let error = self.cell(block, (block + diagonal) % SIDE);
                    errors.push((turn * SIDE + block, error));
                }
                barrier.wait();
            }
            errors
        };
        let mut errors = vec![Miss::default(); diagonals.len() * SIDE];
        let parties = (0..threads).map(|_| barrier.join()).collect();
        for (cell, error) in parallel::each(parties, work).into_iter().flatten() {
            errors[cell] = error;
        }
        errors.chunks(SIDE).map(|cells| cells.iter().copied().sum()).collect()
    }

    fn cell(&self, users: usize, items: usize) -> Miss {
        let (mut user_rows, mut item_rows) = (self.users.lock(users), self.items.lock(items));
        let samples = self.grid.cell(users, items);
        let order = self.grid.order(users, items, self.seed, self.epoch);
        let (users, items) = (&mut *user_rows, &mut *item_rows);
        // The usual lengths of a row are compiled on their own, so that a row stays in registers.
        match self.chunks {
            1 => self.arch.dispatch(Cell::<1> { of: self, samples, order, users, items }),
            2 => self.arch.dispatch(Cell::<2> { of: self, samples, order, users, items }),
            3 => self.arch.dispatch(Cell::<3> { of: self, samples, order, users, items }),
            5 => self.arch.dispatch(Cell::<5> { of: self, samples, order, users, items }),
            7 => self.arch.dispatch(Cell::<7> { of: self, samples, order, users, items }),
            _ => self.arch.dispatch(Cell::<0> { of: self, samples, order, users, items }),
        }
    }
}

/// A cell's ratings. A type of its own, and everything below it inlined, so that it is compiled
/// once for every vector width. `CHUNKS` is a row's length if that is not 0.
struct Cell<'a, const CHUNKS: usize> {
    of: &'a Descent<'a>,
    samples: &'a [Sample],
    order: Vec<u32>,
    users: &'a mut Block,
    items: &'a mut Block,
}

impl<const CHUNKS: usize> WithSimd for Cell<'_, CHUNKS> {
    type Output = Miss;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Miss {
        let Self { of, samples, order, users, items } = self;
        let chunks = if CHUNKS == 0 { of.chunks } else { CHUNKS };
        let rates = of.rates.map(|rates| &rates[..chunks]);
        let mut errors = Miss::default();
        for run in order {
            let run = run as usize * RUN;
            for sample in &samples[run..samples.len().min(run + RUN)] {
                let (user, item) = (sample.user as usize, sample.item as usize);
                let p = &mut users.rows[user * chunks..][..chunks];
                let q = &mut items.rows[item * chunks..][..chunks];
                let [error, slope] =
                    of.link.error(lanes::dot(p, q, &mut users.room), sample.rating);
                let shrink = [users.shrink[user], items.shrink[item]];
                lanes::step(p, q, slope, rates, shrink);
                errors += Miss::of(error);
            }
        }
        errors
    }
}
