//! What the person can ask for.

use leptos::prelude::*;
use protocol::Request;
use trainer::{Config, EngineChoice};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::clock::Clock;
use super::link::{self, Program};
use super::reading;
use super::state::{Begin, Go, Next, Page, Stage, Worker};
use super::storage;
use super::unfinished::{self, Kept};
use crate::address;
use crate::record::{Change, Record};

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
        unfinished::put_back(page);
        page.complain(error.to_string());
        return;
    }
    let needed = Program::for_run(&settings);
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
                    unfinished::put_back(page);
                    page.complain(format!("The unfinished run cannot be read: {error}"));
                }
            }
        }),
    }
}

/// Goes on with a run that was cut off: its data first, to which the run at hand gives way, then its
/// model.
pub(crate) fn resume(page: Page, kept: Kept) {
    let id = kept.record.id;
    page.unfinished.update(|runs| runs.retain(|run| run.record.id != id));
    if page.run.with_untracked(|run| run.as_ref().is_some_and(|run| run.id == id)) {
        page.run.set(None); // it died, and comes back as it was kept
    }
    spawn_local(async move {
        match unfinished::source(&kept).await {
            Ok(source) => {
                reading::read(page, source);
                let begin = Some(Begin::Resume(Box::new(kept)));
                page.next.set_value(Next { begin, go: Some(Go::Play) });
            }
            Err(error) => {
                unfinished::offer(page, id);
                page.complain(format!("The unfinished run's data cannot be read: {error}"));
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
    if let ("objective", Ok(objective)) = (name, text.parse()) {
        choose(page, Config::usual_for(settings.config.model, objective));
        return true;
    }
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

/// Another model, with these settings; the seed and what is no part of the model stay, but for an
/// engine that the model cannot be trained with.
pub(crate) fn choose(page: Page, config: Config) {
    page.settings.update(|settings| {
        let seed = settings.config.seed;
        settings.config = Config { seed, ..config };
        if !settings.config.model.is_lab() {
            settings.engine = EngineChoice::Auto;
        }
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

/// The run at hand gives way. One that was under way can go on later: the worker has given its last
/// checkpoint.
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
