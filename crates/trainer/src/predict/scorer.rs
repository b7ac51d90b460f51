//! One user against many items.
//!
//! A score is a sum over the user's numbers and the item's, which for a network is its first layer,
//! whose two halves are made once for each user and each item, beside the products that go past the
//! layers, if it has any (He et al., "Neural Collaborative Filtering", 2017). Sums run in the order of the numbers, one rounding after each
//! operation, so a score has the same bits alone, in a block, and on every platform.

use std::ops::Range;

use super::{
    columns::{BLOCK, Columns},
    tables::Tables,
};
use crate::{
    ModelKind, Objective, Parameter, Trained, Weights, points::Points, sgd::Linked, weights,
};

/// A model, ready to score.
#[derive(Clone, Debug)]
pub struct Scorer {
    items: Columns,
    network: Option<Network>,
    link: Option<Linked>,
    objective: Objective,
}

/// The user's side of every score.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Side(Vec<f32>);

impl Side {
    /// What an item's numbers are multiplied with, if there is no network.
    pub(super) fn numbers(&self) -> &[f32] {
        &self.0
    }
}

/// A network's layers; the first is split between user and item. The products of the first numbers of
/// both rows go past them.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) products: Vec<f32>, // the weight of each; none for DeepMF
    pub(super) layers: Vec<Layer>, // over the numbers that follow, of which GMF has none
}

/// `y = W x + b`.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) weight: Vec<f32>, // [outputs, inputs]
    pub(super) bias: Vec<f32>,   // [outputs]
    pub(super) inputs: usize,
}

impl Scorer {
    /// Of these weights.
    pub fn new(trained: &Trained) -> Self {
        Self::with_tables(trained, &Tables::of(trained))
    }

    /// Of these weights, whose tables are at hand.
    pub(crate) fn with_tables(trained: &Trained, tables: &Tables) -> Self {
        Self::of(Network::of(trained), trained, &tables.items)
    }

    /// One item against many users: of tables in each other's places.
    pub(super) fn mirrored(trained: &Trained, tables: &Tables) -> Self {
        Self::of(Network::of(trained).map(Network::mirrored), trained, &tables.items)
    }

    fn of(network: Option<Network>, trained: &Trained, table: &Parameter) -> Self {
        let rows = table.values.chunks(table.shape[1]);
        let items = match &network {
            None => Columns::new(table.shape[1], rows),
            Some(network) => {
                let (first, at) = (&network.layers[0], network.products.len());
                let item = |q: &[f32]| {
                    let (q, x) = q.split_at(at);
                    [q.to_vec(), first.half(x, x.len())].concat()
                };
                Columns::new(at + first.bias.len(), rows.map(item))
            }
        };
        let link = Points::of(&trained.config, &trained.weights).and_then(|points| points.link());
        Self { items, network, link, objective: trained.config.objective }
    }

    /// How many items there are.
    pub fn items(&self) -> usize {
        self.items.items()
    }

    /// Whether a score is the inner product of two rows as it stands.
    pub(super) fn is_inner_product(&self) -> bool {
        self.network.is_none() && self.link.is_none()
    }

    /// Numbers of an item.
    pub(super) fn width(&self) -> usize {
        self.items.width()
    }

    /// The numbers of an item.
    pub(super) fn row(&self, item: usize) -> impl Iterator<Item = f32> {
        self.items.row(item)
    }

    /// The sum that a rating stands for; to a model that ranks all say the same, that something was
    /// chosen.
    pub(super) fn sum(&self, rating: f32) -> f32 {
        match self.objective {
            Objective::Rating => self.link.map_or(rating, |link| link.sum(rating)),
            Objective::Ranking => 1.0,
        }
    }

    /// The rating that a sum stands for.
    pub(super) fn rating(&self, sum: f32) -> f32 {
        self.link.map_or(sum, |link| link.predict(sum))
    }

    /// How much a rating moves with its sum.
    pub(super) fn slope(&self, sum: f32) -> f32 {
        self.link.map_or(1.0, |link| link.slope(sum))
    }

    pub(super) fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// The side of a user with these factors.
    pub(crate) fn side(&self, factors: &[f32]) -> Side {
        Side(match &self.network {
            None => factors.to_vec(),
            Some(network) => {
                let first = &network.layers[0];
                let (p, x) = factors.split_at(network.products.len());
                let products = p.iter().zip(&network.products).map(|(p, weight)| p * weight);
                let half = first.half(x, 0);
                let sums = half.iter().zip(&first.bias).map(|(half, bias)| half + bias);
                products.chain(sums).collect()
            }
        })
    }

    /// The scores of a range of items, which must begin at a multiple of [`Self::BLOCK`].
    pub(super) fn score(&self, side: &Side, items: Range<usize>, scores: &mut [f32]) {
        debug_assert!(items.start.is_multiple_of(BLOCK) && items.len() == scores.len());
        let mut room = Room::default();
        for (block, scores) in (items.start / BLOCK..).zip(scores.chunks_mut(BLOCK)) {
            let column = match &self.network {
                None => dot(&side.0, self.items.block(block)),
                Some(network) => network.forward(side, self.items.block(block), &mut room),
            };
            scores.copy_from_slice(&column[..scores.len()]);
            if let Some(link) = self.link {
                scores.iter_mut().for_each(|score| *score = link.predict(*score));
            }
        }
    }

    /// Items that are scored together.
    pub(super) const BLOCK: usize = BLOCK;

    /// The score of one item, with the same bits.
    pub(crate) fn score_one(&self, side: &Side, item: usize) -> f32 {
        let mut pairs = side.0.iter().zip(self.items.row(item));
        let dot = |pairs: &mut dyn Iterator<Item = (&f32, f32)>| -> f32 {
            pairs.fold(0.0, |sum, (p, q)| sum + p * q)
        };
        let score = match &self.network {
            None => dot(&mut pairs),
            Some(network) => {
                let products = dot(&mut pairs.by_ref().take(network.products.len()));
                products + network.outputs(pairs.map(|(u, i)| u + i).collect())
            }
        };
        self.rating(score)
    }
}

#[inline(always)]
fn dot(side: &[f32], block: &[[f32; BLOCK]]) -> [f32; BLOCK] {
    let mut sums = [0.0; BLOCK];
    for (p, column) in side.iter().zip(block) {
        for (sum, q) in sums.iter_mut().zip(column) {
            *sum += p * q;
        }
    }
    sums
}

/// What a layer reads and writes, for a block of items.
#[derive(Default)]
struct Room {
    x: Vec<[f32; BLOCK]>,
    y: Vec<[f32; BLOCK]>,
}

impl Network {
    fn of(trained: &Trained) -> Option<Self> {
        let values = |weights: &Weights, n: usize, part: &str| {
            let parameter = weights.get(&format!("layers.{n}.{part}"));
            parameter.expect("every layer has a weight and a bias").values.clone()
        };
        let layer = |(n, [inputs, _]): (usize, [usize; 2])| Layer {
            weight: values(&trained.weights, n, "weight"),
            bias: values(&trained.weights, n, "bias"),
            inputs,
        };
        let mut layers: Vec<Layer> =
            weights::layers(&trained.config).into_iter().enumerate().map(layer).collect();
        let last = layers.last_mut()?;
        let products = match trained.config.model {
            ModelKind::Gmf | ModelKind::NeuMf => trained.config.factors,
            _ => 0,
        };
        let after = last.weight.split_off(products);
        last.inputs -= products;
        let products = std::mem::replace(&mut last.weight, after);
        Some(Self { products, layers })
    }

    /// The same network for inputs whose halves have changed places.
    fn mirrored(mut self) -> Self {
        let first = &mut self.layers[0];
        let inputs = first.inputs.max(1); // GMF's has none
        first.weight.chunks_mut(inputs).for_each(|weights| weights.rotate_left(inputs / 2));
        self
    }

    /// The predictions of a block: the first layer's sums, then the other layers, then the products.
    fn forward(&self, side: &Side, block: &[[f32; BLOCK]], room: &mut Room) -> [f32; BLOCK] {
        let (p, side) = side.0.split_at(self.products.len());
        let (q, block) = block.split_at(self.products.len());
        let Room { x, y } = room;
        x.clear();
        x.extend(side.iter().zip(block).map(|(u, column)| column.map(|i| u + i)));
        for layer in &self.layers[1..] {
            for column in x.iter_mut() {
                column.iter_mut().for_each(|value| *value = relu(*value));
            }
            y.clear();
            for (weights, bias) in layer.outputs() {
                let mut sums = [*bias; BLOCK];
                for (weight, column) in weights.iter().zip(x.iter()) {
                    for (sum, value) in sums.iter_mut().zip(column) {
                        *sum += weight * value;
                    }
                }
                y.push(sums);
            }
            std::mem::swap(x, y);
        }
        let mut scores = dot(p, q);
        scores.iter_mut().zip(&x[0]).for_each(|(score, sum)| *score += sum);
        scores
    }

    /// The same for one item, without the products.
    fn outputs(&self, mut x: Vec<f32>) -> f32 {
        for layer in &self.layers[1..] {
            x.iter_mut().for_each(|value| *value = relu(*value));
            let output = |(weights, bias): (&[f32], &f32)| {
                weights.iter().zip(&x).fold(*bias, |sum, (weight, value)| sum + weight * value)
            };
            x = layer.outputs().map(output).collect();
        }
        x[0]
    }
}

impl Layer {
    /// The weights and the bias of every output.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (&[f32], &f32)> {
        let weights = |output: usize| &self.weight[output * self.inputs..][..self.inputs];
        self.bias.iter().enumerate().map(move |(output, bias)| (weights(output), bias))
    }

    /// The part of the layer's sums that comes from `values`, its inputs from `at` on.
    pub(super) fn half(&self, values: &[f32], at: usize) -> Vec<f32> {
        let part = |weights: &[f32]| {
            weights[at..].iter().zip(values).fold(0.0, |sum, (weight, value)| sum + weight * value)
        };
        self.outputs().map(|(weights, _)| part(weights)).collect()
    }
}

#[inline(always)]
pub(super) fn relu(x: f32) -> f32 {
    if x > 0.0 { x } else { 0.0 }
}
