//! The model as a run sees it: a step is a batch of users.

use std::ops::Range;

use pulp::Arch;
use ratings::{Ratings, Split};

use super::{
    descent::{self, Descent},
    tables::{Read, Tables, Values, shard},
    visits::Visits,
};
use crate::{
    Config, Scale, Weights,
    checkpoint::Checkpoint,
    held_out::Misses,
    learner::{Learner, means},
    miss::Miss,
    parallel,
    sgd::{
        BoldDriver, Linked, counts,
        lanes::{self, Chunk, LANES, Lanes, Side},
    },
};

/// Rows, or held-out ratings, that one thread takes before it asks for more.
const SHARE: usize = 1 << 10;
/// The step of `y`, in parts of the learning rate: it is made with the sum of a user's slopes.
const IMPLICIT: f64 = 0.125;

/// An SVD++ being trained.
pub(crate) struct SvdPp {
    arch: Arch,
    config: Config,
    threads: usize,
    visits: Visits,
    link: Linked,
    lanes: Lanes,
    tables: Tables,
    good: Tables,
    held_out: Ratings,
    counts: [Vec<u32>; 2],  // ratings of each user, of each item
    shrinks: [Vec<f32>; 2], // what they pay at one of them
    bold: Option<BoldDriver>,
    squared: f64, // sum of the squared errors of this epoch
    epoch: u32,
    order: Vec<u32>, // of the users of this epoch
    done: usize,     // batches
    trained: usize,  // ratings
}

impl SvdPp {
    /// Prepares training from these weights.
    pub(crate) fn new(split: &Split, config: &Config, from: &Checkpoint, threads: usize) -> Self {
        let lanes = Lanes { factors: config.factors };
        let weights = &from.weights;
        let values = Values {
            users: [weights.values("user_factors"), weights.values("user_bias")],
            items: [weights.values("item_factors"), weights.values("item_bias")],
            implicit: weights.values("item_implicit"),
        };
        let tables = Tables::new(lanes, &values);
        let train = &split.train;
        let counts = [
            counts(train.users.iter().map(|user| user.0), split.users),
            counts(train.items.iter().map(|item| item.0), split.items),
        ];
        Self {
            arch: Arch::new(),
            threads,
            visits: Visits::new(train, split.users, split.items),
            link: Linked::new(config.descent.link, Scale::of(train)),
            lanes,
            good: tables.clone(),
            tables,
            held_out: split.held_out().into_owned(),
            shrinks: shrinks(config, &counts),
            counts,
            bold: from.bold.or(config.descent.schedule.driver()),
            squared: 0.0,
            epoch: 0,
            order: Vec::new(),
            done: 0,
            trained: 0,
            config: config.clone(),
        }
    }

    /// What `make` makes of what every user's items imply, user by user.
    fn of_users<T: Send>(
        &self,
        shards: &Read,
        make: impl Fn(u32, &[Chunk]) -> Vec<T> + Sync,
    ) -> Vec<T> {
        let users: Vec<u32> = (0..).take(self.counts[0].len()).collect();
        let parts: Vec<&[u32]> = users.chunks(SHARE).collect();
        let made = parallel::map(&parts, self.threads, |users| {
            let (mut implied, mut all) = (Vec::new(), Vec::new());
            for user in *users {
                let rated = self.visits.of(*user);
                descent::implied(rated, shards, self.lanes.chunks(), &mut implied);
                all.extend(make(*user, &implied));
            }
            all
        });
        made.into_iter().flatten().collect()
    }

    fn to_weights(&self, tables: &Tables) -> Weights {
        let [user_factors, item_factors, user_bias, item_bias, implicit] = tables.values();
        let k = self.lanes.factors;
        let implied = self.of_users(&tables.read(), |_, row| row.as_flattened()[..k].to_vec());
        let rows = (user_bias.len(), item_bias.len());
        let scale = self.link.scale.parameter().values;
        let values = [user_factors, item_factors, user_bias, item_bias, scale, implied, implicit];
        Weights::of(&self.config, rows, values)
    }
}

/// What every user and every item pays at one of its ratings.
#[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
fn shrinks(config: &Config, counts: &[Vec<u32>; 2]) -> [Vec<f32>; 2] {
    let (penalty, decay) = (config.descent.penalty, config.weight_decay as f32);
    [0, 1].map(|side| counts[side].iter().map(|count| decay * penalty.share(*count)).collect())
}

impl Learner for SvdPp {
    fn begin_epoch(&mut self, epoch: u32) {
        self.squared = 0.0;
        self.epoch = epoch;
        self.order = self.visits.order(self.config.seed, epoch);
        (self.done, self.trained) = (0, 0);
    }

    fn tune(&mut self, config: &Config) {
        self.config = config.clone();
        self.shrinks = shrinks(config, &self.counts);
    }

    fn trained(&self) -> usize {
        self.trained
    }

    #[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
    fn train(&mut self, steps: usize) -> Vec<Miss> {
        let batches = self.visits.cut(&self.order, self.done, steps);
        let Config { descent, learning_rate, .. } = self.config;
        let rate = learning_rate
            * descent.schedule.share(self.epoch)
            * self.bold.map_or(1.0, |bold| bold.share);
        let [users, items] =
            [Side::Users, Side::Items].map(|side| self.lanes.moving(side, rate as f32));
        let implicit = vec![(rate * IMPLICIT) as f32; self.lanes.factors];
        let implicit = self.lanes.padded(&implicit);
        let descent = Descent {
            arch: self.arch,
            tables: &self.tables,
            visits: &self.visits,
            chunks: self.lanes.chunks(),
            link: self.link,
            rates: [&users, &items, &implicit],
            shrink: [&self.shrinks[0], &self.shrinks[1]],
            epoch: self.epoch,
        };
        let errors = descent.train(&batches, self.threads);
        let users = batches.iter().copied().flatten();
        self.trained += users.map(|user| self.visits.of(*user).len()).sum::<usize>();
        self.done += batches.len();
        errors.iter().for_each(|errors| self.squared += errors.squared);
        means(errors, self.visits.batches(), self.visits.ratings())
    }

    fn evaluate(&mut self, part: Range<usize>) -> Misses {
        let (shards, chunks) = (self.tables.read(), self.lanes.chunks());
        let whole = self.of_users(&shards, |user, implied| {
            let row = shards[shard(user)].user(user, chunks);
            let sum = |(row, implied): (&Chunk, &Chunk)| lanes::each(|at| row[at] + implied[at]);
            row.iter().zip(implied).map(sum).collect()
        });
        let starts: Vec<usize> = part.clone().step_by(SHARE).collect();
        let parts = parallel::map(&starts, self.threads, |&start| {
            let mut misses = Misses::default();
            for at in start..part.end.min(start + SHARE) {
                let (user, item) = (self.held_out.users[at].index(), self.held_out.items[at].0);
                let (q, _) = shards[shard(item)].item(item, chunks);
                let sum = lanes::dot(&whole[user * chunks..][..chunks], q, &mut [0.0; LANES]);
                misses.add(f64::from(self.link.predict(sum) - self.held_out.values[at]));
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
        self.to_weights(&self.tables)
    }

    fn bold(&self) -> Option<BoldDriver> {
        self.bold
    }

    fn good_weights(&self) -> Weights {
        self.to_weights(&self.good)
    }
}
