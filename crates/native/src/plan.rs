//! What a run will do, in a line.

use trainer::{Config, Descent, ModelKind, Optimizer, Posterior};

use crate::text::{counted, short};

/// The model, its settings and how it is trained.
pub(crate) fn of(config: &Config) -> String {
    let Config {
        model,
        factors,
        hidden,
        epochs,
        batch_size,
        optimizer,
        learning_rate,
        weight_decay,
        descent: Descent { schedule, link, penalty },
        posterior: Posterior { burn_in, samples },
        seed: _,
    } = config;
    let epochs = counted(*epochs, "epoch");
    let (rate, decay) = (short(*learning_rate), short(*weight_decay));
    match model {
        ModelKind::Mf | ModelKind::DeepMf => {
            let hidden = if hidden.is_empty() {
                String::new()
            } else {
                format!(", hidden layers {hidden:?}")
            };
            format!(
                "{model}, K = {factors}{hidden}; {epochs} of batches of {batch_size}; {optimizer}, lr {rate}, weight decay {decay}"
            )
        }
        ModelKind::Biases => format!("{model}; {epochs}; {optimizer}, penalty {decay}"),
        ModelKind::BiasedMf if *optimizer == Optimizer::Als => format!(
            "{model}, K = {factors}; {epochs}; {optimizer}, weight decay {decay} ({penalty})"
        ),
        ModelKind::BiasedMf => format!(
            "{model}, K = {factors}, {link} link; {epochs}; {optimizer}, lr {rate} ({schedule}), weight decay {decay} ({penalty})"
        ),
        ModelKind::BayesMf => format!(
            "{model}, K = {factors}; {epochs}, {burn_in} of them burn-in; {optimizer}, at most {samples} draws kept"
        ),
    }
}
