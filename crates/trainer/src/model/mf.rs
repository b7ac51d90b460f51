//! Matrix factorisation: `r(u, i) = p_u · q_i`.
//!
//! Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems", 2009,
//! equation 1. No mean and no biases, as in the lab.

use burn::{
    module::Module,
    nn::Embedding,
    tensor::{Device, Int, Tensor},
};

use super::{download, upload};
use crate::{Parameter, Weights};

/// The inner product of a user's and an item's factors.
#[derive(Module, Debug)]
pub struct Mf {
    /// p: `[users, factors]`.
    pub user_factors: Embedding,
    /// q: `[items, factors]`.
    pub item_factors: Embedding,
}

impl Mf {
    /// The model with these weights (`user_factors`, `item_factors`) on any burn device.
    ///
    /// # Panics
    /// If a name is absent or a shape is not a matrix.
    pub fn load(weights: &Weights, device: &Device) -> Self {
        Self {
            user_factors: Embedding { weight: upload(weights, "user_factors", device) },
            item_factors: Embedding { weight: upload(weights, "item_factors", device) },
        }
    }

    /// Predicted ratings.
    ///
    /// # Shapes
    /// - `users`, `items`: `[batch]`, dense indices
    /// - result: `[batch]`
    pub fn forward(&self, users: Tensor<1, Int>, items: Tensor<1, Int>) -> Tensor<1> {
        let p = rows(&self.user_factors, users); // [batch, factors]
        let q = rows(&self.item_factors, items); // [batch, factors]
        (p * q).sum_dim(1).squeeze_dim(1) // [batch]
    }

    pub(crate) async fn parameters(&self) -> Result<Vec<Parameter>, String> {
        Ok(vec![
            download("user_factors", self.user_factors.weight.val()).await?,
            download("item_factors", self.item_factors.weight.val()).await?,
        ])
    }
}

/// The rows of an embedding at `indices` `[batch]`: `[batch, factors]`.
pub(super) fn rows(embedding: &Embedding, indices: Tensor<1, Int>) -> Tensor<2> {
    embedding.forward(indices.unsqueeze_dim(1)).squeeze_dim(1)
}
