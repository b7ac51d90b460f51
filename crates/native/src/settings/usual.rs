//! What is taken where neither a flag nor a file says anything.

use std::path::Path;

use ratings::SplitKind;
use trainer::{Config, ModelKind, Objective};

use crate::args::{Preset, TrainFlags, Widths};
use crate::config_file::ConfigFile;
use crate::data::shown;
use crate::exit::Usage;

/// A file that says nothing of the model's kind, objective and width has those of the model to start from, which
/// must be one of the preset's.
pub(super) fn like(
    flags: &TrainFlags,
    file: ConfigFile,
    (path, warm): (&Path, &Config),
) -> Result<ConfigFile, Usage> {
    if flags.model.or(file.model).is_none() {
        of_preset(flags.preset.or(file.preset), Some(warm.model)).map_err(|refused| {
            let (path, model) = (shown(path), warm.model);
            Usage(format!(
                "{refused}, and the model of --warm-start {path} is {model}; leave one of the two out"
            ))
        })?;
    }
    Ok(ConfigFile {
        model: file.model.or(Some(warm.model)),
        objective: file.objective.or(Some(warm.objective)),
        factors: file.factors.or(Some(warm.factors)),
        hidden: file.hidden.or_else(|| Some(warm.hidden.clone())),
        ..file
    })
}

/// The settings that a preset, or else a model, starts from, for an objective or the model's usual one.
pub(super) fn usual(
    preset: Option<Preset>,
    model: Option<ModelKind>,
    objective: Option<Objective>,
) -> Result<Config, Usage> {
    let usual = of_preset(preset, model)
        .map_err(|refused| Usage(format!("{refused}; leave --model or --preset out")))?;
    Ok(match objective.filter(|wanted| *wanted != usual.objective) {
        Some(other) => Config::usual_for(usual.model, other),
        None => usual,
    })
}

/// Says of a preset that is for other models which those are.
fn of_preset(preset: Option<Preset>, model: Option<ModelKind>) -> Result<Config, String> {
    let refuse = |preset: &str, models: &str| Err(format!("preset {preset} is for {models}"));
    match preset {
        None => Ok(Config::usual(model.unwrap_or(ModelKind::Mf))),
        Some(Preset::Lab) => match model.unwrap_or(ModelKind::Mf) {
            model if model.is_lab() => Ok(Config::usual(model)),
            _ => refuse("lab", "mf and deepmf"),
        },
        Some(Preset::Fast) => match Config::fast() {
            fast if model.is_none_or(|model| model == fast.model) => Ok(fast),
            fast => refuse("fast", fast.model.name()),
        },
        Some(Preset::Best) => match Config::best() {
            best if model.is_none_or(|model| model == best.model) => Ok(best),
            best => refuse("best", best.model.name()),
        },
    }
}

/// What a preset takes where ratings are few, if nobody names the model or its objective.
pub(super) fn for_few(
    preset: Option<Preset>,
    flags: &TrainFlags,
    file: &ConfigFile,
) -> Option<Config> {
    let named =
        flags.model.or(file.model).is_some() || flags.objective.or(file.objective).is_some();
    (preset == Some(Preset::Best) && !named).then(Config::best_of_few)
}

/// A file's hidden layers belong to the model it names: another model on the command line starts from the preset.
pub(super) fn hidden(
    model: ModelKind,
    flags: &TrainFlags,
    file: &ConfigFile,
) -> Option<Vec<usize>> {
    let same_model = file.model.unwrap_or(ModelKind::Mf) == model;
    flags
        .hidden
        .clone()
        .map(|Widths(widths)| widths)
        .or_else(|| file.hidden.clone().filter(|_| same_model))
}

/// Whether ratings are to be kept for testing where the file of tests is named, or in a flag, which goes before any
/// file. A run's own file says that it keeps none.
pub(super) fn parts(flags: &TrainFlags, file: &ConfigFile) -> bool {
    let by_file = file.test_share.is_some_and(|share| share != 0.0)
        || file.split.is_some_and(|split| split != SplitKind::default());
    flags.test_share.is_some() || flags.split.is_some() || (flags.test.is_none() && by_file)
}
