//! What the kernels that plan a slice are told of it: `shuffle`, `sort`, `mark` and `schedule`, in
//! this order, make of places in an epoch's order the jobs of every batch.

use std::ops::Range;

use bytemuck::{Pod, Zeroable};

use crate::{Order, gpu::LANES};

/// Most steps that a job may have, as `shaders/schedule.wgsl` has it.
pub(crate) const MAX_REACH: usize = 64;
/// Batches whose readers stand in a word.
pub(crate) const BITS: usize = 32;

/// What all slices of a run have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Ratings of a batch, but perhaps of an epoch's last.
    pub(crate) batch: usize,
    /// Rows of users; the items' come behind.
    pub(crate) users: usize,
    /// Rows of both.
    pub(crate) rows: usize,
    /// First slot of the rows' gradients; those of a network come before.
    pub(crate) first_slot: usize,
    /// Whether rows move that a batch does not read, as in dense Adam.
    pub(crate) every_row: bool,
    /// Most steps of a job, a power of two: a batch takes as long as its longest job.
    pub(crate) reach: usize,
}

/// A slice.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(crate) struct Plan {
    /// Its first place in the epoch's order.
    pub(crate) first: u32,
    /// Its ratings.
    pub(crate) samples: u32,
    /// Ratings of a batch; the last may have fewer.
    pub(crate) batch: u32,
    /// Batches.
    pub(crate) steps: u32,
    /// Rows of users.
    pub(crate) users: u32,
    /// Rows of users and items.
    pub(crate) rows: u32,
    /// First slot of their gradients.
    pub(crate) first_slot: u32,
    /// Whether rows move that a batch does not read, if not 0.
    pub(crate) every_row: u32,
    /// Keys of a batch's users, and of its items: a power of two.
    pub(crate) side: u32,
    /// Jobs of a batch, empty ones included.
    pub(crate) entries: u32,
    /// Jobs before those of the first batch, a multiple of as many.
    pub(crate) opening: u32,
    /// Words of a row's readers, if every row moves.
    pub(crate) words: u32,
    /// Most steps of a job, a power of two.
    pub(crate) reach: u32,
    /// The order of the epoch.
    pub(crate) order: Order,
}

impl Frame {
    /// Keys of a batch's users, and of its items.
    pub(crate) fn side(&self) -> usize {
        self.batch.next_power_of_two()
    }

    /// Jobs of a batch, empty ones included: of its ratings' rows, and of rows on their way. The
    /// workgroups that make them end where a batch's do.
    pub(crate) fn entries(&self) -> usize {
        let on_their_way = if self.every_row { self.rows.div_ceil(self.reach) } else { 0 };
        (2 * self.batch + on_their_way).next_multiple_of(LANES)
    }

    /// Jobs before those of the first batch.
    pub(crate) fn opening(&self) -> usize {
        if self.every_row { self.rows.next_multiple_of(self.entries()) } else { 0 }
    }

    /// Keys of so many batches.
    pub(crate) fn keys(&self, steps: usize) -> usize {
        2 * self.side() * steps
    }

    /// Jobs of so many batches and those before.
    pub(crate) fn jobs(&self, steps: usize) -> usize {
        self.opening() + steps * self.entries()
    }

    /// Words that say which of so many batches read a row, of all rows, if that is asked for.
    pub(crate) fn readers(&self, steps: usize) -> usize {
        if self.every_row { self.rows * steps.div_ceil(BITS) } else { 0 }
    }

    /// Most batches for which that many bytes hold each of their tables.
    pub(crate) fn most_steps(&self, bytes: usize) -> usize {
        let jobs = (bytes / size_of::<super::Job>()).saturating_sub(self.opening());
        let keys = bytes / size_of::<[u32; 2]>() / self.keys(1);
        let words = (bytes / size_of::<u32>()).checked_div(self.readers(1));
        let marked = words.map_or(usize::MAX, |words| BITS * words);
        (jobs / self.entries()).min(keys).min(marked).max(1)
    }

    /// The slice at these places of an epoch's order.
    pub(crate) fn plan(&self, order: &Order, places: Range<usize>) -> Plan {
        let steps = places.len().div_ceil(self.batch);
        Plan {
            first: small(places.start),
            samples: small(places.len()),
            batch: small(self.batch),
            steps: small(steps),
            users: small(self.users),
            rows: small(self.rows),
            first_slot: small(self.first_slot),
            every_row: self.every_row.into(),
            side: small(self.side()),
            entries: small(self.entries()),
            opening: small(self.opening()),
            words: if self.every_row { small(steps.div_ceil(BITS)) } else { 0 },
            reach: small(self.reach),
            order: *order,
        }
    }
}

impl Plan {
    /// Keys of all batches.
    pub(crate) fn keys(&self) -> usize {
        2 * self.side as usize * self.steps as usize
    }

    /// Jobs of all batches and those before.
    pub(crate) fn jobs(&self) -> usize {
        self.opening as usize + self.entries as usize * self.steps as usize
    }

    /// Words that say which batches read a row, of all rows.
    pub(crate) fn readers(&self) -> usize {
        self.rows as usize * self.words as usize
    }

    /// Ratings of a batch.
    pub(crate) fn count(&self, step: usize) -> usize {
        let begin = step * self.batch as usize;
        (self.samples as usize - begin).min(self.batch as usize)
    }
}

pub(crate) fn small(n: usize) -> u32 {
    u32::try_from(n).expect("a slice has fewer than 2^32 of anything")
}
