//! `shaders/best.wgsl`: the best items of every user, lane by lane.

use bytemuck::{Pod, Zeroable};

use super::run;
use crate::gpu::{Access, Fault, Gpu, Kernel, LANES, Shader, whole};

/// The shader's text.
pub(crate) const SOURCE: &str = include_str!("../../../../shaders/best.wgsl");
/// Items that a lane keeps.
pub(crate) const KEPT: usize = 4;
/// Items of a block, four a lane.
pub(crate) const BLOCK: usize = 4 * LANES;
/// Words that hide the items of a block, a bit each.
pub(crate) const WORDS: usize = BLOCK / 32;
/// In place of an item that there is not.
pub(crate) const NONE: u32 = u32::MAX;

/// Sizes of the tables.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(crate) struct Tables {
    pub(crate) users: u32,
    pub(crate) blocks: u32,
    pub(crate) width: u32,
    pub(crate) unused: u32,
}

impl Tables {
    /// Of so many users and items, with rows of `width` numbers.
    pub(crate) fn new(users: usize, items: usize, width: usize) -> Self {
        let [users, blocks, width] = [users, items.div_ceil(BLOCK), width]
            .map(|n| u32::try_from(n).expect("tables have fewer than 2^32 rows"));
        Self { users, blocks, width, unused: 0 }
    }
}

/// What a lane found for a user: items and their scores, best first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) items: [u32; KEPT],
    pub(crate) scores: [f32; KEPT],
}

/// Numbers of the answer for a user.
pub(crate) const ANSWER: usize = 2 * LANES * KEPT;

/// What the lanes found for a user, from the `[ANSWER]` numbers of the shader's answer.
pub(crate) fn found(answer: &[u32]) -> impl Iterator<Item = Found> {
    let (items, scores) = answer.split_at(LANES * KEPT);
    let pairs = items.as_chunks().0.iter().zip(scores.as_chunks().0);
    pairs.map(|(items, scores)| Found { items: *items, scores: scores.map(f32::from_bits) })
}

/// The items' numbers as the shader has them, `[blocks, width, BLOCK]`, filled up with zeros.
pub(crate) fn columns<Row>(items: usize, width: usize, rows: impl Iterator<Item = Row>) -> Vec<f32>
where
    Row: IntoIterator<Item = f32>,
{
    let mut columns = vec![0.0; items.div_ceil(BLOCK) * width * BLOCK];
    for (item, row) in rows.enumerate() {
        for (at, number) in row.into_iter().enumerate() {
            columns[(item / BLOCK * width + at) * BLOCK + item % BLOCK] = number;
        }
    }
    columns
}

/// users, items, hidden, answer.
pub(crate) fn kernel(gpu: &Gpu) -> Kernel {
    let shader = Shader { source: SOURCE, entry: "best", constants: &[] };
    gpu.kernel::<Tables>(&shader, &[Access::Read, Access::Read, Access::Read, Access::Write])
}

/// A case: rows of users and items, and who may not be shown what.
pub(super) struct Case {
    pub(super) users: Vec<f32>, // [users, width]
    pub(super) items: Vec<f32>, // [items, width]
    pub(super) width: usize,
    pub(super) hidden: Vec<u32>, // [users, blocks, WORDS]
}

impl Case {
    fn tables(&self) -> Tables {
        Tables::new(self.users.len() / self.width, self.items.len() / self.width, self.width)
    }

    /// What a user makes of an item.
    pub(super) fn score(&self, user: usize, item: usize) -> f32 {
        let (p, q) = (&self.users[user * self.width..], &self.items[item * self.width..]);
        p.iter().zip(q).take(self.width).map(|(p, q)| p * q).sum()
    }

    fn is_hidden(&self, user: usize, item: usize) -> bool {
        let words = self.tables().blocks as usize * WORDS;
        self.hidden[user * words + item / 32] >> (item % 32) & 1 != 0
    }
}

/// The shader's answer, `[users, LANES]`.
///
/// # Errors
/// A GPU that fails.
pub(super) async fn on_gpu(gpu: &Gpu, case: &Case) -> Result<Vec<Found>, Fault> {
    let (kernel, tables) = (kernel(gpu), case.tables());
    let records = gpu.records("tables", 1);
    gpu.write_records(&records, &[tables]);
    let (width, len) = (case.width, tables.users as usize * ANSWER);
    let rows = case.items.chunks(width).map(|row| row.iter().copied());
    let items = gpu.filled("items", &columns(case.items.len() / width, width, rows));
    let users = gpu.filled("users", &case.users);
    let hidden = gpu.filled("hidden", &case.hidden);
    let answer = gpu.storage("answer", len * size_of::<u32>());
    let bound = gpu.bind(&kernel, &records, &[&users, &items, &hidden, &answer].map(whole));
    run(gpu, &kernel, &bound, tables.users as usize);
    let answer = gpu.read::<u32>(&answer, len).await?;
    Ok(answer.chunks(ANSWER).flat_map(found).collect())
}

/// What the shader should answer.
pub(super) fn twin(case: &Case) -> Vec<Found> {
    let mut all = Vec::new();
    for user in 0..case.users.len() / case.width {
        let mut lanes = vec![Vec::new(); LANES];
        for item in 0..case.items.len() / case.width {
            if !case.is_hidden(user, item) {
                let name = u32::try_from(item).expect("few items");
                lanes[item / 4 % LANES].push((case.score(user, item), name));
            }
        }
        all.extend(lanes.into_iter().map(|mut lane: Vec<(f32, u32)>| {
            lane.sort_by(|a, b| b.0.total_cmp(&a.0)); // stable: the earlier item stays before
            let at = |n: usize| lane.get(n).copied().unwrap_or((f32::MIN, NONE));
            Found {
                items: std::array::from_fn(|n| at(n).1),
                scores: std::array::from_fn(|n| at(n).0),
            }
        }));
    }
    all
}
