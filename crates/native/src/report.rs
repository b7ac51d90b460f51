//! What a training run says: its epochs on standard output, everything about them on standard error.

use std::io;
use std::time::Instant;

use anyhow::Context as _;
use chart::Terminal;
use ratings::Split;
use trainer::{
    Config, Device, EngineKind, EpochReport, Objective, Optimizer, Progress, Recovery, SampledHits,
};

use crate::args::{ProgressChoice, TrainFlags};
use crate::curve;
use crate::data::{Data, shown};
use crate::next;
use crate::plan;
use crate::progress::Meter;
use crate::resume::Begun;
use crate::save::Saved;
use crate::settings::Settings;
use crate::streams;
use crate::summary::Summary;
use crate::text::{counted, grouped};
use crate::train::Ended;

/// With this many rows for every rating of a batch most of the time goes into rows that are not
/// read: with 19, on MovieLens-1M, it is half.
const MANY_ROWS: usize = 40;

/// The voice of a run.
pub(crate) struct Report {
    /// Whether standard output is kept for the one JSON object.
    json: bool,
    /// Whether only warnings are wanted on standard error.
    silent: bool,
    meter: Meter,
    epoch_began: Instant,
    /// The first failure of standard output, after which nothing more is written to it.
    failure: Option<io::Error>,
    /// What the losses of a model that ranks are called.
    loss: &'static str,
}

impl Report {
    /// A voice as the flags want it.
    pub(crate) fn new(flags: &TrainFlags) -> Report {
        Report {
            json: flags.json,
            silent: flags.progress == ProgressChoice::None,
            meter: Meter::new(flags.progress),
            epoch_began: Instant::now(),
            failure: None,
            loss: "Loss",
        }
    }

    /// Something the user should not miss.
    pub(crate) fn warn(&mut self, what: &str) {
        self.meter.aside(|| streams::warn(what));
    }

    /// What was read, and what was wrong with it.
    pub(crate) fn data(&mut self, data: &Data) {
        for warning in data.warnings() {
            self.warn(&warning);
        }
        let (ratings, users, items) =
            (&data.table.ratings, data.table.users.len(), data.table.items.len());
        let (low, high) = ratings.range().unwrap_or_default();
        let done = if data.noise_floor.is_some() { "made" } else { "read" };
        self.note(
            "data",
            &format!(
                "{}{}: {} of {} by {}, from {low} to {high}, {done} in {:.2} s",
                data.name,
                data.format().map_or(String::new(), |format| format!(" ({format})")),
                counted(ratings.len(), "rating"),
                counted(items, "item"),
                counted(users, "user"),
                data.parse_seconds,
            ),
        );
    }

    /// What is about to be done.
    pub(crate) fn plan(
        &mut self,
        settings: &Settings,
        split: &Split,
        device: &Device,
        engine: EngineKind,
    ) {
        self.note("split", &plan::cut(settings, split));
        let (name, reason) = (device.name(), device.reason());
        self.note("device", &format!("{name}: {reason}; {engine} engine"));
        if let Some(warning) = device.warning() {
            self.warn(&warning);
        }
        if settings.threads.is_some() && device.training_threads(&settings.config).is_none() {
            self.note(
                "hint",
                "--threads makes no epoch faster here: it is for the fused engine on the CPU",
            );
        }
        let Config { batch_size, optimizer, .. } = &settings.config;
        let has_sparse = settings.config.model.optimizers().contains(&Optimizer::SparseAdam);
        let adam = *optimizer == Optimizer::Adam && has_sparse;
        if adam && split.users + split.items > MANY_ROWS * batch_size {
            self.note(
                "hint",
                &format!(
                    "adam moves all {} rows at every step, though a batch reads at most {}; \
                     --optimizer sparse-adam moves only those",
                    grouped(split.users + split.items),
                    grouped(2 * batch_size)
                ),
            );
        }
        self.note("model", &plan::of(&settings.config));
        self.loss = loss_name(&settings.config);
    }

    /// How many test ratings are not the model's to predict.
    pub(crate) fn strangers(&self, count: usize, objective: Objective) {
        if count > 0 {
            let what = counted(count, "more test rating");
            let how = match objective {
                Objective::Rating => "predicted by a mean",
                Objective::Ranking => "left out",
            };
            self.note("", &format!("{what} of unknown users or items, {how}"));
        }
    }

    /// Why the preset is another than elsewhere.
    pub(crate) fn few(&self, why: Option<&str>) {
        why.into_iter().for_each(|why| self.note("preset", why));
    }

    /// Where a run goes on that was begun before.
    pub(crate) fn resumed(&self, begun: &Begun) {
        let from = match begun.epochs() {
            None => "from its start, for want of a model".into(),
            Some(0) => "within its first epoch".into(),
            Some(epochs) => format!("after epoch {epochs}"),
        };
        self.note("resume", &format!("{} goes on {from}", shown(&begun.path)));
    }

    /// Training begins now.
    pub(crate) fn begin(&mut self) {
        self.epoch_began = Instant::now();
    }

    /// A piece of an epoch is done.
    pub(crate) fn progress(&mut self, progress: &Progress) {
        self.meter.show(progress, self.epoch_began.elapsed().as_secs_f64());
    }

    /// An epoch is done: one line, in the form the lab prints it.
    pub(crate) fn epoch(&mut self, report: &EpochReport) {
        let line = epoch_line(report, self.loss);
        if !self.json {
            self.print(&line);
        } else if !self.silent {
            self.meter.aside(|| streams::say(&line));
        }
        self.epoch_began = Instant::now();
    }

    /// The GPU failed and training goes on.
    pub(crate) fn recovered(&mut self, recovery: &Recovery) {
        let Recovery { cause, epochs, device } = recovery;
        let from = if *epochs == 0 { "the start".into() } else { format!("epoch {epochs}") };
        self.warn(&format!("the GPU failed: {cause}; training goes on from {from} on {device}"));
        self.epoch_began = Instant::now();
    }

    /// Whether the reader of standard output went away, and with it the wish for more epochs.
    pub(crate) fn reader_is_gone(&self) -> bool {
        self.failure.as_ref().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Takes the bar off the screen, so that what follows stands alone.
    pub(crate) fn quieten(&mut self) {
        self.meter.clear();
    }

    /// The curve, the last figures beside the baseline, where the run is kept, and what to try next.
    pub(crate) fn close(&self, ended: &Ended, summary: &Summary, data: &Data, saved: &Saved) {
        let place = shown(&saved.path);
        let kept = match ended {
            // Whoever left wants no more text, but for where to look.
            Ended::ReaderGone if saved.left.is_none() => return,
            Ended::ReaderGone => format!("Stopped; what was trained so far is saved in {place}."),
            Ended::Done => format!("Saved in {place}."),
            Ended::Interrupted => {
                format!("Interrupted; what was trained so far is saved in {place}.")
            }
            Ended::Failed(_) => format!("The last good model is saved in {place}."),
        };
        let kept = [Some(kept), beyond(ended, summary), saved.left_note()];
        let kept = kept.into_iter().flatten().collect::<Vec<_>>().join(" ");
        if self.silent || matches!(ended, Ended::ReaderGone) {
            if !matches!(ended, Ended::Done) {
                streams::say(&kept);
            }
            return;
        }
        if !summary.epochs.is_empty() {
            let chart = curve::of(summary);
            let style =
                Terminal { columns: streams::columns(), rows: 14, colour: streams::is_coloured() };
            streams::say(&format!("\n{}", chart::terminal(&chart, style)));
        }
        if let Some(verdict) = verdict(summary, data.noise_floor) {
            streams::say(&verdict);
        }
        streams::say(&kept);
        if matches!(ended, Ended::Done) {
            streams::say(&next::steps(summary, data, &place));
        }
    }

    /// The one JSON object, if it was asked for, and the end of standard output.
    ///
    /// # Errors
    /// The first failure of standard output during the whole run.
    pub(crate) fn finish(mut self, json: &str) -> anyhow::Result<()> {
        if self.json {
            self.print(json.trim_end());
        }
        match self.failure {
            Some(error) => Err(error).context("cannot write to standard output"),
            None => Ok(()),
        }
    }

    fn note(&self, what: &str, text: &str) {
        if !self.silent {
            streams::say(&format!("{what:<7} {text}"));
        }
    }

    fn print(&mut self, line: &str) {
        if self.failure.is_none() {
            self.failure = self.meter.aside(|| streams::print(&format!("{line}\n"))).err();
        }
    }
}

/// What the losses of a model that ranks are called.
fn loss_name(config: &Config) -> &'static str {
    if config.model.is_neural() { "LogLoss" } else { "Loss" }
}

/// `[0.09] Epoch:   1, TrnRMSE: 4.6855, TestRMSE: 4.4827`; the seconds are those of training. Of a
/// model that ranks `[0.52] Epoch:   1, TrnLoss: 0.7211, TestHR@10: 0.6873, TestNDCG@10: 0.4170`.
fn epoch_line(report: &EpochReport, loss: &str) -> String {
    let EpochReport { epoch, seconds, .. } = report;
    let part = |name: &str, rmse: Option<f64>, hits: Option<SampledHits>| {
        let hits = hits.map(|SampledHits { hit_rate, ndcg }| {
            format!(", {name}HR@10: {hit_rate:.4}, {name}NDCG@10: {ndcg:.4}")
        });
        rmse.map(|rmse| format!(", {name}RMSE: {rmse:.4}")).or(hits).unwrap_or_default()
    };
    let shown = report.train_loss.map(|of| format!(", Trn{loss}: {of:.4}"));
    let train = shown.unwrap_or_else(|| part("Trn", report.train_rmse, None));
    let validation = part("Val", report.validation_rmse, report.validation_hits);
    let test = part("Test", report.test_rmse, report.test_hits);
    format!("[{seconds:.2}] Epoch: {epoch:3}{train}{validation}{test}")
}

/// How far an interrupted model is from the figures that are known.
fn beyond(ended: &Ended, summary: &Summary) -> Option<String> {
    if !matches!(ended, Ended::Interrupted) {
        return None;
    }
    Some(match (summary.trained_beyond_final, &summary.r#final) {
        (None, None) => "Nothing was trained yet: it is the initial model.".into(),
        (None, Some(_)) => return None,
        (Some(more), None) => {
            format!("It has seen {} and was not tested.", counted(more, "rating"))
        }
        (Some(more), Some(last)) => format!(
            "It has seen {} more than epoch {}, the last that was tested.",
            counted(more, "rating"),
            last.epoch
        ),
    })
}

/// The last figures of the test set, and what they are worth.
fn verdict(summary: &Summary, noise_floor: Option<f64>) -> Option<String> {
    let last = summary.delivered()?;
    let epoch = match summary.chosen {
        Some(_) => format!("of epoch {}, the best by validation", last.epoch),
        None => format!("after {}", counted(last.epoch, "epoch")),
    };
    if let Some(SampledHits { hit_rate, ndcg }) = last.test_hits {
        let popular = summary.data.popular_hits.map_or(String::new(), |popular| {
            format!(
                "; with the most rated for everybody {:.4} and {:.4}",
                popular.hit_rate, popular.ndcg
            )
        });
        return Some(format!(
            "Test HR@10 {hit_rate:.4}, NDCG@10 {ndcg:.4} {epoch}, each item among {} sampled ones{popular}.",
            SampledHits::NEGATIVES
        ));
    }
    let (rmse, mean) = (last.test_rmse?, summary.data.always_mean_rmse?);
    let gain = mean - rmse;
    let compared = if mean == 0.0 {
        "always the mean is always right, for the ratings are alike".to_owned()
    } else if gain > 0.0 {
        format!("{gain:.4} better than always the mean, {mean:.4}")
    } else {
        format!("no better than always the mean, {mean:.4}: it needs more epochs or more ratings")
    };
    let floor = noise_floor
        .map_or(String::new(), |floor| format!("; the best possible here is {floor:.4}"));
    Some(format!("Test RMSE {rmse:.4} {epoch}: {compared}{floor}."))
}

#[cfg(test)]
mod tests {
    use trainer::{EpochReport, SampledHits};

    use super::{Report, epoch_line};
    use crate::args::{ProgressChoice, TrainFlags};
    use crate::progress::Meter;

    #[test]
    fn a_warning_goes_by_the_meter() {
        let flags = TrainFlags { progress: ProgressChoice::Plain, ..TrainFlags::default() };
        let mut report = Report::new(&flags);
        let spoke = |report: &Report| match &report.meter {
            Meter::Lines { quiet_since } => *quiet_since,
            _ => panic!("plain lines were asked for"),
        };
        let before = spoke(&report);
        report.warn("this line belongs to a test");
        assert!(spoke(&report) > before, "the meter was not told");
    }

    #[test]
    fn an_epoch_reads_as_in_the_lab() {
        let report = EpochReport {
            epoch: 1,
            train_rmse: Some(4.685_49),
            test_rmse: Some(4.482_74),
            test_mae: Some(4.0),
            seconds: 0.094,
            ..EpochReport::default()
        };
        assert_eq!(
            epoch_line(&report, "Loss"),
            "[0.09] Epoch:   1, TrnRMSE: 4.6855, TestRMSE: 4.4827"
        );
        let report = EpochReport { test_rmse: None, epoch: 1234, ..report };
        assert_eq!(epoch_line(&report, "Loss"), "[0.09] Epoch: 1234, TrnRMSE: 4.6855");
        let ranks = EpochReport {
            epoch: 2,
            train_loss: Some(0.5),
            test_hits: Some(SampledHits { hit_rate: 0.75, ndcg: 0.25 }),
            ..EpochReport::default()
        };
        let line = "[0.00] Epoch:   2, TrnLoss: 0.5000, TestHR@10: 0.7500, TestNDCG@10: 0.2500";
        assert_eq!(epoch_line(&ranks, "Loss"), line);
    }
}
