//! Deep matrix factorisation: `r(u, i) = MLP([p_u ; q_i])`, with ReLU between the layers.
//!
//! The lab's DeepMF; the shape is the "MLP" of He et al., "Neural Collaborative Filtering", 2017,
//! section 3.3, with a linear output for ratings.

use burn::{
    module::Module,
    nn::{Embedding, Linear},
    tensor::{Device, Int, Tensor, activation::relu},
};

use super::{download, mf::rows, upload, upload_transposed};
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
        let layer = |n: usize| Linear {
            weight: upload_transposed(weights, &weight_name(n), device), // burn: [in, out]
            bias: Some(upload(weights, &bias_name(n), device)),
        };
        let n_layers = (0..).take_while(|&n| weights.get(&weight_name(n)).is_some()).count();
        Self {
            user_factors: Embedding { weight: upload(weights, "user_factors", device) },
            item_factors: Embedding { weight: upload(weights, "item_factors", device) },
            layers: (0..n_layers).map(layer).collect(),
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
        let mut x = Tensor::cat(vec![p, q], 1); // [batch, 2 * factors]
        for (n, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x); // [batch, width of the layer]
            if n + 1 < self.layers.len() {
                x = relu(x);
            }
        }
        x.squeeze_dim(1) // [batch]
    }

    pub(crate) async fn parameters(&self) -> Result<Vec<Parameter>, String> {
        let mut parameters = vec![
            download("user_factors", self.user_factors.weight.val()).await?,
            download("item_factors", self.item_factors.weight.val()).await?,
        ];
        for (n, layer) in self.layers.iter().enumerate() {
            parameters.push(download(&weight_name(n), layer.weight.val()).await?.transposed());
            if let Some(bias) = &layer.bias {
                parameters.push(download(&bias_name(n), bias.val()).await?);
            }
        }
        Ok(parameters)
    }
}

fn weight_name(layer: usize) -> String {
    format!("layers.{layer}.weight")
}

fn bias_name(layer: usize) -> String {
    format!("layers.{layer}.bias")
}
