//! What a run will do: the flags, before the configuration file, before the preset.

mod file; // the settings as a configuration file
mod own; // settings that only some models have
mod usual; // what is taken where nothing is said

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use ratings::{Cut, ReadOptions, SplitKind, Table};
use trainer::{Config, Descent, Device, DeviceChoice, EngineChoice, Implicit, Posterior};

pub(crate) use self::own::check_tried;
use self::usual::{for_few, hidden, like, parts, usual};
use crate::args::TrainFlags;
use crate::config_file::ConfigFile;
use crate::exit::Usage;
use crate::memory;
use crate::model::Model;

/// Every decision about a run, made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// The ratings file; `None` is the built-in sample.
    pub(crate) data: Option<PathBuf>,
    /// A file of titles.
    pub(crate) titles: Option<PathBuf>,
    /// Whether bad lines are left out (and counted) instead of ending the run.
    pub(crate) skip_bad_lines: bool,
    /// Part of the ratings kept for testing.
    pub(crate) test_share: f64,
    /// Which ratings those are.
    pub(crate) split: SplitKind,
    /// A file of ratings to test on, in place of a part of its own.
    pub(crate) test: Option<PathBuf>,
    /// The model whose rows training starts from.
    pub(crate) warm_start: Option<PathBuf>,
    /// Part of the training ratings by which the epoch is chosen.
    pub(crate) validation: f64,
    /// Epochs to wait for a better one.
    pub(crate) patience: Option<usize>,
    /// The seed of the split; also of the weights and the batches (`config.seed`).
    pub(crate) seed: u32,
    /// Where to train.
    pub(crate) device: DeviceChoice,
    /// How steps are computed.
    pub(crate) engine: EngineChoice,
    /// Threads of the fused engine, if not one a core.
    pub(crate) threads: Option<usize>,
    /// Model and optimiser.
    pub(crate) config: Config,
    /// What the preset takes in their place where ratings are few.
    for_few: Option<Config>,
}

/// The lab's share of test ratings and seed of the split.
const LAB_TEST_SHARE: f64 = 0.2;
const LAB_SEED: u32 = 42;
/// Part of the training ratings to choose by, if patience is asked for and nothing else is said.
const VALIDATION: f64 = 0.1;

impl Settings {
    /// Takes every setting from the first of flags, file and preset that has it, and checks the whole.
    pub(crate) fn resolve(data: Option<&Path>, flags: &TrainFlags) -> anyhow::Result<Settings> {
        let file = match (&flags.resume, &flags.config) {
            (Some(run), _) => ConfigFile::of_run(run)?,
            (None, Some(path)) => ConfigFile::read(path)?,
            (None, None) => ConfigFile::default(),
        };
        let file = match flags.warm_start.clone().or_else(|| file.warm_start.clone()) {
            // A run that has begun is what its own file says, whatever became of that model.
            Some(path) if flags.resume.is_none() => {
                like(flags, file, (&path, &Model::open(&path)?.file().trained.config))?
            }
            _ => file,
        };
        Self::merge(data, flags, file)
    }

    /// The settings of a file alone.
    pub(crate) fn of_file(file: ConfigFile) -> anyhow::Result<Settings> {
        Self::merge(None, &TrainFlags::default(), file)
    }

    fn merge(
        data: Option<&Path>,
        flags: &TrainFlags,
        file: ConfigFile,
    ) -> anyhow::Result<Settings> {
        let (preset, model) = (flags.preset.or(file.preset), flags.model.or(file.model));
        let usual = usual(preset, model, flags.objective.or(file.objective))?;
        let model = usual.model;
        let for_few = for_few(preset, flags, &file);
        let file = own::settings(flags, file, model, usual.objective)?;
        let seed = flags.seed.or(file.seed).unwrap_or(LAB_SEED);
        let device = named(flags, file.device.as_deref())?;
        let engine = named(flags, file.engine.as_deref())?;
        let patience = flags.patience.or(file.patience);
        let test = absolute(flags.test.clone().or_else(|| file.test.clone()))?;
        if test.is_some() && parts(flags, &file) {
            let what = "--test names the ratings to test on; leave --test-share and --split out";
            return Err(Usage(what.into()).into());
        }
        let config = |usual: Config| Config {
            model: usual.model,
            objective: usual.objective,
            factors: flags.factors.or(file.factors).unwrap_or(usual.factors),
            hidden: hidden(model, flags, &file).unwrap_or(usual.hidden),
            epochs: flags.epochs.or(file.epochs).unwrap_or(usual.epochs),
            batch_size: flags.batch_size.or(file.batch_size).unwrap_or(usual.batch_size),
            optimizer: flags.optimizer.or(file.optimizer).unwrap_or(usual.optimizer),
            learning_rate: flags.lr.or(file.lr).unwrap_or(usual.learning_rate),
            weight_decay: flags.weight_decay.or(file.weight_decay).unwrap_or(usual.weight_decay),
            descent: Descent {
                schedule: flags.lr_schedule.or(file.lr_schedule).unwrap_or(usual.descent.schedule),
                link: flags.link.or(file.link).unwrap_or(usual.descent.link),
                penalty: flags.penalty.or(file.penalty).unwrap_or(usual.descent.penalty),
            },
            posterior: Posterior {
                burn_in: flags.burn_in.or(file.burn_in).unwrap_or(usual.posterior.burn_in),
                samples: flags.samples.or(file.samples).unwrap_or(usual.posterior.samples),
            },
            implicit: Implicit {
                unobserved: flags
                    .unobserved_weight
                    .or(file.unobserved_weight)
                    .unwrap_or(usual.implicit.unobserved),
                exponent: flags
                    .penalty_exponent
                    .or(file.penalty_exponent)
                    .unwrap_or(usual.implicit.exponent),
            },
            negatives: flags.negatives.or(file.negatives).unwrap_or(usual.negatives),
            seed: u64::from(seed),
        };
        let settings = Settings {
            data: absolute(data.map(Path::to_owned).or_else(|| file.data.clone()))?,
            titles: absolute(flags.reading.titles.clone().or_else(|| file.titles.clone()))?,
            skip_bad_lines: flags.reading.skip_bad_lines || file.skip_bad_lines.unwrap_or(false),
            test_share: match &test {
                Some(_) => 0.0,
                None => flags.test_share.or(file.test_share).unwrap_or(LAB_TEST_SHARE),
            },
            split: match &test {
                Some(_) => SplitKind::default(), // any other leaves ratings out
                None => flags.split.or(file.split).unwrap_or_default(),
            },
            test,
            warm_start: absolute(flags.warm_start.clone().or_else(|| file.warm_start.clone()))?,
            validation: flags.validation.or(file.validation).unwrap_or(match patience {
                Some(_) => VALIDATION,
                None => 0.0,
            }),
            patience,
            seed,
            device: flags.device.or(device).unwrap_or(DeviceChoice::Auto),
            engine: flags.engine.or(engine).unwrap_or(EngineChoice::Auto),
            threads: flags.threads,
            for_few: for_few.map(&config),
            config: config(usual),
        };
        settings.check()?;
        Ok(settings)
    }

    /// The same for these ratings, and why if that makes a difference: a preset may be for few.
    pub(crate) fn suited_to(self, table: &Table) -> (Self, Option<String>) {
        let [users, items] = [table.users.len(), table.items.len()];
        match self.for_few {
            Some(config) if Config::are_few(table.ratings.len(), users, items) => {
                let what = "fewer than three ratings for each user and item";
                let Config { model, factors, .. } = &config;
                let why = format!("{what}: {model}, K = {factors}, is best for those");
                (Self { config, for_few: None, ..self }, Some(why))
            }
            for_few => (Self { for_few, ..self }, None),
        }
    }

    /// How the table is cut.
    pub(crate) fn cut(&self) -> Cut {
        Cut {
            kind: self.split,
            test_share: self.test_share,
            validation_share: self.validation,
            seed: self.seed,
        }
    }

    /// How the ratings file is read.
    pub(crate) fn reading(&self) -> ReadOptions {
        ReadOptions { skip_bad_lines: self.skip_bad_lines, times: self.split.wants_times() }
    }

    /// Opens the device and gives it the engine.
    pub(crate) async fn open(&self) -> anyhow::Result<Device> {
        let device = Device::open(self.device).await?.suited_to(&self.config);
        let device = device.with_engine(self.engine);
        let device = match self.threads {
            Some(threads) => device.with_threads(threads),
            None => device,
        };
        Ok(match memory::free() {
            Some(bytes) => device.with_memory(bytes),
            None => device,
        })
    }

    fn check(&self) -> anyhow::Result<()> {
        self.config.check()?;
        self.cut().check()?;
        if self.patience.is_some() && self.validation == 0.0 {
            let what = "patience needs ratings to choose by; give --validation, such as 0.1";
            return Err(Usage(what.into()).into());
        }
        let named = [&self.data, &self.titles, &self.test, &self.warm_start]
            .into_iter()
            .flatten()
            .find(|path| path.to_str().is_none());
        if let Some(path) = named {
            let path = path.display();
            return Err(Usage(format!(
                "{path}: the name is not UTF-8, so config.toml cannot hold it; rename it"
            ))
            .into());
        }
        Ok(())
    }
}

/// A name in the configuration file; a wrong one is an error even where a flag goes before it.
fn named<T: FromStr<Err = String>>(
    flags: &TrainFlags,
    name: Option<&str>,
) -> Result<Option<T>, Usage> {
    let path = flags.config.as_deref().unwrap_or(Path::new("")).display();
    name.map(str::parse).transpose().map_err(|error| Usage(format!("{path}: {error}")))
}

/// A run may be repeated from another folder, so its paths start at the root.
fn absolute(path: Option<PathBuf>) -> anyhow::Result<Option<PathBuf>> {
    path.map(|path| {
        if path.as_os_str().is_empty() {
            return Err(Usage("the name of a file is empty".into()).into());
        }
        std::path::absolute(&path).with_context(|| format!("{}: not a path", path.display()))
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use trainer::{Config, DeviceChoice, ModelKind};

    use super::Settings;
    use crate::args::{TrainFlags, Widths};
    use crate::config_file::ConfigFile;

    #[track_caller]
    fn resolve(flags: TrainFlags, file: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("run.toml");
        std::fs::write(&path, file).expect("the folder is ours");
        let flags = TrainFlags { config: Some(path), ..flags };
        Settings::resolve(None, &flags).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_default_is_the_lab() {
        let settings =
            Settings::resolve(None, &TrainFlags::default()).expect("the lab's settings are valid");
        assert_eq!(settings.config, Config::usual(ModelKind::Mf));
        assert_eq!(
            (settings.test_share, settings.seed, settings.device),
            (0.2, 42, DeviceChoice::Auto)
        );
    }

    #[test]
    fn flags_go_before_the_file_and_the_file_before_the_preset() {
        let flags = TrainFlags { epochs: Some(3), ..TrainFlags::default() };
        let settings =
            resolve(flags, "epochs = 7\nlr = 0.01\nseed = 7\ndevice = 'cpu'").expect("valid");
        assert_eq!((settings.config.epochs, settings.config.learning_rate), (3, 0.01));
        assert_eq!((settings.seed, settings.config.seed, settings.config.batch_size), (7, 7, 512));
        assert_eq!(settings.device, DeviceChoice::Cpu);
    }

    #[test]
    fn a_written_file_resolves_to_the_same_settings() {
        let flags = || TrainFlags {
            model: Some(ModelKind::DeepMf),
            hidden: Some(Widths(vec![7, 3])),
            lr: Some(0.1 + 0.2),
            ..TrainFlags::default()
        };
        let settings =
            Settings::resolve(Some(Path::new("some/ratings.dat")), &flags()).expect("valid");
        let text = settings.to_file().to_text().expect("TOML");
        assert_eq!(resolve(TrainFlags::default(), &text), Ok(settings), "{text}");
    }

    #[test]
    fn paths_in_a_file_are_relative_to_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("run.toml");
        std::fs::write(&path, "data = 'ratings.dat'").expect("the folder is ours");
        assert_eq!(
            ConfigFile::read(&path).expect("valid").data,
            Some(folder.path().join("ratings.dat"))
        );
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let default = TrainFlags::default;
        for (flags, file, expected) in [
            (default(), "epoch = 3", "unknown field `epoch`"),
            (default(), "device = 'tpu'", "unknown device \"tpu\"; choose auto, gpu or cpu"),
            (default(), "model = 'svd'", "unknown variant `svd`"),
            (default(), "seed = -1", "invalid value: integer `-1`"),
            (default(), "hidden = [4]", "hidden layers is [4]"),
            (TrainFlags { factors: Some(0), ..default() }, "", "factors is 0; it must be"),
            (TrainFlags { test_share: Some(1.0), ..default() }, "", "a test share of 1 is not"),
            (TrainFlags { hidden: Some(Widths(vec![4])), ..default() }, "", "hidden layers is [4]"),
            (
                default(),
                "link = 'logistic'",
                "link is for biased-mf and svdpp, and the model is mf",
            ),
            (
                TrainFlags { negatives: Some(5), ..default() },
                "",
                "--negatives is for gmf, mlp and neumf that rank, and the model is mf",
            ),
            (
                TrainFlags { samples: Some(5), ..default() },
                "model = 'svdpp'",
                "--samples is for bayes-mf and bayes-svdpp, and the model is svdpp",
            ),
            (default(), "model = 'gmf'\nnegatives = 5", "negatives is for gmf, mlp and neumf that"),
        ] {
            let error = resolve(flags, file).expect_err(expected);
            assert!(error.contains(expected), "{error:?} does not say {expected:?}");
        }
    }

    #[test]
    fn another_model_on_the_command_line_leaves_what_was_the_files_models_own() {
        let flags = || TrainFlags { model: Some(ModelKind::Mf), ..TrainFlags::default() };
        let settings =
            resolve(flags(), "model = 'deepmf'\nhidden = [4]\nfactors = 3").expect("valid");
        assert_eq!((settings.config.hidden, settings.config.factors), (vec![], 3));
        let settings = resolve(flags(), "model = 'svdpp'\nlink = 'logistic'").expect("valid");
        assert_eq!(settings.config, Config::usual(ModelKind::Mf));
    }

    #[test]
    fn a_preset_looks_at_the_ratings_if_neither_model_nor_objective_is_named() {
        for (file, looks) in
            [("", true), ("model = 'bayes-svdpp'", false), ("objective = 'rating'", false)]
        {
            let file = format!("preset = 'best'\n{file}");
            let settings = resolve(TrainFlags::default(), &file).expect("valid");
            assert_eq!(settings.for_few.is_some(), looks, "{file}");
        }
    }
}
