//! What the worker says, into signals.

use std::time::Duration;

use leptos::prelude::*;
use protocol::{News, Opened, Started};
use trainer::{EpochReport, Event, Recovery};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::actions;
use super::clock::{self, Clock};
use super::files;
use super::link::Program;
use super::reading;
use super::state::{Left, Page, Reading, Stage, Worker};
use super::{locks, storage, unfinished, update};
use crate::numbers::{counted, rmse};
use crate::record::Record;

/// Takes one piece of news.
pub(crate) fn hear(page: Page, program: Program, news: News, attachment: JsValue) {
    if !matches!(news, News::Event(Event::Epoch(_) | Event::Progress(_)) | News::Memory { .. }) {
        take_epochs(page); // what follows counts on them
    }
    match news {
        News::Loading { done, total } => page.worker.set(Worker::Loading(program, done, total)),
        News::Ready { device } => {
            page.device.set(Some(device));
            page.worker.set(Worker::Ready(program));
            if let Some(source) = page.sent.get_value() {
                reading::send(page, &source);
            }
            if program == Program::Autodiff {
                update::keep_large();
            }
        }
        News::Reading { done, total, seconds } => page.reading.update(|reading| {
            let name = reading.take().map(|reading| reading.name).unwrap_or_default();
            *reading = Some(Reading { name, done, total, seconds });
        }),
        News::Data(report) => reading::took(page, *report),
        News::BadData(bad) => reading::refused(page, bad),
        News::Titles { name, titles, matched, first_rows } => {
            reading::named(page, (&name, titles), matched, first_rows);
        }
        News::Started(started) => begun(page, *started),
        News::Event(Event::Progress(progress)) => {
            let before = page.progress.get_untracked();
            let done = before.filter(|p| p.epoch == progress.epoch).map_or(0, |p| p.done);
            page.clock.update(|c| c.ratings += progress.done.saturating_sub(done) as f64);
            page.progress.set(Some(progress));
        }
        News::Event(Event::Epoch(report)) => epoch(page, report),
        News::Event(Event::Recovered(recovery)) => recovered(page, &recovery),
        News::Held { held } => {
            page.clock.update(|clock| clock.run(!held));
            let stage = page.stage.get_untracked();
            match (held, stage) {
                (true, stage) if stage.is_open() => page.stage.set(Stage::Held),
                (false, Stage::Held) => page.stage.set(Stage::Training),
                _ => {}
            }
        }
        News::Memory { .. } => {}
        News::Checkpoint { .. } => unfinished::keep(page, &attachment),
        News::Finished { epochs, parameters } => finished(page, epochs, parameters),
        News::Answer(answer) => page.using.hear(page, *answer),
        News::Exported { name } => files::save_bytes(page, &name, &attachment),
        News::Opened(model) => opened(page, *model),
        News::Failed { message } => {
            if page.stage.get_untracked() == Stage::Starting {
                page.stage.set(Stage::Idle);
                unfinished::put_back(page);
            }
            page.complain(message);
        }
        News::Panicked { message } => died(page, message),
    }
}

/// The worker is gone: what it had is gone too, but for the last checkpoint.
pub(crate) fn died(page: Page, cause: String) {
    page.link.set_value(None);
    page.reading.set(None);
    // What it was reading nobody reads any more, and nothing waits for that.
    page.sent.set_value(None);
    page.waiting.set_value(Vec::new());
    page.worker.set(Worker::Dead { cause, left: left(page) });
    page.clock.update(|clock| clock.run(false));
    page.stage.set(Stage::Idle);
    unfinished::put_back(page);
    spawn_local(unfinished::offer_all(page)); // the run that was at hand
}

/// What is left of what the worker had.
fn left(page: Page) -> Left {
    let id = page.run.with_untracked(|run| run.as_ref().map(|run| run.id));
    match (page.stage.get_untracked(), page.kept.get_value()) {
        (Stage::Idle | Stage::Starting, _) => Left::Nothing,
        (Stage::Finished, _) => Left::Figures,
        (_, Some((kept, epochs))) if Some(kept) == id => Left::Kept(epochs),
        _ => Left::Lost,
    }
}

fn begun(page: Page, started: Started) {
    let Started { settings, device, engine, mean_rmse, biases_rmse, popular_hits, epochs, .. } =
        started;
    let (name, fingerprint) = page.data.with_untracked(|data| {
        data.as_ref().map(|data| (data.name.clone(), data.fingerprint.clone())).unwrap_or_default()
    });
    let resumed = page.unfinished_record(epochs);
    let id = resumed.as_ref().map_or_else(|| storage::next_id(page), |record| record.id);
    spawn_local(async move {
        let _ = locks::take(page, id).await;
    }); // this tab's, no other's
    page.earlier.update(|earlier| earlier.retain(|run| run.id != id));
    page.device.set(Some(device.clone()));
    page.view.update(|view| view.range = None);
    page.using.forget();
    page.settings.set(settings.clone()); // of a resumed run, as they were last tuned
    page.run.set(Some(Record {
        id,
        name: resumed.as_ref().map_or_else(|| format!("run {id}"), |record| record.name.clone()),
        data: name,
        fingerprint,
        settings,
        device: device.name,
        engine: engine.to_string(),
        history: resumed.as_ref().map(|record| record.history.clone()).unwrap_or_default(),
        changes: resumed.map(|record| record.changes).unwrap_or_default(),
        mean_rmse,
        biases_rmse,
        popular_hits,
        hidden: false,
    }));
    if let Some(warning) = device.warning {
        page.say(warning);
    }
    page.stage.set(Stage::Held);
    page.clock.set(Clock::default());
    page.progress.set(None);
    if let Some(go) = page.next.try_update_value(|next| next.go.take()).flatten() {
        actions::go(page, go);
    }
}

/// A model file takes the place of the run at hand: its curve is shown and it can be used.
fn opened(page: Page, model: Opened) {
    let Opened { name, settings, history, users, items, .. } = model;
    page.say(format!(
        "{name}: {} of {} and {}, {} trained.",
        settings.config.model,
        counted(users, "user"),
        counted(items, "item"),
        counted(history.len(), "epoch"),
    ));
    actions::set_aside(page);
    page.settings.set(settings.clone());
    page.using.begin((users, items));
    page.run.set(Some(Record {
        id: storage::next_id(page),
        name,
        data: "a model file".into(),
        fingerprint: String::new(),
        settings,
        device: "–".into(),
        engine: "–".into(),
        history,
        changes: Vec::new(),
        mean_rmse: None,
        biases_rmse: None,
        popular_hits: None,
        hidden: false,
    }));
    page.stage.set(Stage::Finished);
}

/// Longest silence between two sentences for screen readers, in seconds.
const BREATH: f64 = 5.0;

fn epoch(page: Page, report: EpochReport) {
    let last = page.last_spoken.get_value();
    if clock::now() - last > BREATH || last == 0.0 {
        page.last_spoken.set_value(clock::now());
        page.spoken.set(spoken(&report));
    }
    let waiting = page.epochs.try_update_value(|epochs| {
        epochs.push(report);
        epochs.len()
    });
    if waiting == Some(1) {
        set_timeout(move || take_epochs(page), REDRAW);
    }
}

/// An epoch in a sentence.
fn spoken(report: &EpochReport) -> String {
    let figures = [
        ("train RMSE", report.train_rmse),
        ("test RMSE", report.test_rmse),
        ("loss", report.train_loss),
        ("HR@10", report.test_hits.map(|hits| hits.hit_rate)),
        ("NDCG@10", report.test_hits.map(|hits| hits.ndcg)),
    ];
    let told = figures.into_iter().filter_map(|(name, of)| Some(format!("{name} {}", rmse(of?))));
    format!("Epoch {}: {}.", report.epoch, told.collect::<Vec<_>>().join(", "))
}

/// Epochs of small data come faster than a screen can show: they are drawn together.
const REDRAW: Duration = Duration::from_millis(50);

/// Takes the epochs that have come since the last drawing.
fn take_epochs(page: Page) {
    let epochs = page.epochs.try_update_value(std::mem::take).unwrap_or_default();
    if !epochs.is_empty() {
        page.run.update(|run| {
            if let Some(run) = run {
                run.history.extend(epochs);
            }
        });
    }
}

fn recovered(page: Page, recovery: &Recovery) {
    page.run.update(|run| {
        if let Some(run) = run {
            run.history.truncate(recovery.epochs);
            run.device.clone_from(&recovery.device);
        }
    });
    let Recovery { cause, epochs, device } = recovery;
    page.device.update(|of| {
        if let Some(of) = of.as_mut().filter(|of| of.name != *device) {
            of.reason = format!("the run goes on here, for {} gave out", of.name);
            of.name.clone_from(device);
        }
    });
    page.complain(format!("{cause} Training goes on from epoch {epochs} on {device}."));
}

fn finished(page: Page, epochs: usize, parameters: usize) {
    page.clock.update(|clock| clock.run(false));
    page.progress.set(None);
    page.stage.set(Stage::Finished);
    let run = page.run.get_untracked();
    if let Some(run) = &run {
        unfinished::forget(page, run.id);
        storage::put_run(page, run);
    }
    let test = run.and_then(|run| {
        Some(format!(" Test {} {}.", run.objective().figure(), rmse(run.final_test()?)))
    });
    page.spoken.set(format!(
        "Finished after {}: {} learned.{}",
        counted(epochs, "epoch"),
        counted(parameters, "number"),
        test.unwrap_or_default()
    ));
}

impl Page {
    /// The record of the run that was resumed, cut to the epochs that the model has seen.
    fn unfinished_record(&self, epochs: usize) -> Option<Record> {
        let mut record = self.resumed.try_update_value(Option::take).flatten()?;
        record.history.truncate(epochs);
        Some(record)
    }
}
