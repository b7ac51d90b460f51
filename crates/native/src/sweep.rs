//! Settings tried by the dozen and judged on a validation part; test is looked at once, for the winner.

mod axis; // which settings
mod folder; // the trials that are over
mod picture; // all of them in a chart

use std::sync::Arc;

use anyhow::{Context as _, bail};
use chart::Size;
use pollster::block_on;
use ratings::{Fingerprint, Ratings, Split};
use serde::Serialize;
use trainer::{Device, ModelKind, Objective, TrainError};

use self::axis::Values;
pub(crate) use self::axis::{Listed, Ranged};
use self::folder::{Folder, Trial};
use crate::args::{ProgressChoice, TrainFlags};
use crate::args_sweep::SweepFlags;
use crate::config_file::ConfigFile;
use crate::data::{Data, shown};
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::next::{program, quoted};
use crate::settings::{Settings, check_tried};
use crate::streams;
use crate::text::{aligned, counted};
use crate::trial::{self, Score};

/// Part of the training ratings to choose by, if nothing else is said.
const VALIDATION: f64 = 0.1;

/// The object of `--json`, kept as `sweep.json`.
#[derive(Serialize)]
struct Summary {
    model: ModelKind,
    objective: Objective,
    data: String,
    /// The best first; of successive halving all rounds.
    trials: Vec<Trial>,
    best: Best,
    sweep: String,
}

/// The winner, trained once more on the same ratings and then tested.
#[derive(Serialize)]
struct Best {
    values: Values,
    #[serde(flatten)]
    score: Score,
}

/// A sweep under way.
struct Sweep<'a> {
    base: ConfigFile,
    objective: Objective,
    split: Arc<Split>, // without its test part
    device: Device,
    folder: Folder,
    jobs: usize,
    flags: &'a TrainFlags,
}

/// Tries every setting, tests the best, and says what came of it.
pub(crate) fn run(flags: &SweepFlags) -> anyhow::Result<Exit> {
    check(flags)?;
    let settings = base(flags)?;
    let all = match flags.random {
        None => axis::grid(&flags.grid)?,
        Some(count) => axis::random(count, &flags.grid, &flags.range, settings.seed)?,
    };
    let base = settings.to_file();
    for values in &all {
        with(&base, values, settings.config.epochs)?; // before any is trained
    }
    let reading = settings.reading();
    let data = match &settings.data {
        Some(path) => Data::read(path, settings.titles.as_deref(), &reading)?,
        None => Data::sample(),
    };
    data.warnings().iter().for_each(|warning| streams::warn(warning));
    let (settings, few) = settings.suited_to(&data.table);
    few.iter().for_each(|why| streams::say(why));
    let base = settings.to_file();
    let split = settings.cut().of(&data.table)?;
    let jobs = flags.train.jobs.unwrap_or(1).clamp(1, all.len().max(1));
    let device = trial::share_of(&block_on(settings.open())?, jobs, 0);
    device.engine(&settings.config)?;
    let about = format!("{}\n# {}\n", base.to_text()?, description(flags, &all)?);
    let (out, model) = (flags.train.out.as_deref(), settings.config.model.name());
    let folder = Folder::open(out, model, &about, Fingerprint::of(&data.table))?;
    let without_test = Split { test: Ratings::default(), ..split.clone() };
    let sweep = Sweep {
        base,
        objective: settings.config.objective,
        split: Arc::new(without_test),
        device,
        folder,
        jobs,
        flags: &flags.train,
    };
    interrupt::training_begins();
    let epochs = settings.config.epochs;
    let rounds = if flags.halving { rounds(all.len(), epochs) } else { vec![(all.len(), epochs)] };
    let Some((trials, winner)) = sweep.try_all(all, &rounds)? else {
        return Ok(sweep.interrupted());
    };
    let winning = with(&sweep.base, &winner.values, epochs)?;
    let Some(score) = trial::train(&Arc::new(split), &winning, &sweep.device)? else {
        return Ok(sweep.interrupted());
    };
    let best = Best { values: winner.values, score };
    sweep.conclude(&settings, &winning, data.name, trials, best)
}

/// Refuses what makes no sense for many runs at once.
fn check(flags: &SweepFlags) -> Result<(), Usage> {
    let TrainFlags { resume, force, cv, checkpoint_every, .. } = &flags.train;
    let given = [
        (resume.is_some(), "--resume; repeat the command with its --out to go on with a sweep"),
        (*force, "--force"),
        (cv.is_some(), "--cv"),
        (checkpoint_every.is_some(), "--checkpoint-every"),
    ];
    if let Some((_, flag)) = given.into_iter().find(|(given, _)| *given) {
        return Err(Usage(format!("sweep knows no {flag}")));
    }
    match flags.halving && flags.varied().any(|name| name == "epochs") {
        true => Err(Usage("--halving gives out the epochs itself; leave them out".into())),
        false => Ok(()),
    }
}

/// What all trials have in common.
fn base(flags: &SweepFlags) -> anyhow::Result<Settings> {
    let mut settings = Settings::resolve(flags.data.as_deref(), &flags.train)?;
    let given = [
        (settings.test.is_some(), "file of tests (--test)"),
        (settings.warm_start.is_some(), "--warm-start"),
    ];
    if let Some((_, what)) = given.into_iter().find(|(given, _)| *given) {
        let advice = "leave it out, and train the best with it";
        return Err(Usage(format!("sweep knows no {what}; {advice}")).into());
    }
    // An optimiser that is tried decides for each trial what is its own.
    if flags.varied().all(|name| name != "optimizer") {
        flags.varied().try_for_each(|name| check_tried(name, &settings.config))?;
    }
    if settings.validation == 0.0 {
        settings.validation = VALIDATION;
    }
    Ok(settings)
}

/// What is tried, in a line of `sweep.toml`.
fn description(flags: &SweepFlags, all: &[Values]) -> anyhow::Result<String> {
    let how = if flags.halving { "halving" } else { "all epochs for all" };
    Ok(format!("{how}: {}", serde_json::to_string(all)?))
}

/// The settings of a trial.
fn with(base: &ConfigFile, values: &Values, epochs: usize) -> anyhow::Result<Settings> {
    let mut table = toml::Table::try_from(base)?;
    table.insert("epochs".into(), i64::try_from(epochs)?.into());
    table.extend(values.clone());
    let shown = named(values);
    let wrong = |error: toml::de::Error| Usage(format!("{shown}: {}", error.message()));
    let file: ConfigFile = table.try_into().map_err(wrong)?;
    let settings = Settings::of_file(file).with_context(|| shown.clone())?;
    trial::check(&settings).with_context(|| shown)?;
    Ok(settings)
}

/// How many trials go on with how many epochs: half as many with twice as many, until one has all.
fn rounds(trials: usize, epochs: usize) -> Vec<(usize, usize)> {
    let halvings = trials.max(1).ilog2().min(epochs.max(1).ilog2());
    (0..=halvings)
        .map(|round| (trials.div_ceil(1 << round), epochs >> (halvings - round)))
        .collect()
}

fn named(values: &Values) -> String {
    let one = |(name, value): (&String, &toml::Value)| format!("{name} {value}");
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Sweep<'_> {
    /// All rounds: the trials that were made, in their order, and the best of the last round; `None`
    /// after Ctrl-C.
    fn try_all(
        &self,
        mut left: Vec<Values>,
        rounds: &[(usize, usize)],
    ) -> anyhow::Result<Option<(Vec<Trial>, Trial)>> {
        let mut made: Vec<Trial> = Vec::new();
        let mut best = None;
        for &(count, epochs) in rounds {
            left.truncate(count);
            let trials =
                trial::side_by_side(self.jobs, &left, |_, values| self.attempt(values, epochs));
            let mut over = Vec::new();
            for trial in trials {
                let Some(trial) = trial.transpose()?.flatten() else { return Ok(None) };
                over.push(trial);
            }
            made.extend(over.iter().cloned());
            over.sort_by(|a, b| a.compare(b, self.objective)); // of equals the first given
            left = over.iter().map(|trial| trial.values.clone()).collect();
            best = over.into_iter().next();
        }
        self.warn_of_lost(&made);
        match best {
            Some(best) if best.figure().is_some() => Ok(Some((made, best))),
            best => {
                let why = best.and_then(|trial| trial.failure).unwrap_or_default();
                bail!("every trial failed, such as by this: {why}");
            }
        }
    }

    /// Says how many trials are to be made again.
    fn warn_of_lost(&self, made: &[Trial]) {
        let lost = made.iter().filter(|trial| !trial.is_final()).count();
        if lost > 0 {
            streams::warn(&format!(
                "{} failed for want of memory or by the device, which says nothing of the settings; the same command with --out {} makes them again",
                counted(lost, "trial"),
                shown(&self.folder.path)
            ));
        }
    }

    /// Says what is left after Ctrl-C.
    fn interrupted(&self) -> Exit {
        streams::say(&format!(
            "Interrupted; {} kept in {}: the same command with this --out goes on.",
            counted(self.folder.count(), "trial"),
            shown(&self.folder.path)
        ));
        Exit::Interrupted
    }

    /// One trial, or what was kept of it; `None` after Ctrl-C.
    fn attempt(&self, values: &Values, epochs: usize) -> anyhow::Result<Option<Trial>> {
        if let Some(over) = self.folder.find(values, epochs) {
            return Ok(Some(over));
        }
        let settings = with(&self.base, values, epochs)?;
        let (score, failure, diverged) = match trial::train(&self.split, &settings, &self.device) {
            Ok(None) => return Ok(None),
            Ok(Some(score)) => (Some(score), None, false),
            Err(error) => {
                let diverged = matches!(error, TrainError::Diverged { .. });
                (None, Some(format!("{:#}", trial::among(error, self.jobs))), diverged)
            }
        };
        let trial = Trial { values: values.clone(), epochs, score, failure, diverged };
        if trial.is_final() {
            self.folder.keep(&trial)?;
        }
        if self.flags.progress != ProgressChoice::None {
            let came = match (&trial.score, &trial.failure) {
                (Some(score), _) => format!(
                    "Val{}: {:.4} at epoch {}",
                    self.objective.figure(),
                    score.validation().unwrap_or(f64::NAN),
                    score.epoch
                ),
                (None, failure) => failure.clone().unwrap_or_default(),
            };
            streams::say(&format!("{}, epochs {epochs}: {came}", named(values)));
        }
        Ok(Some(trial))
    }

    /// The files, the table, and the JSON.
    fn conclude(
        &self,
        settings: &Settings,
        winning: &Settings,
        data: String,
        mut trials: Vec<Trial>,
        best: Best,
    ) -> anyhow::Result<Exit> {
        let model = settings.config.model;
        let picture = picture::of(model.name(), self.objective, &trials);
        self.folder.write("sweep.svg", &chart::svg(&picture, Size::default()))?;
        self.folder.write("best.toml", &winning.to_file().to_text()?)?;
        let objective = self.objective;
        trials.sort_by(|a, b| b.epochs.cmp(&a.epochs).then(a.compare(b, objective)));
        let place = shown(&self.folder.path);
        let summary = Summary { model, objective, data, trials, best, sweep: place.clone() };
        let json = serde_json::to_string_pretty(&summary)? + "\n";
        self.folder.write("sweep.json", &json)?;
        let text = if self.flags.json { json } else { table(&summary) };
        streams::print(&text).context("cannot write to standard output")?;
        if self.flags.progress != ProgressChoice::None {
            let best = quoted(&self.folder.path.join("best.toml").display().to_string());
            let train = format!("{} train --config {best}", program());
            streams::say(&format!("Saved in {place}. To train the best: {train}"));
        }
        Ok(Exit::Done)
    }
}

/// A line for each trial, the best first, and the winner's test.
fn table(summary: &Summary) -> String {
    let names: Vec<&String> = summary.best.values.keys().collect();
    let mut rows = vec![names.iter().map(|name| (*name).clone()).collect::<Vec<_>>()];
    let figure = format!("validation {}", summary.objective.figure());
    rows[0].extend(["epochs", "best epoch", &figure, "seconds"].map(str::to_owned));
    for Trial { values, epochs, score, failure, diverged: _ } in &summary.trials {
        let mut row: Vec<String> = values.values().map(ToString::to_string).collect();
        if !values.contains_key("epochs") {
            row.push(epochs.to_string());
        } else {
            row.push(String::new());
        }
        match score {
            Some(score) => row.extend([
                score.epoch.to_string(),
                format!("{:.4}", score.validation().unwrap_or(f64::NAN)),
                format!("{:.2}", score.seconds),
            ]),
            None => row.push(failure.clone().unwrap_or_default()),
        }
        rows.push(row);
    }
    let Best { values, score } = &summary.best;
    let test = score
        .tested()
        .map_or(", not tested: there is no test part".into(), |[(first, a), (second, b)]| {
            format!(": test {first} {a:.4}, {second} {b:.4}")
        });
    format!("{}\nBest: {}, epoch {}{test}\n", aligned(&rows), named(values), score.epoch)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pollster::block_on;
    use ratings::{Fingerprint, Split, sample};
    use toml::Value;
    use trainer::{Device, DeviceChoice, ModelKind};

    use super::folder::Folder;
    use super::{Sweep, rounds};
    use crate::args::{ProgressChoice, TrainFlags};
    use crate::settings::Settings;

    #[test]
    fn halves_get_twice_the_epochs() {
        assert_eq!(rounds(8, 20), [(8, 2), (4, 5), (2, 10), (1, 20)]);
        assert_eq!(rounds(5, 3), [(5, 1), (3, 3)]);
        assert_eq!(rounds(1, 9), [(1, 9)]);
    }

    /// A sweep that has so many bytes of memory.
    fn attempt(folder: Folder, memory: u64, lr: f64) -> (bool, usize) {
        let made_up = sample::SampleConfig { users: 30, items: 20, ratings: 300, seed: 7 };
        let sample = sample::generate(&made_up);
        let (model, progress) = (Some(ModelKind::BiasedMf), ProgressChoice::None);
        let flags = TrainFlags { model, progress, ..TrainFlags::default() };
        let settings = Settings::resolve(None, &flags).expect("good settings");
        let device = block_on(Device::open(DeviceChoice::Cpu)).expect("there is a CPU");
        let split = Split::random(&sample.table, 0.2, 42).expect("ratings");
        let split = split.with_validation(0.1, 42).expect("ratings");
        let sweep = Sweep {
            base: settings.to_file(),
            objective: settings.config.objective,
            split: Arc::new(split),
            device: device.with_memory(memory),
            folder,
            jobs: 1,
            flags: &flags,
        };
        let values = [("lr".to_owned(), Value::Float(lr))].into_iter().collect();
        let trial = sweep.attempt(&values, 1).expect("a disk").expect("no Ctrl-C");
        (trial.score.is_some(), sweep.folder.count())
    }

    #[test]
    fn a_trial_that_had_no_room_is_made_again() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let open = |ratings: &str| {
            let ratings: Fingerprint = ratings.parse().expect("a fingerprint");
            Folder::open(Some(place.path()), "mf", "all\n", ratings)
        };
        let same = || open("0123456789abcdef").expect("the same sweep");
        assert_eq!(attempt(same(), 1 << 10, 0.01), (false, 0), "no room, and nothing kept");
        assert_eq!(attempt(same(), 1 << 30, 0.01), (true, 1));
        assert_eq!(attempt(same(), 1 << 10, 0.01), (true, 1), "it is over");
        assert_eq!(attempt(same(), 1 << 30, 1e6), (false, 2), "a divergence is the settings' own");
        let other = open("0123456789abcdee").err().expect("other ratings").to_string();
        assert!(other.contains("the ratings are not those"), "{other}");
    }
}
