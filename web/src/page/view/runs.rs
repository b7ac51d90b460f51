//! The table of runs: what each was and what it reached.

use leptos::prelude::*;

use crate::numbers::span;
use crate::page::state::{Page, Stage, page};
use crate::page::storage;
use crate::record::Record;

/// The run at hand first, then the earlier ones, the latest first.
#[component]
pub(super) fn Runs() -> impl IntoView {
    let page = page();
    let ids = Memo::new(move |_| {
        let now = page.run.with(|run| run.as_ref().map(|run| run.id));
        let earlier =
            page.earlier.with(|runs| runs.iter().rev().map(|run| run.id).collect::<Vec<_>>());
        now.into_iter().chain(earlier).collect::<Vec<_>>()
    });
    view! {
        <Show when=move || ids.with(|ids| !ids.is_empty())>
            <h3 id="runs-title">"Runs"</h3>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="runs-title">
                <table id="runs">
                    <thead>
                        <tr>
                            <th scope="col">"Shown"</th>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Model"</th>
                            <th scope="col">"Final test"</th>
                            <th scope="col">"Best test"</th>
                            <th scope="col">"Epochs"</th>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Settings"</th>
                            <th scope="col">"Data"</th>
                            <th scope="col"><span class="unseen">"Delete"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || ids.get() key=|id| *id children=move |id| row(page, id)/>
                    </tbody>
                </table>
            </div>
        </Show>
    }
}

/// The run of this number, wherever it is.
fn find(page: Page, id: u32) -> Option<Record> {
    let now = page.run.with(|run| run.as_ref().filter(|run| run.id == id).cloned());
    now.or_else(|| page.earlier.with(|runs| runs.iter().find(|run| run.id == id).cloned()))
}

/// Changes a run, and keeps the change if the run is over.
fn change(page: Page, id: u32, change: impl Fn(&mut Record)) {
    let is_at_hand = page.run.with_untracked(|run| run.as_ref().is_some_and(|run| run.id == id));
    if is_at_hand {
        page.run.update(|run| run.iter_mut().for_each(change));
    } else {
        page.earlier.update(|runs| runs.iter_mut().filter(|run| run.id == id).for_each(change));
    }
    let is_over = !is_at_hand || page.stage.get_untracked() == Stage::Finished;
    if let Some(run) = untrack(|| find(page, id)).filter(|_| is_over) {
        storage::put_run(page, &run);
    }
}

/// What a row shows of a run.
#[derive(Clone, Default, PartialEq)]
struct Shown {
    hidden: bool,
    name: String,
    model: String,
    last: String,
    best: String,
    epochs: String,
    time: String,
    place: String,
    settings: String,
    data: String,
}

impl Shown {
    fn of(run: &Record) -> Self {
        let figure = |figure: Option<f64>| figure.map_or("–".into(), |test| run.shown(test));
        Self {
            hidden: run.hidden,
            name: run.name.clone(),
            model: run.settings.config.model.to_string(),
            last: match run.chosen() {
                Some(report) => {
                    format!("{} at {}, chosen", figure(run.final_test()), report.epoch)
                }
                None => figure(run.final_test()),
            },
            best: run
                .best_test()
                .map_or("–".into(), |(test, epoch)| format!("{} at {epoch}", run.shown(test))),
            epochs: run.history.len().to_string(),
            time: span(run.seconds()),
            place: format!("{}, {}", run.device, run.engine),
            settings: run.summary(),
            data: run.data.clone(),
        }
    }
}

/// A row whose cells follow the run, so that it keeps the focus while the run goes on. A run that is
/// over is looked at again only when such runs change.
fn row(page: Page, id: u32) -> impl IntoView {
    let is_at_hand =
        Memo::new(move |_| page.run.with(|run| run.as_ref().is_some_and(|run| run.id == id)));
    let run = Memo::new(move |_| match is_at_hand.get() {
        true => page.run.with(|run| run.as_ref().map(Shown::of)).unwrap_or_default(),
        false => page
            .earlier
            .with(|runs| runs.iter().find(|run| run.id == id).map(Shown::of))
            .unwrap_or_default(),
    });
    let text = move |text: fn(&Shown) -> &String| move || run.with(|run| text(run).clone());
    let name = Memo::new(move |_| run.with(|run| run.name.clone()));
    let delete = move |_| {
        page.earlier.update(|runs| runs.retain(|run| run.id != id));
        storage::delete_run(page, id);
    };
    view! {
        <tr class:current=is_at_hand>
            <td>
                <input type="checkbox" aria-label=move || format!("Show {}", name.get())
                    prop:checked=move || run.with(|run| !run.hidden)
                    on:change:target=move |event| {
                        let hidden = !event.target().checked();
                        change(page, id, |run| run.hidden = hidden);
                    }/>
            </td>
            <td>
                <input class="name" aria-label=move || format!("Name of {}", name.get()) prop:value=name
                    on:change:target=move |event| {
                        let name = event.target().value();
                        change(page, id, |run| run.name.clone_from(&name));
                    }/>
            </td>
            <td>{text(|run| &run.model)}</td>
            <td>{text(|run| &run.last)}</td>
            <td>{text(|run| &run.best)}</td>
            <td>{text(|run| &run.epochs)}</td>
            <td title=text(|run| &run.place)>{text(|run| &run.time)}</td>
            <td>{text(|run| &run.settings)}</td>
            <td>{text(|run| &run.data)}</td>
            <td>
                <Show when=move || !is_at_hand.get()>
                    <button class="plain" aria-label=move || format!("Delete {}", name.get()) on:click=delete>
                        "×"
                    </button>
                </Show>
            </td>
        </tr>
    }
}
