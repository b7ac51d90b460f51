//! The model on disk while a run goes on, so that a run that is killed can be taken up again.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ratings::Split;
use trainer::{ModelFile, OptimizerState, Run, TrainError, Trained};

use crate::atomic;
use crate::data::{Data, shown};
use crate::settings::Settings;

/// The model's file in a run's folder.
pub(crate) const MODEL: &str = "model.safetensors";

/// Least time between two checkpoints at the ends of epochs, and in the middle of one.
const BETWEEN_EPOCHS: Duration = Duration::from_secs(2);
const WITHIN_EPOCHS: Duration = Duration::from_secs(15);
/// Part of the time that writing may take.
const SHARE: u32 = 20;

/// Writes the model's file now and then.
pub(crate) struct Checkpoints<'a> {
    path: PathBuf,
    source: Source<'a>,
    every: Option<usize>, // epochs; without it the clock decides
    last: Option<Instant>,
    took: Duration, // the last one
    failed: bool,
}

/// What a model's file holds besides the model.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) data: &'a Data,
    pub(crate) split: &'a Split,
    pub(crate) settings: &'a Settings,
}

impl Source<'_> {
    /// The file's bytes.
    pub(crate) fn file(&self, trained: Trained, optimizer: Option<OptimizerState>) -> Vec<u8> {
        let Source { data, split, settings } = self;
        let titles = data.titles.as_ref();
        ModelFile::new(trained, optimizer, &data.table, titles, split, settings.cut()).to_bytes()
    }
}

impl<'a> Checkpoints<'a> {
    /// Into this folder, after so many epochs each or by the clock.
    pub(crate) fn new(
        folder: &std::path::Path,
        source: Source<'a>,
        every: Option<usize>,
    ) -> Checkpoints<'a> {
        Checkpoints {
            path: folder.join(MODEL),
            source,
            every,
            last: None,
            took: Duration::ZERO,
            failed: false,
        }
    }

    /// Writes the model of a run, if it is time for that: `epoch_ended` says where the run is. The first
    /// epoch that ends is always written, unless epochs are counted.
    ///
    /// # Errors
    /// Once, when the disk does not take it; after that nothing more is written.
    pub(crate) async fn tick(&mut self, run: &mut Run, epoch_ended: bool) -> anyhow::Result<()> {
        let pause = if epoch_ended { BETWEEN_EPOCHS } else { WITHIN_EPOCHS };
        let due = match (self.every, self.last) {
            (Some(every), _) => epoch_ended && run.history().len().is_multiple_of(every),
            (None, None) if !epoch_ended => {
                self.last = Some(Instant::now() - BETWEEN_EPOCHS); // counts from the start
                false
            }
            (None, None) => true,
            (None, Some(last)) => last.elapsed() >= pause.max(SHARE * self.took),
        };
        if self.failed || !due {
            return Ok(());
        }
        let began = Instant::now();
        match run.checkpoint().await {
            Ok((trained, optimizer)) => {
                let bytes = self.source.file(trained, Some(optimizer));
                let written = atomic::write(&self.path, &bytes);
                self.failed = written.is_err();
                written.with_context(|| format!("cannot write {}", shown(&self.path)))?;
            }
            // The next slice meets the same, and the run knows what to do.
            Err(TrainError::Device(_) | TrainError::Diverged { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.took = began.elapsed();
        self.last = Some(Instant::now());
        Ok(())
    }
}
