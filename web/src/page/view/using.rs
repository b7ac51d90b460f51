//! What comes after training: the model as a file, and the same run on the desktop.

use leptos::prelude::*;

use super::data::FileButton;
use super::model::copy;
use crate::address;
use crate::page::actions;
use crate::page::state::{Source, page};

/// Take the model with you.
#[component]
pub(super) fn UseStep() -> impl IntoView {
    let page = page();
    let has_model = move || {
        page.run.with(|run| run.as_ref().is_some_and(|run| !run.history.is_empty()))
            && !page.stage.get().is_moving()
    };
    let command = move || {
        page.data.track();
        let settings = page.settings.get();
        let name = page.source.with_value(|source| match source {
            Some(Source::File { name, .. }) => Some(name.clone()),
            _ => None,
        });
        address::command(&settings, name.as_deref())
    };
    view! {
        <section class="step all" id="use" aria-labelledby="use-title">
            <h2 id="use-title"><span class="number" aria-hidden="true">"4"</span> "Use"</h2>
            <p class="buttons">
                <button id="export" disabled=move || !has_model() on:click=move |_| actions::export(page)>
                    "Save the model"
                </button>
                <FileButton id="open-model" label="Open a model"/>
            </p>
            <p>"The same run on the desktop:"</p>
            <p class="command">
                <code id="command">{command}</code>
                <button id="copy-command" on:click=move |_| copy(page, command(), "The command")>"Copy"</button>
            </p>
        </section>
    }
}
