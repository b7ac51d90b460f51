//! Step 4: the model at work, and what to take away.

mod judged; // how good the model is
mod map; // the items on a plane
mod new_item; // who would like what the model has not seen
mod matrix; // the completed matrix
mod picks; // what somebody would rate highest
mod similar; // what is close to an item
mod stars; // the person at the screen as a user

use leptos::prelude::*;
use protocol::Item;
use trainer::Objective;

use super::data::FileButton;
use super::model::copy;
use crate::address;
use crate::numbers::counted;
use crate::page::actions;
use crate::page::state::{Page, Source, page};
use crate::page::using::{self, has_model};
use judged::Judgement;
use map::ItemsMap;
use matrix::Completed;
use new_item::NewItem;
use picks::PicksFor;
use similar::SimilarItems;

/// Ask the model, and take it with you.
#[component]
pub(super) fn UseStep() -> impl IntoView {
    let page = page();
    using::follow(page);
    view! {
        <section class="step all" id="use" aria-labelledby="use-title">
            <h2 id="use-title"><span class="number" aria-hidden="true">"4"</span> "Use"</h2>
            <Show when=move || !has_model(page)>
                <p class="quiet">
                    "After the first epoch the model recommends here, and shows the matrix it fills in."
                </p>
            </Show>
            // They stay as the person has set them while another model comes.
            <div class="at-work" hidden=move || !has_model(page)>
                <div class="uses">
                    <PicksFor/>
                    <SimilarItems/>
                    <Completed/>
                </div>
                <NewItem/>
                <ItemsMap/>
                <Judgement/>
            </div>
            <TakeAway/>
        </section>
    }
}

/// The model as a file, and the same run on the desktop.
#[component]
fn TakeAway() -> impl IntoView {
    let page = page();
    // Of a model from a file the page does not know the ratings.
    let is_opened =
        move || page.run.with(|run| run.as_ref().is_some_and(|run| run.fingerprint.is_empty()));
    let was_tuned =
        move || page.run.with(|run| run.as_ref().is_some_and(|run| !run.changes.is_empty()));
    let command = move || {
        page.data.track();
        let run = page.run.with(|run| run.as_ref().map(|run| run.settings.clone()));
        let settings = run.unwrap_or_else(|| page.settings.get());
        if is_opened() {
            return address::command(&settings, Some("RATINGS"));
        }
        let (name, skips) = page.source.with_value(|source| match source {
            Some(Source::Files { files, skip_bad_lines }) => {
                (files.first().map(|file| file.name.clone()), *skip_bad_lines)
            }
            _ => (None, false),
        });
        let skip = if skips { " --skip-bad-lines" } else { "" };
        address::command(&settings, name.as_deref()) + skip
    };
    let can_save = move || has_model(page) && !page.stage.get().is_moving();
    view! {
        <p class="buttons">
            <button id="export" disabled=move || !can_save() on:click=move |_| actions::export(page)>
                "Save the model"
            </button>
            <FileButton id="open-model" label="Open a model"/>
        </p>
        <p>
            {move || if is_opened() {
                "The same run on the desktop, where RATINGS is the file it was trained on:"
            } else {
                "The same run on the desktop:"
            }}
        </p>
        <p class="command">
            <code id="command">{command}</code>
            <button id="copy-command" on:click=move |_| copy(page, command(), "The command")>"Copy"</button>
        </p>
        <Show when=was_tuned>
            <p class="quiet" id="tuned">"What was changed while it trained is not in this command."</p>
        </Show>
    }
}

/// Whether the model at hand ranks, so that its scores are no ratings.
fn ranks(page: Page) -> bool {
    page.run.with(|run| run.as_ref().is_some_and(|run| run.objective() == Objective::Ranking))
}

/// A score of a model that ranks: they lie closer together than ratings.
fn score(score: f32) -> String {
    format!("{score:.3}")
}

/// An item's title, or its id where it has none.
fn title(item: &Item) -> String {
    item.title.clone().unwrap_or_else(|| format!("item {}", item.item))
}

/// How an item was rated: how often, how highly, and how far its ratings lie apart.
fn rated(item: &Item) -> String {
    let spread = item.spread.map(|spread| format!(", spread {spread:.2}")).unwrap_or_default();
    format!("{}, {:.2} on average{spread}", counted(item.ratings, "rating"), item.mean)
}
