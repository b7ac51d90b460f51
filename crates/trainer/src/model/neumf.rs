//! Neural matrix factorisation: `r(u, i) = h · [p_u ⊙ q_i ; MLP([p'_u ; q'_i])] + b`, both parts with
//! factors of their own.
//!
//! He et al., "Neural Collaborative Filtering", 2017, section 3.4, equation 12, with a linear output
//! for ratings and the one bias that the authors' program gives the last layer; no biases of users
//! or items, and trained from the start, without the two parts trained before.

use burn::{
    module::Module,
    nn::{Embedding, Linear},
    tensor::{Device, Int, Tensor},
};

use super::{layers, mf::rows, upload};
use crate::{Parameter, Weights};

/// A weighted inner product and a small network, side by side before the last layer.
#[derive(Module, Debug)]
pub struct NeuMf {
    /// p and p': `[users, 2 * factors]`, those of the product first.
    pub user_factors: Embedding,
    /// q and q': `[items, 2 * factors]`, those of the product first.
    pub item_factors: Embedding,
    /// Linear layers; the first reads `2 * factors` values, the last `factors` products and what the
    /// layer before it yields.
    pub layers: Vec<Linear>,
}

impl NeuMf {
    /// The model with these weights (`user_factors`, `item_factors`, and `layers.N.weight`
    /// `[outputs, inputs]` and `layers.N.bias` for N from 0) on any burn device.
    ///
    /// # Panics
    /// If a name is absent or a shape does not fit.
    pub fn load(weights: &Weights, device: &Device) -> Self {
        Self {
            user_factors: Embedding { weight: upload(weights, "user_factors", device) },
            item_factors: Embedding { weight: upload(weights, "item_factors", device) },
            layers: layers::load(weights, device),
        }
    }

    /// Predicted ratings.
    ///
    /// # Shapes
    /// - `users`, `items`: `[batch]`, dense indices
    /// - result: `[batch]`
    ///
    /// # Panics
    /// If there is no layer.
    pub fn forward(&self, users: Tensor<1, Int>, items: Tensor<1, Int>) -> Tensor<1> {
        let (output, hidden) = self.layers.split_last().expect("the last layer yields the rating");
        let (p, of_user) = halves(rows(&self.user_factors, users)); // [batch, factors] each
        let (q, of_item) = halves(rows(&self.item_factors, items)); // [batch, factors] each
        let x = layers::tower(hidden, Tensor::cat(vec![of_user, of_item], 1)); // [batch, last width]
        output.forward(Tensor::cat(vec![p * q, x], 1)).squeeze_dim(1) // [batch]
    }

    pub(crate) async fn parameters(&self) -> Result<Vec<Parameter>, String> {
        layers::parameters([&self.user_factors, &self.item_factors], &self.layers).await
    }
}

/// The left and the right half of rows `[batch, 2 * factors]`.
fn halves(rows: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let factors = rows.dims()[1] / 2;
    (rows.clone().narrow(1, 0, factors), rows.narrow(1, factors, factors))
}
