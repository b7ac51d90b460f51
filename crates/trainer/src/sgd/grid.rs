//! The training ratings cut into a grid of cells, so that threads need not share a row.
//!
//! Users and items are dealt out to [`SIDE`] blocks each. The cells `(b, b + d)`, indices modulo
//! [`SIDE`], have no user and no item in common: these diagonals are trained one after the other,
//! the cells of one side by side (Gemulla et al., "Large-Scale Matrix Factorization with Distributed
//! Stochastic Gradient Descent", KDD 2011). The number of blocks is fixed, so the result does not
//! depend on the number of threads.

use std::cmp::Reverse;

use ratings::Ratings;

use crate::Order;

/// Blocks of users, and of items.
pub(super) const SIDE: usize = 16;

/// Ratings that are visited one after the other; an epoch shuffles the runs of a cell.
pub(crate) const RUN: usize = 32;

/// Where a row is: its block, and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) block: u32,
    pub(super) row: u32,
}

/// A rating, and the places of its rows in their blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) user: u32,
    pub(super) item: u32,
    pub(super) rating: f32,
}

/// The ratings, cell by cell.
pub(super) struct Grid {
    pub(super) users: Vec<Place>,
    pub(super) items: Vec<Place>,
    samples: Vec<Sample>,
    starts: Vec<usize>, // [SIDE * SIDE + 1], where the samples of a cell begin
}

impl Grid {
    /// Deals the rows out and sorts the ratings into their cells; within a cell they stand in a
    /// shuffled order that is a function of the seed.
    pub(super) fn new(train: &Ratings, users: usize, items: usize, seed: u64) -> Self {
        let users = deal(&counts(train.users.iter().map(|user| user.0), users));
        let items = deal(&counts(train.items.iter().map(|item| item.0), items));
        let n = u32::try_from(train.len()).expect("a table holds at most 2^32 ratings");
        let mut order = vec![0; train.len()];
        Order::new(n, seed, 0).fill(0, &mut order);
        let place = |element: u32| {
            let (user, item) = (train.users[element as usize].0, train.items[element as usize].0);
            (users[user as usize], items[item as usize])
        };
        let cell = |element: u32| {
            let (user, item) = place(element);
            user.block as usize * SIDE + item.block as usize
        };
        let mut starts = vec![0; SIDE * SIDE + 1];
        for element in 0..n {
            starts[cell(element) + 1] += 1;
        }
        for cell in 0..SIDE * SIDE {
            starts[cell + 1] += starts[cell];
        }
        let mut next = starts.clone();
        let mut samples = vec![Sample { user: 0, item: 0, rating: 0.0 }; train.len()];
        for element in order {
            let (user, item) = place(element);
            let at = &mut next[cell(element)];
            let rating = train.values[element as usize];
            samples[*at] = Sample { user: user.row, item: item.row, rating };
            *at += 1;
        }
        Self { users, items, samples, starts }
    }

    /// The ratings of a block of users for a block of items.
    pub(super) fn cell(&self, users: usize, items: usize) -> &[Sample] {
        let cell = users * SIDE + items;
        &self.samples[self.starts[cell]..self.starts[cell + 1]]
    }

    /// The order in which an epoch visits the runs of that cell.
    pub(super) fn order(&self, users: usize, items: usize, seed: u64, epoch: u32) -> Vec<u32> {
        let runs = self.cell(users, items).len().div_ceil(RUN);
        let runs = u32::try_from(runs).expect("a table holds 2^32 ratings");
        let mut order = vec![0; runs as usize];
        let cell = (users * SIDE + items) as u64;
        Order::new(runs, seed ^ (cell << 32), epoch).fill(0, &mut order);
        order
    }

    /// The cells of a diagonal.
    pub(super) fn cells(&self, diagonal: usize) -> impl Iterator<Item = &[Sample]> {
        on_diagonal(diagonal).map(|(users, items)| self.cell(users, items))
    }

    /// Ratings on a diagonal.
    pub(super) fn diagonal(&self, diagonal: usize) -> usize {
        self.cells(diagonal).map(<[Sample]>::len).sum()
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }
}

/// The cells of a diagonal: their blocks of users and of items.
pub(super) fn on_diagonal(diagonal: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..SIDE).map(move |block| (block, (block + diagonal) % SIDE))
}

/// How many ratings each row has.
pub(crate) fn counts(rows: impl Iterator<Item = u32>, len: usize) -> Vec<u32> {
    let mut counts = vec![0; len];
    rows.for_each(|row| counts[row as usize] += 1);
    counts
}

/// Gives each row, the busiest first, to the block that has the fewest ratings so far.
fn deal(counts: &[u32]) -> Vec<Place> {
    let mut rows: Vec<usize> = (0..counts.len()).collect();
    rows.sort_by_key(|&row| (Reverse(counts[row]), row));
    let mut places = vec![Place { block: 0, row: 0 }; counts.len()];
    let (mut load, mut len) = ([0u64; SIDE], [0u32; SIDE]);
    for row in rows {
        let least = (0..SIDE).min_by_key(|&block| (load[block], len[block])).unwrap_or_default();
        let block = u32::try_from(least).expect("there are few blocks");
        places[row] = Place { block, row: len[least] };
        load[least] += u64::from(counts[row]);
        len[least] += 1;
    }
    places
}
