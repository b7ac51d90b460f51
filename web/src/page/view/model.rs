//! Step 2: the model and its settings.

use leptos::prelude::*;
use trainer::{DeviceChoice, EngineChoice, ModelKind, Optimizer};

use super::drawing::Drawing;
use super::knob::{Choice, Knob};
use crate::address;
use crate::page::actions;
use crate::page::files;
use crate::page::history;
use crate::page::state::{Page, page};

/// Choose a model, and how it is trained.
#[component]
pub(super) fn ModelStep() -> impl IntoView {
    let page = page();
    let is_deep = move || page.settings.with(|s| s.config.model == ModelKind::DeepMf);
    view! {
        <section class="step" id="model-step" aria-labelledby="model-title">
            <h2 id="model-title"><span class="number" aria-hidden="true">"2"</span> "Model"</h2>
            <Models/>
            <Drawing/>
            <Knob name="factors" label="Factors, K" help="numbers learned for each user and each item, 1 to 128"
                value=|s| s.config.factors.to_string()/>
            <Show when=is_deep>
                <Knob name="hidden" label="Hidden layers" help="widths, the first layer first: 10,5"
                    value=|s| address::list(&s.config.hidden)/>
            </Show>
            <Knob name="epochs" label="Epochs" help="passes over the training ratings"
                value=|s| s.config.epochs.to_string()/>
            <Knob name="lr" label="Learning rate" help="step size of Adam, 0.0001 to 0.01; may change while it trains"
                value=|s| s.config.learning_rate.to_string() live=true/>
            <Knob name="weight-decay" label="Weight decay" help="pull towards zero, 0 to 0.001; may change while it trains"
                value=|s| s.config.weight_decay.to_string() live=true/>
            <details>
                <summary>"More settings"</summary>
                <Finer/>
            </details>
            {move || page.settings.with(|s| s.config.check().err()).map(|error| view! {
                <p class="wrong" role="alert" id="config-error">{error.to_string()}</p>
            })}
            <p class="buttons">
                <button
                    id="preset-lab"
                    disabled=move || page.stage.get().is_open()
                    on:click=move |_| actions::choose(page, page.settings.get_untracked().config.model)
                >"The lab's settings"</button>
                <button id="copy-link" on:click=move |_| copy(page, history::link(page), "The link")>"Copy link"</button>
            </p>
        </section>
    }
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
            ModelKind::BayesMf => ("Bayesian MF", "the most accurate"),
        };
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="model"
                    value=kind.name()
                    prop:checked=move || page.settings.with(|s| s.config.model == kind)
                    disabled=move || page.stage.get().is_open()
                    on:change=move |_| actions::choose(page, kind)
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

/// What most people leave alone.
#[component]
fn Finer() -> impl IntoView {
    let optimizers = Optimizer::ALL.map(|optimizer| {
        let text = match optimizer {
            Optimizer::Adam => "Adam: every row, every step",
            Optimizer::SparseAdam => "sparse Adam: only rows a batch reads",
            Optimizer::Sgd => "SGD: one rating at a time (Biased MF)",
            Optimizer::Als => "ALS: one side at a time (Biases)",
            Optimizer::Gibbs => "Gibbs: draws from the posterior (Bayesian MF)",
        };
        (optimizer.to_string(), text)
    });
    let devices = [
        (DeviceChoice::Auto.to_string(), "the best there is"),
        (DeviceChoice::Gpu.to_string(), "GPU, through WebGPU"),
        (DeviceChoice::Cpu.to_string(), "CPU"),
    ];
    let engines = [
        (EngineChoice::Auto.to_string(), "the fastest there is"),
        (EngineChoice::Fused.to_string(), "fused: Latent's own kernels"),
        (EngineChoice::Autodiff.to_string(), "autodiff: burn, the reference"),
    ];
    view! {
        <Knob name="batch-size" label="Batch size" help="ratings in one step, 1 to 65536"
            value=|s| s.config.batch_size.to_string()/>
        <Knob name="test-share" label="Test share" help="part of the ratings kept for testing, 0 to 1"
            value=|s| s.test_share.to_string()/>
        <Knob name="seed" label="Seed" help="fixes split, start and order: same seed, same curve"
            value=|s| s.split_seed.to_string()/>
        <Choice name="optimizer" label="Optimizer" help="sparse Adam suits large catalogues"
            options=optimizers.to_vec() value=|s| s.config.optimizer.to_string()/>
        <Choice name="device" label="Device" help="where it trains"
            options=devices.to_vec() value=|s| s.device.to_string()/>
        <Choice name="engine" label="Engine" help="how a step is computed"
            options=engines.to_vec() value=|s| s.engine.to_string()/>
    }
}

/// Puts a text on the clipboard and says so.
pub(super) fn copy(page: Page, text: String, what: &'static str) {
    let written = window().navigator().clipboard().write_text(&text);
    wasm_bindgen_futures::spawn_local(async move {
        match wasm_bindgen_futures::JsFuture::from(written).await {
            Ok(_) => page.say(format!("{what} is on the clipboard.")),
            // A browser may keep the clipboard to itself; a file will do.
            Err(_) => files::save_text(page, "latent.txt", "text/plain", &text),
        }
    });
}
