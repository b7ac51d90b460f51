//! The settings with which a model is trained where nothing is said.

use super::{Config, Descent, Implicit, Posterior};
use crate::{Biases, ModelKind, Objective, Schedule};

/// As many as He et al. draw (2017, section 4.1).
pub(super) fn negatives() -> usize {
    4
}

impl Config {
    /// The settings with which a model is trained if nothing else is said: for the two models of the
    /// lab those of the lab on MovieLens-1M that this project began with, for the others what a
    /// validation slice of MovieLens-1M's training part chose.
    pub fn usual(model: ModelKind) -> Self {
        let lab = Self {
            model,
            objective: model.objectives()[0],
            factors: 10,
            hidden: Vec::new(),
            epochs: 30,
            batch_size: 512,
            optimizer: model.optimizers()[0],
            learning_rate: 1e-3,
            weight_decay: 1e-5,
            descent: Descent::default(),
            posterior: Posterior::default(),
            implicit: Implicit::default(),
            negatives: negatives(),
            seed: 42,
        };
        match model {
            ModelKind::Mf => lab,
            ModelKind::DeepMf => Self { hidden: vec![10, 5], epochs: 20, ..lab },
            ModelKind::Biases => {
                Self { factors: 0, epochs: 10, weight_decay: Biases::PENALTY, ..lab }
            }
            ModelKind::BiasedMf => Self {
                epochs: 20,
                learning_rate: 0.07,
                weight_decay: 0.05,
                descent: Descent { schedule: Schedule::Decay, ..Descent::default() },
                ..lab
            },
            ModelKind::SvdPp => Self {
                epochs: 20,
                learning_rate: 0.045,
                weight_decay: 0.05,
                descent: Descent { schedule: Schedule::Decay, ..Descent::default() },
                ..lab
            },
            ModelKind::BayesMf | ModelKind::BayesSvdPp => {
                Self { epochs: 200, weight_decay: 0.0, ..lab }
            }
            ModelKind::Ials => Self { factors: 64, epochs: 12, weight_decay: 0.3, ..lab },
            ModelKind::Gmf | ModelKind::Mlp | ModelKind::NeuMf => Self::usual_neural(model),
        }
    }

    /// The settings with which a model is trained for an objective, its usual one or not.
    pub fn usual_for(model: ModelKind, objective: Objective) -> Self {
        match (model.is_neural(), objective) {
            (true, Objective::Ranking) => Self::usual_neural_ranking(model),
            _ => Self { objective, ..Self::usual(model) },
        }
    }

    /// Layers that halve as He et al.'s do; epochs, step size and penalty were among the best of some
    /// fifteen tries by a validation slice of MovieLens-1M's training part.
    fn usual_neural(model: ModelKind) -> Self {
        let hidden = if model.has_layers() { vec![32, 16, 8] } else { Vec::new() };
        let (epochs, batch_size, learning_rate) = match model {
            ModelKind::Gmf => (11, 4096, 0.003),
            ModelKind::Mlp => (13, 2048, 0.005),
            _ => (7, 4096, 0.003),
        };
        Self {
            model,
            objective: Objective::Rating,
            factors: 16,
            hidden,
            epochs,
            batch_size,
            learning_rate,
            weight_decay: 2e-5,
            ..Self::usual(ModelKind::Mf)
        }
    }

    /// The same to rank: the first step sizes tried, which did well by one more item of each user's,
    /// held out of MovieLens-1M's training part.
    fn usual_neural_ranking(model: ModelKind) -> Self {
        let learning_rate = if model == ModelKind::Gmf { 0.005 } else { 0.003 };
        let (objective, epochs, batch_size) = (Objective::Ranking, 10, 4096);
        let rating = Self::usual_neural(model);
        Self { objective, epochs, batch_size, learning_rate, weight_decay: 1e-6, ..rating }
    }

    /// A good model in the least time.
    pub fn fast() -> Self {
        Self::usual(ModelKind::BiasedMf)
    }

    /// Whether so many ratings are few for so many users and items: below three for each of them
    /// there is little to learn but biases.
    pub fn are_few(ratings: usize, users: usize, items: usize) -> bool {
        const A_ROW: usize = 3;
        ratings < A_ROW.saturating_mul(users.saturating_add(items))
    }

    /// The best model where ratings [are few](Self::are_few).
    pub fn best_of_few() -> Self {
        Self { factors: 1, ..Self::usual(ModelKind::BayesMf) }
    }

    /// The best model within about a minute for a million ratings.
    pub fn best() -> Self {
        let posterior = Posterior { burn_in: 20, samples: 64 };
        Self { factors: 32, epochs: 150, posterior, ..Self::usual(ModelKind::BayesSvdPp) }
    }
}
