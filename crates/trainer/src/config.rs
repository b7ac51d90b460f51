//! Every knob of a training run, its default and its check.

mod usual; // what is set where nothing is said

use serde::{Deserialize, Serialize};

use crate::{Link, ModelKind, Objective, Optimizer, Penalty, Schedule};

/// What only [`ModelKind::BiasedMf`] and [`ModelKind::SvdPp`] need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descent {
    /// How the learning rate moves from epoch to epoch.
    pub schedule: Schedule,
    /// From the model's sum to a rating.
    pub link: Link,
    /// How often a row pays the penalty (`weight_decay`).
    pub penalty: Penalty,
}

/// What only models averaged over their posterior need ([`ModelKind::is_bayesian`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posterior {
    /// First epochs whose draws are not kept, since they still depend on the start.
    pub burn_in: usize,
    /// Most draws kept for predictions, evenly spread over the epochs after the burn-in: when there
    /// are more, every other one goes.
    pub samples: usize,
}

impl Default for Posterior {
    fn default() -> Self {
        Self { burn_in: 20, samples: 64 }
    }
}

/// What only [`ModelKind::Ials`] needs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implicit {
    /// Weight of a pair of user and item that nobody rated, in parts of one that was rated.
    pub unobserved: f64,
    /// Power of a row's weights' sum with which it pays the penalty: 0, all rows pay the same; 1, as
    /// often as they are weighed.
    pub exponent: f64,
}

impl Default for Implicit {
    fn default() -> Self {
        Self { unobserved: 0.3, exponent: 0.5 }
    }
}

/// The settings of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The model to train.
    pub model: ModelKind,
    /// What it is trained for: one of [`ModelKind::objectives`].
    #[serde(default)]
    pub objective: Objective,
    /// Length of a row of user or item factors (K); [`ModelKind::Biases`] has none, and a row of
    /// [`ModelKind::NeuMf`] two of this length, one for its product and one for its tower.
    pub factors: usize,
    /// Widths of the hidden layers, for the models that [have them](ModelKind::has_layers).
    pub hidden: Vec<usize>,
    /// Passes over the training ratings.
    pub epochs: usize,
    /// Ratings in one step of Adam.
    pub batch_size: usize,
    /// How a step moves the parameters.
    #[serde(default)]
    pub optimizer: Optimizer,
    /// The step size of Adam and of gradient descent; closed forms have none.
    pub learning_rate: f64,
    /// L2 penalty. Adam adds it to the gradient of every parameter at every step (coupled); gradient
    /// descent to that of the rows of a rating (see [`Penalty`]); least squares minimise it together
    /// with the squared error; models averaged over their posterior learn their own.
    pub weight_decay: f64,
    /// What only [`ModelKind::BiasedMf`] and [`ModelKind::SvdPp`] need.
    #[serde(default)]
    pub descent: Descent,
    /// What only models averaged over their posterior need ([`ModelKind::is_bayesian`]).
    #[serde(default)]
    pub posterior: Posterior,
    /// What only [`ModelKind::Ials`] needs.
    #[serde(default)]
    pub implicit: Implicit,
    /// Items drawn beside each that was chosen, for the [neural](ModelKind::NEURAL) models that rank.
    #[serde(default = "usual::negatives")]
    pub negatives: usize,
    /// Fixes the initial weights, the order of every epoch and what is drawn.
    pub seed: u64,
}

impl Config {
    /// Most epochs of a run: the model's file tells what each of them gave.
    pub const MAX_EPOCHS: usize = 100_000;
    /// Most ratings a batch may hold.
    pub const MAX_BATCH: usize = 1 << 16;
    /// The least penalty with which alternating least squares solves for a row of factors in f32.
    const LEAST_RIDGE: f64 = 1e-5;

    /// Refuses settings that cannot train.
    ///
    /// # Errors
    /// Names the first setting that is out of range, and its range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let Self {
            model,
            objective,
            factors,
            hidden,
            epochs, // none is allowed: it yields the initial model
            batch_size,
            optimizer,
            learning_rate,
            weight_decay,
            descent: Descent { schedule: _, link, penalty: _ },
            posterior,
            implicit: Implicit { unobserved, exponent },
            negatives,
            seed: _,
        } = self;
        let refuse = |setting, value: String, range| Err(ConfigError { setting, value, range });
        if !model.objectives().contains(objective) {
            let range = "one that the model can be trained for: ranking for ials, either for gmf, mlp \
                         and neumf, rating for others";
            return refuse("objective", objective.to_string(), range);
        }
        if *model == ModelKind::Biases && *factors > 0 {
            return refuse("factors", factors.to_string(), "0 for biases, which has none");
        }
        if *model != ModelKind::Biases && !(1..=4096).contains(factors) {
            return refuse("factors", factors.to_string(), "from 1 to 4096");
        }
        if *epochs > Self::MAX_EPOCHS {
            return refuse("epochs", epochs.to_string(), "at most 100000");
        }
        if !(1..=Self::MAX_BATCH).contains(batch_size) {
            return refuse("batch size", batch_size.to_string(), "from 1 to 65536");
        }
        if !(1e-30..=1e6).contains(learning_rate) {
            return refuse(
                "learning rate",
                shown(*learning_rate),
                "from 1e-30 to 1e6, for example 0.001",
            );
        }
        if !(weight_decay.is_finite() && (0.0..=1e6).contains(weight_decay)) {
            return refuse(
                "weight decay",
                shown(*weight_decay),
                "from 0 to 1e6, for example 0.00001",
            );
        }
        if !model.has_layers() && !hidden.is_empty() {
            let range = "none for this model; choose deepmf, mlp or neumf to use them";
            return refuse("hidden layers", shortened(hidden), range);
        }
        if !model.optimizers().contains(optimizer) {
            let range = "one that trains the model: adam or sparse-adam for mf and deepmf, als for \
                         biases and ials, sgd or als for biased-mf, sgd for svdpp, gibbs for \
                         bayes-mf and bayes-svdpp, adam for gmf, mlp and neumf";
            return refuse("optimizer", optimizer.to_string(), range);
        }
        if *model == ModelKind::BiasedMf && *optimizer == Optimizer::Als {
            if *link != Link::Linear {
                let range = "linear for als, which has a closed form for no other; choose sgd";
                return refuse("link", link.to_string(), range);
            }
            if *weight_decay < Self::LEAST_RIDGE {
                let range = "at least 0.00001 for als, so that every row has one best";
                return refuse("weight decay", shown(*weight_decay), range);
            }
        }
        if *model == ModelKind::Ials {
            if *weight_decay < Self::LEAST_RIDGE {
                let range = "at least 0.00001 for ials, so that every row has one best";
                return refuse("weight decay", shown(*weight_decay), range);
            }
            if !(1e-6..=1.0).contains(unobserved) {
                let range = "from 0.000001 to 1, the weight of what was rated";
                return refuse("unobserved weight", shown(*unobserved), range);
            }
            if !(0.0..=1.0).contains(exponent) {
                let range = "from 0, all rows pay the same, to 1, by their weight";
                return refuse("penalty exponent", shown(*exponent), range);
            }
        }
        if !(1..=100).contains(negatives) {
            return refuse("negatives", negatives.to_string(), "from 1 to 100");
        }
        let Posterior { burn_in, samples } = posterior;
        if *burn_in > 1_000_000 {
            return refuse("burn-in", burn_in.to_string(), "at most 1000000 epochs");
        }
        if !(1..=1024).contains(samples) {
            return refuse("samples", samples.to_string(), "from 1 to 1024");
        }
        if hidden.len() > 8 || hidden.iter().any(|width| !(1..=4096).contains(width)) {
            return refuse(
                "the list of hidden layers",
                shortened(hidden),
                "at most 8 widths, each from 1 to 4096",
            );
        }
        Ok(())
    }
}

/// The first of a list that may be long.
fn shortened(widths: &[usize]) -> String {
    const SHOWN: usize = 9;
    match widths.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{:?} and {more} more", &widths[..SHOWN]),
        _ => format!("{widths:?}"),
    }
}

/// A number without a long tail of zeros.
fn shown(number: f64) -> String {
    if number == 0.0 || (1e-6..1e7).contains(&number.abs()) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// A setting that cannot train.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {value}; it must be {range}")]
pub struct ConfigError {
    /// The setting's name.
    pub setting: &'static str,
    /// What it was.
    pub value: String,
    /// What it may be.
    pub range: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lab_passes_its_own_check() {
        for model in ModelKind::ALL {
            for objective in model.objectives() {
                assert_eq!(Config::usual_for(model, *objective).check(), Ok(()), "{model}");
            }
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let lab = || Config::usual(ModelKind::Mf);
        let als = || Config { optimizer: Optimizer::Als, ..Config::usual(ModelKind::BiasedMf) };
        let (ials, all) = (|| Config::usual(ModelKind::Ials), Implicit::default());
        let logistic = Descent { link: Link::Logistic, ..Descent::default() };
        for (config, setting) in [
            (Config { factors: 0, ..lab() }, "factors"),
            (Config { epochs: 100_001, ..lab() }, "epochs"),
            (Config { batch_size: 0, ..lab() }, "batch size"),
            (Config { batch_size: 65_537, ..lab() }, "batch size"),
            (Config { learning_rate: f64::NAN, ..lab() }, "learning rate"),
            (Config { learning_rate: 0.0, ..lab() }, "learning rate"),
            (Config { weight_decay: -1.0, ..lab() }, "weight decay"),
            (Config { hidden: vec![4], ..lab() }, "hidden layers"),
            (Config { weight_decay: 0.0, ..als() }, "weight decay"),
            (Config { descent: logistic, ..als() }, "link"),
            (
                Config { hidden: vec![0], ..Config::usual(ModelKind::DeepMf) },
                "the list of hidden layers",
            ),
            (Config { objective: Objective::Ranking, ..lab() }, "objective"),
            (Config { negatives: 0, ..Config::usual(ModelKind::Gmf) }, "negatives"),
            (Config { objective: Objective::Rating, ..ials() }, "objective"),
            (Config { weight_decay: 0.0, ..ials() }, "weight decay"),
            (
                Config { implicit: Implicit { unobserved: 0.0, ..all }, ..ials() },
                "unobserved weight",
            ),
            (Config { implicit: Implicit { exponent: 1.5, ..all }, ..ials() }, "penalty exponent"),
        ] {
            assert_eq!(config.check().map_err(|e| e.setting), Err(setting), "{config:?}");
        }
    }

    #[test]
    fn refused_numbers_are_short() {
        let refused = |learning_rate| {
            let config = Config { learning_rate, ..Config::usual(ModelKind::Mf) };
            config.check().expect_err("out of range").value
        };
        assert_eq!([refused(-1.0), refused(0.0), refused(1e308)], ["-1", "0", "1e308"]);
    }
    #[test]
    fn a_long_list_is_refused_in_a_short_line() {
        let config = Config { hidden: vec![1; 100_000], ..Config::usual(ModelKind::DeepMf) };
        let said = config.check().expect_err("too many").to_string();
        assert!(said.contains("1] and 99991 more; it must be at most 8"), "{said}");
    }
}
