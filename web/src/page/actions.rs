//! What the person can ask for.

use leptos::prelude::*;
use protocol::Request;
use ratings::sample::SampleConfig;
use trainer::{Config, EngineChoice};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::clock::Clock;
use super::link::{self, Program};
use super::state::{Begin, Go, Next, Page, Reading, Source, Stage, Worker};
use super::storage;
use super::unfinished::{self, Kept};
use crate::address;
use crate::record::{Change, Record};

/// Ratings of the built-in data, as many as the desktop's.
const SAMPLE: usize = 1_000_000;

/// Makes ratings and trains on them at once.
pub(crate) fn try_sample(page: Page) {
    if page.reading.get_untracked().is_none() {
        read(page, Source::Sample(SampleConfig::of_size(SAMPLE, SampleConfig::SEED)));
        page.next.set_value(Next { begin: Some(Begin::Fresh), go: Some(Go::Play) });
    }
}

/// Has the worker read a file, or make ratings. What waited for other data waits no more.
pub(crate) fn read(page: Page, source: Source) {
    page.next.set_value(Next::default());
    page.refused.set(None);
    page.notice.set(None);
    let (name, total) = match &source {
        Source::Sample(_) => ("sample data".to_owned(), 0),
        Source::File { name, blob, .. } => (name.clone(), blob.size() as u64),
    };
    page.reading.set(Some(Reading { name, done: 0, total, seconds: 0.0 }));
    page.sent.set_value(Some(source.clone()));
    if page.data.with_untracked(Option::is_some) {
        page.titles.set_value(None); // they are those of the data before
    }
    if matches!(page.worker.get_untracked(), Worker::Dead(_)) {
        link::open(page, Program::Fused);
    }
    if is_ready(page) {
        send(page, &source);
    } // else it is sent when the worker is ready
}

/// Sends what the worker is to read.
pub(crate) fn send(page: Page, source: &Source) {
    match source {
        Source::Sample(config) => link::ask(page, &Request::Sample { config: *config }, None),
        Source::File { name, blob, skip_bad_lines } => {
            let request = Request::Read { name: name.clone(), skip_bad_lines: *skip_bad_lines };
            link::ask(page, &request, Some(blob));
        }
    }
}

/// Reads the refused file again without its bad lines.
pub(crate) fn skip_bad_lines(page: Page) {
    if let Some(Source::File { name, blob, .. }) = page.sent.get_value() {
        let titles = page.titles.get_value();
        read(page, Source::File { name, blob, skip_bad_lines: true });
        page.titles.set_value(titles);
    }
}

/// Trains, or holds what trains.
pub(crate) fn play_or_pause(page: Page) {
    match page.stage.get_untracked() {
        Stage::Idle | Stage::Finished => begin(page, Begin::Fresh, Some(Go::Play)),
        Stage::Held => go(page, Go::Play),
        Stage::Training | Stage::Stepping => link::ask(page, &Request::Pause, None),
        Stage::Starting => {}
    }
}

/// Trains to the end of an epoch.
pub(crate) fn one_epoch(page: Page) {
    match page.stage.get_untracked() {
        Stage::Idle | Stage::Finished => begin(page, Begin::Fresh, Some(Go::Epoch)),
        Stage::Held | Stage::Training => go(page, Go::Epoch),
        Stage::Stepping | Stage::Starting => {}
    }
}

/// Ends the run and keeps its model.
pub(crate) fn stop(page: Page) {
    if matches!(page.stage.get_untracked(), Stage::Training | Stage::Stepping | Stage::Held) {
        link::ask(page, &Request::Stop, None);
    }
}

/// Clears the run away; its curve stays among the earlier ones.
pub(crate) fn reset(page: Page) {
    if matches!(page.stage.get_untracked(), Stage::Idle | Stage::Starting) {
        return;
    }
    link::ask(page, &Request::Reset, None);
    let id = page.run.with_untracked(|run| run.as_ref().map(|run| run.id));
    archive(page);
    idle(page);
    if let Some(id) = id {
        unfinished::forget(page, id);
    }
}

/// No run at hand.
pub(crate) fn idle(page: Page) {
    page.stage.set(Stage::Idle);
    page.progress.set(None);
    page.clock.set(Clock::default());
}

/// Lets the run at hand move.
pub(crate) fn go(page: Page, how_far: Go) {
    let (request, stage) = match how_far {
        Go::Play => (Request::Play, Stage::Training),
        Go::Epoch => (Request::Epoch, Stage::Stepping),
    };
    link::ask(page, &request, None);
    page.stage.set(stage);
    page.clock.update(|clock| clock.run(true));
}

/// Begins a run with what the form says, or goes on with one that was cut off.
pub(crate) fn begin(page: Page, how: Begin, how_far: Option<Go>) {
    let Some(source) = page.source.get_value() else {
        page.complain("There is no data yet: drop a ratings file, or try the sample data.");
        return;
    };
    if let Begin::Resume(kept) = &how {
        page.settings.set(kept.record.settings.clone());
    }
    let settings = page.settings.get_untracked();
    if let Err(error) = settings.config.check() {
        page.complain(error.to_string());
        return;
    }
    let needed =
        if settings.engine == EngineChoice::Autodiff { Program::Autodiff } else { Program::Fused };
    let there = is_ready(page) && (link::program(page) == Some(needed));
    if there {
        page.next.set_value(Next { begin: None, go: how_far });
        start(page, how);
    } else {
        // Another program has to be loaded, and given the data, first.
        page.next.set_value(Next { begin: Some(how), go: how_far });
        page.sent.set_value(Some(source));
        archive(page);
        idle(page);
        page.stage.set(Stage::Starting);
        link::open(page, needed);
    }
}

/// Asks for the run itself; the worker has the data.
pub(crate) fn start(page: Page, how: Begin) {
    archive(page);
    idle(page);
    page.stage.set(Stage::Starting);
    let settings = page.settings.get_untracked();
    match how {
        Begin::Fresh => link::ask(page, &Request::Start { settings }, None),
        Begin::Resume(kept) => spawn_local(async move {
            page.resumed.set_value(Some(kept.record.clone()));
            match unfinished::model(&kept).await {
                Ok(model) => link::ask(page, &Request::Start { settings }, Some(&model)),
                Err(error) => {
                    page.stage.set(Stage::Idle);
                    page.resumed.set_value(None);
                    page.complain(format!("The unfinished run cannot be read: {error}"));
                }
            }
        }),
    }
}

/// Goes on with a run that was cut off: its data first, then its model.
pub(crate) fn resume(page: Page, kept: Kept) {
    let id = kept.record.id;
    page.unfinished.update(|runs| runs.retain(|run| run.record.id != id));
    if page.run.with_untracked(|run| run.as_ref().is_some_and(|run| run.id != id)) {
        set_aside(page);
    }
    page.run.set(None);
    spawn_local(async move {
        match unfinished::source(&kept).await {
            Ok(source) => {
                read(page, source);
                let begin = Some(Begin::Resume(Box::new(kept)));
                page.next.set_value(Next { begin, go: Some(Go::Play) });
            }
            Err(error) => {
                page.complain(format!("The unfinished run's data cannot be read: {error}"))
            }
        }
    });
}

/// Changes the step size or the penalty while the run goes on.
pub(crate) fn tune(page: Page, name: &str) {
    let config = page.settings.get_untracked().config;
    let (learning_rate, weight_decay) = (config.learning_rate, config.weight_decay);
    link::ask(page, &Request::Tune { learning_rate, weight_decay }, None);
    let what = match name {
        "lr" => format!("learning rate {learning_rate}"),
        _ => format!("weight decay {weight_decay}"),
    };
    page.run.update(|run| {
        if let Some(run) = run {
            let within = page.progress.get_untracked();
            let share = within.map_or(0.0, |p| p.done as f64 / p.total.max(1) as f64);
            run.changes.push(Change { at: run.history.len() as f64 + share, what });
        }
    });
}

/// Sets a setting by the name of its flag. Of a run under way only the step size and the penalty
/// can change.
pub(crate) fn set(page: Page, name: &'static str, text: &str) -> bool {
    let mut settings = page.settings.get_untracked();
    let fits = address::set(&mut settings, name, text);
    if fits && settings != page.settings.get_untracked() {
        let can_train = settings.config.check().is_ok();
        page.settings.set(settings);
        if can_train
            && page.stage.get_untracked().is_open()
            && matches!(name, "lr" | "weight-decay")
        {
            tune(page, name);
        }
    }
    fits
}

/// Another model, with these settings; the seed and what is no part of the model stay.
pub(crate) fn choose(page: Page, config: Config) {
    page.settings.update(|settings| {
        let seed = settings.config.seed;
        settings.config = Config { seed, ..config };
    });
}

/// Moves the run at hand, when it saw an epoch, to the earlier ones.
pub(crate) fn archive(page: Page) {
    let run: Option<Record> = page.run.try_update(Option::take).flatten();
    if let Some(run) = run.filter(|run| !run.history.is_empty()) {
        storage::put_run(page, &run);
        page.earlier.update(|earlier| earlier.push(run));
    }
}

/// The run at hand gives way. One that was under way can go on later.
pub(crate) fn set_aside(page: Page) {
    let is_open = page.stage.get_untracked().is_open();
    let id = page.run.with_untracked(|run| run.as_ref().map(|run| run.id));
    archive(page);
    idle(page);
    if let Some(id) = id.filter(|_| is_open) {
        unfinished::offer(page, id);
    }
}

/// Asks for the model file.
pub(crate) fn export(page: Page) {
    link::ask(page, &Request::Export, None);
}

/// Has the worker read the titles of items, for the data at hand or on its way.
pub(crate) fn read_titles(page: Page, name: String, blob: Blob) {
    page.titles.set_value(Some((name, blob)));
    if is_ready(page) {
        send_titles(page);
    } // else they are sent when the worker is ready
}

/// Sends the titles that were given.
pub(crate) fn send_titles(page: Page) {
    if let Some((name, blob)) = page.titles.get_value() {
        link::ask(page, &Request::Titles { name }, Some(&blob));
    }
}

/// Has the worker open a model file.
pub(crate) fn hand_over(page: Page, request: &Request, blob: &JsValue) {
    if is_ready(page) {
        link::ask(page, request, Some(blob));
    } else {
        page.complain("The trainer is still on its way; try again in a moment.");
    }
}

pub(crate) fn is_ready(page: Page) -> bool {
    matches!(page.worker.get_untracked(), Worker::Ready(_))
}
