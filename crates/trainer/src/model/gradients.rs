//! The gradients that burn derives from each model's forward pass, against finite differences.

use burn::{
    module::Param,
    nn::{Embedding, Linear},
    tensor::{Device, Gradients, Int, Tensor, TensorData},
};

use super::{DeepMf, Gmf, Mf, Model, NeuMf};
use crate::{Config, ModelKind, Objective, Parameter, Weights};

const USERS: [i32; 6] = [0, 1, 2, 0, 1, 0]; // rows repeat, so gradients must add up
const ITEMS: [i32; 6] = [0, 1, 1, 1, 0, 0];
const RATINGS: [f32; 6] = [4.0, 2.0, 5.0, 1.0, 3.0, 3.5];
const CHOSEN: [f32; 6] = [1.0, -1.0, -1.0, 1.0, -1.0, 1.0];

#[test]
fn mf_moves_downhill() {
    let config = Config { factors: 3, ..Config::usual(ModelKind::Mf) };
    check(&config, |weights, device| {
        let model = Mf::load(weights, device);
        let loss = loss(&config, model.forward(int(&USERS, device), int(&ITEMS, device)));
        let gradients = loss.backward();
        let of = |param: &Param<Tensor<2>>| values(param.val().grad(&gradients));
        vec![of(&model.user_factors.weight), of(&model.item_factors.weight)]
    });
}

#[test]
fn deep_mf_moves_downhill() {
    let config = Config { factors: 3, hidden: vec![4, 3], ..Config::usual(ModelKind::DeepMf) };
    check(&config, |weights, device| {
        let model = DeepMf::load(weights, device);
        let loss = loss(&config, model.forward(int(&USERS, device), int(&ITEMS, device)));
        of_network([&model.user_factors, &model.item_factors], &model.layers, &loss.backward())
    });
}

#[test]
fn gmf_moves_downhill() {
    let config = Config { factors: 3, ..Config::usual(ModelKind::Gmf) };
    check(&config, |weights, device| {
        let model = Gmf::load(weights, device);
        let loss = loss(&config, model.forward(int(&USERS, device), int(&ITEMS, device)));
        of_network([&model.user_factors, &model.item_factors], &model.layers, &loss.backward())
    });
}

#[test]
fn neumf_moves_downhill() {
    for objective in Objective::ALL {
        let usual = Config::usual_for(ModelKind::NeuMf, objective);
        let config = Config { factors: 3, hidden: vec![4, 3], ..usual };
        check(&config, |weights, device| {
            let model = NeuMf::load(weights, device);
            let loss = loss(&config, model.forward(int(&USERS, device), int(&ITEMS, device)));
            of_network([&model.user_factors, &model.item_factors], &model.layers, &loss.backward())
        });
    }
}

/// The derivatives by both tables and by every layer, in the order of the weights.
fn of_network(tables: [&Embedding; 2], layers: &[Linear], by: &Gradients) -> Vec<Vec<f32>> {
    let mut all: Vec<_> = tables.map(|table| values(table.weight.val().grad(by))).into();
    for layer in layers {
        all.push(values(layer.weight.val().grad(by).map(Tensor::transpose)));
        let bias = layer.bias.as_ref().expect("every layer has a bias");
        all.push(values(bias.val().grad(by)));
    }
    all
}

/// Compares each derivative with the slope between two nearby losses.
fn check(config: &Config, derive: impl Fn(&Weights, &Device) -> Vec<Vec<f32>>) {
    const STEP: f32 = 2e-3; // wide enough for f32, narrow enough to stay on one side of a ReLU
    let device = Device::flex().autodiff();
    let mut weights = Weights::initial(config, 3, 2);
    if config.model.is_neural() {
        // Small as their factors are at first, they would leave most derivatives about zero.
        let factors = weights.parameters[..2].iter_mut().flat_map(|table| &mut table.values);
        factors.for_each(|value| *value *= 100.0);
    }
    let gradients = derive(&weights, &device);
    assert_eq!(gradients.len(), weights.parameters.len());
    let mut compared = 0;
    for (at, Parameter { name, values, .. }) in weights.parameters.iter().enumerate() {
        assert_eq!(gradients[at].len(), values.len(), "{name}");
        for (i, derivative) in gradients[at].iter().enumerate() {
            let moved = |by: f32| {
                let mut moved = weights.clone();
                moved.parameters[at].values[i] += by;
                f64::from(loss_at(config, &moved))
            };
            let slope = (moved(STEP) - moved(-STEP)) / (2.0 * f64::from(STEP));
            let derivative = f64::from(*derivative);
            let off = (slope - derivative).abs();
            assert!(off < 2e-3 * slope.abs().max(1.0), "{name}[{i}]: {derivative} against {slope}");
            compared += usize::from(slope.abs() > 1e-2);
        }
    }
    assert!(compared > 10, "only {compared} derivatives were not about zero");
}

fn loss_at(config: &Config, weights: &Weights) -> f32 {
    let device = Device::flex();
    let (users, items) = (int(&USERS, &device), int(&ITEMS, &device));
    let predicted = Model::load(config, weights, &device).forward(users, items);
    loss(config, predicted).into_scalar()
}

fn loss(config: &Config, predicted: Tensor<1>) -> Tensor<1> {
    let targets = match config.objective {
        Objective::Rating => RATINGS,
        Objective::Ranking => CHOSEN,
    };
    let targets = Tensor::from_data(TensorData::from(targets), &predicted.device());
    super::loss(config.objective, predicted, targets)
}

fn int(values: &[i32; 6], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::from(*values), device)
}

fn values<const D: usize>(gradient: Option<Tensor<D>>) -> Vec<f32> {
    let gradient = gradient.expect("every parameter takes part in the loss");
    gradient.into_data().try_into_vec_as::<f32>().expect("gradients are f32")
}
