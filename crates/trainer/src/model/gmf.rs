//! Generalised matrix factorisation: `r(u, i) = h · (p_u ⊙ q_i) + b`, the product taken number by
//! number.
//!
//! He et al., "Neural Collaborative Filtering", 2017, section 3.2, equations 8 and 9, with a linear
//! output for ratings and the one bias that the authors' program gives the last layer; no biases of
//! users or items.

use burn::{
    module::Module,
    nn::{Embedding, Linear},
    tensor::{Device, Int, Tensor},
};

use super::{layers, mf::rows, upload};
use crate::{Parameter, Weights};

/// The inner product of a user's and an item's factors, with a learned weight for each factor.
#[derive(Module, Debug)]
pub struct Gmf {
    /// p: `[users, factors]`.
    pub user_factors: Embedding,
    /// q: `[items, factors]`.
    pub item_factors: Embedding,
    /// One layer, h and b, which reads `factors` values and yields one.
    pub layers: Vec<Linear>,
}

impl Gmf {
    /// The model with these weights (`user_factors`, `item_factors`, `layers.0.weight`
    /// `[1, factors]` and `layers.0.bias`) on any burn device.
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
        let output = self.layers.last().expect("the last layer yields the rating");
        let p = rows(&self.user_factors, users); // [batch, factors]
        let q = rows(&self.item_factors, items); // [batch, factors]
        output.forward(p * q).squeeze_dim(1) // [batch]
    }

    pub(crate) async fn parameters(&self) -> Result<Vec<Parameter>, String> {
        layers::parameters([&self.user_factors, &self.item_factors], &self.layers).await
    }
}
