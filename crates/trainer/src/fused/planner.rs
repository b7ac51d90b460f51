//! Which rows to bring up to date before a step: whole numbers only, so it is known ahead.

use super::crew::Sample;

/// Every so many steps the rows that nobody has asked for lately make theirs, in good company:
/// alone, one with a thousand steps to make up keeps all waiting.
const ROUNDUP: u32 = 64;
/// Steps that such a row has missed, at least.
const STALE: u32 = 32;
/// No row misses as many steps as this.
const BUCKETS: usize = (ROUNDUP + STALE) as usize;
/// What stands for the steps of a row that moves only when it is read and has gathered no gradient.
pub(super) const NEVER: u32 = u32::MAX;

/// A row to bring up to date, with the steps that it has made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    pub(super) row: u32,
    pub(super) done: u32,
}

/// Plans for the rows of one table.
#[derive(Clone)]
pub(super) struct Planner {
    first: u32,   // its first row, among those of all tables
    sparse: bool, // a row moves only when it is read
    /// `[rows]`: steps of this round made once the last plan is carried out; if sparse, where the
    /// gradient is from.
    done: Vec<u32>,
    wanted: Vec<Waiting>, // `[rows + 1]`: those that were asked for, then room
}

impl Planner {
    pub(super) fn new(first: usize, rows: usize, sparse: bool) -> Self {
        let mut planner = Self {
            first: u32::try_from(first).expect("rows fit a u32"),
            sparse,
            done: vec![0; rows],
            wanted: vec![Waiting::default(); rows + 1], // none is asked for twice
        };
        planner.begin_round();
        planner
    }

    /// Bytes that a row takes, if each of so many plans is of all rows.
    pub(super) fn bytes(plans: usize) -> u64 {
        (size_of::<u32>() + (1 + plans) * size_of::<Waiting>()) as u64
    }

    /// Counts steps from zero again; every row must be up to date.
    pub(super) fn begin_round(&mut self) {
        self.done.fill(if self.sparse { NEVER } else { 0 });
    }

    /// The rows of the table that are behind after `now` steps; all will be up to date.
    pub(super) fn plan_all(&mut self, now: u32, plan: &mut Vec<Waiting>) {
        let current = if self.sparse { NEVER } else { now };
        let mut wants = 0;
        for (row, done) in (self.first..).zip(&mut self.done) {
            let done = std::mem::replace(done, current);
            self.wanted[wants] = Waiting { row, done };
            wants += usize::from(done != current);
        }
        self.sort_by_gap(wants, now, plan);
    }

    /// The rows of the table to bring up to date before step `now`: those of its batch, which `row`
    /// gives, and perhaps others. It may be asked before the steps before have been made.
    #[inline(always)]
    pub(super) fn plan(
        &mut self,
        batch: &[Sample],
        row: impl Fn(&Sample) -> u32,
        now: u32,
        plan: &mut Vec<Waiting>,
    ) {
        let mut wants = self.want(batch, row, now);
        if now.is_multiple_of(ROUNDUP) && !self.sparse {
            wants = self.want_stale(wants, now);
        }
        self.sort_by_gap(wants, now, plan);
    }

    /// Asks for the rows of a batch. Without branches: every row is written behind the last one that
    /// counted, and the number grows only if it counts.
    #[inline(always)]
    fn want(&mut self, batch: &[Sample], row: impl Fn(&Sample) -> u32, now: u32) -> usize {
        let Self { first, done, wanted, .. } = self;
        let (first, done, wanted) = (*first, done.as_mut_slice(), wanted.as_mut_slice());
        let mut wants = 0;
        for sample in batch {
            let row = row(sample);
            let made = std::mem::replace(&mut done[(row - first) as usize], now);
            wanted[wants] = Waiting { row, done: made };
            wants += usize::from(made != now);
        }
        wants
    }

    /// Asks for the rows that nobody has asked for lately.
    #[inline(always)]
    fn want_stale(&mut self, mut wants: usize, now: u32) -> usize {
        for (row, done) in (self.first..).zip(&mut self.done) {
            self.wanted[wants] = Waiting { row, done: *done };
            let stale = now - *done >= STALE;
            wants += usize::from(stale);
            *done = if stale { now } else { *done };
        }
        wants
    }

    /// Sorts the rows that were asked for, longest gap first.
    #[inline(always)]
    fn sort_by_gap(&mut self, wants: usize, now: u32, plan: &mut Vec<Waiting>) {
        let wanted = &self.wanted[..wants];
        plan.resize(wants, Waiting::default());
        let plan = plan.as_mut_slice();
        if self.sparse {
            plan.copy_from_slice(wanted); // none has more to make than another
            return;
        }
        let bucket = |waiting: &Waiting| BUCKETS - 1 - (now - waiting.done) as usize;
        let mut start = [0u32; BUCKETS + 1];
        for waiting in wanted {
            start[bucket(waiting) + 1] += 1;
        }
        for i in 0..BUCKETS {
            start[i + 1] += start[i];
        }
        for waiting in wanted {
            let place = &mut start[bucket(waiting)];
            plan[*place as usize] = *waiting;
            *place += 1;
        }
    }
}
