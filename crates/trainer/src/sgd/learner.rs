//! The model as a run sees it: a step is a diagonal of the grid.

use std::ops::Range;

use pulp::Arch;
use ratings::{Ratings, Split};

use super::{
    descent::Descent,
    grid::{self, Grid, Place, SIDE},
    lanes::{self, Lanes, Side},
    link::Linked,
    rate::BoldDriver,
    table::{Block, Table},
};
use crate::{
    Config, Order, Scale, Weights,
    checkpoint::Checkpoint,
    held_out::Misses,
    learner::{Learner, means},
    miss::Miss,
    parallel,
};

/// Test ratings whose errors are summed together before the sums are.
const EVALUATE: usize = 1 << 12;

/// A biased factorisation being trained.
pub(crate) struct Sgd {
    arch: Arch,
    config: Config,
    threads: usize,
    pub(super) grid: Grid,
    pub(super) link: Linked,
    lanes: Lanes,
    pub(super) tables: Tables,
    good: Tables,
    held_out: Vec<(Place, Place, f32)>, // user, item, rating
    counts: [Vec<u32>; 2],              // ratings of each user, of each item
    bold: Option<BoldDriver>,
    squared: f64, // sum of the squared errors of this epoch
    epoch: u32,
    diagonals: Vec<usize>, // of this epoch, in their order
    done: usize,           // diagonals
    trained: usize,        // ratings
}

#[derive(Clone)]
pub(super) struct Tables {
    pub(super) users: Table,
    pub(super) items: Table,
}

impl Sgd {
    /// Prepares training from these weights.
    pub(crate) fn new(split: &Split, config: &Config, from: &Checkpoint, threads: usize) -> Self {
        let Split { train, validation: _, test: _, users, items } = split;
        let weights = &from.weights;
        let grid = Grid::new(train, *users, *items, config.seed);
        let lanes = Lanes { factors: config.factors };
        let table = |side, places: &[Place], factors, bias| {
            Table::new(side, lanes, places, weights.values(factors), weights.values(bias))
        };
        let mut tables = Tables {
            users: table(Side::Users, &grid.users, "user_factors", "user_bias"),
            items: table(Side::Items, &grid.items, "item_factors", "item_bias"),
        };
        let counts = [
            grid::counts(train.users.iter().map(|user| user.0), *users),
            grid::counts(train.items.iter().map(|item| item.0), *items),
        ];
        tables.set_penalty(config, &counts);
        Self {
            arch: Arch::new(),
            threads,
            link: Linked::new(config.descent.link, Scale::of(train)),
            lanes,
            good: tables.clone(),
            tables,
            held_out: places(&split.held_out(), &grid),
            counts,
            bold: from.bold.or(config.descent.schedule.driver()),
            squared: 0.0,
            epoch: 0,
            diagonals: Vec::new(),
            done: 0,
            trained: 0,
            grid,
            config: config.clone(),
        }
    }

    /// The next diagonals of this epoch, at most so many.
    pub(super) fn coming(&self, steps: usize) -> &[usize] {
        let left = &self.diagonals[self.done..];
        &left[..left.len().min(steps)]
    }

    /// The learning rate of this epoch, as it is tuned and driven now.
    #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
    pub(super) fn rate(&self) -> f32 {
        let Config { descent, learning_rate, .. } = self.config;
        let share = descent.schedule.share(self.epoch);
        (learning_rate * share * self.bold.map_or(1.0, |bold| bold.share)) as f32
    }

    /// The order in which this epoch visits the runs of a cell.
    pub(super) fn order(&self, users: usize, items: usize) -> Vec<u32> {
        self.grid.order(users, items, self.config.seed, self.epoch)
    }

    /// Notes that the next diagonals have had their turn, and what their errors added up to. Returns
    /// their means.
    pub(super) fn passed(&mut self, errors: Vec<Miss>) -> Vec<Miss> {
        let diagonals = self.coming(errors.len());
        let ratings: usize = diagonals.iter().map(|diagonal| self.grid.diagonal(*diagonal)).sum();
        self.trained += ratings;
        self.done += errors.len();
        errors.iter().for_each(|errors| self.squared += errors.squared);
        means(errors, self.diagonals.len(), self.grid.len())
    }
}

impl Tables {
    /// Those of users and of items.
    pub(super) fn both(&self) -> [&Table; 2] {
        [&self.users, &self.items]
    }

    #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
    fn set_penalty(&mut self, config: &Config, [users, items]: &[Vec<u32>; 2]) {
        let (kind, penalty) = (config.descent.penalty, config.weight_decay as f32);
        self.users.set_penalty(kind, penalty, users);
        self.items.set_penalty(kind, penalty, items);
    }

    fn weights(&self, config: &Config, scale: Scale) -> Weights {
        let (user_factors, user_bias) = self.users.values();
        let (item_factors, item_bias) = self.items.values();
        let rows = (user_bias.len(), item_bias.len());
        let scale = scale.parameter().values;
        Weights::of(config, rows, [user_factors, item_factors, user_bias, item_bias, scale])
    }
}

fn places(ratings: &Ratings, grid: &Grid) -> Vec<(Place, Place, f32)> {
    let pairs = ratings.users.iter().zip(&ratings.items).zip(&ratings.values);
    let place = |((user, item), rating): ((&ratings::UserIndex, &ratings::ItemIndex), &f32)| {
        (grid.users[user.0 as usize], grid.items[item.0 as usize], *rating)
    };
    pairs.map(place).collect()
}

impl Learner for Sgd {
    fn begin_epoch(&mut self, epoch: u32) {
        self.squared = 0.0;
        self.epoch = epoch;
        let mut order = [0; SIDE];
        Order::new(order.len() as u32, self.config.seed, epoch).fill(0, &mut order);
        // One without a rating is no step: the epoch is over when all ratings had their turn.
        let diagonals = order.iter().map(|diagonal| *diagonal as usize);
        self.diagonals = diagonals.filter(|at| self.grid.diagonal(*at) > 0).collect();
        (self.done, self.trained) = (0, 0);
    }

    fn tune(&mut self, config: &Config) {
        self.config = config.clone();
        self.tables.set_penalty(config, &self.counts);
    }

    fn trained(&self) -> usize {
        self.trained
    }

    fn train(&mut self, steps: usize) -> Vec<Miss> {
        let rate = self.rate();
        let [users, items] = [Side::Users, Side::Items].map(|side| self.lanes.moving(side, rate));
        let descent = Descent {
            arch: self.arch,
            grid: &self.grid,
            users: &self.tables.users,
            items: &self.tables.items,
            chunks: self.lanes.chunks(),
            link: self.link,
            rates: [&users, &items],
            seed: self.config.seed,
            epoch: self.epoch,
        };
        let errors = descent.train(self.coming(steps), self.threads);
        self.passed(errors)
    }

    fn evaluate(&mut self, part: Range<usize>) -> Misses {
        let chunks = self.lanes.chunks();
        let users: Vec<_> = (0..SIDE).map(|block| self.tables.users.lock(block)).collect();
        let items: Vec<_> = (0..SIDE).map(|block| self.tables.items.lock(block)).collect();
        let [users, items] = [&users, &items]
            .map(|guards| -> Vec<&Block> { guards.iter().map(|guard| &**guard).collect() });
        let parts: Vec<_> = self.held_out[part].chunks(EVALUATE).collect();
        let parts = parallel::map(&parts, self.threads, |part| {
            let mut misses = Misses::default();
            for (user, item, rating) in *part {
                let user = users[user.block as usize].row(user.row, chunks);
                let item = items[item.block as usize].row(item.row, chunks);
                let sum = lanes::dot(user, item, &mut [0.0; lanes::LANES]);
                misses.add(f64::from(self.link.predict(sum) - rating));
            }
            misses
        });
        parts.into_iter().sum()
    }

    fn keep(&mut self) {
        self.good.clone_from(&self.tables);
        if let Some(bold) = &mut self.bold {
            bold.end_epoch(self.squared);
        }
    }

    fn restore(&mut self) {
        self.tables.clone_from(&self.good);
    }

    fn weights(&self) -> Weights {
        self.tables.weights(&self.config, self.link.scale)
    }

    fn bold(&self) -> Option<BoldDriver> {
        self.bold
    }

    fn good_weights(&self) -> Weights {
        self.good.weights(&self.config, self.link.scale)
    }
}
