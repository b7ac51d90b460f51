//! What a run writes while it goes: `metrics.csv` and `events.jsonl`, a line at a time.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use trainer::{EpochReport, Event, Objective, Recovery, SampledHits};

use crate::atomic;
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
            metrics: Log::with(folder.join(METRICS), format!("{}\n", columns(objective)))?,
            events: Log::with(folder.join(EVENTS), String::new())?,
        };
        journal.event(&Frame::Start { version: env!("CARGO_PKG_VERSION") })?;
        Ok(journal)
    }

    /// Goes on with the files of a run that was stopped or killed after these epochs. A line that was not written
    /// whole is dropped.
    ///
    /// # Errors
    /// A file that cannot be read or written: what it holds is not thrown away.
    pub(crate) fn reopen(
        folder: &Path,
        objective: Objective,
        history: &[EpochReport],
    ) -> io::Result<Journal> {
        let events = match std::fs::read(folder.join(EVENTS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let mut events = String::from_utf8_lossy(&events).into_owned();
        events.truncate(events.rfind('\n').map_or(0, |end| end + 1));
        let rows = history.iter().map(row);
        let metrics =
            std::iter::once(columns(objective).to_owned()).chain(rows).map(|line| line + "\n");
        let mut journal = Journal {
            metrics: Log::with(folder.join(METRICS), metrics.collect())?,
            events: Log::with(folder.join(EVENTS), events)?,
        };
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
            "epoch,train_rmse,test_rmse,seconds,eval_seconds,validation_rmse,test_mae,train_mae"
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
        train_mae,
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
            let rmse = [*train_rmse, *test_rmse, seconds, eval_seconds, *validation_rmse];
            [&rmse[..], &[*test_mae, *train_mae]].concat()
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

    /// A file that holds this text; whoever is killed meanwhile leaves the old one.
    fn with(path: PathBuf, text: String) -> io::Result<Log> {
        atomic::write(&path, text.as_bytes())?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok(Log { path, text, file: Some(file) })
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

    use super::{EVENTS, Journal, METRICS};

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
    #[test]
    fn events_that_are_no_text_are_kept_as_far_as_they_can_be_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let events = folder.path().join(EVENTS);
        std::fs::write(&events, b"{\"event\":\"start\"}\n{\xFF}\n{\"ev").expect("ours");
        Journal::reopen(folder.path(), Objective::Rating, &[]).expect("room");
        let kept = std::fs::read_to_string(&events).expect("text now");
        let lines: Vec<&str> = kept.lines().collect();
        assert_eq!(lines[..2], ["{\"event\":\"start\"}", "{\u{FFFD}}"]);
        assert!(lines.len() == 3 && lines[2].contains("\"resume\""), "{kept}");
        std::fs::remove_file(&events).expect("it is there");
        std::fs::create_dir(&events).expect("the folder is ours");
        assert!(
            Journal::reopen(folder.path(), Objective::Rating, &[]).is_err(),
            "what cannot be read stays"
        );
    }
}
