//! The fused engine as a run sees it.

use pulp::{Arch, Simd, WithSimd};
use ratings::{Ratings, Split};

use super::{
    adam::{Schedule, Steps},
    crew::{self, PLANS, Sample, Slice, Team},
    deep_mf::{DeepMf, Sheets},
    exchange::Exchange,
    layers::{self, Activations, Layers},
    mf::{self, Mf},
    planner::Planner,
    rows::Rows,
};
use crate::{
    Config, ModelKind, Optimizer, Order, Parameter, Weights,
    barrier::Barrier,
    checkpoint::Checkpoint,
    gather::gather,
    held_out::{Misses, Parts},
    memory::{self, Need},
    miss::Miss,
    parallel,
    weights::{self, Slot},
};

/// Most steps between two times at which every row is brought up to date.
const ROUND: usize = if cfg!(test) { 100 } else { 1 << 20 };
/// Most ratings a slice holds in its order.
const GATHER: usize = 1 << 18;
/// Test ratings whose errors are summed by one thread before the sums are.
const EVALUATE: usize = 1 << 12;

/// A model being trained by this processor's own kernels.
pub(crate) struct Fused {
    pub(super) arch: Arch, // the widest vectors this processor has
    config: Config,
    team: Team,
    users: usize,
    items: usize,
    train: Vec<Sample>,
    held_out: Vec<Sample>,
    order: Order,
    schedule: Schedule,
    steps: Vec<Steps>,      // of this round
    made: u64,              // steps since the first of the run
    planners: [Planner; 2], // of users, of items
    state: State,
    good: State,    // as it was after the last epoch that ended well
    good_made: u64, // steps of it
    trained: usize, // ratings of this epoch
    parts: Parts,   // of the held-out ratings
}

struct State {
    rows: Vec<Rows>, // the columns of each thread
    chunks: usize,   // of their rows
    network: Option<Layers>,
}

/// In place: a copy of a large model has no room beside two others.
impl Clone for State {
    fn clone(&self) -> Self {
        let Self { rows, chunks, network } = self;
        Self { rows: rows.clone(), chunks: *chunks, network: network.clone() }
    }

    fn clone_from(&mut self, state: &Self) {
        self.rows.clone_from(&state.rows);
        self.network.clone_from(&state.network);
    }
}

impl Fused {
    /// Prepares training on `threads` threads; the result does not depend on their number.
    pub(crate) fn new(split: &Split, config: &Config, from: &Checkpoint, threads: usize) -> Self {
        let team = Self::team(config, threads);
        let state = State::load(config, from, team, split.users, split.items);
        Self {
            arch: Arch::new(),
            config: config.clone(),
            team,
            users: split.users,
            items: split.items,
            train: samples(&split.train, split.users),
            held_out: samples(&split.held_out(), split.users),
            order: Order::new(0, config.seed, 0),
            schedule: Schedule::after(from.steps),
            steps: Vec::new(),
            made: from.steps,
            good: state.clone(),
            good_made: from.steps,
            planners: [
                Planner::new(0, split.users, sparse(config)),
                Planner::new(split.users, split.items, sparse(config)),
            ],
            state,
            trained: 0,
            parts: Parts::new(split, GATHER),
        }
    }

    /// How many of so many threads train.
    pub(crate) fn threads(config: &Config, threads: usize) -> usize {
        Self::team(config, threads).len()
    }

    fn team(config: &Config, threads: usize) -> Team {
        let worth_a_thread = config.batch_size.div_ceil(2 * layers::BLOCK);
        Team::of(threads.min(worth_a_thread), config.factors)
    }

    /// Memory for a run.
    pub(crate) fn need(split: &Split, config: &Config, threads: usize) -> Need {
        let (train, test) = (split.train.len() as u64, Parts::new(split, GATHER).len() as u64);
        let most = config.batch_size.min(split.train.len());
        let (team, rows) = (Self::team(config, threads), (split.users + split.items) as u64);
        let members = team.len() as u64;
        let layers = memory::parameters(config, 0, 0);
        let left = match config.model {
            ModelKind::DeepMf => DeepMf::left(config, most, members),
            _ => Mf::left(team, most),
        };
        let gathered = train.min(GATHER.max(config.batch_size) as u64);
        let steps = train.div_ceil(config.batch_size as u64).min(ROUND as u64);
        Need {
            ratings: (train + test + gathered) * size_of::<Sample>() as u64
                + steps * size_of::<Steps>() as u64
                + left,
            model: memory::checkpoint(config, split.users, split.items)
                + 2 * rows * members * Rows::bytes(team.chunks(config.factors))
                + rows * Planner::bytes(PLANS)
                + (2 + members) * 3 * layers, // two states, and a copy for each member
            gpu: 0,
        }
    }

    /// Shuffles the training set for `epoch`, counted from 1.
    pub(crate) fn begin_epoch(&mut self, epoch: u32) {
        let n = u32::try_from(self.train.len()).expect("a table holds at most 2^32 ratings");
        self.order = Order::new(n, self.config.seed, epoch);
        self.trained = 0;
        self.parts.rewind();
    }

    /// Leaves out the first ratings of the epoch: the model has seen them.
    pub(crate) fn skip(&mut self, ratings: usize) {
        self.trained = ratings;
    }

    /// Takes the step size and the penalty of this configuration from the next step on. Steps that
    /// rows have yet to make up keep those of their time.
    pub(crate) fn tune(&mut self, config: &Config) {
        self.config = config.clone();
    }

    /// Ratings of this epoch trained on so far.
    pub(crate) fn trained(&self) -> usize {
        self.trained
    }

    /// Trains at most `batches` batches; none when the epoch is over. Returns the mean errors of
    /// each.
    pub(crate) fn train(&mut self, batches: usize) -> Vec<Miss> {
        let mut errors = Vec::new();
        while errors.len() < batches && self.trained < self.train.len() {
            let fit = (GATHER / self.config.batch_size).clamp(1, ROUND - self.steps.len());
            let ratings = (batches - errors.len()).min(fit) * self.config.batch_size;
            let end = self.train.len().min(self.trained + ratings);
            errors.extend(self.train_gathered(self.trained..end));
            self.trained = end;
            if end == self.train.len() || self.steps.len() == ROUND {
                self.catch_up();
                self.steps.clear();
                self.planners.iter_mut().for_each(Planner::begin_round);
            }
        }
        errors
    }

    fn train_gathered(&mut self, positions: std::ops::Range<usize>) -> Vec<Miss> {
        let mut samples = Vec::new();
        gather(&self.order, positions, self.team.len(), &mut samples, |element| {
            self.train[element]
        });
        let first = self.steps.len();
        let Config { batch_size, factors, .. } = self.config;
        let steps = samples.len().div_ceil(batch_size);
        self.steps.extend((0..steps).map(|_| self.schedule.next(&self.config)));
        self.made += steps as u64;
        let slice = Slice {
            arch: self.arch,
            team: self.team,
            chunks: self.state.chunks,
            batch_size,
            first: u32::try_from(first).expect("a round is shorter than 2^32 steps"),
            steps: &self.steps,
            samples: &samples,
            barrier: &Barrier::new(self.team.len()),
        };
        let (State { rows, network, .. }, planners) = (&mut self.state, &mut self.planners);
        match network {
            None => {
                let parts = Exchange::new(slice.team.len());
                crew::train(&slice, rows, planners, &mut Mf::team(&parts, slice.team.len()))
            }
            Some(network) => {
                let sheets = Sheets::new(slice.team.len());
                let mut members = DeepMf::team(network, factors, &sheets, slice.team.len());
                let errors = crew::train(&slice, rows, planners, &mut members);
                *network = members.swap_remove(0).layers; // all copies are alike
                errors
            }
        }
    }

    /// Evaluates the next part of the held-out ratings, or `None` when all are done.
    pub(crate) fn evaluate(&mut self) -> Option<Misses> {
        let part = &self.held_out[self.parts.next()?];
        let state = &self.state;
        let (arch, team, factors) = (self.arch, self.team, self.config.factors);
        let blocks: Vec<&[Sample]> = part.chunks(EVALUATE).collect();
        let mut sums = vec![Misses::default(); blocks.len()];
        let share = blocks.len().div_ceil(team.len());
        let work = sums.chunks_mut(share).zip(blocks.chunks(share));
        parallel::each(work.collect(), |(sums, blocks)| {
            let mut network = state.network.as_ref().map(|layers| (layers, layers.activations()));
            for (sum, block) in sums.iter_mut().zip(blocks) {
                *sum = match &mut network {
                    None => state.misses(team, block),
                    Some((network, room)) => {
                        arch.dispatch(MissesDeep { state, team, block, network, room, factors })
                    }
                };
            }
        });
        let mut all = Misses::default();
        sums.into_iter().for_each(|sum| all += sum);
        Some(all)
    }

    /// Keeps the model as it is now, every row up to date, as the last good one.
    pub(crate) fn keep(&mut self) {
        self.good.clone_from(&self.state);
        self.good_made = self.made;
    }

    /// Goes back to the last good model.
    pub(crate) fn restore(&mut self) {
        self.state.clone_from(&self.good); // with every row up to date
        self.steps.clear();
        self.planners.iter_mut().for_each(Planner::begin_round);
        self.made = self.good_made;
        self.schedule = Schedule::after(self.made);
    }

    /// The model's numbers as they are now. Changes no bit of what follows.
    pub(crate) fn weights(&mut self) -> Weights {
        self.catch_up();
        self.numbers(0)
    }

    /// All that training needs to go on. Changes no bit of what follows.
    pub(crate) fn checkpoint(&mut self) -> Checkpoint {
        self.catch_up();
        let [weights, first, second] = [0, 1, 2].map(|part| self.numbers(part));
        Checkpoint { weights, first, second, steps: self.made, bold: None }
    }

    /// Values (part 0), first (1) or second moments (2) of rows that are up to date.
    fn numbers(&self, part: usize) -> Weights {
        let (users, items) = (self.users, self.items);
        let table = |rows: std::ops::Range<usize>| -> Vec<f32> {
            let rows = rows.map(|row| u32::try_from(row).expect("rows fit a u32"));
            let number = |row, column| {
                let (member, column) = self.team.place(column);
                self.state.rows[member].get(row, part, column)
            };
            rows.flat_map(|row| (0..self.config.factors).map(move |column| number(row, column)))
                .collect()
        };
        let mut layers = self.state.network.as_ref().map_or(&[][..], |layers| layers.get(part));
        let fill = |Slot { name, shape, .. }: Slot| {
            let values = match name.as_str() {
                "user_factors" => table(0..users),
                "item_factors" => table(users..users + items),
                _ => {
                    let (values, rest) = layers.split_at(shape.iter().product());
                    layers = rest;
                    values.to_vec()
                }
            };
            Parameter { name, shape, values }
        };
        let slots = weights::slots(&self.config, users, items);
        Weights { parameters: slots.into_iter().map(fill).collect() }
    }

    fn catch_up(&mut self) {
        let State { rows, chunks, .. } = &mut self.state;
        crew::catch_up_all(self.arch, rows, &mut self.planners, &self.steps, *chunks);
    }
}

impl State {
    fn load(config: &Config, from: &Checkpoint, team: Team, users: usize, items: usize) -> Self {
        let (factors, chunks) = (config.factors, team.chunks(config.factors));
        let sparse = sparse(config);
        let share =
            |member| Rows::new(users + items, team.columns(member, factors).len(), chunks, sparse);
        let mut rows: Vec<Rows> = (0..team.len()).map(share).collect();
        let parts = [&from.weights, &from.first, &from.second];
        for (part, weights) in parts.into_iter().enumerate() {
            let tables = &weights.parameters[..2];
            let tables = tables.iter().flat_map(|table| table.values.chunks(factors));
            for (row, values) in (0..).zip(tables) {
                for (column, number) in values.iter().enumerate() {
                    let (member, column) = team.place(column);
                    rows[member].set(row, part, column, *number);
                }
            }
        }
        let network = (config.model == ModelKind::DeepMf).then(|| {
            let mut layers = Layers::new(weights::layers(config));
            for (part, weights) in parts.into_iter().enumerate() {
                let values = weights.parameters[2..].iter().flat_map(|of| &of.values).copied();
                layers.set(part, values);
            }
            layers
        });
        Self { rows, chunks, network }
    }

    fn misses(&self, team: Team, block: &[Sample]) -> Misses {
        let of_member = |rows: &Rows| {
            let mut part = vec![0.0; block.len()];
            mf::add_up(team, block, rows.factors(self.chunks), &mut part);
            part
        };
        let parts: Vec<Vec<f32>> = self.rows.iter().map(of_member).collect();
        let parts: Vec<&[f32]> = parts.iter().map(Vec::as_slice).collect();
        let mut errors = Vec::new();
        mf::put_together(block, &parts, &mut errors);
        errors.into_iter().map(f64::from).collect()
    }
}

/// The errors of some held-out ratings by a network. A type of its own, so that it is compiled once
/// for every vector width.
struct MissesDeep<'a> {
    state: &'a State,
    team: Team,
    block: &'a [Sample],
    network: &'a Layers,
    room: &'a mut Activations,
    factors: usize,
}

impl WithSimd for MissesDeep<'_> {
    type Output = Misses;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Misses {
        let Self { state, team, block, network, room, factors } = self;
        let mut misses = Misses::default();
        let mut turned = vec![[0.0; layers::BLOCK]; 2 * factors];
        for part in block.chunks(layers::BLOCK) {
            for (member, rows) in state.rows.iter().enumerate() {
                let columns = team.columns(member, factors);
                let turned = &mut turned[..2 * columns.len()];
                layers::turn_both(part, rows, state.chunks, turned);
                room.set(columns, turned);
            }
            let predictions = network.forward(simd, room);
            for (predicted, sample) in predictions.iter().zip(part) {
                misses.add(f64::from(predicted - sample.rating));
            }
        }
        misses
    }
}

/// Whether a row moves only when it is read.
fn sparse(config: &Config) -> bool {
    config.optimizer == Optimizer::SparseAdam
}

fn samples(ratings: &Ratings, users: usize) -> Vec<Sample> {
    let users = u32::try_from(users).expect("rows fit a u32");
    let columns = ratings.users.iter().zip(&ratings.items).zip(&ratings.values);
    columns
        .map(|((user, item), rating)| Sample {
            user: user.0,
            item: users + item.0,
            rating: *rating,
        })
        .collect()
}
