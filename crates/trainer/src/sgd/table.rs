//! Rows and their penalties, block by block.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::{
    grid::{Place, SIDE},
    lanes::{Chunk, Lanes, Side},
};
use crate::named::named;

/// How often the penalty on a row is counted while an epoch visits the row's ratings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Penalty {
    /// At every rating, so a row pays in proportion to its number of ratings.
    #[default]
    PerRating,
    /// Once an epoch: every row pays the same.
    Constant,
    /// A row pays in proportion to the root of its number of ratings.
    Root,
}

named!(Penalty, "penalty", PerRating => "per-rating", Constant => "constant", Root => "root");

impl Penalty {
    /// The part of the penalty that one of `count` ratings pays.
    #[expect(clippy::cast_precision_loss, reason = "a weight needs no more than f32's digits")]
    pub(crate) fn share(self, count: u32) -> f32 {
        match self {
            Self::PerRating => 1.0,
            Self::Constant => 1.0 / count.max(1) as f32,
            Self::Root => 1.0 / (count.max(1) as f32).sqrt(),
        }
    }
}

/// The rows of one block.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) rows: Vec<Chunk>, // [rows, chunks]
    pub(super) room: Chunk,
    pub(super) shrink: Vec<f32>, // [rows], the penalty at one rating
}

impl Block {
    #[inline(always)]
    pub(super) fn row(&self, row: u32, chunks: usize) -> &[Chunk] {
        &self.rows[row as usize * chunks..][..chunks]
    }
}

/// The rows of one side. A lock is never waited for: threads take blocks on one diagonal.
pub(super) struct Table {
    side: Side,
    lanes: Lanes,
    places: Vec<Place>,
    blocks: Vec<Mutex<Block>>,
}

impl Clone for Table {
    fn clone(&self) -> Self {
        let blocks = self.blocks.iter().map(|block| Mutex::new(lock(block).clone())).collect();
        Self { side: self.side, lanes: self.lanes, places: self.places.clone(), blocks }
    }
}

impl Table {
    /// The rows with these factors `[rows, factors]` and biases `[rows]`.
    pub(super) fn new(
        side: Side,
        lanes: Lanes,
        places: &[Place],
        factors: &[f32],
        biases: &[f32],
    ) -> Self {
        let mut blocks = vec![Block::default(); SIDE];
        let chunks = lanes.chunks();
        for place in places {
            let block = &mut blocks[place.block as usize];
            let rows = block.rows.len().max((place.row as usize + 1) * chunks);
            block.rows.resize(rows, Chunk::default());
            block.shrink.resize(rows / chunks, 0.0);
        }
        let values = factors.chunks(lanes.factors).zip(biases);
        for (place, (factors, bias)) in places.iter().zip(values) {
            let at = place.row as usize * chunks;
            let row = lanes.row(side, factors, *bias);
            blocks[place.block as usize].rows[at..at + chunks].copy_from_slice(&row);
        }
        let blocks = blocks.into_iter().map(Mutex::new).collect();
        Self { side, lanes, places: places.to_vec(), blocks }
    }

    /// Sets what every row pays at one of its ratings.
    pub(super) fn set_penalty(&mut self, kind: Penalty, penalty: f32, counts: &[u32]) {
        for (place, count) in self.places.iter().zip(counts) {
            let block = self.blocks[place.block as usize].get_mut();
            let block = block.unwrap_or_else(PoisonError::into_inner);
            block.shrink[place.row as usize] = penalty * kind.share(*count);
        }
    }

    /// All rows, block by block `[rows, chunks]`.
    pub(super) fn rows(&self) -> Vec<Chunk> {
        self.blocks.iter().flat_map(|block| lock(block).rows.clone()).collect()
    }

    /// What they pay at one of their ratings `[rows]`.
    pub(super) fn shrink(&self) -> Vec<f32> {
        self.blocks.iter().flat_map(|block| lock(block).shrink.clone()).collect()
    }

    /// Chunks of all rows.
    pub(super) fn chunks(&self) -> usize {
        self.places.len() * self.lanes.chunks()
    }

    /// Where each block begins among all rows.
    pub(super) fn starts(&self) -> [u32; SIDE] {
        let mut start = 0;
        std::array::from_fn(|block| {
            let rows = self.lock(block).shrink.len();
            start += u32::try_from(rows).expect("a table has fewer than 2^32 rows");
            start - rows as u32
        })
    }

    /// Takes all rows, block by block.
    pub(super) fn set_rows(&mut self, mut rows: &[Chunk]) {
        for block in &self.blocks {
            let block = &mut *lock(block);
            let (first, rest) = rows.split_at(block.rows.len());
            block.rows.copy_from_slice(first);
            rows = rest;
        }
    }

    pub(super) fn lock(&self, block: usize) -> MutexGuard<'_, Block> {
        lock(&self.blocks[block])
    }

    /// All rows in the order of the dense indices: factors `[rows, factors]` and biases `[rows]`.
    pub(super) fn values(&self) -> (Vec<f32>, Vec<f32>) {
        let (k, chunks) = (self.lanes.factors, self.lanes.chunks());
        let blocks: Vec<_> = self.blocks.iter().map(lock).collect();
        let row = |place: &Place| {
            let at = place.row as usize * chunks;
            blocks[place.block as usize].rows[at..at + chunks].as_flattened()
        };
        let factors = self.places.iter().flat_map(|place| &row(place)[..k]).copied().collect();
        let bias = self.lanes.bias(self.side);
        (factors, self.places.iter().map(|place| row(place)[bias]).collect())
    }
}

fn lock(block: &Mutex<Block>) -> MutexGuard<'_, Block> {
    block.lock().unwrap_or_else(PoisonError::into_inner)
}
