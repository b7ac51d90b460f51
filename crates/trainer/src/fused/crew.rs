//! The threads of a slice, and what each does in a step.

use pulp::{Arch, Simd, WithSimd};

use super::{
    adam::Steps,
    outbox::Outboxes,
    part::{Part, Read},
    rows::Rows,
};
use crate::{barrier::Barrier, miss::Miss, parallel::THREADS};

/// A rating with the rows that it reads: users come first, then items.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sample {
    pub(super) user: u32,
    pub(super) item: u32,
    pub(super) rating: f32,
}

/// How rows are dealt out to owners: in turn, to a power of two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Team {
    bits: u32,
}

/// Who owns a row, and where among the owner's.
pub(super) struct Place {
    pub(super) owner: u32,
    pub(super) row: u32,
}

impl Team {
    /// The largest team that `threads` threads can man and whose members have lanes to sum in.
    pub(super) fn of(threads: usize) -> Self {
        Self { bits: threads.clamp(1, SUMS).ilog2() }
    }

    pub(super) fn len(self) -> usize {
        1 << self.bits
    }

    /// Whose turn it is when members take turns.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "below the number of threads")]
    pub(super) fn member(self, turn: usize) -> u32 {
        (turn & (self.len() - 1)) as u32
    }

    #[inline(always)]
    pub(super) fn place(self, row: u32) -> Place {
        Place { owner: row & ((1 << self.bits) - 1), row: row >> self.bits }
    }

    /// The number that a row has among all.
    #[inline(always)]
    pub(super) fn number(self, place: &Place) -> u32 {
        place.row << self.bits | place.owner
    }

    /// Rows of one owner out of `rows`.
    pub(super) fn share(self, rows: usize, owner: usize) -> usize {
        (rows + self.len() - 1 - owner) >> self.bits
    }
}

/// What the threads of a slice share.
pub(super) struct Slice<'a> {
    pub(super) arch: Arch,
    pub(super) team: Team,
    pub(super) chunks: usize, // of a row
    pub(super) batch_size: usize,
    pub(super) first: u32,         // number of the first step
    pub(super) steps: &'a [Steps], // of the epoch, up to the last of the slice
    pub(super) samples: &'a [Sample],
    pub(super) outboxes: &'a Outboxes,
    pub(super) barrier: &'a Barrier,
}

/// Who reads a rating's rows.
#[derive(Clone, Copy)]
pub(super) enum Readers {
    /// The owner of each reads the other.
    Owners,
    /// The blocks of so many ratings are dealt out in turn.
    Blocks(usize),
}

impl Readers {
    /// Whom the user's and the item's row of the rating at a position go to.
    #[inline(always)]
    pub(super) fn of(self, team: Team, position: usize, user: u32, item: u32) -> [u32; 2] {
        match self {
            Self::Owners => [item, user],
            Self::Blocks(len) => [team.member(position / len); 2],
        }
    }
}

/// Lanes in which the errors of a batch are summed, whatever the number of threads.
pub(super) const SUMS: usize = 64;
/// Sums of errors; a thread fills in lanes `me`, `me` + threads, and so on.
pub(super) type Sums = [Miss; SUMS];

/// A model's own part of a step, once per thread.
pub(super) trait Member: Send {
    const READERS: Readers;

    /// Adds the gradients of the rows that `me` owns. Returns the errors of its lanes.
    fn step<S: Simd>(
        &mut self,
        simd: S,
        slice: &Slice,
        me: u32,
        now: Turn,
        rows: &mut Rows,
    ) -> Sums;
}

/// A batch and its step.
pub(super) struct Turn<'a> {
    pub(super) step: u32,
    pub(super) batch: &'a [Sample],
    pub(super) reads: &'a [Read], // what this thread reads of it
    pub(super) chunks: usize,     // of a row, as a constant where possible
}

/// Trains the batches of a slice; returns the mean errors of each.
pub(super) fn train<M: Member>(slice: &Slice, rows: &mut [Rows], members: &mut [M]) -> Vec<Miss> {
    // The usual lengths of a row are compiled on their own, so that copies need no loop.
    let sums = match slice.chunks {
        1 => train_chunks::<M, 1>(slice, rows, members),
        2 => train_chunks::<M, 2>(slice, rows, members),
        4 => train_chunks::<M, 4>(slice, rows, members),
        8 => train_chunks::<M, 8>(slice, rows, members),
        _ => train_chunks::<M, 0>(slice, rows, members),
    };
    let batches = slice.samples.chunks(slice.batch_size).enumerate();
    batches
        .map(|(at, batch)| {
            let mut lanes: Vec<Miss> = sums.iter().map(|sums| sums[at]).collect();
            fold(&mut lanes, 1);
            lanes[0] / batch.len() as f64
        })
        .collect()
}

/// Adds up lanes, the upper half to the lower one, until `to` are left: the same tree of sums
/// whether one thread climbs it or several do the first part, each with its own lanes.
#[inline(always)]
fn fold(lanes: &mut [Miss], to: usize) {
    let mut len = lanes.len();
    while len > to {
        len /= 2;
        let (low, high) = lanes.split_at_mut(len);
        low.iter_mut().zip(high).for_each(|(low, high)| *low += *high);
    }
}

/// The errors of every batch in the lane left to each thread: `[threads][batches]`.
fn train_chunks<M: Member, const CHUNKS: usize>(
    slice: &Slice,
    rows: &mut [Rows],
    members: &mut [M],
) -> Vec<Vec<Miss>> {
    let arch = slice.arch;
    let mut work: Vec<_> = (0..)
        .zip(rows.iter_mut().zip(members))
        .map(|(me, (rows, member))| Work::<M, CHUNKS> { slice, me, rows, member })
        .collect();
    let first = work.remove(0);
    if work.is_empty() || !THREADS {
        return vec![arch.dispatch(first)];
    }
    std::thread::scope(|scope| {
        let others: Vec<_> =
            work.into_iter().map(|work| scope.spawn(move || arch.dispatch(work))).collect();
        let mut sums = vec![arch.dispatch(first)];
        for other in others {
            sums.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        sums
    })
}

/// A thread's part of a slice. A type of its own, and everything below it inlined, so that it is
/// compiled once for every vector width. `CHUNKS` is a row's length if that is not 0.
struct Work<'a, M, const CHUNKS: usize> {
    slice: &'a Slice<'a>,
    me: u32,
    rows: &'a mut Rows,
    member: &'a mut M,
}

impl<M: Member, const CHUNKS: usize> WithSimd for Work<'_, M, CHUNKS> {
    type Output = Vec<Miss>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<Miss> {
        let Self { slice, me, rows, member } = self;
        let Slice { team, outboxes, batch_size, samples, .. } = *slice;
        let chunks = if CHUNKS == 0 { slice.chunks } else { CHUNKS };
        let most = batch_size.min(samples.len());
        let mut part = Part::new(most);
        rows.make_room(most);
        let mut sums = Vec::with_capacity(samples.len().div_ceil(batch_size));
        for (step, batch) in (slice.first..).zip(samples.chunks(batch_size)) {
            part.list(me, team, batch, M::READERS, rows, step);
            rows.catch_up(simd, slice.steps, step, chunks);
            let mut outbox = outboxes.fill(me as usize, step);
            for sent in part.sends() {
                outbox.send(sent.to, rows.factors(sent.row, chunks));
            }
            drop(outbox);
            slice.barrier.wait();
            let mut mail = outboxes.read(me as usize, step);
            rows.make_seats(part.guests().len());
            for (guest, owner) in (rows.len()..).zip(part.guests()) {
                rows.seat(guest, mail.next(*owner, chunks), chunks);
            }
            let turn = Turn { step, batch, reads: part.reads(), chunks };
            let mut lanes = member.step(simd, slice, me, turn, rows);
            fold(&mut lanes, team.len());
            sums.push(lanes[me as usize]);
        }
        sums
    }
}

/// Brings every row up to date.
pub(super) fn catch_up_all(arch: Arch, rows: &mut [Rows], steps: &[Steps], chunks: usize) {
    struct Rest<'a>(&'a mut Rows, &'a [Steps], usize);
    impl WithSimd for Rest<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let now = u32::try_from(self.1.len()).expect("a round has fewer than 2^24 steps");
            self.0.catch_up_all(simd, self.1, now, self.2);
        }
    }
    let (first, others) = rows.split_first_mut().expect("a team has a member");
    if others.is_empty() || !THREADS {
        return arch.dispatch(Rest(first, steps, chunks));
    }
    std::thread::scope(|scope| {
        for rows in others {
            scope.spawn(move || arch.dispatch(Rest(rows, steps, chunks)));
        }
        arch.dispatch(Rest(first, steps, chunks));
    });
}
