//! The step of `DeepMf`: the threads share the blocks of a batch, exchange what they found, and
//! each moves its own rows and its own copy of the layers.

use std::sync::{Arc, PoisonError, RwLock};

use pulp::Simd;

use super::{
    crew::{Member, Readers, SUMS, Slice, Sums, Turn},
    layers::{Activations, BLOCK, Column, Layers},
    mf,
    rows::{Chunk, Rows},
};
use crate::miss::Miss;

/// One thread's view of the network.
pub(super) struct DeepMf {
    pub(super) layers: Layers,
    factors: usize,
    block: Activations,
    gradients: Vec<f32>, // of the layers
    found: Arc<Vec<RwLock<Found>>>,
}

/// What one thread found in its blocks of a batch.
#[derive(Default)]
struct Found {
    rows: Vec<Chunk>, // [own blocks * BLOCK, 2 * chunks]: derivatives by user, by item factors
    layers: Vec<f32>, // [own blocks, numbers of the layers]
}

impl DeepMf {
    /// One for each thread of a team.
    pub(super) fn team(layers: &Layers, factors: usize, threads: usize) -> Vec<Self> {
        let found: Arc<Vec<_>> = Arc::new((0..threads).map(|_| RwLock::default()).collect());
        let member = |_| Self {
            block: layers.activations(),
            gradients: vec![0.0; layers.values.len()],
            layers: layers.clone(),
            factors,
            found: Arc::clone(&found),
        };
        (0..threads).map(member).collect()
    }

    /// Forwards and backwards through the blocks that fall to `me`.
    #[inline(always)]
    fn find(&mut self, slice: &Slice, me: u32, now: &Turn, own: &Rows) -> Sums {
        let chunks = now.chunks;
        let found = &self.found[me as usize];
        let mut found = found.write().unwrap_or_else(PoisonError::into_inner);
        let Found { rows, layers } = &mut *found;
        rows.clear();
        layers.clear();
        let mut sums = [Miss::default(); SUMS];
        #[expect(clippy::cast_precision_loss, reason = "a batch holds at most 65,536 ratings")]
        let scale = 2.0 / now.batch.len() as f32;
        let numbers = (me as usize..).step_by(slice.team.len());
        for (number, block) in numbers.zip(now.reads.chunks(BLOCK)) {
            for (s, read) in block.iter().enumerate() {
                let (p, q) = (own.factors(read.user, chunks), own.factors(read.item, chunks));
                self.block.set(s, p, q, self.factors);
            }
            self.block.clear_from(block.len(), self.factors);
            let predictions = self.layers.forward(&mut self.block);
            let mut derivative: Column = [0.0; BLOCK];
            let mut sum = Miss::default();
            for (s, read) in block.iter().enumerate() {
                let error = predictions[s] - read.rating;
                derivative[s] = scale * error;
                sum += Miss::of(error);
            }
            sums[number % SUMS] += sum;
            let at = layers.len();
            layers.resize(at + self.gradients.len(), 0.0);
            self.layers.backward(&mut self.block, &derivative, &mut layers[at..]);
            let at = rows.len();
            rows.resize(at + BLOCK * 2 * chunks, Chunk::ZERO);
            for (s, row) in rows[at..].chunks_exact_mut(2 * chunks).enumerate() {
                let (dp, dq) = row.split_at_mut(chunks);
                self.block.get(s, self.factors, dp, dq);
            }
        }
        sums
    }
}

impl Member for DeepMf {
    const READERS: Readers = Readers::Blocks(BLOCK);

    #[inline(always)]
    fn step<S: Simd>(
        &mut self,
        simd: S,
        slice: &Slice,
        me: u32,
        now: Turn,
        rows: &mut Rows,
    ) -> Sums {
        let sums = self.find(slice, me, &now, rows);
        slice.barrier.wait();
        let found: Vec<_> = self
            .found
            .iter()
            .map(|found| found.read().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let (team, chunks) = (slice.team, now.chunks);
        self.gradients.fill(0.0);
        for (b, block) in now.batch.chunks(BLOCK).enumerate() {
            let (found, b) = (&found[b % team.len()], b / team.len());
            let derivatives = found.rows[b * BLOCK * 2 * chunks..].chunks_exact(2 * chunks);
            for (sample, row) in block.iter().zip(derivatives) {
                let (user, item) = (team.place(sample.user), team.place(sample.item));
                if user.owner == me {
                    mf::add(rows.gradient(user.row, chunks), 1.0, &row[..chunks]);
                }
                if item.owner == me {
                    mf::add(rows.gradient(item.row, chunks), 1.0, &row[chunks..]);
                }
            }
            let len = self.gradients.len();
            for (sum, part) in self.gradients.iter_mut().zip(&found.layers[b * len..][..len]) {
                *sum += part;
            }
        }
        self.layers.move_by(simd, &self.gradients, &slice.steps[now.step as usize].layers);
        sums
    }
}
