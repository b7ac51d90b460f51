//! Step 1: the data.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::{BadData, DataReport};

use super::histogram::Histogram;
use super::matrix::Matrix;
use crate::numbers::{bytes, count, counted, percent, span};
use crate::page::files;
use crate::page::reading;
use crate::page::state::{Page, Reading, page};

/// Choose data, and see what is in it.
#[component]
pub(super) fn DataStep() -> impl IntoView {
    let page = page();
    let label = Signal::derive(move || {
        if page.data.get().is_some() { "Another file, or titles" } else { "Choose a file" }
    });
    view! {
        <section class="step" id="data" aria-labelledby="data-title">
            <h2 id="data-title"><span class="number" aria-hidden="true">"1"</span> "Data"</h2>
            <Show when=move || page.data.get().is_none()>
                <div class="dropzone">
                    <p><strong>"Drop a ratings file anywhere on this page"</strong></p>
                    <p class="quiet">"ratings.dat, u.data, CSV, gzipped, or a MovieLens zip"</p>
                </div>
            </Show>
            <p class="buttons">
                <FileButton id="file" label=label/>
                <button
                    id="sample"
                    class:main=move || page.data.get().is_none()
                    on:click=move |_| reading::try_sample(page)
                >"Try sample data"</button>
            </p>
            {move || page.reading.get().map(on_its_way)}
            {move || page.refused.get().map(|bad| refused(page, bad))}
            {move || page.data.get().map(report)}
        </section>
    }
}

/// Takes files of any kind that the page knows.
#[component]
pub(super) fn FileButton(
    /// The id of its input element.
    id: &'static str,
    /// What it says.
    #[prop(into)]
    label: Signal<&'static str>,
) -> impl IntoView {
    let page = page();
    view! {
        <label class="button">
            {label}
            <input
                id=id
                type="file"
                multiple
                class="unseen"
                on:change:target=move |event| {
                    let input = event.target();
                    if let Some(files) = input.files() {
                        files::take_all(page, &files);
                    }
                    input.set_value(""); // so that the same file can be chosen again
                }
            />
        </label>
    }
}

fn on_its_way(reading: Reading) -> impl IntoView {
    let Reading { name, done, total, seconds } = reading;
    let speed = (seconds > 0.0 && done > 0).then(|| done as f64 / seconds);
    let speed = speed.map(|speed| format!(", {}/s", bytes(speed as u64))).unwrap_or_default();
    let amount = (total > 0).then(|| format!(" {} of {}{speed}", bytes(done), bytes(total)));
    let share = (total > 0).then(|| done as f64 / total as f64);
    view! {
        <p id="reading">
            <label>
                {format!("Reading {name}")} {amount}
                <progress max="1" prop:value=share.unwrap_or(0.0)></progress>
            </label>
        </p>
    }
}

fn refused(page: Page, bad: BadData) -> impl IntoView {
    let skip = bad.bad_lines.map(|lines| {
        let label = format!("Leave out {}", counted(lines, "bad line"));
        view! { <button id="skip" on:click=move |_| reading::skip_bad_lines(page)>{label}</button> }
    });
    let examples = bad.examples.into_iter().map(|line| view! { <li><code>{line}</code></li> });
    view! {
        <div class="banner error" role="alert" id="refused">
            <p><strong>{format!("{} cannot be used as it is. ", bad.name)}</strong> {bad.message}</p>
            <ul class="lines">{examples.collect_view()}</ul>
            <span class="buttons">
                {skip}
                <button class="plain" on:click=move |_| page.refused.set(None)>"Dismiss"</button>
            </span>
        </div>
    }
}

fn report(data: Arc<DataReport>) -> impl IntoView {
    let statistics = &data.statistics;
    let facts = [
        ("Users", count(statistics.users)),
        ("Items", count(statistics.items)),
        ("Ratings", count(statistics.ratings)),
        ("Known", percent(statistics.density)),
        ("Mean", format!("{:.2}", statistics.mean)),
    ];
    let facts = facts.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    let source = match data.bytes {
        0 => format!("made up in {}", span(data.seconds)),
        bytes => {
            format!("{}, {}, read in {}", self::bytes(bytes), data.format, span(data.seconds))
        }
    };
    view! {
        <div id="report">
            <p><strong>{data.name.clone()}</strong> " " <span class="quiet">{source}</span></p>
            <dl class="facts">{facts}</dl>
            <Histogram bars=statistics.histogram.clone() step=statistics.histogram_step/>
            <Matrix picture=data.matrix.clone() users=statistics.users items=statistics.items/>
            {first_rows(&data)}
            {skipped(&data)}
            {unused(&data)}
        </div>
    }
}

/// Files that came with the ratings and are of no use.
fn unused(data: &DataReport) -> Option<impl IntoView + use<>> {
    let lines = data.unused.clone().into_iter().map(|line| view! { <li>{line}</li> });
    let lines = lines.collect_view();
    (!data.unused.is_empty()).then(|| {
        view! {
            <div id="unused"><p class="quiet">"Left aside:"</p><ul class="lines">{lines}</ul></div>
        }
    })
}

fn first_rows(data: &DataReport) -> impl IntoView + use<> {
    let has_titles = data.first_rows.iter().any(|row| row.title.is_some());
    let item = if has_titles { "Title" } else { "Item" };
    let rows = data.first_rows.iter().map(|row| {
        let item = row.title.clone().unwrap_or_else(|| row.item.clone());
        view! { <tr><td>{row.user.clone()}</td><td>{item}</td><td>{row.rating}</td></tr> }
    });
    view! {
        <details>
            <summary>"First ratings"</summary>
            <table>
                <thead><tr><th scope="col">"User"</th><th scope="col">{item}</th><th scope="col">"Rating"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </details>
    }
}

fn skipped(data: &DataReport) -> Option<impl IntoView + use<>> {
    let summary = format!("{} left out", counted(data.skipped, "bad line"));
    let lines = data.skipped_examples.clone().into_iter();
    let lines = lines.map(|line| view! { <li><code>{line}</code></li> }).collect_view();
    (data.skipped > 0).then(|| {
        view! {
            <details id="skipped">
                <summary>{summary}</summary>
                <ul class="lines">{lines}</ul>
            </details>
        }
    })
}
