//! The step of `DeepMf`: the threads put the rows of a batch together, share its blocks, exchange what
//! they found, and each moves its own columns and its own copy of the layers.

use pulp::Simd;

use super::{
    crew::{Member, Planning, SUMS, Slice, Sums, Team, Turn},
    exchange::Exchange,
    lanes::{self, LANES},
    layers::{self, Activations, BLOCK, Column, Layers},
    rows::Rows,
};
use crate::{Config, memory, miss::Miss};

const NOTHING: Column = [0.0; BLOCK];

/// One thread's view of the network.
pub(super) struct DeepMf<'a> {
    pub(super) layers: Layers,
    factors: usize,
    block: Activations,
    gradients: Vec<f32>, // of the layers
    sheets: &'a Sheets,
}

/// What the threads leave for one another.
pub(super) struct Sheets {
    rows: Exchange<Vec<Column>, 1>, // [blocks, 2, own columns]
    found: Exchange<Found, 1>,
}

/// What one thread found in its blocks of a batch.
#[derive(Default)]
struct Found {
    rows: Vec<Vec<Column>>, // [members][own blocks, 2, their columns]: the derivatives
    layers: Vec<f32>,       // [own lanes, numbers of the layers]: sums of the gradients
}

impl Sheets {
    pub(super) fn new(threads: usize) -> Self {
        Self { rows: Exchange::new(threads), found: Exchange::new(threads) }
    }
}

impl<'a> DeepMf<'a> {
    /// One for each thread of a team.
    pub(super) fn team(
        layers: &Layers,
        factors: usize,
        sheets: &'a Sheets,
        threads: usize,
    ) -> Vec<Self> {
        let member = |_| Self {
            block: layers.activations(),
            gradients: vec![0.0; layers.values.len()],
            layers: layers.clone(),
            factors,
            sheets,
        };
        (0..threads).map(member).collect()
    }

    /// Bytes that a team takes for batches of so many ratings: their rows and the derivatives by
    /// them, gradients of the layers in every lane, and for each member room for a block, for turning
    /// one, and for gradients.
    pub(super) fn left(config: &Config, ratings: usize, members: u64) -> u64 {
        let (blocks, column) = (ratings.div_ceil(BLOCK) as u64, size_of::<Column>() as u64);
        let inputs = 2 * config.factors as u64 * column;
        let outputs = config.hidden.iter().map(|width| *width as u64 + 1).sum::<u64>() * column;
        let layers = memory::parameters(config, 0, 0);
        2 * blocks * inputs + LANES as u64 * layers + members * (3 * inputs + 2 * outputs + layers)
    }

    /// Leaves the columns of `me`, of all ratings of the batch.
    #[inline(always)]
    fn leave(&self, team: Team, me: u32, now: &Turn, own: &Rows) {
        let columns = team.columns(me as usize, self.factors).len();
        let mut rows = self.sheets.rows.write(me as usize, now.step);
        rows.resize(now.batch.len().div_ceil(BLOCK) * 2 * columns, NOTHING);
        for (block, rows) in now.batch.chunks(BLOCK).zip(rows.chunks_exact_mut(2 * columns)) {
            layers::turn_both(block, own, now.chunks, rows);
        }
    }

    /// Forwards and backwards through the blocks that fall to `me`.
    #[inline(always)]
    fn find<S: Simd>(&mut self, simd: S, team: Team, me: u32, now: &Turn) -> Sums {
        let left = self.sheets.rows.read(now.step);
        let mut found = self.sheets.found.write(me as usize, now.step);
        let Found { rows, layers } = &mut *found;
        rows.resize(team.len(), Vec::new());
        let own_blocks = now.batch.len().div_ceil(BLOCK).div_ceil(team.len());
        for (member, rows) in rows.iter_mut().enumerate() {
            rows.clear();
            rows.reserve_exact(own_blocks * 2 * team.columns(member, self.factors).len());
        }
        layers.clear();
        layers.resize(team.lanes() * self.gradients.len(), 0.0);
        let mut sums = [Miss::default(); SUMS];
        #[expect(clippy::cast_precision_loss, reason = "a batch holds at most 65,536 ratings")]
        let scale = 2.0 / now.batch.len() as f32;
        let lanes = (0..team.lanes()).cycle();
        let blocks = now.batch.chunks(BLOCK).enumerate().skip(me as usize).step_by(team.len());
        for (lane, (number, block)) in lanes.zip(blocks) {
            for (member, left) in left.iter().enumerate() {
                let columns = team.columns(member, self.factors);
                self.block.set(columns, &left[number * 2 * columns.len()..][..2 * columns.len()]);
            }
            let predictions = self.layers.forward(simd, &mut self.block);
            let mut derivative = NOTHING;
            let mut sum = Miss::default();
            for (s, sample) in block.iter().enumerate() {
                let error = predictions[s] - sample.rating;
                derivative[s] = scale * error;
                sum += Miss::of(error);
            }
            sums[number % SUMS] += sum;
            let gradients = &mut layers[lane * self.gradients.len()..][..self.gradients.len()];
            self.layers.backward(simd, &mut self.block, &derivative, gradients);
            for (member, rows) in rows.iter_mut().enumerate() {
                rows.extend(self.block.get(team.columns(member, self.factors)));
            }
        }
        lanes::fold_rows(layers, self.gradients.len());
        sums
    }

    /// Adds, rating by rating, what all found to the gradients of the columns of `me`, and puts the
    /// gradients of the layers together.
    #[inline(always)]
    fn take(&mut self, team: Team, me: u32, now: &Turn, rows: &mut Rows) {
        let found = self.sheets.found.read(now.step);
        let columns = team.columns(me as usize, self.factors).len();
        for (number, block) in now.batch.chunks(BLOCK).enumerate() {
            let (finder, number) = (number % team.len(), number / team.len());
            let derivatives = &found[finder].rows[me as usize][number * 2 * columns..];
            let (by_users, by_items) = derivatives[..2 * columns].split_at(columns);
            for (group, samples) in block.chunks(LANES).enumerate() {
                for chunk in 0..now.chunks {
                    let by_users = layers::turned_back(by_users, group, chunk);
                    let by_items = layers::turned_back(by_items, group, chunk);
                    for (sample, (by_user, by_item)) in
                        samples.iter().zip(by_users.into_iter().zip(by_items))
                    {
                        let of_user = &mut rows.gradient(sample.user, now.chunks)[chunk].0;
                        lanes::add_halves(by_user, of_user);
                        let of_item = &mut rows.gradient(sample.item, now.chunks)[chunk].0;
                        lanes::add_halves(by_item, of_item);
                    }
                }
            }
        }
        for (at, gradient) in self.gradients.iter_mut().enumerate() {
            let mut lanes = [0.0; LANES]; // [members]
            lanes.iter_mut().zip(&found).for_each(|(lane, found)| *lane = found.layers[at]);
            *gradient = lanes::total(&mut lanes[..team.len()]);
        }
    }
}

impl Member for DeepMf<'_> {
    #[inline(always)]
    fn step<S: Simd>(
        &mut self,
        simd: S,
        slice: &Slice,
        me: u32,
        now: Turn,
        rows: &mut Rows,
        planning: &mut Planning,
    ) -> Sums {
        self.leave(slice.team, me, &now, rows);
        planning.meet(slice, now.step);
        let sums = self.find(simd, slice.team, me, &now);
        slice.barrier.wait();
        self.take(slice.team, me, &now, rows);
        self.layers.move_by(simd, &mut self.gradients, &slice.steps[now.step as usize].layers);
        sums
    }
}
