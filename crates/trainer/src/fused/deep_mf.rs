//! The step of `DeepMf`: the threads put the rows of a batch together, share its blocks, exchange what
//! they found, and each moves its own columns and its own copy of the layers.

use pulp::Simd;

use super::{
    crew::{Member, SUMS, Slice, Sums, Team, Turn},
    exchange::Exchange,
    layers::{Activations, BLOCK, Column, Layers},
    mf,
    rows::{Chunk, Rows},
};
use crate::miss::Miss;

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
    rows: Exchange<Vec<Chunk>>, // [batch, 2, chunks]: its columns, for the blocks of others
    found: Exchange<Found>,
}

/// What one thread found in its blocks of a batch.
#[derive(Default)]
struct Found {
    rows: Vec<Chunk>, // [own blocks * BLOCK, 2, members, chunks]: derivatives by their columns
    layers: Vec<f32>, // [own blocks, numbers of the layers]
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

    /// Leaves the columns of `me` for the others.
    #[inline(always)]
    fn leave(&self, team: Team, me: u32, now: &Turn, own: &Rows) {
        let chunks = now.chunks;
        let mut rows = self.sheets.rows.write(me as usize, now.step);
        rows.resize(now.batch.len() * 2 * chunks, Chunk::ZERO);
        let blocks = now.batch.chunks(BLOCK).zip(rows.chunks_mut(BLOCK * 2 * chunks)).enumerate();
        for (_, (block, rows)) in blocks.filter(|(number, _)| number % team.len() != me as usize) {
            for (sample, both) in block.iter().zip(rows.chunks_exact_mut(2 * chunks)) {
                both[..chunks].copy_from_slice(own.factors(sample.user, chunks));
                both[chunks..].copy_from_slice(own.factors(sample.item, chunks));
            }
        }
    }

    /// Puts a rating's rows together, in which the columns of one member are these.
    #[inline(always)]
    fn set(&mut self, team: Team, s: usize, member: usize, [p, q]: [&[Chunk]; 2]) {
        for (first, row) in [(0, p), (self.factors, q)] {
            let columns = team.columns(member, self.factors).map(|column| first + column);
            self.block.set(s, columns, Chunk::numbers(row));
        }
    }

    /// Forwards and backwards through the blocks that fall to `me`.
    #[inline(always)]
    fn find(&mut self, team: Team, me: u32, now: &Turn, own: &Rows) -> Sums {
        let Turn { step, batch, chunks, .. } = *now;
        let left = self.sheets.rows.read(step);
        let mut found = self.sheets.found.write(me as usize, step);
        let Found { rows, layers } = &mut *found;
        rows.clear();
        layers.clear();
        let mut sums = [Miss::default(); SUMS];
        #[expect(clippy::cast_precision_loss, reason = "a batch holds at most 65,536 ratings")]
        let scale = 2.0 / batch.len() as f32;
        let blocks = batch.chunks(BLOCK).enumerate();
        for (number, block) in blocks.skip(me as usize).step_by(team.len()) {
            for (member, left) in left.iter().enumerate() {
                if member == me as usize {
                    for (s, sample) in block.iter().enumerate() {
                        let read = [sample.user, sample.item].map(|row| own.factors(row, chunks));
                        self.set(team, s, member, read);
                    }
                } else {
                    let both = left[number * BLOCK * 2 * chunks..].chunks_exact(2 * chunks);
                    for (s, both) in both.take(block.len()).enumerate() {
                        self.set(team, s, member, [&both[..chunks], &both[chunks..]]);
                    }
                }
            }
            self.block.clear_from(block.len(), self.factors);
            let predictions = self.layers.forward(&mut self.block);
            let mut derivative: Column = [0.0; BLOCK];
            let mut sum = Miss::default();
            for (s, sample) in block.iter().enumerate() {
                let error = predictions[s] - sample.rating;
                derivative[s] = scale * error;
                sum += Miss::of(error);
            }
            sums[number % SUMS] += sum;
            let at = layers.len();
            layers.resize(at + self.gradients.len(), 0.0);
            self.layers.backward(&mut self.block, &derivative, &mut layers[at..]);
            let (at, members) = (rows.len(), team.len());
            rows.resize(at + BLOCK * 2 * members * chunks, Chunk::ZERO);
            let halves = rows[at..].chunks_exact_mut(members * chunks);
            for (place, row) in halves.enumerate() {
                let first = place % 2 * self.factors;
                for (member, row) in row.chunks_exact_mut(chunks).enumerate() {
                    let columns = team.columns(member, self.factors).map(|column| first + column);
                    self.block.get(place / 2, columns, Chunk::numbers_mut(row));
                }
            }
        }
        sums
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
    ) -> Sums {
        let (team, Turn { step, batch, chunks, .. }) = (slice.team, now);
        self.leave(team, me, &now, rows);
        now.meet(slice.barrier, rows);
        let sums = self.find(team, me, &now, rows);
        slice.barrier.wait();
        let found = self.sheets.found.read(step);
        let wide = 2 * team.len() * chunks;
        self.gradients.fill(0.0);
        for (b, block) in batch.chunks(BLOCK).enumerate() {
            let (found, b) = (&found[b % team.len()], b / team.len());
            let derivatives = found.rows[b * BLOCK * wide..].chunks_exact(wide);
            for (sample, row) in block.iter().zip(derivatives) {
                let (by_user, by_item) = row.split_at(wide / 2);
                for (row, by_row) in [(sample.user, by_user), (sample.item, by_item)] {
                    let mine = &by_row[me as usize * chunks..][..chunks];
                    let gradient = Chunk::numbers_mut(rows.gradient(row, chunks));
                    mf::add(gradient, Chunk::numbers(mine));
                }
            }
            let len = self.gradients.len();
            mf::add(&mut self.gradients, &found.layers[b * len..][..len]);
        }
        self.layers.move_by(simd, &self.gradients, &slice.steps[step as usize].layers);
        sums
    }
}
