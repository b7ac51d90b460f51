//! Slices planned before the device asks for them, several at once.
//!
//! A plan needs the order of the ratings alone, no number of the model, so the slices that follow
//! can be planned beside one another and beside the device's work, those of the next epoch too.

use std::{collections::VecDeque, ops::Range, thread};

use ratings::Split;

use super::{
    gather::gather,
    plan::{Plan, Planner},
    sizes::Sizes,
};
use crate::{Config, Optimizer, Order, gather::in_parallel};

/// Most slices planned at once.
const MAX_PLANNERS: usize = 4;

/// Plans slices, and keeps those not sent off yet.
pub(super) struct Ahead {
    planners: Vec<Planner>, // one a thread
    ready: VecDeque<Planned>,
    spare: Vec<Plan>, // room of plans that were sent off
}

/// A slice, ready for the device.
#[derive(Default)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) ratings: Range<usize>, // positions in the epoch's order
    epoch: u32,
}

/// Where the next slice begins, and how long it may be.
#[derive(Clone, Copy)]
pub(super) struct Next {
    pub(super) epoch: u32,
    pub(super) from: usize,    // position in the epoch's order
    pub(super) batches: usize, // at most
}

/// Slices that are planned at once: as many as there are threads, one in a browser.
pub(super) fn planners() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MAX_PLANNERS)
}

impl Ahead {
    pub(super) fn new(split: &Split) -> Self {
        let planner = |_| Planner::new(split.users, split.items);
        Self {
            planners: (0..planners()).map(planner).collect(),
            ready: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    /// The slice that begins there, planned now if it is not yet.
    pub(super) fn take(
        &mut self,
        split: &Split,
        config: &Config,
        sizes: &Sizes,
        next: Next,
    ) -> Planned {
        self.prepare(split, config, sizes, next);
        self.ready.pop_front().expect("a slice was planned")
    }

    /// Plans the slices that begin there, if none is ready.
    pub(super) fn prepare(&mut self, split: &Split, config: &Config, sizes: &Sizes, next: Next) {
        let is_next =
            |planned: &Planned| (planned.epoch, planned.ratings.start) == (next.epoch, next.from);
        if self.ready.front().is_some_and(is_next) {
            return;
        }
        self.spare.extend(self.ready.drain(..).map(|planned| planned.plan));
        let end = split.train.len();
        let order = Order::new(small(end), config.seed, next.epoch);
        let left = (end - next.from).div_ceil(config.batch_size); // batches
        let even = left.div_ceil(self.planners.len());
        let batches = next.batches.min(sizes.max_steps).min(even).max(1);
        let length = batches.saturating_mul(config.batch_size);
        for from in (next.from..end).step_by(length).take(self.planners.len()) {
            let plan = self.spare.pop().unwrap_or_default();
            let ratings = from..end.min(from.saturating_add(length));
            self.ready.push_back(Planned { plan, ratings, epoch: next.epoch });
        }
        let every_row = config.optimizer == Optimizer::Adam;
        let work = self.planners.iter_mut().zip(&mut self.ready).collect();
        in_parallel(work, |(planner, Planned { plan, ratings, .. })| {
            gather(split, &order, ratings.clone(), &mut plan.samples);
            planner.plan(plan, config.batch_size, sizes.network().as_ref(), every_row);
        });
    }

    /// Takes back the room of a plan that was sent off.
    pub(super) fn give_back(&mut self, plan: Plan) {
        self.spare.push(plan);
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("a table holds at most 2^32 ratings")
}

#[cfg(test)]
mod tests {
    use ratings::{ItemIndex, Ratings, UserIndex};

    use super::*;
    use crate::ModelKind;

    #[test]
    fn slices_follow_one_another_to_the_end_of_the_epoch_whoever_planned_them() {
        let (users, items) = (7, 5);
        let train = Ratings {
            users: (0..100).map(|n| UserIndex(n % users)).collect(),
            items: (0..100).map(|n| ItemIndex(n * 3 % items)).collect(),
            values: (0..100u8).map(f32::from).collect(),
        };
        let split =
            Split { train, users: users as usize, items: items as usize, ..Split::default() };
        let config = Config { batch_size: 8, ..Config::usual(ModelKind::Mf) };
        let sizes = Sizes::of(&split, &config);
        let order = Order::new(100, config.seed, 2);
        let mut ahead = Ahead::new(&split);
        let next = Next { epoch: 1, from: 0, batches: 3 };
        ahead.prepare(&split, &config, &sizes, next); // for an epoch that is not asked for
        let mut from = 0;
        let mut steps = 0;
        while from < 100 {
            let next = Next { epoch: 2, from, batches: 3 };
            let Planned { plan, ratings, .. } = ahead.take(&split, &config, &sizes, next);
            assert_eq!(ratings.start, from);
            assert!(plan.turns.len() <= 3);
            for (sample, position) in plan.samples.iter().zip(ratings.clone()) {
                let element = order.at(small(position)) as usize;
                assert_eq!(sample.rating, split.train.values[element]);
            }
            assert_eq!(plan.samples.len(), ratings.len());
            from = ratings.end;
            steps += plan.turns.len();
            ahead.give_back(plan);
        }
        assert_eq!((from, steps), (100, 13));
    }
}
