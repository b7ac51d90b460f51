//! The rows of both sides, and predictions from them.

use ratings::Ratings;

use super::system::{dot, stride};
use crate::{Scale, miss::Miss, parallel};

/// Ratings predicted by one thread before it asks for more.
const SHARE: usize = 1 << 12;

/// The rows of both sides on the model's own scale, bias behind the factors.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sides {
    pub(crate) factors: usize,
    pub(crate) rows: [Vec<f32>; 2], // of users, of items: [rows, stride]
}

/// From ratings to the model's own scale and back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Standard {
    pub(crate) scale: Scale,
    /// Ratings are divided by its square.
    root: f32,
}

/// Its fourth power and one over that are within the range of f32.
const MOST: f32 = 1e9;

impl Standard {
    /// A scale on which ratings are about as spread as a standard normal. Its unit is a power of
    /// four, so that going to and fro changes no bit.
    pub(crate) fn new(scale: Scale, deviation: f64) -> Self {
        let mut root = 1.0f32;
        let deviation = if deviation > 0.0 { deviation } else { 1.0 };
        while f64::from(root * root) < deviation / 2.0 && root < MOST {
            root *= 2.0;
        }
        while f64::from(root * root) > deviation * 2.0 && root > 1.0 / MOST {
            root /= 2.0;
        }
        Self { scale, root }
    }

    /// Ratings less their mean, in their own unit.
    pub(crate) fn plain(scale: Scale) -> Self {
        Self { scale, root: 1.0 }
    }

    pub(crate) fn of(self, rating: f32) -> f32 {
        (rating - self.scale.mean) / (self.root * self.root)
    }

    /// The rating before clipping.
    pub(crate) fn rating(self, standard: f32) -> f32 {
        self.scale.mean + self.root * self.root * standard
    }

    /// A precision on the model's own scale for one in rating units.
    pub(crate) fn precision(self, ratings: f32) -> f32 {
        ratings * self.root * self.root * self.root * self.root
    }

    /// A precision in rating units.
    pub(crate) fn rating_precision(self, standard: f32) -> f32 {
        standard / self.root / self.root / self.root / self.root
    }

    /// Miss in rating units for standard ones.
    pub(crate) fn errors(self, standard: Miss) -> Miss {
        let unit = f64::from(self.root * self.root);
        let Miss { squared, absolute } = standard;
        Miss { squared: squared * unit * unit, absolute: absolute * unit }
    }
}

impl Sides {
    /// From factors `[rows, K]` and biases `[rows]` of both sides in rating units.
    pub(crate) fn load(factors: usize, values: [[&[f32]; 2]; 2], standard: Standard) -> Self {
        let (root, stride) = (standard.root, stride(factors));
        let side = |[rows, biases]: [&[f32]; 2]| {
            let mut side = vec![0.0; biases.len() * stride];
            for ((to, row), bias) in side.chunks_mut(stride).zip(rows.chunks(factors)).zip(biases) {
                to.iter_mut().zip(row).for_each(|(to, value)| *to = value / root);
                to[factors] = bias / (root * root);
            }
            side
        };
        Self { factors, rows: values.map(side) }
    }

    /// Factors and biases of a side in rating units.
    pub(crate) fn unload(&self, side: usize, standard: Standard) -> [Vec<f32>; 2] {
        let (root, rows) = (standard.root, self.rows[side].chunks(stride(self.factors)));
        let factors = |row: &[f32]| -> Vec<f32> {
            row[..self.factors].iter().map(|value| value * root).collect()
        };
        [
            rows.clone().flat_map(factors).collect(),
            rows.map(|row| row[self.factors] * root * root).collect(),
        ]
    }

    /// The predictions for these ratings, on the model's own scale.
    pub(crate) fn predict_all(&self, ratings: &Ratings, threads: usize) -> Vec<f32> {
        let starts: Vec<usize> = (0..ratings.len()).step_by(SHARE).collect();
        let parts = parallel::map(&starts, threads, |&start| -> Vec<f32> {
            let end = ratings.len().min(start + SHARE);
            let pairs = ratings.users[start..end].iter().zip(&ratings.items[start..end]);
            pairs.map(|(user, item)| self.predict(user.0, item.0)).collect()
        });
        parts.concat()
    }

    /// The prediction on the model's own scale.
    #[inline(always)]
    fn predict(&self, user: u32, item: u32) -> f32 {
        let (k, stride) = (self.factors, stride(self.factors));
        let p = &self.rows[0][user as usize * stride..][..stride];
        let q = &self.rows[1][item as usize * stride..][..stride];
        // Both biases stand in the same lane: their product does not belong to the sum.
        dot(p, q) - p[k] * q[k] + p[k] + q[k]
    }
}
