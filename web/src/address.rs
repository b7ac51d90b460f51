//! Settings as a web address, and as a command for the desktop.
//!
//! An address has the names of the command line's flags: `?model=mf&factors=10&lr=0.001`.

use std::str::FromStr;

use protocol::Settings;
use trainer::{
    Config, Descent, DeviceChoice, EngineChoice, Implicit, ModelKind, Objective, Posterior,
};

/// The usual settings of a model, on a device of the program's choice.
pub(crate) fn usual(model: ModelKind) -> Settings {
    with(Config::usual(model))
}

/// The lab's split, and a device of the program's choice.
pub(crate) fn with(config: Config) -> Settings {
    Settings {
        config,
        test_share: 0.2,
        split_seed: 42,
        validation_share: 0.0,
        patience: None,
        device: DeviceChoice::Auto,
        engine: EngineChoice::Auto,
    }
}

/// Every setting under its flag's name.
fn pairs(settings: &Settings) -> Vec<(&'static str, String)> {
    let Settings { config, test_share, split_seed, validation_share, patience, device, engine } =
        settings;
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
        seed: _, // the split's seed is the run's: one number fixes everything
    } = config;
    let mut pairs = vec![("model", model.to_string()), ("factors", factors.to_string())];
    if model.objectives().len() > 1 {
        pairs.push(("objective", objective.to_string()));
    }
    if model.has_layers() {
        pairs.push(("hidden", list(hidden)));
    }
    pairs.extend([
        ("epochs", epochs.to_string()),
        ("lr", learning_rate.to_string()),
        ("weight-decay", weight_decay.to_string()),
        ("batch-size", batch_size.to_string()),
        ("optimizer", optimizer.to_string()),
        ("test-share", test_share.to_string()),
        ("seed", split_seed.to_string()),
        ("device", device.to_string()),
        ("engine", engine.to_string()),
    ]);
    if *validation_share > 0.0 {
        pairs.push(("validation", validation_share.to_string()));
    }
    pairs.extend(patience.map(|epochs| ("patience", epochs.to_string())));
    if model.descends() {
        pairs.push(("lr-schedule", schedule.to_string()));
        pairs.push(("link", link.to_string()));
        pairs.push(("penalty", penalty.to_string()));
    }
    if model.is_bayesian() {
        pairs.push(("burn-in", burn_in.to_string()));
        pairs.push(("samples", samples.to_string()));
    }
    if model.is_neural() && *objective == Objective::Ranking {
        pairs.push(("negatives", negatives.to_string()));
    }
    if *model == ModelKind::Ials {
        pairs.push(("unobserved-weight", unobserved.to_string()));
        pairs.push(("penalty-exponent", exponent.to_string()));
    }
    pairs
}

/// What stands behind the address's question mark.
pub(crate) fn query(settings: &Settings) -> String {
    let pairs = pairs(settings).into_iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

/// The settings of an address's pairs: what it leaves out is as usual, and what cannot be used is
/// left out and named.
pub(crate) fn settings(pairs: &[(String, String)]) -> (Settings, Vec<String>) {
    let mut unusable = Vec::new();
    let named = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| &*pair.1);
    let model = named("model").and_then(|model| model.parse().ok()).unwrap_or(ModelKind::Mf);
    let objective = named("objective").and_then(|objective| objective.parse().ok());
    let objective = objective.filter(|wanted| model.objectives().contains(wanted));
    let mut settings = match objective {
        Some(objective) => with(Config::usual_for(model, objective)),
        None => usual(model),
    };
    for (name, value) in pairs {
        let kept = settings.clone();
        let fits = set(&mut settings, name, value) && settings.config.check().is_ok();
        if !fits {
            settings = kept;
            unusable.push(format!("{name}={value}"));
        }
    }
    (settings, unusable)
}

/// Sets one setting by its flag's name; whether that could be done. Names that are no setting are
/// other people's.
pub(crate) fn set(settings: &mut Settings, name: &str, text: &str) -> bool {
    let config = &mut settings.config;
    match name {
        "model" => text.parse::<ModelKind>().is_ok(),
        "objective" => put(&mut config.objective, text),
        "factors" => put(&mut config.factors, text),
        "hidden" => widths(text).map(|widths| config.hidden = widths).is_some(),
        "epochs" => put(&mut config.epochs, text),
        "lr" => put(&mut config.learning_rate, text),
        "weight-decay" => put(&mut config.weight_decay, text),
        "batch-size" => put(&mut config.batch_size, text),
        "optimizer" => put(&mut config.optimizer, text),
        "lr-schedule" => put(&mut config.descent.schedule, text),
        "link" => put(&mut config.descent.link, text),
        "penalty" => put(&mut config.descent.penalty, text),
        "burn-in" => put(&mut config.posterior.burn_in, text),
        "samples" => put(&mut config.posterior.samples, text),
        "unobserved-weight" => put(&mut config.implicit.unobserved, text),
        "negatives" => put(&mut config.negatives, text),
        "penalty-exponent" => put(&mut config.implicit.exponent, text),
        "test-share" => share(text).map(|share| settings.test_share = share).is_some(),
        "validation" => share(text)
            .map(|share| {
                settings.validation_share = share;
                settings.patience = settings.patience.filter(|_| share > 0.0);
            })
            .is_some(),
        "patience" => text
            .trim()
            .parse()
            .map(|epochs: usize| {
                settings.patience = Some(epochs).filter(|epochs| *epochs > 0);
                if epochs > 0 && settings.validation_share == 0.0 {
                    settings.validation_share = VALIDATION; // it takes something to judge by
                }
            })
            .is_ok(),
        "seed" => {
            let fits = put(&mut settings.split_seed, text);
            settings.config.seed = u64::from(settings.split_seed);
            fits
        }
        "device" => put(&mut settings.device, text),
        "engine" => put(&mut settings.engine, text),
        _ => true,
    }
}

fn put<T: FromStr>(place: &mut T, text: &str) -> bool {
    text.trim().parse().map(|value| *place = value).is_ok()
}

/// Part of the training ratings to choose by, where patience is asked for and nothing else is said.
const VALIDATION: f64 = 0.1;

/// A part of something, below all of it.
fn share(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|share| (0.0..1.0).contains(share))
}

/// Widths of layers, `10,5`.
fn widths(text: &str) -> Option<Vec<usize>> {
    text.split(',').map(|width| width.trim().parse().ok()).collect()
}

/// Widths of layers as they are typed.
pub(crate) fn list(widths: &[usize]) -> String {
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// The same run on the desktop. `data` is the file's name; `None` is the built-in data.
pub(crate) fn command(settings: &Settings, data: Option<&str>) -> String {
    let Config { model, objective, .. } = settings.config;
    let mut others = pairs(&with(Config::usual_for(model, objective)));
    if objective != Config::usual(model).objective {
        others.retain(|other| other.0 != "objective"); // so that it is named
    }
    let mut words = vec!["cargo run -p native --".to_owned()];
    words.extend(data.map(|name| format!("train {}", quoted(name))));
    if settings.config.model != ModelKind::Mf {
        words.push(format!("--model {}", settings.config.model));
    }
    for (name, value) in pairs(settings) {
        let is_usual = others.iter().any(|other| *other == (name, value.clone()));
        if !is_usual && name != "model" {
            words.push(format!("--{name} {value}"));
        }
    }
    words.join(" ")
}

fn quoted(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    if name.starts_with('-') {
        return quoted(&format!("./{name}"));
    }
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(query: &str) -> Vec<(String, String)> {
        let pair = |pair: &str| pair.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
        query.split('&').filter_map(pair).collect()
    }

    #[test]
    fn settings_survive_the_address() {
        let mut deep = usual(ModelKind::DeepMf);
        deep.config.hidden = vec![32, 16];
        deep.config.learning_rate = 5e-7;
        deep.config.seed = 7;
        deep.split_seed = 7;
        deep.device = DeviceChoice::Cpu;
        let mut ranks = usual(ModelKind::Ials);
        ranks.config.implicit = Implicit { unobserved: 0.25, exponent: 0.5 };
        let mut patient = usual(ModelKind::Mf);
        assert!(set(&mut patient, "patience", "3"));
        assert_eq!((patient.validation_share, patient.patience), (0.1, Some(3)));
        let shown = "cargo run -p native -- train r.csv --validation 0.1 --patience 3";
        assert_eq!(command(&patient, Some("r.csv")), shown);
        for wanted in [usual(ModelKind::Mf), deep, ranks, patient] {
            assert_eq!(settings(&split(&query(&wanted))), (wanted, vec![]));
        }
    }

    #[test]
    fn an_objective_brings_its_own_settings() {
        let ranking = with(Config::usual_for(ModelKind::NeuMf, Objective::Ranking));
        let (found, unusable) = settings(&split("model=neumf&objective=ranking"));
        assert_eq!((found, unusable), (ranking.clone(), vec![]));
        assert_eq!(settings(&split(&query(&ranking))).0, ranking);
        let shown = "cargo run -p native -- train r.csv --model neumf --objective ranking";
        assert_eq!(command(&ranking, Some("r.csv")), shown);
        assert_eq!(settings(&split("model=mf&objective=ranking")).1, ["objective=ranking"]);
    }

    #[test]
    fn what_cannot_be_used_is_named_and_the_rest_kept() {
        let (found, unusable) =
            settings(&split("model=deepmf&factors=-3&lr=0&epochs=7&utm=x&device=tpu&hidden=8,x"));
        assert_eq!(unusable, ["factors=-3", "lr=0", "device=tpu", "hidden=8,x"]);
        assert_eq!((found.config.epochs, found.config.factors), (7, 10));
        assert_eq!(settings(&split("model=svd")).1, ["model=svd"]);
    }

    #[test]
    fn the_command_names_what_is_unusual() {
        let mut run = usual(ModelKind::DeepMf);
        run.config.factors = 32;
        let shown = command(&run, Some("my ratings.csv"));
        assert_eq!(
            shown,
            "cargo run -p native -- train 'my ratings.csv' --model deepmf --factors 32"
        );
        assert_eq!(command(&usual(ModelKind::Mf), None), "cargo run -p native --");
    }
}
