//! The threads of a slice, and what each does in a step.

use pulp::{Arch, Simd, WithSimd};

use super::{
    adam::Steps,
    exchange::Exchange,
    lanes::{LANES, fold, total},
    planner::{Planner, Waiting},
    rows::Rows,
};
use crate::{
    barrier::{Barrier, Party},
    miss::Miss,
    parallel,
};

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
        planning: &mut Planning,
    ) -> Sums;
}

/// A batch and its step.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    pub(super) step: u32,
    pub(super) batch: &'a [Sample],
    pub(super) chunks: usize, // of a row, as a constant where possible
}

/// Plans are made two steps ahead, on the way to the meeting of a step: the meeting of the next one
/// then says that they are there. Meanwhile those of the next step wait, and somebody may still read
/// those of this one.
pub(super) const PLANS: usize = 3;

/// The plans for users (0) and for items (1).
pub(super) type Plans = Exchange<Vec<Waiting>, PLANS>;

/// What a thread plans for all.
pub(super) struct Planning<'a> {
    pub(super) plans: &'a Plans,
    pub(super) users: Option<&'a mut Planner>,
    pub(super) items: Option<&'a mut Planner>,
}

impl Planning<'_> {
    /// Plans a step of a slice, if it has so many.
    #[inline(always)]
    fn plan(&mut self, slice: &Slice, step: u32) {
        let from = (step - slice.first) as usize * slice.batch_size;
        let Some(rest) = slice.samples.get(from..).filter(|rest| !rest.is_empty()) else { return };
        let batch = &rest[..rest.len().min(slice.batch_size)];
        if let Some(users) = &mut self.users {
            users.plan(batch, |sample| sample.user, step, &mut self.plans.write(0, step));
        }
        if let Some(items) = &mut self.items {
            items.plan(batch, |sample| sample.item, step, &mut self.plans.write(1, step));
        }
    }

    /// Meets the others, and plans a later step while they may still be on their way.
    #[inline(always)]
    pub(super) fn meet(&mut self, slice: &Slice, step: u32) {
        let round = slice.barrier.arrive();
        self.plan(slice, step + 2);
        slice.barrier.wait_for(round);
    }
}

/// Trains the batches of a slice; returns the mean errors of each.
pub(super) fn train<M: Member>(
    slice: &Slice,
    rows: &mut [Rows],
    planners: &mut [Planner; 2],
    members: &mut [M],
) -> Vec<Miss> {
    let plans = Plans::new(2);
    let (only, [users, items]) = (slice.team.len() == 1, planners.each_mut());
    let (mut users, mut items) = (Some(users), Some(items));
    let work = (0..).zip(rows.iter_mut().zip(members)).map(|(me, (rows, member))| {
        let users = if me == 0 { users.take() } else { None };
        let items = if me == 1 || only { items.take() } else { None };
        let planning = Planning { plans: &plans, users, items };
        Work { slice, me, rows, member, planning, party: slice.barrier.join() }
    });
    let work = work.collect();
    // The usual lengths of a row are compiled on their own, so that copies need no loop.
    let sums = match slice.chunks {
        1 => train_chunks::<M, 1>(slice, work),
        2 => train_chunks::<M, 2>(slice, work),
        4 => train_chunks::<M, 4>(slice, work),
        8 => train_chunks::<M, 8>(slice, work),
        _ => train_chunks::<M, 0>(slice, work),
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
    work: Vec<Work<M>>,
) -> Vec<Vec<Miss>> {
    let work = work.into_iter().map(OfChunks::<M, CHUNKS>).collect();
    parallel::each(work, |work| slice.arch.dispatch(work))
}

/// A thread's part of a slice.
struct Work<'a, M> {
    slice: &'a Slice<'a>,
    me: u32,
    rows: &'a mut Rows,
    member: &'a mut M,
    planning: Planning<'a>,
    party: Party<'a>,
}

/// The same for rows of `CHUNKS` chunks if that is not 0. A type of its own, and everything below it
/// inlined, so that it is compiled once for every vector width.
struct OfChunks<'a, M, const CHUNKS: usize>(Work<'a, M>);

impl<M: Member, const CHUNKS: usize> WithSimd for OfChunks<'_, M, CHUNKS> {
    type Output = Vec<Miss>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<Miss> {
        let Work { slice, me, rows, member, mut planning, party: _party } = self.0;
        let Slice { team, batch_size, samples, steps, first, .. } = *slice;
        let chunks = if CHUNKS == 0 { slice.chunks } else { CHUNKS };
        let mut sums = Vec::with_capacity(samples.len().div_ceil(batch_size));
        planning.plan(slice, first);
        planning.plan(slice, first + 1);
        slice.barrier.wait();
        for (step, batch) in (first..).zip(samples.chunks(batch_size)) {
            for plan in planning.plans.read(step) {
                rows.catch_up(simd, &plan, steps, step, chunks);
            }
            let turn = Turn { step, batch, chunks };
            let mut lanes = member.step(simd, slice, me, turn, rows, &mut planning);
            fold(&mut lanes, team.len());
            sums.push(lanes[me as usize]);
        }
        sums
    }
}

/// Brings every row up to date.
pub(super) fn catch_up_all(
    arch: Arch,
    rows: &mut [Rows],
    planners: &mut [Planner; 2],
    steps: &[Steps],
    chunks: usize,
) {
    struct Rest<'a> {
        rows: &'a mut Rows,
        plans: &'a [Vec<Waiting>; 2],
        steps: &'a [Steps],
        now: u32,
        chunks: usize,
    }
    impl WithSimd for Rest<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for plan in self.plans {
                self.rows.catch_up(simd, plan, self.steps, self.now, self.chunks);
            }
        }
    }
    let now = u32::try_from(steps.len()).expect("a round has fewer than 2^24 steps");
    let plans = planners.each_mut().map(|planner| {
        let mut plan = Vec::new();
        planner.plan_all(now, &mut plan);
        plan
    });
    let work: Vec<_> =
        rows.iter_mut().map(|rows| Rest { rows, plans: &plans, steps, now, chunks }).collect();
    parallel::each(work, |work| arch.dispatch(work));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A member that panics in its second step, if it is the second one.
    struct Stumbling;

    impl Member for Stumbling {
        fn step<S: Simd>(
            &mut self,
            _: S,
            slice: &Slice,
            me: u32,
            now: Turn,
            _: &mut Rows,
            planning: &mut Planning,
        ) -> Sums {
            assert!(me == 0 || now.step == 0, "it stumbles");
            planning.meet(slice, now.step);
            [Miss::default(); SUMS]
        }
    }

    #[test]
    #[should_panic(expected = "another thread of these panicked")]
    fn a_member_that_panics_ends_the_slice() {
        let (factors, team) = (4, Team::of(2, 4));
        assert_eq!(team.len(), 2);
        let chunks = team.chunks(factors);
        let slice = Slice {
            arch: Arch::Scalar,
            team,
            chunks,
            batch_size: 1,
            first: 0,
            steps: &[Steps::default(); 3],
            samples: &[Sample { user: 0, item: 1, rating: 1.0 }; 3],
            barrier: &Barrier::new(2),
        };
        let mut rows =
            [0, 1].map(|me| Rows::new(2, team.columns(me, factors).len(), chunks, false));
        let mut planners = [Planner::new(0, 1, false), Planner::new(1, 1, false)];
        train(&slice, &mut rows, &mut planners, &mut [Stumbling, Stumbling]);
    }
}
