//! A run that is made for its errors alone, and several of them at a time.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pollster::block_on;
use ratings::Split;
use serde::{Deserialize, Serialize};
use trainer::{Device, EpochReport, Run, SampledHits, TrainError};

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
    fn of(history: &[EpochReport]) -> Option<Score> {
        let delivered = EpochReport::chosen(history).or(history.last())?;
        let EpochReport { epoch, validation_rmse, test_rmse, test_mae, .. } = *delivered;
        let EpochReport { validation_hits, test_hits, .. } = *delivered;
        let seconds = history.iter().map(|report| report.seconds).sum();
        Some(Score {
            epoch,
            validation_rmse,
            test_rmse,
            test_mae,
            validation_hits,
            test_hits,
            seconds,
        })
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

/// Trains in silence to the end; `None` if Ctrl-C came before it, or there was no epoch to train.
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
                return Ok(Score::of(run.history()));
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

/// The device for one of several runs that share this computer's cores.
pub(crate) fn share_of(device: &Device, jobs: usize) -> Device {
    device.clone().with_threads(device.threads() / jobs.max(1))
}

#[cfg(test)]
mod tests {
    use super::side_by_side;

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
