//! How highly: the planted scores, and the stars they become.

use super::SampleConfig;
use super::random::Random;

/// The hidden dimensions of taste.
const DIMENSIONS: usize = 4;

/// The score of an average item, of middling popularity, by an average user.
const BASE: f64 = 3.65;

/// The deviation of the users' biases.
const USER_BIAS: f64 = 0.46;

/// The deviation of the items' biases, beside what popularity gives.
const ITEM_BIAS: f64 = 0.52;

/// What popularity gives: many see what is good.
const POPULARITY_BIAS: f64 = 0.22;

/// The deviation of the part of a score that is taste.
const TASTE: f64 = 0.48;

/// The part of the variance of an item's place in the dimensions that is its genres'.
const GENRE_PART: f64 = 0.6;

/// The deviation of the noise on a score.
const NOISE: f64 = 0.84;

/// The scale of the stars.
const STARS: std::ops::RangeInclusive<i32> = 1..=5;

type Point = [f64; DIMENSIONS];

/// The planted truth: a bias and a place in the dimensions of taste for every user and item.
pub(super) struct Taste {
    users: Vec<(f64, Point)>, // [users]
    items: Vec<(f64, Point)>, // [items]
}

impl Taste {
    /// Draws the truth. `popularity` and `genres` (numbers of genres) belong to the items.
    pub(super) fn plant(
        config: &SampleConfig,
        popularity: &[f64],
        genres: &[Vec<usize>],
        random: &mut Random,
    ) -> Self {
        let count = genres.iter().flatten().max().map_or(0, |last| last + 1);
        let centres: Vec<Point> = (0..count).map(|_| point(random)).collect();
        // So that the product of two points deviates by TASTE.
        let scale = libm::sqrt(TASTE / libm::sqrt(DIMENSIONS as f64));
        let users = (0..config.users)
            .map(|_| (USER_BIAS * random.normal(), point(random).map(|x| x * scale)))
            .collect();
        let items = popularity.iter().zip(genres).map(|(popularity, genres)| {
            let bias =
                ITEM_BIAS * random.normal() + POPULARITY_BIAS * (2.0 + libm::log(*popularity));
            let own = point(random);
            let place = std::array::from_fn(|axis| {
                let shared: f64 = genres.iter().map(|&genre| centres[genre][axis]).sum();
                let shared = shared / libm::sqrt(genres.len().max(1) as f64);
                scale * (libm::sqrt(GENRE_PART) * shared + libm::sqrt(1.0 - GENRE_PART) * own[axis])
            });
            (bias, place)
        });
        let items = items.collect();
        Self { users, items }
    }

    /// base + user bias + item bias + user point · item point
    pub(super) fn score(&self, user: usize, item: usize) -> f64 {
        let (user_bias, user_point) = &self.users[user];
        let (item_bias, item_point) = &self.items[item];
        let taste: f64 = user_point.iter().zip(item_point).map(|(a, b)| a * b).sum();
        BASE + user_bias + item_bias + taste
    }
}

fn point(random: &mut Random) -> Point {
    std::array::from_fn(|_| random.normal())
}

/// The score plus noise, rounded to whole stars.
pub(super) fn star(score: f64, random: &mut Random) -> f64 {
    let felt = score + NOISE * random.normal();
    libm::floor(felt + 0.5).clamp(f64::from(*STARS.start()), f64::from(*STARS.end()))
}

/// The mean of the stars that a score may become: the lowest, and one for each boundary between two
/// stars that the noise may carry the score across.
pub(super) fn mean_star(score: f64) -> f64 {
    let across = |star: i32| {
        let boundary = f64::from(star) + 0.5;
        // The normal distribution function of (score - boundary) / noise.
        0.5 * libm::erfc((boundary - score) / (NOISE * std::f64::consts::SQRT_2))
    };
    f64::from(*STARS.start()) + (*STARS.start()..*STARS.end()).map(across).sum::<f64>()
}
