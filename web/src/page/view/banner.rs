//! What the person has to know first: a dead worker, a run to resume, a missing GPU, plain news.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::numbers::{bytes, counted, rmse_or_dash};
use crate::page::actions;
use crate::page::focus;
use crate::page::link::{self, Program};
use crate::page::state::{Left, Notice, Page, Worker, page};
use crate::page::storage;
use crate::page::unfinished::{self, Kept};
use crate::page::update;

/// All banners, in the order of their weight.
#[component]
pub(super) fn Banners() -> impl IntoView {
    let page = page();
    view! {
        <div class="banners">
            {move || worker(page)}
            <Show when=move || page.update_waits.get()>
                <div class="banner" id="update" role="status">
                    <p>"A newer version of this page is ready. Runs that are over are kept."</p>
                    <button on:click=|_| update::take()>"Use it"</button>
                </div>
            </Show>
            {move || unreadable(page)}
            <For each=move || page.unfinished.get() key=|kept| kept.record.id
                children=move |kept| cut_off(page, kept)/>
            {move || page.notice.get().map(|notice| said(page, notice))}
        </div>
    }
}

fn worker(page: Page) -> Option<AnyView> {
    match page.worker.get() {
        Worker::Ready(_) => None,
        Worker::Loading(program, done, total) => Some(loading(program, done, total)),
        Worker::Dead { cause, left } => Some(dead(page, cause, left)),
    }
}

fn loading(program: Program, done: u64, total: u64) -> AnyView {
    let what = match program {
        Program::Fused => "The trainer is on its way",
        Program::Autodiff => "burn is on its way",
    };
    let share = (total > 0).then(|| done as f64 / total as f64);
    let percent = share.map(|share| format!(" {:.0} %", share * 100.0)).unwrap_or_default();
    let amount = if done > 0 { format!(" ({})", bytes(done)) } else { String::new() };
    view! {
        <p class="banner quiet" id="loading">
            <label>
                {what} {percent} {amount}
                <progress max="1" prop:value=share.unwrap_or(0.0)></progress>
            </label>
        </p>
    }
    .into_any()
}

fn dead(page: Page, cause: String, left: Left) -> AnyView {
    let (what, left) = match left {
        Left::Nothing => ("The worker stopped: ", "A new one can take its place.".to_owned()),
        Left::Kept(epochs) => (
            "Training stopped: ",
            format!(
                "The run is kept as it was after {}: a new worker can go on from there.",
                counted(epochs, "epoch")
            ),
        ),
        Left::Lost => (
            "Training stopped: ",
            "No copy of the run was kept yet, so what it had learned is lost.".to_owned(),
        ),
        Left::Figures => (
            "The worker stopped: ",
            "The model at hand is gone with it, but for a file that was saved; its figures stay."
                .to_owned(),
        ),
    };
    view! {
        <div class="banner error" role="alert" id="dead">
            <p><strong>{what}</strong> {cause}</p>
            <p>{left}</p>
            <button on:click=move |_| {
                focus::to("train-title");
                page.sent.set_value(page.source.get_value());
                link::open(page, Program::Fused);
            }>"Start a new worker"</button>
        </div>
    }
    .into_any()
}

fn unreadable(page: Page) -> Option<AnyView> {
    let runs = page.unreadable.with(Vec::len);
    let text = format!(
        "{} that another version of this page kept here cannot be read by this one.",
        counted(runs, "run")
    );
    let leave = move |_| {
        storage::leave_unreadable(page);
        focus::to("train-title");
    };
    let delete = move |_| {
        storage::delete_unreadable(page);
        focus::to("train-title");
    };
    (runs > 0).then(|| {
        view! {
            <div class="banner" id="unreadable">
                <p>{text}</p>
                <span class="buttons">
                    <button on:click=delete>"Delete what cannot be read"</button>
                    <button class="plain" on:click=leave>"Leave it"</button>
                </span>
            </div>
        }
        .into_any()
    })
}

fn cut_off(page: Page, kept: Kept) -> AnyView {
    let (record, id) = (&kept.record, kept.record.id);
    // The browser's own way to write a day and a time.
    let style = js_sys::JSON::parse(r#"{"dateStyle":"medium","timeStyle":"short"}"#);
    let when = js_sys::Date::new(&kept.at.into())
        .to_locale_string("default", &style.unwrap_or(JsValue::UNDEFINED));
    let text = format!(
        "A run of {} was cut off after {} of {}, on {}, with a test {} of {}.",
        record.data,
        counted(record.history.len(), "epoch"),
        record.settings.config.epochs,
        String::from(when),
        record.objective().figure(),
        rmse_or_dash(record.final_test()),
    );
    view! {
        <div class="banner unfinished">
            <p>{text}</p>
            <span class="buttons">
                <button class="main resume" on:click=move |_| {
                    actions::resume(page, kept.clone());
                    focus::to("train-title");
                }>
                    "Go on with it"
                </button>
                <button class="discard" on:click=move |_| {
                    unfinished::forget(page, id);
                    focus::to("train-title");
                }>"Discard it"</button>
            </span>
        </div>
    }
    .into_any()
}

fn said(page: Page, notice: Notice) -> AnyView {
    let (class, role) =
        if notice.is_error { ("banner error", "alert") } else { ("banner", "status") };
    view! {
        <div class=class role=role id="notice">
            <p>{notice.text}</p>
            <button class="plain" aria-label="Dismiss" on:click=move |_| {
                page.notice.set(None);
                focus::to("train-title");
            }>"×"</button>
        </div>
    }
    .into_any()
}
