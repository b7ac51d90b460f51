//! Step 2: the model and its settings.

use leptos::prelude::*;
use trainer::{Config, ModelKind};

use super::drawing::Drawing;
use super::knob::Knob;
use super::settings::{Finer, Steps};
use crate::address;
use crate::page::actions;
use crate::page::files;
use crate::page::history;
use crate::page::state::{Page, page};

/// Choose a model, and how it is trained.
#[component]
pub(super) fn ModelStep() -> impl IntoView {
    let page = page();
    let model = Memo::new(move |_| page.settings.with(|settings| settings.config.model));
    view! {
        <section class="step" id="model-step" aria-labelledby="model-title">
            <h2 id="model-title"><span class="number" aria-hidden="true">"2"</span> "Model"</h2>
            <Presets/>
            <Models/>
            <Drawing/>
            <Show when=move || model.get() != ModelKind::Biases>
                <Knob name="factors" label="Factors, K" help="numbers learned for each user and each item"
                    value=|s| s.config.factors.to_string()/>
            </Show>
            <Show when=move || model.get().has_layers()>
                <Knob name="hidden" label="Hidden layers" help="widths, the first layer first: 10,5"
                    value=|s| address::list(&s.config.hidden)/>
            </Show>
            <Knob name="epochs" label="Epochs" help="passes over the training ratings"
                value=|s| s.config.epochs.to_string()/>
            <Steps model=model/>
            <details>
                <summary>"More settings"</summary>
                <Finer model=model/>
            </details>
            {move || page.settings.with(|s| s.config.check().err()).map(|error| view! {
                <p class="wrong" role="alert" id="config-error">{error.to_string()}</p>
            })}
            <p class="buttons">
                <button
                    id="usual"
                    disabled=move || page.stage.get().is_open()
                    on:click=move |_| actions::choose(page, Config::usual(model.get_untracked()))
                >"Usual settings"</button>
                <button id="copy-link" on:click=move |_| copy(page, history::link(page), "The link")>"Copy link"</button>
            </p>
        </section>
    }
}

/// Settings that are known to be good.
#[component]
fn Presets() -> impl IntoView {
    let page = page();
    let preset = move |id: &'static str,
                       name: &'static str,
                       title: &'static str,
                       config: fn(Page) -> Config| {
        view! {
            <button id=id title=title disabled=move || page.stage.get().is_open()
                on:click=move |_| actions::choose(page, config(page))>{name}</button>
        }
    };
    view! {
        <p class="buttons" role="group" aria-label="Presets">
            {preset("preset-lab", "Lab", "the lab's matrix factorisation", |_| Config::usual(ModelKind::Mf))}
            {preset("preset-fast", "Fast", "a good model in the least time", |_| Config::fast())}
            {preset("preset-best", "Best", "the most accurate model for these ratings", best)}
        </p>
    }
}

/// The most accurate model for the ratings that are open, or for as many as MovieLens-1M has.
fn best(page: Page) -> Config {
    let few = page.data.with(|data| {
        let data = data.as_ref().map(|data| &data.statistics);
        data.is_some_and(|of| Config::are_few(of.ratings, of.users, of.items))
    });
    if few { Config::best_of_few() } else { Config::best() }
}

#[component]
fn Models() -> impl IntoView {
    let page = page();
    let option = move |kind: ModelKind| {
        let (name, words) = match kind {
            ModelKind::Mf => ("MF", "an inner product"),
            ModelKind::DeepMf => ("DeepMF", "a small network"),
            ModelKind::Biases => ("Biases", "the line to beat"),
            ModelKind::BiasedMf => ("Biased MF", "biases and factors"),
            ModelKind::SvdPp => ("SVD++", "and what one rated at all"),
            ModelKind::BayesMf => ("Bayes MF", "knows how sure it is"),
            ModelKind::BayesSvdPp => ("Bayes SVD++", "the most accurate"),
            ModelKind::Ials => ("iALS", "ranks, by what one rated at all"),
            ModelKind::Gmf => ("GMF", "a weighted product"),
            ModelKind::Mlp => ("MLP", "a tower of layers"),
            ModelKind::NeuMf => ("NeuMF", "both, side by side"),
        };
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="model"
                    value=kind.name()
                    prop:checked=move || page.settings.with(|s| s.config.model == kind)
                    disabled=move || page.stage.get().is_open()
                    on:change=move |_| actions::choose(page, Config::usual(kind))
                />
                <span><strong>{name}</strong> <br/> <span class="quiet">{words}</span></span>
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend class="unseen">"Model"</legend>
            {ModelKind::ALL.map(option)}
        </fieldset>
    }
}

/// Puts a text on the clipboard and says so.
pub(super) fn copy(page: Page, text: String, what: &'static str) {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into());
    if clipboard.map_or(true, |clipboard| clipboard.is_undefined()) {
        files::save_text(page, "latent.txt", "text/plain", &text); // not served securely
        return;
    }
    let written = window().navigator().clipboard().write_text(&text);
    wasm_bindgen_futures::spawn_local(async move {
        match wasm_bindgen_futures::JsFuture::from(written).await {
            Ok(_) => page.say(format!("{what} is on the clipboard.")),
            // A browser may keep the clipboard to itself; a file will do.
            Err(_) => files::save_text(page, "latent.txt", "text/plain", &text),
        }
    });
}
