//! Drives a run: one slice of work after the other, until its end or somebody's wish.

use trainer::{Device, EpochReport, Event, OptimizerState, Run, TrainError, Trained};

use crate::checkpoints::Checkpoints;
use crate::exit::Exit;
use crate::interrupt;
use crate::journal::Journal;
use crate::report::Report;

/// A run that is over, one way or another; the model is there in every case.
pub(crate) struct Outcome {
    pub(crate) trained: Trained,
    /// What it takes to go on from it, unless the device failed.
    pub(crate) optimizer: Option<OptimizerState>,
    pub(crate) ended: Ended,
    /// Ratings the model has seen after the last whole epoch.
    pub(crate) beyond: usize,
    /// Where it ended: the CPU, if a GPU failed that `auto` took.
    pub(crate) device: Device,
}

/// Why a run is over.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Every epoch is done.
    Done,
    /// Ctrl-C.
    Interrupted,
    /// Nobody reads the epochs any more.
    ReaderGone,
    /// The loss diverged, or the device failed.
    Failed(TrainError),
}

impl Ended {
    /// The word for it in `events.jsonl`.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Ended::Done => "done",
            Ended::Interrupted => "interrupted",
            Ended::ReaderGone => "stopped",
            Ended::Failed(TrainError::Diverged { .. }) => "diverged",
            Ended::Failed(_) => "failed",
        }
    }

    /// The exit code, or the error that decides it.
    pub(crate) fn into_exit(self) -> anyhow::Result<Exit> {
        match self {
            Ended::Done | Ended::ReaderGone => Ok(Exit::Done),
            Ended::Interrupted => Ok(Exit::Interrupted),
            Ended::Failed(error) => Err(error.into()),
        }
    }
}

/// Trains to the end, and says and notes every epoch.
///
/// # Errors
/// Only when the device does not give the model back.
pub(crate) async fn drive(
    mut run: Run,
    report: &mut Report,
    journal: &mut Journal,
    checkpoints: &mut Checkpoints<'_>,
) -> anyhow::Result<Outcome> {
    report.begin();
    let ended = loop {
        if interrupt::asked() {
            break Ended::Interrupted;
        }
        let event = run.advance().await;
        let epoch_ended = matches!(event, Ok(Some(Event::Epoch(_))));
        match event {
            Ok(Some(Event::Progress(progress))) => {
                report.progress(&progress);
            }
            Ok(Some(Event::Epoch(epoch))) => {
                if let Err(error) = journal.epoch(&epoch) {
                    report.warn(&format!(
                        "{error}; training goes on, and the run is saved at its end"
                    ));
                }
                report.epoch(&epoch);
                if report.reader_is_gone() {
                    break Ended::ReaderGone;
                }
            }
            Ok(Some(Event::Recovered(recovery))) => {
                journal.recovered(&recovery);
                report.recovered(&recovery);
            }
            Ok(None) => break Ended::Done,
            Err(error) => break Ended::Failed(error),
        }
        if let Err(error) = checkpoints.tick(&mut run, epoch_ended).await {
            report.warn(&format!("{error:#}; training goes on, without checkpoints"));
        }
    };
    report.quieten();
    // A chosen model is that of an epoch's end.
    let chosen = EpochReport::chosen(run.history()).is_some();
    let beyond = if chosen { 0 } else { run.seen_since() };
    let device = run.device().clone();
    let kept = match run.checkpoint().await {
        Ok((trained, optimizer)) => Ok((trained, Some(optimizer))),
        Err(_) => run.finish().await.map(|trained| (trained, None)),
    };
    match (kept, ended) {
        (Ok((trained, optimizer)), ended) => {
            journal.end(ended.status(), trained.history.len());
            Ok(Outcome { trained, optimizer, ended, beyond, device })
        }
        // What stopped the run says more than what its end met.
        (Err(_), Ended::Failed(error)) | (Err(error), _) => Err(error.into()),
    }
}
