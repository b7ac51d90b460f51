//! The settings as a configuration file.

use trainer::{Config, Descent, Implicit, ModelKind, Objective, Posterior};

use super::Settings;
use crate::config_file::ConfigFile;

impl Settings {
    /// The file that repeats the run.
    pub(crate) fn to_file(&self) -> ConfigFile {
        let Settings {
            data,
            titles,
            skip_bad_lines,
            test_share,
            split,
            test,
            warm_start,
            validation,
            patience,
            seed,
            device,
            engine,
            threads: _, // changes no bit
            config,
        } = self.clone();
        // The one seed is written once.
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
        let (descends, samples_posterior) = (model.descends(), model.is_bayesian());
        let has_choice = model.objectives().len() > 1;
        let weighs_all = model == ModelKind::Ials;
        ConfigFile {
            data,
            titles,
            skip_bad_lines: Some(skip_bad_lines),
            test_share: Some(test_share),
            split: Some(split),
            test,
            warm_start,
            validation: Some(validation),
            patience,
            preset: None,
            model: Some(model),
            objective: has_choice.then_some(objective),
            factors: Some(factors),
            hidden: model.has_layers().then_some(hidden),
            epochs: Some(epochs),
            batch_size: Some(batch_size),
            optimizer: Some(optimizer),
            lr: Some(learning_rate),
            weight_decay: Some(weight_decay),
            lr_schedule: descends.then_some(schedule),
            link: descends.then_some(link),
            penalty: descends.then_some(penalty),
            burn_in: samples_posterior.then_some(burn_in),
            samples: samples_posterior.then_some(samples),
            unobserved_weight: weighs_all.then_some(unobserved),
            penalty_exponent: weighs_all.then_some(exponent),
            negatives: (model.is_neural() && objective == Objective::Ranking).then_some(negatives),
            seed: Some(seed),
            device: Some(device.to_string()),
            engine: Some(engine.to_string()),
        }
    }
}
