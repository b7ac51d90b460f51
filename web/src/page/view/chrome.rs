//! Head, foot, and the list of keys.

use leptos::prelude::*;

use crate::page::focus;
use crate::page::keys::{self, KEYS};
use crate::page::state::page;
use crate::page::storage;

/// The name, what it is, and what concerns the whole page.
#[component]
pub(super) fn Head() -> impl IntoView {
    view! {
        <header>
            <h1>
                <svg viewBox="0 0 16 16" aria-hidden="true">
                    <path d="M2 3c2 8 6 10 12 10"/>
                </svg>
                "Latent"
            </h1>
            <p class="tagline">
                "Learns from ratings who will like what. It trains in this tab; nothing is uploaded."
            </p>
            <div class="tools">
                <Theme/>
                <button class="plain" on:click=|_| keys::show_help()>
                    "Keys " <kbd aria-hidden="true">"?"</kbd>
                </button>
            </div>
        </header>
    }
}

/// Light, dark, or as the system has it.
#[component]
fn Theme() -> impl IntoView {
    let local = || window().local_storage().ok().flatten();
    let kept = local().and_then(|kept| kept.get_item(storage::THEME).ok().flatten());
    let theme = RwSignal::new(kept.unwrap_or_else(|| "auto".into()));
    Effect::new(move |_| {
        if let Some(root) = document().document_element() {
            // Where it cannot be set or kept, the system's theme stays.
            let _ = root.set_attribute("data-theme", &theme.get());
        }
    });
    let choose = move |choice: String| {
        if let Some(local) = local() {
            let _ = local.set_item(storage::THEME, &choice); // as above
        }
        theme.set(choice);
    };
    view! {
        <label class="inline">
            <span class="unseen">"Colours"</span>
            <select id="theme" prop:value=theme on:change:target=move |event| choose(event.target().value())>
                <option value="auto">"System colours"</option>
                <option value="light">"Light"</option>
                <option value="dark">"Dark"</option>
            </select>
        </label>
    }
}

/// What the page keeps, and how to be rid of it.
#[component]
pub(super) fn Foot() -> impl IntoView {
    let page = page();
    let sure = RwSignal::new(false);
    let ask = move |is_asked: bool| {
        sure.set(is_asked);
        focus::to(if is_asked { "keep" } else { "delete" });
    };
    view! {
        <footer>
            <p>
                "Runs and settings are kept in this browser, on this machine, and nowhere else."
            </p>
            <Show
                when=move || sure.get()
                fallback=move || view! {
                    <button class="plain" id="delete" on:click=move |_| ask(true)>
                        "Delete everything"
                    </button>
                }
            >
                <span class="buttons">
                    <button id="delete-surely" class="danger" on:click=move |_| {
                        ask(false);
                        storage::delete_everything(page);
                    }>"Delete all runs and data"</button>
                    <button id="keep" on:click=move |_| ask(false)>"Keep them"</button>
                </span>
            </Show>
        </footer>
    }
}

/// The keys, in a dialog.
#[component]
pub(super) fn Help() -> impl IntoView {
    let rows = KEYS.map(|(key, what)| view! { <tr><td><kbd>{key}</kbd></td><td>{what}</td></tr> });
    view! {
        <dialog id="help" aria-labelledby="help-title">
            <h2 id="help-title">"Keys"</h2>
            <table>
                <thead class="unseen"><tr><th>"Key"</th><th>"What it does"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <form method="dialog"><button>"Close"</button></form>
        </dialog>
    }
}
