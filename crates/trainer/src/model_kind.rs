//! The models and the optimisers by name, and which goes with which.

use serde::{Deserialize, Serialize};

use crate::{Objective, named::named};

/// Which model is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// Matrix factorisation: the inner product of a user's and an item's factors.
    Mf,
    /// Deep matrix factorisation: both rows of factors through a small network.
    #[serde(rename = "deepmf")]
    DeepMf,
    /// The mean, and what each user and each item adds to it.
    Biases,
    /// Mean, biases and the inner product of factors.
    BiasedMf,
    /// The same, and what a user rated at all.
    #[serde(rename = "svdpp")]
    SvdPp,
    /// The biased factorisation, averaged over the posterior of its parameters.
    BayesMf,
    /// The same, where a user's prior depends on what the user rated at all, and an item's on who
    /// rated it.
    #[serde(rename = "bayes-svdpp")]
    BayesSvdPp,
    /// Factors fitted to what was rated at all, and to all that was not with a small weight.
    Ials,
    /// Generalised matrix factorisation: the inner product with a learned weight for each factor.
    Gmf,
    /// Both rows of factors through a tower of layers.
    Mlp,
    /// Both of them, with factors of their own, side by side before the last layer.
    #[serde(rename = "neumf")]
    NeuMf,
}

named!(
    ModelKind, "model",
    Mf => "mf",
    DeepMf => "deepmf",
    Biases => "biases",
    BiasedMf => "biased-mf",
    SvdPp => "svdpp",
    BayesMf => "bayes-mf",
    BayesSvdPp => "bayes-svdpp",
    Ials => "ials",
    Gmf => "gmf",
    Mlp => "mlp",
    NeuMf => "neumf",
);

impl ModelKind {
    /// The models of the lab, trained by the gradients of batches: they run on every device, with
    /// every engine.
    pub const LAB: [Self; 2] = [Self::Mf, Self::DeepMf];
    /// The neural models of He et al., "Neural Collaborative Filtering", 2017, trained likewise: they
    /// run on every device, with the autodiff engine.
    pub const NEURAL: [Self; 3] = [Self::Gmf, Self::Mlp, Self::NeuMf];

    /// Whether the model is one of the lab's.
    pub fn is_lab(self) -> bool {
        Self::LAB.contains(&self)
    }

    /// Whether the model is one of [`NEURAL`](Self::NEURAL).
    pub fn is_neural(self) -> bool {
        Self::NEURAL.contains(&self)
    }

    /// Whether it is trained by the gradients of batches, as the lab's and the neural models are. The
    /// others train themselves, on the CPU; [`BiasedMf`](Self::BiasedMf) by
    /// [`Sgd`](Optimizer::Sgd) on a GPU too.
    pub fn in_batches(self) -> bool {
        self.is_lab() || self.is_neural()
    }

    /// Whether it has hidden layers.
    pub fn has_layers(self) -> bool {
        matches!(self, Self::DeepMf | Self::Mlp | Self::NeuMf)
    }

    /// Whether gradient descent, one rating at a time, can train it: then it has what
    /// [`Descent`](crate::Descent) sets.
    pub fn descends(self) -> bool {
        self.optimizers().contains(&Optimizer::Sgd)
    }

    /// Whether it is averaged over the posterior of its parameters: then it has what
    /// [`Posterior`](crate::Posterior) sets, and knows how sure it is.
    pub fn is_bayesian(self) -> bool {
        self.optimizers().contains(&Optimizer::Gibbs)
    }

    /// Whether a learning rate has a bearing on it; closed forms and draws have none.
    pub fn has_rate(self) -> bool {
        !matches!(self, Self::Biases | Self::Ials) && !self.is_bayesian()
    }

    /// What it can be trained for, the usual first.
    pub fn objectives(self) -> &'static [Objective] {
        match self {
            Self::Mf
            | Self::DeepMf
            | Self::Biases
            | Self::BiasedMf
            | Self::SvdPp
            | Self::BayesMf
            | Self::BayesSvdPp => &[Objective::Rating],
            Self::Ials => &[Objective::Ranking],
            Self::Gmf | Self::Mlp | Self::NeuMf => &[Objective::Rating, Objective::Ranking],
        }
    }

    /// The optimisers that train it, the usual one first.
    pub fn optimizers(self) -> &'static [Optimizer] {
        match self {
            Self::Mf | Self::DeepMf => &[Optimizer::Adam, Optimizer::SparseAdam],
            Self::Biases | Self::Ials => &[Optimizer::Als],
            Self::BiasedMf => &[Optimizer::Sgd, Optimizer::Als],
            Self::SvdPp => &[Optimizer::Sgd],
            Self::BayesMf | Self::BayesSvdPp => &[Optimizer::Gibbs],
            Self::Gmf | Self::Mlp | Self::NeuMf => &[Optimizer::Adam],
        }
    }
}

/// How a step moves the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// `torch.optim.Adam`: every row of both tables moves at every step.
    #[default]
    Adam,
    /// `torch.optim.SparseAdam` for the tables: a row moves only when a batch reads it, without
    /// weight decay. The layers of [`ModelKind::DeepMf`] stay with Adam.
    SparseAdam,
    /// Stochastic gradient descent, one rating at a time.
    Sgd,
    /// Alternating least squares: one side at a time goes to its best in closed form.
    Als,
    /// Gibbs sampling: one side at a time is drawn from its posterior given the other.
    Gibbs,
}

named!(
    Optimizer, "optimizer",
    Adam => "adam",
    SparseAdam => "sparse-adam",
    Sgd => "sgd",
    Als => "als",
    Gibbs => "gibbs",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_are_those_of_files() {
        for model in ModelKind::ALL {
            assert_eq!(model.to_string().parse(), Ok(model));
            let name = serde::de::value::StrDeserializer::<serde::de::value::Error>::new;
            assert_eq!(ModelKind::deserialize(name(model.name())), Ok(model));
        }
        for optimizer in Optimizer::ALL {
            assert_eq!(optimizer.to_string().parse(), Ok(optimizer));
        }
        let error = "svd".parse::<ModelKind>().expect_err("no such model");
        assert_eq!(
            error,
            "unknown model \"svd\"; choose mf, deepmf, biases, biased-mf, svdpp, bayes-mf, \
             bayes-svdpp, ials, gmf, mlp or neumf"
        );
    }
}
