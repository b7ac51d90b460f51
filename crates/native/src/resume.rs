//! A run taken up from its folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use pollster::block_on;
use ratings::{Fingerprint, Split};
use trainer::{Device, ModelFile, Run};

use crate::args::TrainFlags;
use crate::checkpoints::MODEL;
use crate::config_file::ConfigFile;
use crate::data::{Data, shown};
use crate::exit::Usage;
use crate::input;
use crate::journal::Journal;
use crate::lock::Lock;
use crate::report::Report;
use crate::run_folder::{Content, RunFolder};
use crate::settings::Settings;
use crate::text::grouped;

/// A run that was begun.
pub(crate) struct Begun {
    /// Its folder.
    pub(crate) path: PathBuf,
    /// Its model, unless it was stopped before the first checkpoint.
    file: Option<ModelFile>,
    lock: Lock,
}

impl Begun {
    /// Opens the folder that `--resume` names, if it is there.
    ///
    /// # Errors
    /// A folder without a run; a model's file that is damaged; flags that the run has already decided.
    pub(crate) fn find(data: Option<&Path>, flags: &TrainFlags) -> anyhow::Result<Option<Begun>> {
        let Some(path) = &flags.resume else { return Ok(None) };
        if let Some(flag) = decided(data, flags) {
            return Err(Usage(format!(
                "{flag} cannot go with --resume: the run has decided that; only --epochs, its new total, and where \
                 to train can change"
            ))
            .into());
        }
        ConfigFile::of_run(path)?;
        let lock = Lock::take(path)?;
        let model = path.join(MODEL);
        let file = match model.exists() {
            true => Some(read_model(&model)?),
            false => None,
        };
        Ok(Some(Begun { path: path.clone(), file, lock }))
    }

    /// Epochs that are over; `None` without a model.
    pub(crate) fn epochs(&self) -> Option<usize> {
        self.file.as_ref().map(|file| file.trained.history.len())
    }

    /// The run, its folder and its files, ready to go on.
    ///
    /// # Errors
    /// As [`run`](Self::run); a folder that cannot be written.
    pub(crate) fn reopen(
        mut self,
        first: &[Content],
        (settings, data, split, device): (&Settings, &Data, &Arc<Split>, &Device),
        report: &mut Report,
    ) -> anyhow::Result<(Run, RunFolder, Journal)> {
        report.resumed(&self);
        let run = self.run(settings, data, split, device)?;
        let history = (settings.config.objective, run.history());
        let (folder, journal) = RunFolder::reopen(&self.path, self.lock, first, history)?;
        Ok((run, folder, journal))
    }

    /// The model of the run, ready to go on, or the run from its start.
    ///
    /// # Errors
    /// Ratings or settings that are not the run's; a device that fails.
    fn run(
        &mut self,
        settings: &Settings,
        data: &Data,
        split: &Arc<Split>,
        device: &Device,
    ) -> anyhow::Result<Run> {
        let Some(file) = self.file.take() else {
            return crate::start(settings, data, split, device);
        };
        let place = shown(&self.path.join(MODEL));
        let ModelFile { mut trained, optimizer, source, .. } = file;
        if source.fingerprint != Fingerprint::of(&data.table) {
            bail!(
                "{place} was trained on other ratings than {} holds now; bring the old ones back, or train anew",
                data.name
            );
        }
        let (done, total) = (trained.history.len(), settings.config.epochs);
        if total < done {
            return Err(Usage(format!(
                "{} epochs are fewer than the {} that {place} has had; --epochs is the run's new total",
                grouped(total),
                grouped(done)
            ))
            .into());
        }
        trained.config.epochs = total;
        let same_cut = source.cut() == settings.cut();
        if !same_cut || trained.config != settings.config {
            bail!(
                "{place} was trained with other settings than config.toml names; it must not change"
            );
        }
        let optimizer = optimizer.with_context(|| {
            format!("{place} has no optimiser's state, so training cannot go on from it")
        })?;
        Ok(block_on(Run::resume(trained, optimizer, split, device))?)
    }
}

/// Reads a model's file.
///
/// # Errors
/// A file that cannot be read, or is damaged.
pub(crate) fn read_model(path: &Path) -> anyhow::Result<ModelFile> {
    let bytes = input::read(path, input::MODEL)?;
    ModelFile::from_bytes(&bytes).with_context(|| shown(path))
}

/// A flag that says what the run has decided.
fn decided(data: Option<&Path>, flags: &TrainFlags) -> Option<&'static str> {
    let TrainFlags {
        model,
        objective,
        preset,
        epochs: _,
        factors,
        hidden,
        optimizer,
        lr,
        weight_decay,
        lr_schedule,
        link,
        penalty,
        burn_in,
        samples,
        unobserved_weight,
        penalty_exponent,
        negatives,
        batch_size,
        test_share,
        split,
        test,
        validation,
        patience,
        cv: _,   // refused before
        jobs: _, // without it, too
        seed,
        device: _,
        engine: _,
        threads: _,
        reading,
        out,
        force,
        resume: _,
        checkpoint_every: _,
        warm_start,
        config,
        json: _,
        progress: _,
    } = flags;
    let given = [
        (data.is_some(), "a ratings file"),
        (model.is_some(), "--model"),
        (objective.is_some(), "--objective"),
        (preset.is_some(), "--preset"),
        (factors.is_some(), "--factors"),
        (hidden.is_some(), "--hidden"),
        (optimizer.is_some(), "--optimizer"),
        (lr.is_some(), "--lr"),
        (weight_decay.is_some(), "--weight-decay"),
        (lr_schedule.is_some(), "--lr-schedule"),
        (link.is_some(), "--link"),
        (penalty.is_some(), "--penalty"),
        (burn_in.is_some(), "--burn-in"),
        (samples.is_some(), "--samples"),
        (unobserved_weight.is_some(), "--unobserved-weight"),
        (penalty_exponent.is_some(), "--penalty-exponent"),
        (negatives.is_some(), "--negatives"),
        (batch_size.is_some(), "--batch-size"),
        (test_share.is_some(), "--test-share"),
        (split.is_some(), "--split"),
        (test.is_some(), "--test"),
        (validation.is_some(), "--validation"),
        (patience.is_some(), "--patience"),
        (seed.is_some(), "--seed"),
        (reading.titles.is_some(), "--titles"),
        (reading.skip_bad_lines, "--skip-bad-lines"),
        (out.is_some(), "--out"),
        (*force, "--force"),
        (config.is_some(), "--config"),
        (warm_start.is_some(), "--warm-start"),
    ];
    given.into_iter().find(|(given, _)| *given).map(|(_, flag)| flag)
}
