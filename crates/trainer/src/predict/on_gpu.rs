//! Lists for many users on a GPU, which proposes while the processor decides.
//!
//! A GPU may fuse a product with a sum, so its scores are off by the last places and could order
//! items otherwise. Hence every lane of a user's workgroup hands over the best few of its items; the
//! processor scores again those that can be in the list. What the lanes left out scores less than
//! what they kept, up to rounding errors, which have a bound (Higham, "Accuracy and Stability of
//! Numerical Algorithms", 2002, section 3.1). A list whose last item is above that is the list;
//! where it cannot be told, the processor scores all items of that user.

use ratings::{ItemIndex, UserIndex};

use super::{
    Histories, Predictor,
    scorer::{Scorer, Side},
    top::{Best, Pick, Wanted, top},
};
use crate::{
    gpu::{Answer, Fault, Gpu, Kernel, whole},
    kernels::{
        best::{self, ANSWER, BLOCK, KEPT, NONE, Tables, WORDS},
        cases::{self, Size},
    },
    parallel,
};

/// Longest list: lanes keep four items each, so longer ones can seldom be told to be right.
const LONGEST: usize = 32;
/// Most bytes of a table, WebGPU's default limit of a binding.
const BINDING: usize = 1 << 27;
/// Most bytes of what a part of the users brings and gets.
const PART: usize = 1 << 26;
/// Most products of a submission, some 50 ms of a small GPU.
const PRODUCTS: u64 = 1 << 32;

/// Lists that a GPU proposed.
#[derive(Clone, Debug, PartialEq)]
pub struct GpuLists {
    /// A list for each user, best first.
    pub lists: Vec<Vec<Pick>>,
    /// Of them those that the processor had to make alone.
    pub by_processor: usize,
}

impl GpuLists {
    fn add(&mut self, made: Vec<(Vec<Pick>, bool)>) {
        for (list, by_processor) in made {
            self.lists.push(list);
            self.by_processor += usize::from(by_processor);
        }
    }
}

/// A part of the users under way.
struct Sent<'a> {
    users: &'a [UserIndex],
    sides: Vec<Side>,
    answer: Answer<u32>,
}

/// A model's items on a GPU.
struct OnGpu<'a> {
    gpu: &'a Gpu,
    kernel: Kernel,
    items: wgpu::Buffer,
    proof: Proof,
}

/// What shows that a list is right.
struct Proof {
    largest: Vec<f32>, // [width]: the largest of the items' numbers, without their signs
}

impl Predictor {
    /// Whether lists of `n` items can be made on a GPU: scores must be inner products.
    pub fn lists_on_gpu(&self, n: usize) -> bool {
        let scorer = self.scorer();
        let bytes = scorer.items().next_multiple_of(BLOCK) * scorer.width() * size_of::<f32>();
        scorer.is_inner_product() && n <= LONGEST && bytes <= BINDING && scorer.items() > 0
    }

    /// Products that the scores of all items take, for so many users; of a network the first layer's.
    pub fn products(&self, users: usize) -> u64 {
        let scorer = self.scorer();
        users as u64 * scorer.items() as u64 * scorer.width() as u64
    }

    /// What [`recommend_all`](Self::recommend_all) makes, to the bit, with the scores made on a GPU
    /// and `threads` threads that decide. Where [`lists_on_gpu`](Self::lists_on_gpu) says no, the
    /// processor makes all.
    ///
    /// # Errors
    /// A GPU that fails or computes wrongly.
    ///
    /// # Panics
    /// If a user is not in the tables.
    pub async fn recommend_all_on(
        &self,
        gpu: &Gpu,
        users: &[UserIndex],
        wanted: Wanted<'_>,
        seen: Option<&Histories>,
        threads: usize,
    ) -> Result<GpuLists, Fault> {
        if !self.lists_on_gpu(wanted.n) {
            let lists = self.recommend_all(users, wanted, seen, threads);
            return Ok(GpuLists { by_processor: lists.len(), lists });
        }
        cases::best(gpu, Size { users: 2, items: 300, samples: 0, factors: 3 }).await?;
        let wanted = Wanted { allowed: Some(self.allowed_of(wanted)), ..wanted };
        let scorer = self.scorer();
        let on_gpu = OnGpu::new(gpu, scorer);
        let words = scorer.items().div_ceil(BLOCK) * WORDS;
        let bytes = (words + scorer.width() + ANSWER) * size_of::<u32>();
        let by_products = usize::try_from(PRODUCTS / self.products(1).max(1)).unwrap_or(usize::MAX);
        let part = (PART / bytes).min(by_products).clamp(1, users.len().max(1));
        let room = on_gpu.room(part);
        let hidden = hidden_from_all(wanted, scorer.items());
        let mut made = GpuLists { lists: Vec::with_capacity(users.len()), by_processor: 0 };
        let mut under_way: Option<Sent> = None;
        for users in users.chunks(part) {
            let sides: Vec<Side> = users.iter().map(|user| self.taste_of(*user).side).collect();
            let answer = on_gpu.send(&room, users, &sides, &hidden, seen);
            if let Some(sent) = under_way.replace(Sent { users, sides, answer }) {
                made.add(on_gpu.decide(sent, scorer, wanted, seen, threads).await?);
            }
        }
        if let Some(sent) = under_way {
            made.add(on_gpu.decide(sent, scorer, wanted, seen, threads).await?);
        }
        Ok(made)
    }
}

/// A bit for every item of every block: set if nobody may be shown it.
fn hidden_from_all(wanted: Wanted, items: usize) -> Vec<u32> {
    let mut hidden = vec![0u32; items.div_ceil(BLOCK) * WORDS];
    for item in 0..hidden.len() * 32 {
        let shown = item < items && wanted.allowed.is_none_or(|allowed| allowed[item]);
        hidden[item / 32] |= u32::from(!shown) << (item % 32);
    }
    hidden
}

/// Buffers for a part of the users.
struct Room {
    records: wgpu::Buffer,
    users: wgpu::Buffer,
    hidden: wgpu::Buffer,
    answer: wgpu::Buffer,
    bound: wgpu::BindGroup,
}

impl<'a> OnGpu<'a> {
    fn new(gpu: &'a Gpu, scorer: &Scorer) -> Self {
        let (items, width) = (scorer.items(), scorer.width());
        let rows = || (0..items).map(|item| scorer.row(item));
        let mut largest = vec![0.0f32; width];
        for row in rows() {
            for (most, number) in largest.iter_mut().zip(row) {
                if number.is_nan() || number.abs() > *most {
                    *most = number.abs(); // what is no number stays
                }
            }
        }
        let items = gpu.filled("items", &best::columns(items, width, rows()));
        Self { gpu, kernel: best::kernel(gpu), items, proof: Proof { largest } }
    }

    fn room(&self, users: usize) -> Room {
        let Self { gpu, kernel, items, proof } = self;
        let width = proof.largest.len();
        let blocks = items.size() as usize / (width * BLOCK * size_of::<f32>());
        let records = gpu.records("tables", 1);
        let bytes = |numbers: usize| users * numbers * size_of::<u32>();
        let rows = gpu.storage("users", bytes(width));
        let hidden = gpu.storage("hidden", bytes(blocks * WORDS));
        let answer = gpu.storage("answer", bytes(ANSWER));
        let bound = gpu.bind(kernel, &records, &[&rows, items, &hidden, &answer].map(whole));
        Room { records, users: rows, hidden, answer, bound }
    }

    /// Sends a part of the users off.
    fn send(
        &self,
        room: &Room,
        users: &[UserIndex],
        sides: &[Side],
        hidden: &[u32],
        seen: Option<&Histories>,
    ) -> Answer<u32> {
        let rows: Vec<f32> = sides.iter().flat_map(Side::numbers).copied().collect();
        let mut hidden = hidden.repeat(users.len()); // [users, words]
        let words = hidden.len() / users.len();
        if let Some(seen) = seen {
            for (user, hidden) in users.iter().zip(hidden.chunks_mut(words)) {
                for item in seen.items_of(*user) {
                    hidden[item.index() / 32] |= 1 << (item.index() % 32);
                }
            }
        }
        let gpu = self.gpu;
        gpu.write_records(
            &room.records,
            &[Tables::new(users.len(), words * 32, self.proof.largest.len())],
        );
        gpu.write(&room.users, &rows);
        gpu.write(&room.hidden, &hidden);
        let mut encoder = gpu.encoder();
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        self.kernel.dispatch(&mut pass, &room.bound, 0, users.len());
        drop(pass);
        gpu.submit_and_read(encoder, &room.answer, users.len() * ANSWER)
    }

    /// Makes the lists of what the lanes propose, and says of each whether the processor made it.
    async fn decide(
        &self,
        sent: Sent<'_>,
        scorer: &Scorer,
        wanted: Wanted<'_>,
        seen: Option<&Histories>,
        threads: usize,
    ) -> Result<Vec<(Vec<Pick>, bool)>, Fault> {
        let Sent { users, sides, answer } = sent;
        let answer = answer.wait(self.gpu).await?;
        let proof = &self.proof;
        let work: Vec<_> = users.iter().zip(&sides).zip(answer.chunks(ANSWER)).collect();
        Ok(parallel::map(&work, threads, |((user, side), answer)| {
            let list = proof.list(scorer, side, answer, wanted.n);
            let by_processor = list.is_none();
            let seen = seen.map_or(&[][..], |seen| seen.items_of(**user));
            (list.unwrap_or_else(|| top(scorer, side, wanted, seen)), by_processor)
        }))
    }
}

impl Proof {
    /// The list, if what the lanes found shows what it is.
    fn list(&self, scorer: &Scorer, side: &Side, answer: &[u32], n: usize) -> Option<Vec<Pick>> {
        let error = self.error(side);
        if !error.is_finite() {
            return None;
        }
        let (mut found, mut left_out) = (Vec::new(), None);
        for lane in best::found(answer) {
            let kept = lane.items.into_iter().zip(lane.scores).filter(|(item, _)| *item != NONE);
            found.extend(kept);
            if lane.items[KEPT - 1] != NONE {
                let lowest = lane.scores[KEPT - 1];
                left_out = Some(left_out.map_or(lowest, |most: f32| most.max(lowest)));
            }
        }
        let n = n.min(scorer.items());
        if n > 0 && found.len() > n {
            let (_, (_, nth), _) = found.select_nth_unstable_by(n - 1, |a, b| b.1.total_cmp(&a.1));
            let enough = *nth - 2.0 * error;
            found.retain(|(_, score)| *score >= enough);
        }
        found.sort_unstable_by_key(|(item, _)| *item);
        let mut best = Best::new(n);
        for (item, _) in found {
            best.offer(Pick {
                item: ItemIndex(item),
                score: scorer.score_one(side, item as usize),
            });
        }
        let list = best.into_picks();
        let Some(left_out) = left_out else { return Some(list) };
        let last = list.get(n.checked_sub(1)?)?.score;
        (last > left_out + error).then_some(list)
    }

    /// How far a score on the GPU and the same on the processor can be apart, at most.
    #[expect(clippy::cast_precision_loss, reason = "a bound, doubled")]
    fn error(&self, side: &Side) -> f32 {
        let products: f32 =
            side.numbers().iter().zip(&self.largest).map(|(p, most)| p.abs() * most).sum();
        self.largest.len() as f32 * (2.0 * f32::EPSILON * products + f32::MIN_POSITIVE)
    }
}
