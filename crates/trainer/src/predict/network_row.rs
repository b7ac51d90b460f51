//! A user whom a network has not seen, or an item, by the mirrored network: a few steps on the new
//! row's factors p alone, from the mean of all such rows, with everything else fixed. It lowers
//! `Σ (r_j - f(p, q_j))² + λ |p - p̄|²`, or for a model that ranks
//! `-Σ ln σ(±f(p, q_j)) + |p - p̄|² / (2 τ²)`, over what was chosen (+) and others drawn beside it (-)
//! as in training, with τ² the variance of such rows.

use ratings::ItemIndex;

use super::{
    fold_in::{Prior, row},
    scorer::{Layer, Network, relu},
};
use crate::{
    Config, Objective, Parameter,
    negatives::{Unrated, number},
};

/// Steps of Adam, and their size in parts of the rows' standard deviation.
const STEPS: usize = 100;
const RATE: f32 = 0.05;
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// The new row's factors; `others` is the table of the other side.
pub(super) fn fit(
    network: &Network,
    prior: &Prior,
    others: &Parameter,
    config: &Config,
    rated: &[(ItemIndex, f32)],
) -> Vec<f32> {
    let mut p = prior.mean.clone();
    if rated.is_empty() {
        return p;
    }
    let examples = match config.objective {
        Objective::Rating => rated.to_vec(),
        Objective::Ranking => with_others(config, others.shape[0], rated),
    };
    #[expect(clippy::cast_possible_truncation, reason = "factors are f32")]
    let rate = RATE * prior.spread.sqrt() as f32;
    #[expect(clippy::cast_possible_truncation, reason = "factors are f32")]
    let pull = match config.objective {
        Objective::Rating => 2.0 * prior.penalty as f32,
        Objective::Ranking => prior.precision() as f32,
    };
    let (mut first, mut second) = (vec![0.0f32; p.len()], vec![0.0f32; p.len()]);
    let (mut power_1, mut power_2) = (1.0, 1.0);
    for _ in 0..STEPS {
        let mut gradient: Vec<f32> =
            p.iter().zip(&prior.mean).map(|(p, mean)| pull * (p - mean)).collect();
        for (item, target) in &examples {
            let slope = |score: f32| match config.objective {
                Objective::Rating => 2.0 * (score - target),
                Objective::Ranking => 1.0 / (1.0 + libm::expf(-score)) - target,
            };
            add_gradient(network, &p, row(others, item.index()), slope, &mut gradient);
        }
        (power_1, power_2) = (power_1 * BETA_1, power_2 * BETA_2);
        for (((p, m), v), g) in p.iter_mut().zip(&mut first).zip(&mut second).zip(&gradient) {
            *m += (g - *m) * (1.0 - BETA_1);
            *v += (g * g - *v) * (1.0 - BETA_2);
            let root = (*v / (1.0 - power_2)).sqrt();
            *p -= rate * (*m / (1.0 - power_1)) / (root + EPSILON);
        }
    }
    p
}

/// What was chosen, with 1, and beside each what the other side has else, with 0: drawn as in
/// training, in an epoch before the first.
fn with_others(
    config: &Config,
    others: usize,
    chosen: &[(ItemIndex, f32)],
) -> Vec<(ItemIndex, f32)> {
    let mut items: Vec<ItemIndex> = chosen.iter().map(|(item, _)| *item).collect();
    items.sort_unstable();
    let unrated = Unrated::of(std::iter::once(items.as_slice()), others);
    let mut examples = Vec::new();
    for (place, (item, _)) in chosen.iter().enumerate() {
        examples.push((*item, 1.0));
        let draw = |n| unrated.draw(0, number(config.seed, 0, place, n));
        examples.extend((0..config.negatives).filter_map(draw).map(|other| (other, 0.0)));
    }
    examples
}

/// Adds the derivative of one example's loss by the new row's factors, by the chain rule; `slope` is
/// that by the score.
fn add_gradient(
    network: &Network,
    p: &[f32],
    q: &[f32],
    slope: impl Fn(f32) -> f32,
    gradient: &mut [f32],
) {
    let n_products = network.products.len();
    let ((p, of_p), (q, of_q)) = (p.split_at(n_products), q.split_at(n_products));
    let by_product: Vec<f32> = network.products.iter().zip(q).map(|(h, q)| h * q).collect();
    let products = p.iter().zip(&by_product).fold(0.0, |sum, (p, by)| sum + p * by);
    let mut inputs = vec![[of_p, of_q].concat()]; // of each layer
    let last = network.layers.len() - 1;
    for (n, layer) in network.layers.iter().enumerate() {
        let sums = layer.half(&inputs[n], 0);
        let y = sums.iter().zip(&layer.bias).map(|(sum, bias)| sum + bias);
        inputs.push(if n < last { y.map(relu).collect() } else { y.collect() });
    }
    let by_score = slope(products + inputs[last + 1][0]);
    let mut by_output = vec![by_score];
    for (n, layer) in network.layers.iter().enumerate().rev() {
        by_output = backwards(layer, &by_output);
        if n > 0 {
            // Behind a ReLU: where its output is zero nothing comes through.
            let stopped = by_output.iter_mut().zip(&inputs[n]).filter(|(_, x)| **x <= 0.0);
            stopped.for_each(|(by, _)| *by = 0.0);
        }
    }
    let by_row = by_product.iter().map(|by| by_score * by).chain(by_output);
    gradient.iter_mut().zip(by_row).for_each(|(gradient, by)| *gradient += by);
}

/// The derivative by a layer's inputs.
fn backwards(layer: &Layer, by_output: &[f32]) -> Vec<f32> {
    let mut by_input = vec![0.0; layer.inputs];
    for ((weights, _), by_output) in layer.outputs().zip(by_output) {
        for (by_input, weight) in by_input.iter_mut().zip(weights) {
            *by_input += weight * by_output;
        }
    }
    by_input
}
