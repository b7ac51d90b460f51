//! The threads of a slice, and what each does in a step.

use pulp::{Arch, Simd, WithSimd};

use super::{
    adam::Steps,
    outbox::{Mailbag, Outboxes},
    rows::Rows,
};
use crate::{barrier::Barrier, parallel::THREADS};

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
    pub(super) owner: usize,
    pub(super) row: usize,
}

impl Team {
    /// The largest team that `threads` threads can man.
    pub(super) fn of(threads: usize) -> Self {
        Self { bits: threads.max(1).ilog2() }
    }

    pub(super) fn len(self) -> usize {
        1 << self.bits
    }

    #[inline(always)]
    pub(super) fn place(self, row: u32) -> Place {
        let mask = (1 << self.bits) - 1;
        Place { owner: (row & mask) as usize, row: (row >> self.bits) as usize }
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

/// A model's own part of a step, once per thread.
pub(super) trait Member: Send {
    /// Adds the gradients of the rows that `me` owns. Returns the batch's mean squared error if
    /// `me` is 0.
    fn step<S: Simd>(
        &mut self,
        simd: S,
        slice: &Slice,
        me: usize,
        now: Turn,
        rows: &mut Rows,
    ) -> f64;
}

/// A batch, its step and the copies of its rows.
pub(super) struct Turn<'a> {
    pub(super) step: u32,
    pub(super) batch: &'a [Sample],
    pub(super) mail: Mailbag<'a>,
    pub(super) chunks: usize, // of a row, as a constant where possible
}

/// Trains the batches of a slice; returns the mean squared error of each.
pub(super) fn train<M: Member>(slice: &Slice, rows: &mut [Rows], members: &mut [M]) -> Vec<f64> {
    // The usual lengths of a row are compiled on their own, so that copies need no loop.
    match slice.chunks {
        1 => train_chunks::<M, 1>(slice, rows, members),
        2 => train_chunks::<M, 2>(slice, rows, members),
        4 => train_chunks::<M, 4>(slice, rows, members),
        8 => train_chunks::<M, 8>(slice, rows, members),
        _ => train_chunks::<M, 0>(slice, rows, members),
    }
}

fn train_chunks<M: Member, const CHUNKS: usize>(
    slice: &Slice,
    rows: &mut [Rows],
    members: &mut [M],
) -> Vec<f64> {
    let arch = slice.arch;
    let mut work: Vec<_> = rows
        .iter_mut()
        .zip(members)
        .enumerate()
        .map(|(me, (rows, member))| Work::<M, CHUNKS> { slice, me, rows, member })
        .collect();
    let first = work.remove(0);
    if work.is_empty() || !THREADS {
        return arch.dispatch(first);
    }
    std::thread::scope(|scope| {
        for work in work {
            scope.spawn(move || arch.dispatch(work));
        }
        arch.dispatch(first)
    })
}

/// A thread's part of a slice. A type of its own, and everything below it inlined, so that it is
/// compiled once for every vector width. `CHUNKS` is a row's length if that is not 0.
struct Work<'a, M, const CHUNKS: usize> {
    slice: &'a Slice<'a>,
    me: usize,
    rows: &'a mut Rows,
    member: &'a mut M,
}

impl<M: Member, const CHUNKS: usize> WithSimd for Work<'_, M, CHUNKS> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
        let Self { slice, me, rows, member } = self;
        let Slice { team, outboxes, .. } = *slice;
        let chunks = if CHUNKS == 0 { slice.chunks } else { CHUNKS };
        let mut losses = Vec::new();
        for (step, batch) in (slice.first..).zip(slice.samples.chunks(slice.batch_size)) {
            for sample in batch {
                let (user, item) = (team.place(sample.user), team.place(sample.item));
                if user.owner == me {
                    rows.want(user.row as u32, step);
                }
                if item.owner == me {
                    rows.want(item.row as u32, step);
                }
            }
            rows.catch_up(simd, slice.steps, step, chunks);
            outboxes.fill(me, step as usize).copy(me, team, batch, rows, chunks);
            slice.barrier.wait();
            let mail = outboxes.read(step as usize);
            losses.push(member.step(simd, slice, me, Turn { step, batch, mail, chunks }, rows));
        }
        losses
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
