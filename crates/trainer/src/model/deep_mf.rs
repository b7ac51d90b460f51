//! Deep matrix factorisation: `r(u, i) = MLP([p_u ; q_i])`, with ReLU between the layers.
//!
//! The lab's DeepMF; the shape is the "MLP" of He et al., "Neural Collaborative Filtering", 2017,
//! section 3.3, with a linear output for ratings. As `deepmf` it starts and is trained as in the lab,
//! as `mlp` as in the paper.

use burn::{
    module::Module,
    nn::{Embedding, Linear},
    tensor::{Device, Int, Tensor},
};

use super::{layers, mf::rows, upload};
use crate::{Parameter, Weights};

/// A small network over a user's and an item's factors, side by side.
#[derive(Module, Debug)]
pub struct DeepMf {
    /// p: `[users, factors]`.
    pub user_factors: Embedding,
    /// q: `[items, factors]`.
    pub item_factors: Embedding,
    /// Linear layers; the first reads `2 * factors` values, the last yields one.
    pub layers: Vec<Linear>,
}

impl DeepMf {
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
        let p = rows(&self.user_factors, users); // [batch, factors]
        let q = rows(&self.item_factors, items); // [batch, factors]
        let x = layers::tower(hidden, Tensor::cat(vec![p, q], 1)); // [batch, last width]
        output.forward(x).squeeze_dim(1) // [batch]
    }

    pub(crate) async fn parameters(&self) -> Result<Vec<Parameter>, String> {
        layers::parameters([&self.user_factors, &self.item_factors], &self.layers).await
    }
}
