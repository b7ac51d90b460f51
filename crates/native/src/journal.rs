//! What a run writes while it goes: `metrics.csv` and `events.jsonl`, a line at a time.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use trainer::{EpochReport, Event, Objective, Recovery, SampledHits};

use crate::clock;

/// The names of the two files.
pub(crate) const METRICS: &str = "metrics.csv";
pub(crate) const EVENTS: &str = "events.jsonl";

/// Both files, in memory and, as long as the disk takes them, on disk.
pub(crate) struct Journal {
    pub(crate) metrics: Log,
    pub(crate) events: Log,
}

/// A growing text file; the text stays in memory, so that it can be written elsewhere when the disk fails.
pub(crate) struct Log {
    path: PathBuf,
    text: String,
    file: Option<File>,
}

/// One line of `events.jsonl`.
#[derive(Serialize)]
struct Line<'a, E: Serialize> {
    time: String,
    #[serde(flatten)]
    event: &'a E,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Frame<'a> {
    Start { version: &'static str },
    Resume { version: &'static str, epochs: usize },
    End { status: &'a str, epochs: usize },
}

impl Journal {
    /// Starts both files in the run's folder.
    pub(crate) fn create(folder: &Path, objective: Objective) -> io::Result<Journal> {
        let mut journal = Journal {
            metrics: Log::create(folder.join(METRICS))?,
            events: Log::create(folder.join(EVENTS))?,
        };
        journal.metrics.append(columns(objective))?;
        journal.event(&Frame::Start { version: env!("CARGO_PKG_VERSION") })?;
        Ok(journal)
    }

    /// Goes on with the files of a run that was stopped or killed after these epochs. A line that was not written
    /// whole is dropped.
    pub(crate) fn reopen(
        folder: &Path,
        objective: Objective,
        history: &[EpochReport],
    ) -> io::Result<Journal> {
        let mut events = std::fs::read_to_string(folder.join(EVENTS)).unwrap_or_default();
        events.truncate(events.rfind('\n').map_or(0, |end| end + 1));
        let mut journal = Journal {
            metrics: Log::create(folder.join(METRICS))?,
            events: Log::create(folder.join(EVENTS))?,
        };
        if !events.is_empty() {
            journal.events.append(events.trim_end_matches('\n'))?;
        }
        journal.metrics.append(columns(objective))?;
        for report in history {
            journal.metrics.append(&row(report))?;
        }
        let version = env!("CARGO_PKG_VERSION");
        journal.event(&Frame::Resume { version, epochs: history.len() })?;
        Ok(journal)
    }

    /// Notes an epoch.
    ///
    /// # Errors
    /// Once, when the disk stops taking lines; after that the lines are only kept in memory.
    pub(crate) fn epoch(&mut self, report: &EpochReport) -> io::Result<()> {
        let metrics = self.metrics.append(&row(report));
        let events = self.event(&Event::Epoch(report.clone()));
        metrics.and(events)
    }

    /// Notes that the GPU failed, and takes back the epochs that have to be trained once more.
    pub(crate) fn recovered(&mut self, recovery: &Recovery) {
        // The whole text is written again when the run is saved, and an error is reported there.
        let _ = self.metrics.keep_lines(1 + recovery.epochs);
        let _ = self.event(&Event::Recovered(recovery.clone()));
    }

    /// Notes how the run ended, after how many epochs, and closes the files. The line is kept even if the disk does
    /// not take it.
    pub(crate) fn end(&mut self, status: &str, epochs: usize) {
        // The whole text is written again when the run is saved, and an error is reported there.
        let _ = self.event(&Frame::End { status, epochs });
        // The folder may be renamed, which not every system does while a file in it is open.
        (self.metrics.file, self.events.file) = (None, None);
    }

    fn event(&mut self, event: &impl Serialize) -> io::Result<()> {
        let line = serde_json::to_string(&Line { time: clock::now(), event })?;
        self.events.append(&line)
    }
}

/// The head of `metrics.csv`: a model that ranks has other figures than one that predicts ratings.
fn columns(objective: Objective) -> &'static str {
    match objective {
        Objective::Rating => {
            "epoch,train_rmse,test_rmse,seconds,eval_seconds,validation_rmse,test_mae"
        }
        Objective::Ranking => {
            "epoch,train_loss,test_hit_rate,test_ndcg,seconds,eval_seconds,\
             validation_hit_rate,validation_ndcg"
        }
    }
}

/// An epoch's line.
fn row(report: &EpochReport) -> String {
    let EpochReport {
        epoch,
        train_rmse,
        test_rmse,
        test_mae,
        validation_rmse,
        train_loss,
        test_hits,
        validation_hits,
        seconds,
        eval_seconds,
    } = report;
    let (seconds, eval_seconds) = (Some(*seconds), Some(*eval_seconds));
    let of = |hits: &Option<SampledHits>| [hits.map(|of| of.hit_rate), hits.map(|of| of.ndcg)];
    let figures = match report.objective() {
        Objective::Rating => {
            vec![*train_rmse, *test_rmse, seconds, eval_seconds, *validation_rmse, *test_mae]
        }
        Objective::Ranking => {
            let ([hit_rate, ndcg], validation) = (of(test_hits), of(validation_hits));
            let first = [*train_loss, hit_rate, ndcg, seconds, eval_seconds];
            [&first[..], &validation].concat()
        }
    };
    let text = |figure: Option<f64>| figure.map_or(String::new(), |figure| figure.to_string());
    let cells = figures.into_iter().map(text);
    format!("{epoch},{}", cells.collect::<Vec<_>>().join(","))
}

impl Log {
    /// Everything noted so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn create(path: PathBuf) -> io::Result<Log> {
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.set_len(0)?;
        Ok(Log { path, text: String::new(), file: Some(file) })
    }

    /// Drops all but the first lines.
    fn keep_lines(&mut self, lines: usize) -> io::Result<()> {
        self.text = self.text.split_inclusive('\n').take(lines).collect();
        match &self.file {
            Some(file) => file.set_len(self.text.len() as u64),
            None => Ok(()),
        }
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        self.text.push_str(line);
        self.text.push('\n');
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = file.write_all(format!("{line}\n").as_bytes());
        written.map_err(|error| {
            self.file = None;
            io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
        })
    }
}

#[cfg(test)]
mod tests {
    use trainer::{EpochReport, Objective, Recovery};

    use super::{Journal, METRICS};

    #[test]
    fn epochs_to_be_trained_again_are_taken_back() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut journal =
            Journal::create(folder.path(), Objective::Rating).expect("the folder is ours");
        let report = |epoch| EpochReport { epoch, train_rmse: Some(1.0), ..EpochReport::default() };
        for epoch in [1, 2, 3] {
            journal.epoch(&report(epoch)).expect("room");
        }
        journal.recovered(&Recovery { cause: "lost".into(), epochs: 1, device: "CPU".into() });
        journal.epoch(&report(2)).expect("room");
        let kept = std::fs::read_to_string(folder.path().join(METRICS)).expect("written");
        assert_eq!(kept, journal.metrics.text());
        let epochs: Vec<&str> = kept.lines().filter_map(|line| line.split(',').next()).collect();
        assert_eq!(epochs, ["epoch", "1", "2"]);
        assert!(journal.events.text().contains("recovered"));
    }
}
