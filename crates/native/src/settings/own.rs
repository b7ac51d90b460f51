//! Settings that only some models have: for others they say nothing, and are not taken in silence.

use trainer::{Config, ModelKind, Objective, Optimizer};

use super::usual::usual;
use crate::args::TrainFlags;
use crate::config_file::ConfigFile;
use crate::exit::Usage;

/// A setting by its name, who has it, and whether this model does.
type Own = (&'static str, &'static str, bool);

/// What only some models have and keep.
fn kept(model: ModelKind, objective: Objective) -> [Own; 8] {
    let (descent, posterior) = ("biased-mf and svdpp", "bayes-mf and bayes-svdpp");
    let (descends, averages) = (model.descends(), model.is_bayesian());
    let weighs_all = model == ModelKind::Ials;
    let draws = model.is_neural() && objective == Objective::Ranking;
    [
        ("lr-schedule", descent, descends),
        ("link", descent, descends),
        ("penalty", descent, descends),
        ("burn-in", posterior, averages),
        ("samples", posterior, averages),
        ("unobserved-weight", "ials", weighs_all),
        ("penalty-exponent", "ials", weighs_all),
        ("negatives", "gmf, mlp and neumf that rank", draws),
    ]
}

/// Whether a model keeps a setting of its own.
pub(super) fn has(config: &Config, name: &str) -> bool {
    kept(config.model, config.objective).into_iter().any(|(own, _, has)| own == name && has)
}

/// Refuses a setting of other models in the flags, and in the file if it speaks of this model. A file of
/// another model keeps it to itself.
pub(super) fn settings(
    flags: &TrainFlags,
    mut file: ConfigFile,
    model: ModelKind,
    objective: Objective,
) -> Result<ConfigFile, Usage> {
    let of_file = usual(file.preset, file.model, file.objective).ok();
    let of_file = of_file.is_some_and(|of| (of.model, of.objective) == (model, objective));
    for (name, whose, has) in kept(model, objective) {
        if has {
            continue;
        }
        let (by_flag, by_file) = match name {
            "lr-schedule" => (flags.lr_schedule.is_some(), file.lr_schedule.take().is_some()),
            "link" => (flags.link.is_some(), file.link.take().is_some()),
            "penalty" => (flags.penalty.is_some(), file.penalty.take().is_some()),
            "burn-in" => (flags.burn_in.is_some(), file.burn_in.take().is_some()),
            "samples" => (flags.samples.is_some(), file.samples.take().is_some()),
            "unobserved-weight" => {
                (flags.unobserved_weight.is_some(), file.unobserved_weight.take().is_some())
            }
            "penalty-exponent" => {
                (flags.penalty_exponent.is_some(), file.penalty_exponent.take().is_some())
            }
            "negatives" => (flags.negatives.is_some(), file.negatives.take().is_some()),
            other => unreachable!("{other} is none of the settings above"),
        };
        if by_flag || (by_file && of_file) {
            let name = if by_flag { format!("--{name}") } else { name.to_owned() };
            return Err(refused(&name, whose, model));
        }
    }
    Ok(file)
}

/// Refuses to try values of a setting that moves nothing, also of those that every model's file names.
pub(crate) fn check_tried(name: &str, config: &Config) -> Result<(), Usage> {
    let Config { model, objective, optimizer, .. } = config;
    let everywhere = [
        ("lr", "models that descend", model.has_rate() && *optimizer != Optimizer::Als),
        ("batch-size", "mf, deepmf, gmf, mlp and neumf", model.in_batches()),
        ("weight-decay", "models that do not draw theirs", !model.is_bayesian()),
    ];
    let mut all = everywhere.into_iter().chain(kept(*model, *objective));
    match all.find(|(own, _, has)| *own == name && !has) {
        Some((_, whose, _)) => Err(refused(name, whose, *model)),
        None => Ok(()),
    }
}

fn refused(name: &str, whose: &str, model: ModelKind) -> Usage {
    Usage(format!(
        "{name} is for {whose}, and the model is {model}, to which it says nothing; leave it out"
    ))
}
