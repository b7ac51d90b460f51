//! The threads of a slice, and what each does in a step.

use pulp::{Arch, Simd, WithSimd};

use super::{
    adam::Steps,
    lanes::{LANES, fold, total},
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

/// How the columns of the rows are dealt out to threads: in turn, to a power of two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Team {
    bits: u32,
}

impl Team {
    /// The largest team that `threads` threads can man and whose members have two columns each: all
    /// go through the whole batch, which must be worth it.
    pub(super) fn of(threads: usize, factors: usize) -> Self {
        Self { bits: threads.min(factors / 2).clamp(1, LANES).ilog2() }
    }

    pub(super) fn len(self) -> usize {
        1 << self.bits
    }

    /// Chunks of a member's columns of rows.
    pub(super) fn chunks(self, factors: usize) -> usize {
        self.columns(0, factors).len().div_ceil(LANES)
    }

    /// Lanes of an inner product that fall to each member.
    #[inline(always)]
    pub(super) fn lanes(self) -> usize {
        LANES >> self.bits
    }

    /// Whose column it is, and where among the member's.
    #[inline(always)]
    pub(super) fn place(self, column: usize) -> (usize, usize) {
        (column & (self.len() - 1), column >> self.bits)
    }

    /// Columns of one member out of `factors`.
    #[inline(always)]
    pub(super) fn columns(self, member: usize, factors: usize) -> Columns {
        Columns {
            first: member,
            bits: self.bits,
            len: (factors + self.len() - 1 - member) >> self.bits,
        }
    }
}

/// Columns of one member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    first: usize,
    bits: u32,
    len: usize,
}

impl Columns {
    pub(super) fn len(self) -> usize {
        self.len
    }

    #[inline(always)]
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        (0..self.len).map(move |place| self.first + (place << self.bits))
    }
}

/// What the threads of a slice share.
pub(super) struct Slice<'a> {
    pub(super) arch: Arch,
    pub(super) team: Team,
    pub(super) chunks: usize, // of a row, a member's columns and zeros behind
    pub(super) batch_size: usize,
    pub(super) first: u32,         // number of the first step
    pub(super) steps: &'a [Steps], // of the epoch, up to the last of the slice
    pub(super) samples: &'a [Sample],
    pub(super) barrier: &'a Barrier,
}

/// Lanes in which the errors of a batch are summed, whatever the number of threads.
pub(super) const SUMS: usize = 64;
/// Sums of errors; a thread fills in lanes `me`, `me` + threads, and so on.
pub(super) type Sums = [Miss; SUMS];

/// A model's own part of a step, once per thread.
pub(super) trait Member: Send {
    /// Adds the gradients of the rows, whose columns of `me` are up to date. Returns the errors of
    /// the lanes of `me`.
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
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    pub(super) step: u32,
    pub(super) batch: &'a [Sample],
    pub(super) next: Option<&'a [Sample]>, // the batch after it
    pub(super) chunks: usize,              // of a row, as a constant where possible
}

impl Turn<'_> {
    /// Meets the others, and plans the next step while they may still be on their way.
    #[inline(always)]
    pub(super) fn meet(&self, barrier: &Barrier, rows: &mut Rows) {
        let round = barrier.arrive();
        if let Some(next) = self.next {
            rows.plan(next, self.step + 1);
        }
        barrier.wait_for(round);
    }
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
            total(&mut lanes) / batch.len() as f64
        })
        .collect()
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
        let Slice { team, batch_size, samples, steps, .. } = *slice;
        let chunks = if CHUNKS == 0 { slice.chunks } else { CHUNKS };
        rows.make_room(batch_size.min(samples.len()));
        let mut sums = Vec::with_capacity(samples.len().div_ceil(batch_size));
        let mut batches = samples.chunks(batch_size).peekable();
        rows.plan(batches.peek().copied().unwrap_or_default(), slice.first);
        for step in slice.first.. {
            let Some(batch) = batches.next() else { break };
            rows.catch_up(simd, steps, step, chunks);
            let turn = Turn { step, batch, next: batches.peek().copied(), chunks };
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
