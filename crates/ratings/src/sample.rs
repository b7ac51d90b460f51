//! A made-up data set in the shape of MovieLens-1M, for those who have no ratings file at hand.
//!
//! What the users like is planted: every rating is a score, of biases and of taste in a few hidden
//! dimensions, plus noise, rounded to whole stars. So it is known how well the best of all models
//! could do: [`Sample::noise_floor`].
//!
//! The same configuration gives the same ratings, bit for bit, on every platform.

mod random; // a seeded stream of numbers
mod exposure; // who rates what
mod taste; // and how highly
mod names; // what the items are called
mod write; // as files

use crate::ids::{Ids, ItemIndex, UserIndex};
use crate::read::{Container, Format, Skipped};
use crate::table::{Ratings, Table};
use crate::titles::Titles;

use self::exposure::Exposure;
use self::random::Random;
use self::taste::Taste;

/// How large a sample is, and which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SampleConfig {
    /// Users, each of whom rates something.
    pub users: usize,
    /// Items, each of which is rated.
    pub items: usize,
    /// Ratings; never two of one user for one item.
    pub ratings: usize,
    /// Another seed, another data set of the same shape.
    pub seed: u64,
}

impl SampleConfig {
    /// The seed of the default data set.
    pub const SEED: u64 = 42;

    /// A sample of `ratings` ratings with as many users and items as the MovieLens set of that size
    /// has: 943 and 1,682 for 100,000, 6,040 and 3,706 for a million, 162,000 and 59,000 for 25 million.
    pub fn of_size(ratings: usize, seed: u64) -> Self {
        /// ratings, users, items
        const SHAPES: [[f64; 3]; 3] =
            [[1e5, 943.0, 1682.0], [1e6, 6040.0, 3706.0], [25e6, 162e3, 59e3]];
        let [from, to] =
            if ratings as f64 <= 1e6 { [SHAPES[0], SHAPES[1]] } else { [SHAPES[1], SHAPES[2]] };
        // Straight lines between the shapes, all axes logarithmic.
        let along = libm::log(ratings.max(1) as f64 / from[0]) / libm::log(to[0] / from[0]);
        let count = |axis: usize| {
            libm::round(from[axis] * libm::exp(along * libm::log(to[axis] / from[axis]))) as usize
        };
        Self { users: count(1), items: count(2), ratings, seed }.made_possible()
    }

    /// Every user and every item needs a rating, and no pair may have two.
    fn made_possible(self) -> Self {
        let ratings = self.ratings.max(1);
        let (users, items) = (self.users.clamp(1, ratings), self.items.clamp(1, ratings));
        Self { users, items, ratings: ratings.min(users.saturating_mul(items)), seed: self.seed }
    }
}

impl Default for SampleConfig {
    /// The shape of MovieLens-1M.
    fn default() -> Self {
        Self { users: 6_040, items: 3_706, ratings: 1_000_000, seed: Self::SEED }
    }
}

/// A made-up data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The ratings, user by user, in the order in which [`Sample::ratings_dat`] writes them. Raw ids
    /// count from 1.
    pub table: Table,
    /// A title for every item.
    pub titles: Titles,
    /// The RMSE on these ratings of one who knows everything but the noise, and predicts the mean of
    /// the stars that each planted score may become. No model can do better but by chance.
    pub noise_floor: f64,
}

/// Makes the data set of a configuration. One that asks for more than can be (more ratings than
/// pairs, fewer ratings than users or items) is cut down to what can.
pub fn generate(config: &SampleConfig) -> Sample {
    let config = config.made_possible();
    let mut exposure = Exposure::new(&config, &mut Random::new(config.seed, 1));
    let (titles, genres) = names::titles(config.items, &mut Random::new(config.seed, 2));
    let taste =
        Taste::plant(&config, exposure.popularity(), &genres, &mut Random::new(config.seed, 3));

    let mut random = Random::new(config.seed, 4);
    let mut noise = Random::new(config.seed, 5);
    let mut squared_error = 0.0;
    let mut ratings = Ratings {
        users: Vec::with_capacity(config.ratings),
        items: Vec::with_capacity(config.ratings),
        values: Vec::with_capacity(config.ratings),
    };
    let mut item_ids: Ids<ItemIndex> = Ids::default();
    let mut indices: Vec<Option<ItemIndex>> = vec![None; config.items];
    for user in 0..config.users {
        for &item in exposure.items_of(user, &mut random) {
            let score = taste.score(user, item as usize);
            let star = taste::star(score, &mut noise);
            let miss = star - taste::mean_star(score);
            squared_error += miss * miss;
            let index = *indices[item as usize]
                .get_or_insert_with(|| item_ids.intern(&(item + 1).to_string()));
            ratings.users.push(UserIndex(user as u32));
            ratings.items.push(index);
            ratings.values.push(star as f32);
        }
    }
    let noise_floor = (squared_error / ratings.len() as f64).sqrt();
    let table = Table {
        users: (1..=config.users).map(|id| id.to_string()).collect(),
        items: item_ids,
        ratings,
        times: None,
        format: Format::DoubleColon,
        container: Container::Plain,
        skipped: Skipped::default(),
    };
    Sample { table, titles, noise_floor }
}
