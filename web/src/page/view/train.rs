//! Step 3: training.

use std::time::Duration;

use leptos::{html, prelude::*};
use trainer::{EpochReport, Objective};

use super::curve::Curve;
use super::long::LongTable;
use super::runs::Runs;
use crate::numbers::{count, rmse, rmse_or_dash, short, span};
use crate::page::actions;
use crate::page::state::{Page, Stage, page};

/// Buttons, state, chart, runs.
#[component]
pub(super) fn TrainStep() -> impl IntoView {
    let page = page();
    title(page);
    view! {
        <section class="step wide" id="train" aria-labelledby="train-title">
            <h2 id="train-title" tabindex="-1"><span class="number" aria-hidden="true">"3"</span> "Train"</h2>
            <Buttons/>
            <Where/>
            <State/>
            <Curve/>
            <Numbers/>
            <Runs/>
        </section>
    }
}

#[component]
fn Buttons() -> impl IntoView {
    let page = page();
    let can_train =
        move || page.data.get().is_some() && page.settings.with(|s| s.config.check().is_ok());
    let stage = move || page.stage.get();
    view! {
        <p class="buttons">
            <button
                id="play"
                class="main"
                aria-keyshortcuts="Space"
                disabled=move || !can_train() || stage() == Stage::Starting
                on:click=move |_| actions::play_or_pause(page)
            >
                {move || match stage() {
                    Stage::Training | Stage::Stepping => "Pause",
                    Stage::Held => "Go on",
                    Stage::Starting => "Starting…",
                    Stage::Idle => "Train",
                    Stage::Finished => "Train again",
                }}
            </button>
            <button
                id="epoch"
                aria-keyshortcuts="ArrowRight"
                disabled=move || !can_train() || matches!(stage(), Stage::Starting | Stage::Stepping)
                on:click=move |_| actions::one_epoch(page)
            >"One epoch"</button>
            <button
                id="stop"
                aria-keyshortcuts="S"
                disabled=move || !stage().is_open() || stage() == Stage::Starting
                on:click=move |_| actions::stop(page)
            >"Stop"</button>
            <button
                id="reset"
                aria-keyshortcuts="R"
                disabled=move || matches!(stage(), Stage::Idle | Stage::Starting)
                on:click=move |_| actions::reset(page)
            >"Reset"</button>
        </p>
    }
}

/// Which device trains, and why.
#[component]
fn Where() -> impl IntoView {
    let page = page();
    let text = move || {
        let engine = page.run.with(|run| run.as_ref().map(|r| format!(", {} engine", r.engine)));
        let engine = engine.unwrap_or_default();
        page.device.get().map(|device| format!("{}{engine}: {}", device.name, device.reason))
    };
    view! { <p class="quiet" id="where">{text}</p> }
}

/// Where the run is.
#[component]
fn State() -> impl IntoView {
    let page = page();
    // The clock ticks while a run moves.
    let ticks = RwSignal::new(0_u32);
    let tick = move || {
        if page.stage.get_untracked().is_moving() {
            ticks.update(|ticks| *ticks = ticks.wrapping_add(1));
        }
    };
    // Only a browser without timers refuses one.
    let timer = set_interval_with_handle(tick, Duration::from_millis(250)).ok();
    on_cleanup(move || {
        if let Some(timer) = timer {
            timer.clear();
        }
    });
    let fact = move |name: &'static str, id: &'static str, value: fn(Page) -> String| {
        let value = move || {
            ticks.track();
            value(page)
        };
        view! { <div><dt>{name}</dt><dd id=id>{value}</dd></div> }
    };
    let within = move || {
        page.progress.with(|p| p.as_ref().map_or(0.0, |p| p.done as f64 / p.total.max(1) as f64))
    };
    view! {
        <Show when=move || page.run.with(Option::is_some)>
            <dl class="facts state">
                {fact("Epoch", "at-epoch", epoch)}
                <Show when=move || ranks(page) fallback=move || view! {
                    {fact("Train RMSE", "train-rmse", |page| last(page, |report| report.train_rmse))}
                    {fact("Test RMSE", "test-rmse", |page| last(page, |report| report.test_rmse))}
                    {fact("Test MAE", "test-mae", |page| last(page, |report| report.test_mae))}
                }>
                    <Show when=move || has_log_loss(page) fallback=move || {
                        fact("Train loss", "train-loss", |page| last(page, |report| report.train_loss))
                    }>
                        {fact("Train log loss", "train-loss", |page| last(page, |report| report.train_loss))}
                    </Show>
                    {fact("Test HR@10", "test-hr", |page| last(page, |report| Some(report.test_hits?.hit_rate)))}
                    {fact("Test NDCG@10", "test-ndcg", |page| last(page, |report| Some(report.test_hits?.ndcg)))}
                </Show>
                <Show when=move || page.run.with(|run| run.as_ref().is_some_and(|run| run.settings.validation_share > 0.0))>
                    {fact("Validation", "validation-figure", |page| last(page, EpochReport::validation))}
                </Show>
                {fact("Elapsed", "elapsed", |page| span(page.clock.get().elapsed()))}
                {fact("To go", "to-go", to_go)}
                {fact("Ratings/s", "speed", |page| page.clock.get().speed().map_or("–".into(), short))}
            </dl>
            <progress class="thin" max="1" prop:value=within aria-label="Progress in this epoch"></progress>
        </Show>
    }
}

/// A figure of the last epoch.
fn last(page: Page, value: fn(&EpochReport) -> Option<f64>) -> String {
    page.run
        .with(|run| rmse_or_dash(run.as_ref().and_then(|run| run.history.last().and_then(value))))
}

/// Whether the model of the run ranks, and predicts no ratings.
fn ranks(page: Page) -> bool {
    page.run.with(|run| run.as_ref().is_some_and(|run| run.objective() == Objective::Ranking))
}

/// Whether its loss is that of saying for each pair whether it was chosen.
fn has_log_loss(page: Page) -> bool {
    page.run.with(|run| run.as_ref().is_some_and(|run| run.settings.config.model.is_neural()))
}

fn epoch(page: Page) -> String {
    page.run.with(|run| {
        let Some(run) = run else { return String::new() };
        let open = usize::from(page.stage.get().is_moving());
        let epochs = run.settings.config.epochs;
        let now = (run.history.len() + open).min(epochs);
        format!("{} of {}", count(now), count(epochs))
    })
}

/// Seconds to the end at the speed so far.
fn to_go(page: Page) -> String {
    let total = page.progress.with(|p| p.as_ref().map(|p| (p.done, p.total)));
    let left = page.run.with(|run| {
        run.as_ref().map(|run| run.settings.config.epochs.saturating_sub(run.history.len()))
    });
    let (Some(left), Some((done, total)), Some(speed)) = (left, total, page.clock.get().speed())
    else {
        return "–".into();
    };
    if page.stage.get() == Stage::Finished {
        return "–".into();
    }
    let done = if done == total { 0.0 } else { done as f64 };
    span((left as f64 * total as f64 - done).max(0.0) / speed)
}

/// Epochs of the run at hand.
fn epochs(page: Page) -> usize {
    page.run.with(|run| run.as_ref().map_or(0, |run| run.history.len()))
}

/// The chart's numbers, for those who read rather than look.
#[component]
fn Numbers() -> impl IntoView {
    let page = page();
    view! { <Show when=move || { epochs(page) > 0 }><ByEpoch/></Show> }
}

/// The latest first; while they are folded away, that alone.
#[component]
fn ByEpoch() -> impl IntoView {
    let page = page();
    let details = NodeRef::<html::Details>::new();
    let open = RwSignal::new(false);
    let toggled = move |_| open.set(details.get_untracked().is_some_and(|of| of.open()));
    let epochs = move || epochs(page);
    let rows = Signal::derive(move || if open.get() { epochs() } else { epochs().min(1) });
    let row = move |n: usize| {
        let report = Memo::new(move |_| {
            page.run.with(|run| run.as_ref()?.history.iter().rev().nth(n).cloned())
        });
        let text = move |text: fn(&EpochReport) -> String| move || report.get().as_ref().map(text);
        view! {
            <td>{text(|report| count(report.epoch))}</td>
            <td>{text(|report| rmse_or_dash(report.train()))}</td>
            <td>{text(|report| rmse_or_dash(report.test()))}</td>
            <td>{text(|report| span(report.seconds))}</td>
        }
        .into_any()
    };
    let ranks = Memo::new(move |_| ranks(page));
    let head = move || -> &'static [&'static str] {
        match ranks.get() {
            false => &["Epoch", "Train RMSE", "Test RMSE", "Training"],
            true => &["Epoch", "Train loss", "Test NDCG@10", "Training"],
        }
    };
    view! {
        <details node_ref=details on:toggle=toggled>
            <summary>"Numbers by epoch"</summary>
            {move || view! {
                <LongTable id="epoch-table" label="Numbers by epoch" head=head() rows=rows row=row/>
            }}
        </details>
    }
}

/// The tab tells how far the run is.
fn title(page: Page) {
    Effect::new(move |_| {
        let run = page.run.with(|run| {
            let run = run.as_ref()?;
            let share = run.history.len() as f64 / run.settings.config.epochs.max(1) as f64;
            let test = format!("{} {}", run.objective().figure(), rmse(run.final_test()?));
            Some((share, test))
        });
        let title = match run {
            Some((share, test)) if page.stage.get().is_open() => {
                format!("{:.0} %, {test} – Latent", 100.0 * share)
            }
            Some((_, test)) => format!("{test} – Latent"),
            None => "Latent".into(),
        };
        document().set_title(&title);
    });
}
