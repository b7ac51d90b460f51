//! The models as burn modules, and the choice among them.

mod mf; // the inner product
mod layers; // linear layers by number
mod deep_mf; // a small network
mod gmf; // the inner product, weighted
mod neumf; // both
#[cfg(test)]
mod gradients; // all of them, against finite differences

pub use deep_mf::DeepMf;
pub use gmf::Gmf;
pub use mf::Mf;
pub use neumf::NeuMf;

use burn::{
    module::{Module, Param},
    tensor::{Device, Int, Tensor, TensorData, activation::log_sigmoid},
};

use crate::{Config, ModelKind, Objective, Parameter, Weights};

/// Any of the models.
#[derive(Module, Debug)]
pub(crate) enum Model {
    Mf(Mf),
    DeepMf(DeepMf), // the neural `mlp` too: they differ in where they start
    Gmf(Gmf),
    NeuMf(NeuMf),
}

impl Model {
    /// The model of this configuration with these weights, on a device.
    ///
    /// # Panics
    /// If it trains itself.
    pub(crate) fn load(config: &Config, weights: &Weights, device: &Device) -> Self {
        match config.model {
            ModelKind::Mf => Self::Mf(Mf::load(weights, device)),
            ModelKind::DeepMf | ModelKind::Mlp => Self::DeepMf(DeepMf::load(weights, device)),
            ModelKind::Gmf => Self::Gmf(Gmf::load(weights, device)),
            ModelKind::NeuMf => Self::NeuMf(NeuMf::load(weights, device)),
            model => panic!("{model} is no burn module"),
        }
    }

    /// Predicted ratings. Shapes: `users` and `items` `[batch]` dense indices; result `[batch]`.
    pub(crate) fn forward(&self, users: Tensor<1, Int>, items: Tensor<1, Int>) -> Tensor<1> {
        match self {
            Self::Mf(model) => model.forward(users, items),
            Self::DeepMf(model) => model.forward(users, items),
            Self::Gmf(model) => model.forward(users, items),
            Self::NeuMf(model) => model.forward(users, items),
        }
    }

    /// Every parameter's name and values, brought back from the device.
    pub(crate) async fn weights(&self) -> Result<Weights, String> {
        let parameters = match self {
            Self::Mf(model) => model.parameters().await?,
            Self::DeepMf(model) => model.parameters().await?,
            Self::Gmf(model) => model.parameters().await?,
            Self::NeuMf(model) => model.parameters().await?,
        };
        Ok(Weights { parameters })
    }
}

/// What a step lowers: the mean squared error of ratings; or where a model ranks the log loss of
/// having been chosen, `-ln σ(score)`, or not, `-ln σ(-score)`, with 1 or -1 as the target (He et al.,
/// "Neural Collaborative Filtering", 2017, equation 7, over the number of pairs). Shapes: `scores` and
/// `targets` `[batch]`; result `[1]`.
pub(crate) fn loss(objective: Objective, scores: Tensor<1>, targets: Tensor<1>) -> Tensor<1> {
    match objective {
        Objective::Rating => (scores - targets).square().mean(),
        Objective::Ranking => log_sigmoid(scores * targets).mean().neg(),
    }
}

/// A trainable tensor on `device` with the named values.
///
/// # Panics
/// If the name is absent: weights are checked against the configuration before a model is built.
fn upload<const D: usize>(weights: &Weights, name: &str, device: &Device) -> Param<Tensor<D>> {
    parameter(named(weights, name).clone(), device)
}

/// As [`upload`], for the matrix of a linear layer: PyTorch keeps it as `[outputs, inputs]`, burn
/// as `[inputs, outputs]`.
fn upload_transposed(weights: &Weights, name: &str, device: &Device) -> Param<Tensor<2>> {
    parameter(named(weights, name).transposed(), device)
}

fn named<'a>(weights: &'a Weights, name: &str) -> &'a Parameter {
    weights.get(name).expect("weights fit the configuration when a model is built")
}

fn parameter<const D: usize>(parameter: Parameter, device: &Device) -> Param<Tensor<D>> {
    Param::from_data(TensorData::new(parameter.values, parameter.shape), device)
}

impl Parameter {
    /// A matrix with its rows as columns.
    fn transposed(&self) -> Self {
        let (rows, columns) = (self.shape[0], self.shape[1]);
        let at = |i: usize| self.values[i % rows * columns + i / rows];
        Self {
            name: self.name.clone(),
            shape: vec![columns, rows],
            values: (0..self.values.len()).map(at).collect(),
        }
    }
}

/// A tensor's values under a name.
async fn download<const D: usize>(name: &str, tensor: Tensor<D>) -> Result<Parameter, String> {
    let shape = tensor.dims().to_vec();
    let data = tensor.into_data_async().await.map_err(|error| error.to_string())?;
    let values = data.try_into_vec_as::<f32>().map_err(|error| error.to_string())?;
    Ok(Parameter { name: name.to_owned(), shape, values })
}
