//! What a run leaves: the model, its settings and its history.

use ratings::{ItemIndex, UserIndex};

use crate::{Config, EpochReport, Parameter, Weights, weights};

/// A trained model on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The settings it was trained with.
    pub config: Config,
    /// Every epoch it saw.
    pub history: Vec<EpochReport>,
    /// Its numbers.
    pub weights: Weights,
}

impl Trained {
    /// Predicted ratings, not clipped to the scale. Computed on the CPU.
    ///
    /// # Panics
    /// If the lengths differ or an index is beyond the model's tables.
    pub fn predict(&self, users: &[UserIndex], items: &[ItemIndex]) -> Vec<f32> {
        assert_eq!(users.len(), items.len(), "one item for each user");
        let named = |name: &str| self.weights.get(name).expect("every model has factors");
        let (user_factors, item_factors) = (named("user_factors"), named("item_factors"));
        let network = self.network();
        let predict = |(user, item): (&UserIndex, &ItemIndex)| {
            let (p, q) = (row(user_factors, user.index()), row(item_factors, item.index()));
            match network.as_slice() {
                [] => dot(p, q),
                layers => forward(layers, [p, q].concat()),
            }
        };
        users.iter().zip(items).map(predict).collect()
    }

    /// Weight and bias of every layer, in order; none for matrix factorisation.
    fn network(&self) -> Vec<[&Parameter; 2]> {
        let part =
            |name: &str| self.weights.get(name).expect("every layer has a weight and a bias");
        (0..weights::layers(&self.config).len())
            .map(|n| [part(&format!("layers.{n}.weight")), part(&format!("layers.{n}.bias"))])
            .collect()
    }
}

/// Row `i` of a table.
fn row(table: &Parameter, i: usize) -> &[f32] {
    let width = table.shape[1];
    &table.values[i * width..][..width]
}

/// `a · b`.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `x` through the layers, with ReLU between them; the last yields one number.
fn forward(layers: &[[&Parameter; 2]], mut x: Vec<f32>) -> f32 {
    for (n, [weight, bias]) in layers.iter().enumerate() {
        let mut y: Vec<f32> =
            (0..weight.shape[0]) // [outputs]
                .map(|output| bias.values[output] + dot(row(weight, output), &x))
                .collect();
        if n + 1 < layers.len() {
            y.iter_mut().for_each(|y| *y = y.max(0.0));
        }
        x = y;
    }
    x[0]
}
