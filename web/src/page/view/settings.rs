//! The settings of each model beyond its size.

use leptos::prelude::*;
use trainer::{
    DeviceChoice, EngineChoice, Link, ModelKind, Objective, Optimizer, Penalty, Schedule,
};

use super::knob::{Choice, Knob};
use crate::page::state::page;

/// How far a step goes, for the models that make steps.
#[component]
pub(super) fn Steps(
    /// The model that is chosen.
    model: Memo<ModelKind>,
) -> impl IntoView {
    let has_rate = move || model.get().has_rate();
    view! {
        <Show when=has_rate>
            <Knob name="lr" label="Learning rate" help="step size; may change while it trains"
                value=|s| s.config.learning_rate.to_string() live=true/>
        </Show>
        <Show when=move || !model.get().is_bayesian()>
            <Knob name="weight-decay" label="Weight decay" help="pull towards zero; may change while it trains"
                value=|s| s.config.weight_decay.to_string() live=true/>
        </Show>
        <Show when=move || model.get() == ModelKind::Ials>
            <Knob name="unobserved-weight" label="Unobserved weight"
                help="weight of a pair that nobody rated, in parts of one that was rated"
                value=|s| s.config.implicit.unobserved.to_string()/>
        </Show>
        <Show when=move || model.get().is_bayesian()>
            <Knob name="burn-in" label="Burn-in" help="first epochs, whose draws are not kept"
                value=|s| s.config.posterior.burn_in.to_string()/>
            <Knob name="samples" label="Samples" help="most draws kept for predictions"
                value=|s| s.config.posterior.samples.to_string()/>
        </Show>
    }
}

/// What most people leave alone.
#[component]
pub(super) fn Finer(
    /// The model that is chosen.
    model: Memo<ModelKind>,
) -> impl IntoView {
    let devices = [
        (DeviceChoice::Auto.to_string(), "the best there is"),
        (DeviceChoice::Gpu.to_string(), "GPU, through WebGPU"),
        (DeviceChoice::Cpu.to_string(), "CPU"),
    ];
    let page = page();
    let negatives = move || {
        page.settings
            .with(|s| s.config.model.is_neural() && s.config.objective == Objective::Ranking)
    };
    let objectives =
        [(Objective::Rating.to_string(), "ratings"), (Objective::Ranking.to_string(), "ranking")];
    view! {
        <Show when=move || model.get().in_batches()><OfBatches model/></Show>
        <Show when=move || model.get().descends()><OfDescent model/></Show>
        <Show when=move || { model.get().objectives().len() > 1 }>
            <Choice name="objective" label="Trained for" help="what was rated at all is enough to rank"
                options=objectives.to_vec() value=|s| s.config.objective.to_string()/>
        </Show>
        <Show when=negatives>
            <Knob name="negatives" label="Negatives" help="items drawn beside each that was chosen"
                value=|s| s.config.negatives.to_string()/>
        </Show>
        <Show when=move || model.get() == ModelKind::Ials>
            <Knob name="penalty-exponent" label="Penalty exponent"
                help="power of a row's weight by which it pays the weight decay, 0 to 1"
                value=|s| s.config.implicit.exponent.to_string()/>
        </Show>
        <Knob name="test-share" label="Test share" help="part of the ratings kept for testing, 0 to 1"
            value=|s| s.test_share.to_string()/>
        <Knob name="validation" label="Validation share"
            help="part of the training ratings that chooses the epoch whose model is kept; 0 for none"
            value=|s| s.validation_share.to_string()/>
        <Knob name="patience" label="Patience"
            help="stop after so many epochs no better by the validation part; 0 for never"
            value=|s| s.patience.unwrap_or_default().to_string()/>
        <Knob name="seed" label="Seed" help="fixes split, start and order: same seed, same curve"
            value=|s| s.split_seed.to_string()/>
        <Choice name="device" label="Device" help="where it trains"
            options=devices.to_vec() value=|s| s.device.to_string()/>
    }
}

/// Settings of the models that are trained by the gradients of batches.
#[component]
fn OfBatches(
    /// The model that is chosen.
    model: Memo<ModelKind>,
) -> impl IntoView {
    let optimizers = [
        (Optimizer::Adam.to_string(), "Adam: every row, every step"),
        (Optimizer::SparseAdam.to_string(), "sparse Adam: only rows a batch reads"),
    ];
    let engines = [
        (EngineChoice::Auto.to_string(), "the fastest there is"),
        (EngineChoice::Fused.to_string(), "fused: Latent's own kernels"),
        (EngineChoice::Autodiff.to_string(), "autodiff: burn, the reference"),
    ];
    view! {
        <Knob name="batch-size" label="Batch size" help="ratings in one step, 1 to 65536"
            value=|s| s.config.batch_size.to_string()/>
        <Show when=move || model.get().is_lab()>
            <Choice name="optimizer" label="Optimizer" help="sparse Adam suits large catalogues"
                options=optimizers.to_vec() value=|s| s.config.optimizer.to_string()/>
            <Choice name="engine" label="Engine" help="how a step is computed"
                options=engines.to_vec() value=|s| s.engine.to_string()/>
        </Show>
    }
}

/// Settings of the biased factorisation.
#[component]
fn OfDescent(
    /// The model that is chosen.
    model: Memo<ModelKind>,
) -> impl IntoView {
    let optimizers = [
        (Optimizer::Sgd.to_string(), "SGD: one rating at a time"),
        (Optimizer::Als.to_string(), "ALS: closed form, linear link"),
    ];
    let schedules = [
        (Schedule::Constant.to_string(), "constant"),
        (Schedule::Decay.to_string(), "decay"),
        (Schedule::BoldDriver.to_string(), "bold driver"),
    ];
    let links = [(Link::Linear.to_string(), "linear"), (Link::Logistic.to_string(), "logistic")];
    let penalties = [
        (Penalty::PerRating.to_string(), "per rating"),
        (Penalty::Constant.to_string(), "constant"),
        (Penalty::Root.to_string(), "by the root of the count"),
    ];
    view! {
        <Show when=move || model.get() == ModelKind::BiasedMf>
            <Choice name="optimizer" label="Optimizer" help="ALS takes no learning rate"
                options=optimizers.to_vec() value=|s| s.config.optimizer.to_string()/>
        </Show>
        <Choice name="lr-schedule" label="Rate" help="how the learning rate moves from epoch to epoch"
            options=schedules.to_vec() value=|s| s.config.descent.schedule.to_string()/>
        <Choice name="link" label="Link" help="from the model's sum to a rating"
            options=links.to_vec() value=|s| s.config.descent.link.to_string()/>
        <Choice name="penalty" label="Penalty" help="how often a row pays the weight decay"
            options=penalties.to_vec() value=|s| s.config.descent.penalty.to_string()/>
    }
}
