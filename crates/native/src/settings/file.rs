//! The settings as a configuration file.

use trainer::{Config, Descent, Implicit, Posterior};

use super::{Settings, own};
use crate::config_file::ConfigFile;

impl Settings {
    /// The file that repeats the run.
    pub(crate) fn to_file(&self) -> ConfigFile {
        let Settings {
            for_few: _, // decided by now
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
        let own = |name: &str| own::has(&self.config, name);
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
        let has_choice = model.objectives().len() > 1;
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
            lr_schedule: own("lr-schedule").then_some(schedule),
            link: own("link").then_some(link),
            penalty: own("penalty").then_some(penalty),
            burn_in: own("burn-in").then_some(burn_in),
            samples: own("samples").then_some(samples),
            unobserved_weight: own("unobserved-weight").then_some(unobserved),
            penalty_exponent: own("penalty-exponent").then_some(exponent),
            negatives: own("negatives").then_some(negatives),
            seed: Some(seed),
            device: Some(device.to_string()),
            engine: Some(engine.to_string()),
        }
    }
}
