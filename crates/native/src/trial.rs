//! A run that is made for its errors alone, and several of them at a time.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pollster::block_on;
use ratings::Split;
use serde::{Deserialize, Serialize};
use trainer::{Device, EpochReport, Run, SampledHits, TrainError};

use crate::exit::Usage;
use crate::interrupt;
use crate::settings::Settings;

/// What a run came to, at the epoch whose model it would deliver.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Score {
    /// The epoch.
    pub(crate) epoch: usize,
    /// Null without a validation part.
    pub(crate) validation_rmse: Option<f64>,
    /// Null without a test part.
    pub(crate) test_rmse: Option<f64>,
    /// Null without a test part.
    pub(crate) test_mae: Option<f64>,
    /// Of a model that ranks: where held-out items stand, each among 99 sampled ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) validation_hits: Option<SampledHits>,
    /// The same of the test part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) test_hits: Option<SampledHits>,
    /// Seconds spent training, over all epochs.
    pub(crate) seconds: f64,
}

impl Score {
    fn of(history: &[EpochReport]) -> Score {
        let delivered = EpochReport::chosen(history).or(history.last());
        let delivered = delivered.expect("settings without epochs are refused before");
        let EpochReport { epoch, validation_rmse, test_rmse, test_mae, .. } = *delivered;
        let EpochReport { validation_hits, test_hits, .. } = *delivered;
        let seconds = history.iter().map(|report| report.seconds).sum();
        Score { epoch, validation_rmse, test_rmse, test_mae, validation_hits, test_hits, seconds }
    }

    /// The figure of the validation part that trials are compared by.
    pub(crate) fn validation(&self) -> Option<f64> {
        self.validation_rmse.or(self.validation_hits.map(|hits| hits.ndcg))
    }

    /// The figures of the test part, by their names.
    pub(crate) fn tested(&self) -> Option<[(&'static str, f64); 2]> {
        let errors = self.test_rmse.zip(self.test_mae);
        let errors = errors.map(|(rmse, mae)| [("RMSE", rmse), ("MAE", mae)]);
        let hits = self.test_hits.map(|of| [("HR@10", of.hit_rate), ("NDCG@10", of.ndcg)]);
        errors.or(hits)
    }
}

/// Refuses settings of a run that could not be judged.
///
/// # Errors
/// There is no epoch to judge.
pub(crate) fn check(settings: &Settings) -> Result<(), Usage> {
    match settings.config.epochs {
        0 => Err(Usage("epochs is 0: there is nothing to judge".into())),
        _ => Ok(()),
    }
}

/// Trains in silence to the end; `None` if Ctrl-C came before it. There must be an epoch to train (see [`check`]).
///
/// # Errors
/// As [`Run::advance`].
pub(crate) fn train(
    split: &Arc<Split>,
    settings: &Settings,
    device: &Device,
) -> Result<Option<Score>, TrainError> {
    block_on(async {
        let device = device.clone().suited_to(&settings.config);
        let mut run = Run::start(split, &settings.config, &device).await?;
        run.set_patience(settings.patience);
        while !interrupt::asked() {
            if run.advance().await?.is_none() {
                return Ok(Some(Score::of(run.history())));
            }
        }
        Ok(None)
    })
}

/// What `work` makes of each of the items, in their order, by at most `jobs` threads. After Ctrl-C no
/// further item is begun.
pub(crate) fn side_by_side<T: Sync, R: Send>(
    jobs: usize,
    items: &[T],
    work: impl Fn(usize, &T) -> R + Sync,
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at).filter(|_| !interrupt::asked()) else { break };
                    let result = work(at, item);
                    *results[at].lock().unwrap_or_else(|broken| broken.into_inner()) = Some(result);
                }
            });
        }
    });
    let take = |of: Mutex<Option<R>>| of.into_inner().unwrap_or_else(|broken| broken.into_inner());
    results.into_iter().map(take).collect()
}

/// The device for one of `jobs` runs that share this computer's cores and memory, each of which holds so many
/// bytes beside what a run takes.
pub(crate) fn share_of(device: &Device, jobs: usize, held: u64) -> Device {
    let jobs = jobs.max(1);
    let share = device.clone().with_threads(device.threads() / jobs);
    match device.memory() {
        Some(bytes) => share.with_memory((bytes / jobs as u64).saturating_sub(held)),
        None => share,
    }
}

/// A failure of one of `jobs` runs, with what helps if it is for want of memory.
pub(crate) fn among(error: TrainError, jobs: usize) -> anyhow::Error {
    let shared = jobs > 1 && matches!(error, TrainError::TooLarge(_));
    let error = anyhow::Error::from(error);
    match shared {
        true => error.context(format!("{jobs} runs share the memory; give fewer --jobs")),
        false => error,
    }
}

#[cfg(test)]
mod tests {
    use pollster::block_on;
    use trainer::{Device, DeviceChoice};

    use super::{share_of, side_by_side};

    #[test]
    fn runs_side_by_side_have_the_memory_together() {
        let device = block_on(Device::open(DeviceChoice::Cpu)).expect("there is a CPU");
        let share = |jobs, held| share_of(&device.clone().with_memory(100), jobs, held).memory();
        assert_eq!([share(1, 0), share(4, 0), share(4, 10)], [Some(100), Some(25), Some(15)]);
        assert_eq!(share(4, 30), Some(0), "what is held leaves nothing");
    }

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..50).collect();
        for jobs in [0, 1, 3, 80] {
            let squares = side_by_side(jobs, &items, |at, item| at * item);
            assert!(squares.into_iter().eq(items.iter().map(|n| Some(n * n))), "{jobs} jobs");
        }
        assert!(side_by_side(2, &[], |_, item: &u8| *item).is_empty());
    }
}
