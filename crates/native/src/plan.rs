//! What a run will do, in a line.

use ratings::{Split, SplitKind};
use trainer::{Config, Descent, Implicit, ModelKind, Objective, Optimizer, Posterior};

use crate::settings::Settings;
use crate::text::{counted, grouped, short};

/// Who trains, who chooses, who tests.
pub(crate) fn cut(settings: &Settings, split: &Split) -> String {
    let [train, validation, test] =
        [&split.train, &split.validation, &split.test].map(|part| grouped(part.len()));
    let choosing = match split.validation.is_empty() {
        true => String::new(),
        false => format!(", {validation} to choose by"),
    };
    let seed = settings.seed;
    let how = match settings.split {
        SplitKind::Random => String::new(),
        SplitKind::Time => "the last by time, ".into(),
        SplitKind::TimePerUser => "each user's last by time, ".into(),
        SplitKind::LeaveOneOut => "one of each user, ".into(),
    };
    format!("{train} to train{choosing}, {test} to test ({how}seed {seed})")
}

/// The model, its settings and how it is trained.
pub(crate) fn of(config: &Config) -> String {
    let Config {
        model,
        objective,
        factors,
        hidden,
        epochs,
        batch_size,
        optimizer,
        learning_rate,
        weight_decay,
        descent: Descent { schedule, link, penalty },
        posterior: Posterior { burn_in, samples },
        implicit: Implicit { unobserved, exponent },
        negatives,
        seed: _,
    } = config;
    let (past, epochs) = (epochs > burn_in, counted(*epochs, "epoch"));
    let (rate, decay) = (short(*learning_rate), short(*weight_decay));
    match model {
        ModelKind::Mf | ModelKind::DeepMf | ModelKind::Gmf | ModelKind::Mlp | ModelKind::NeuMf => {
            let hidden = if hidden.is_empty() {
                String::new()
            } else {
                format!(", hidden layers {hidden:?}")
            };
            let ranks = match objective {
                Objective::Rating => String::new(),
                Objective::Ranking => format!("; log loss with {negatives} drawn beside each"),
            };
            format!(
                "{model}, K = {factors}{hidden}; {epochs} of batches of {batch_size}; {optimizer}, lr {rate}, weight decay {decay}{ranks}"
            )
        }
        ModelKind::Biases => format!("{model}; {epochs}; {optimizer}, penalty {decay}"),
        ModelKind::BiasedMf if *optimizer == Optimizer::Als => format!(
            "{model}, K = {factors}; {epochs}; {optimizer}, weight decay {decay} ({penalty})"
        ),
        ModelKind::BiasedMf | ModelKind::SvdPp => format!(
            "{model}, K = {factors}, {link} link; {epochs}; {optimizer}, lr {rate} ({schedule}), weight decay {decay} ({penalty})"
        ),
        ModelKind::Ials => format!(
            "{model} ({objective}), K = {factors}; {epochs}; {optimizer}, unobserved weight {}, weight decay {decay} by the power {} of a row's weight",
            short(*unobserved),
            short(*exponent)
        ),
        ModelKind::BayesMf | ModelKind::BayesSvdPp if past => format!(
            "{model}, K = {factors}; {epochs}, {burn_in} of them burn-in; {optimizer}, at most {samples} draws kept"
        ),
        ModelKind::BayesMf | ModelKind::BayesSvdPp => format!(
            "{model}, K = {factors}; {epochs}, all within the burn-in of {burn_in}, so the model is the last draw; {optimizer}"
        ),
    }
}
