//! Linear layers, `layers.0` to the one that yields the rating.

use burn::{
    nn::{Embedding, Linear},
    tensor::{Device, Tensor, activation::relu},
};

use super::{download, upload, upload_transposed};
use crate::{Parameter, Weights};

/// The layers that the weights name: `layers.N.weight` `[outputs, inputs]` and `layers.N.bias`
/// `[outputs]`, for N from 0.
///
/// # Panics
/// If a layer has no bias or a shape does not fit.
pub(super) fn load(weights: &Weights, device: &Device) -> Vec<Linear> {
    let layer = |n: usize| Linear {
        weight: upload_transposed(weights, &weight_name(n), device), // burn: [in, out]
        bias: Some(upload(weights, &bias_name(n), device)),
    };
    let named = |n: &usize| weights.get(&weight_name(*n)).is_some();
    (0..).take_while(named).map(layer).collect()
}

/// The values of users' and items' factors and of the layers over them, brought back from the device.
pub(super) async fn parameters(
    [users, items]: [&Embedding; 2],
    layers: &[Linear],
) -> Result<Vec<Parameter>, String> {
    let mut parameters = vec![
        download("user_factors", users.weight.val()).await?,
        download("item_factors", items.weight.val()).await?,
    ];
    for (n, layer) in layers.iter().enumerate() {
        parameters.push(download(&weight_name(n), layer.weight.val()).await?.transposed());
        if let Some(bias) = &layer.bias {
            parameters.push(download(&bias_name(n), bias.val()).await?);
        }
    }
    Ok(parameters)
}

/// Through hidden layers, with a ReLU behind each. Shapes: `x` `[batch, inputs]`; result
/// `[batch, width of the last]`.
pub(super) fn tower(hidden: &[Linear], x: Tensor<2>) -> Tensor<2> {
    hidden.iter().fold(x, |x, layer| relu(layer.forward(x)))
}

fn weight_name(layer: usize) -> String {
    format!("layers.{layer}.weight")
}

fn bias_name(layer: usize) -> String {
    format!("layers.{layer}.bias")
}
