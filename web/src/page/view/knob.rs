//! One setting: its name, its value, what it does, and what is wrong with it.

use leptos::prelude::*;
use protocol::Settings;

use crate::page::actions;
use crate::page::state::page;

/// A number, or a few, that the person types.
#[component]
pub(super) fn Knob(
    /// The flag's name, which is also the element's id.
    name: &'static str,
    /// What people call it.
    label: &'static str,
    /// What it does, in a line.
    help: &'static str,
    /// Its value as text.
    value: fn(&Settings) -> String,
    /// Whether it can change while a run is under way.
    #[prop(optional)]
    live: bool,
) -> impl IntoView {
    let page = page();
    let wrong = RwSignal::new(None::<String>);
    let shown = Memo::new(move |_| page.settings.with(value));
    let field = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        page.settings.track(); // a preset or the address takes the place of what was typed
        if let Some(field) = field.get() {
            field.set_value(&shown.get());
            wrong.set(None);
        }
    });
    let locked = move || !live && page.stage.get().is_open();
    let change = move |text: String| {
        let fits = actions::set(page, name, &text);
        wrong.set((!fits).then(|| format!("{text:?} cannot be used here")));
    };
    let help_id = format!("{name}-help");
    view! {
        <div class="knob">
            <label for=name>{label}</label>
            <input
                node_ref=field
                id=name
                inputmode="decimal"
                autocomplete="off"
                spellcheck="false"
                prop:value=shown
                disabled=locked
                aria-describedby=help_id.clone()
                aria-invalid=move || wrong.get().map(|_| "true")
                on:change:target=move |event| change(event.target().value())
            />
            <span class="help" id=help_id>
                {move || match wrong.get() {
                    Some(wrong) => view! { <span class="wrong">{wrong}</span> }.into_any(),
                    None => help.into_any(),
                }}
            </span>
        </div>
    }
}

/// One of a few words.
#[component]
pub(super) fn Choice(
    /// The flag's name, which is also the element's id.
    name: &'static str,
    /// What people call it.
    label: &'static str,
    /// What it does, in a line.
    help: &'static str,
    /// The words, each with what it is called.
    options: Vec<(String, &'static str)>,
    /// Its value as text.
    value: fn(&Settings) -> String,
) -> impl IntoView {
    let page = page();
    let help_id = format!("{name}-help");
    let chosen = Memo::new(move |_| page.settings.with(value));
    let options = options.into_iter().map(|(word, text)| {
        let this = word.clone();
        view! { <option value=word selected=move || chosen.get() == this>{text}</option> }
    });
    view! {
        <div class="knob">
            <label for=name>{label}</label>
            <select
                id=name
                prop:value=chosen
                disabled=move || page.stage.get().is_open()
                aria-describedby=help_id.clone()
                on:change:target=move |event| { actions::set(page, name, &event.target().value()); }
            >{options.collect_view()}</select>
            <span class="help" id=help_id>{help}</span>
        </div>
    }
}
