//! A model's numbers as the kernels have them: rows of pairs, users first, then items, then the
//! layers filled up to whole rows.

use crate::{
    Config, Parameter, Weights,
    checkpoint::Checkpoint,
    kernels::{deep_mf::Network, pairs},
    weights,
};

/// Sizes of everything.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(super) config: Config,
    pub(crate) users: usize,
    pub(crate) items: usize,
    pub(crate) network: Option<Network>,
}

impl Layout {
    /// The model must be one that the kernels take; a network goes through at most `most` ratings at
    /// once.
    pub(crate) fn new(config: &Config, users: usize, items: usize, most: usize) -> Self {
        let network = match config.hidden[..] {
            [first, second] => {
                Some(Network { factors: config.factors, widths: [first, second], most })
            }
            _ => None,
        };
        Self { config: config.clone(), users, items, network }
    }

    /// The row where the network begins.
    pub(crate) fn network_row(&self) -> usize {
        Network::first_row(self.users + self.items)
    }

    /// Rows of the tables and the network.
    pub(crate) fn rows(&self) -> usize {
        self.network.map_or(self.users + self.items, |network| self.network_row() + network.rows())
    }

    /// Numbers in a row.
    pub(crate) fn row(&self) -> usize {
        2 * pairs(self.config.factors)
    }

    /// Where the layers' numbers stand, in the order of [`Weights`].
    fn places(&self) -> Vec<usize> {
        let order = self.network.map_or(Vec::new(), |network| network.order());
        order.into_iter().map(|place| self.network_row() * self.row() + place).collect()
    }

    /// Values `[rows, row]`.
    pub(crate) fn values(&self, weights: &Weights) -> Vec<f32> {
        let (factors, row) = (self.config.factors, self.row());
        let mut values = Vec::with_capacity(self.rows() * row);
        for table in &weights.parameters[..2] {
            for factors in table.values.chunks(factors) {
                values.extend_from_slice(factors);
                values.resize(values.len().next_multiple_of(row), 0.0);
            }
        }
        values.resize(self.rows() * row, 0.0);
        let layers = weights.parameters[2..].iter().flat_map(|parameter| &parameter.values);
        for (place, number) in self.places().into_iter().zip(layers) {
            values[place] = *number;
        }
        values
    }

    /// The reverse of [`values`](Self::values).
    pub(crate) fn weights(&self, values: &[f32]) -> Weights {
        let (factors, row) = (self.config.factors, self.row());
        let mut rows = values.chunks(row);
        let mut places = self.places().into_iter();
        let slots = weights::slots(&self.config, self.users, self.items);
        let parameters = slots.into_iter().enumerate().map(|(n, slot)| {
            let len = slot.shape.iter().product();
            let values = if n < 2 {
                let table = rows.by_ref().take(slot.shape[0]);
                table.flat_map(|row| &row[..factors]).copied().collect()
            } else {
                places.by_ref().take(len).map(|place| values[place]).collect()
            };
            Parameter { name: slot.name, shape: slot.shape, values }
        });
        Weights { parameters: parameters.collect() }
    }

    /// Both moments, pair by pair `[rows, pairs, 4]`.
    pub(crate) fn moments(&self, checkpoint: &Checkpoint) -> Vec<f32> {
        let [first, second] = [&checkpoint.first, &checkpoint.second].map(|of| self.values(of));
        let pairs = first.chunks(2).zip(second.chunks(2));
        pairs.flat_map(|(first, second)| [first[0], first[1], second[0], second[1]]).collect()
    }

    /// The reverse of [`moments`](Self::moments).
    pub(crate) fn split_moments(&self, moments: &[f32]) -> [Weights; 2] {
        [0, 2].map(|at| {
            let values: Vec<f32> =
                moments.chunks(4).flat_map(|pair| [pair[at], pair[at + 1]]).collect();
            self.weights(&values)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelKind;

    #[test]
    fn numbers_come_back_where_they_were() {
        for (model, factors) in
            [(ModelKind::Mf, 3), (ModelKind::DeepMf, 10), (ModelKind::DeepMf, 1)]
        {
            let config = Config { factors, ..Config::usual(model) };
            let layout = Layout::new(&config, 5, 4, 64);
            let weights = Weights::initial(&config, 5, 4);
            let values = layout.values(&weights);
            assert_eq!(values.len(), layout.rows() * layout.row());
            assert_eq!(layout.weights(&values), weights, "{model}");
            let other = Config { seed: 1, ..config.clone() };
            let second = Weights::initial(&other, 5, 4);
            let checkpoint = Checkpoint {
                first: weights.clone(),
                second: second.clone(),
                ..Checkpoint::fresh(&weights, &config)
            };
            assert_eq!(layout.split_moments(&layout.moments(&checkpoint)), [weights, second]);
        }
    }
}
