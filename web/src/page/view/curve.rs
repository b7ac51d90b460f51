//! The chart: RMSE, or NDCG of a model that ranks, by epoch of the run at hand, with earlier runs behind it.

use std::sync::Arc;

use chart::{Chart, Curve as Line, Layout, Rect, Series, Size};
use leptos::{html, prelude::*};
use trainer::{ModelKind, Objective};

use super::picture::Pictures;
use super::pointer::{self, Cursor};
use crate::lines::{self, Role};
use crate::numbers::rmse;
use crate::page::state::{Page, page};
use crate::record::Change;

/// What is drawn and where.
#[derive(Clone, PartialEq)]
pub(super) struct Drawn {
    pub(super) chart: Chart,
    pub(super) roles: Vec<Role>,
    pub(super) layout: Layout,
}

impl Drawn {
    /// The first and the last epoch in sight; `None` when nothing is drawn.
    pub(super) fn span(&self) -> Option<(f64, f64)> {
        let epochs = || self.chart.series.iter().flat_map(|s| &s.points).map(|point| point.0);
        let first = epochs().reduce(f64::min)?;
        Some((first, epochs().reduce(f64::max)?))
    }
}

/// From here on names stand at the curves' ends; on narrower screens below the chart.
const WIDE: f64 = 560.0;

/// What changes seldom while a run goes on.
#[derive(Clone, Copy)]
pub(super) struct Background {
    objective: Memo<Objective>,
    earlier: Memo<Vec<Series>>,
    printed: Memo<Vec<(f64, f64)>>,
}

impl Background {
    pub(super) fn new(page: Page) -> Self {
        let objective = Memo::new(move |_| {
            page.run.with(|run| {
                let run = run.as_ref().filter(|run| !run.hidden);
                page.earlier.with(|earlier| lines::objective(run, earlier))
            })
        });
        let model = Memo::new(move |_| {
            page.run.with(|run| {
                let run = run.as_ref().filter(|run| !run.hidden);
                run.map(|run| run.settings.config.model)
            })
        });
        Self {
            objective,
            earlier: Memo::new(move |_| {
                let view = page.view.get();
                page.earlier.with(|runs| lines::earlier(runs, objective.get(), &view))
            }),
            printed: Memo::new(move |_| model.get().map(printed).unwrap_or_default()),
        }
    }
}

/// Draws the runs in a picture of this size, after it was drawn like the last one.
pub(super) fn drawn(
    page: Page,
    behind: Background,
    size: Size,
    last: Option<&Arc<Drawn>>,
) -> Drawn {
    let Background { objective, earlier, printed } = behind;
    let view = page.view.get();
    let (chart, roles) = page.run.with(|run| {
        let run = run.as_ref().filter(|run| !run.hidden);
        earlier.with(|earlier| {
            printed.with(|printed| lines::chart(run, earlier, objective.get(), printed, &view))
        })
    });
    let right = if size.width < WIDE { 12.0 } else { 172.0 };
    let margin = Rect { left: 44.0, top: 12.0, right, bottom: 40.0 };
    let last = last.map(|last| (&last.chart, &last.layout));
    let layout = Layout::after(last, &chart, size, margin);
    Drawn { chart, roles, layout }
}

/// The figures that the lab's slides print for this model, when the data is MovieLens-1M.
fn printed(model: ModelKind) -> Vec<(f64, f64)> {
    let lab: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/data/lab.json")).unwrap_or_default();
    let slides = lab[model.name()]["slides"].as_array().cloned().unwrap_or_default();
    slides.iter().filter_map(|point| Some((point[0].as_f64()?, point[1].as_f64()?))).collect()
}

/// The chart with its tools.
#[component]
pub(super) fn Curve() -> impl IntoView {
    let page = page();
    let frame = NodeRef::<html::Div>::new();
    let size = RwSignal::new(Size { width: 640.0, height: 340.0 });
    let measure = move || {
        if let Some(frame) = frame.get_untracked() {
            let width = frame.get_bounding_client_rect().width().max(240.0);
            size.set(Size { width, height: (width * 0.55).clamp(220.0, 400.0) });
        }
    };
    Effect::new(move |_| {
        frame.track();
        measure();
    });
    let _listener = window_event_listener(leptos::ev::resize, move |_| measure());
    let behind = Background::new(page);
    let drawn = Memo::new(move |last| Arc::new(drawn(page, behind, size.get(), last)));
    let cursor = Cursor::new(drawn, frame);
    let is_empty = move || drawn.get().chart.series.is_empty();
    view! {
        <Show when=is_empty>
            <p class="placeholder quiet">"The curve will grow here, epoch by epoch."</p>
        </Show>
        <div
            node_ref=frame
            id="curve"
            class="curve"
            class:empty=is_empty
            tabindex=move || if is_empty() { "-1" } else { "0" }
            role="slider"
            aria-label=move || {
                let figure = drawn.get().chart.y.label.clone();
                format!("{figure} by epoch; arrow keys read the values")
            }
            aria-valuemin=move || cursor.span().0
            aria-valuemax=move || cursor.span().1
            aria-valuenow=move || cursor.epoch_or_last()
            aria-valuetext=move || cursor.text()
            on:pointermove=move |event| cursor.moved(&event)
            on:pointerdown=move |event| cursor.pressed(&event)
            on:pointerup=move |event| cursor.released(page, &event)
            on:pointerleave=move |_| cursor.left()
            on:dblclick=move |_| page.view.update(|view| view.range = None)
            on:keydown=move |event| cursor.key(page, &event)
        >
            <svg
                viewBox=move || format!("0 0 {} {}", size.get().width, size.get().height)
                aria-hidden="true"
            >
                <g>{move || axes(&drawn.get())}</g>
                <g>{move || changes(page, &drawn.get())}</g>
                <g>{move || curves(&drawn.get())}</g>
                <g>{move || pointer::marks(&drawn.get(), cursor)}</g>
            </svg>
            {move || pointer::tip(&drawn.get(), cursor)}
        </div>
        {move || (size.get().width < WIDE).then(|| legend(&drawn.get()))}
        <Tools/>
    }
}

fn axes(drawn: &Drawn) -> impl IntoView + use<> {
    let Layout { plot, x_marks, y_marks, .. } = &drawn.layout;
    let (left, right, bottom) = (plot.left, plot.right, plot.bottom);
    let across = y_marks.iter().map(|mark| {
        let path = format!("M{left} {0:.1} H{right}", mark.at);
        view! {
            <path class="grid" d=path/>
            <text x=left - 6.0 y=mark.at + 4.0 text-anchor="end">{mark.label.clone()}</text>
        }
    });
    let along = x_marks.iter().map(|mark| {
        view! { <text x=mark.at y=bottom + 18.0 text-anchor="middle">{mark.label.clone()}</text> }
    });
    view! {
        {across.collect_view()}
        {along.collect_view()}
        <text class="small" x=f64::midpoint(left, right) y=bottom + 35.0 text-anchor="middle">"epoch"</text>
    }
}

/// The style of a line: its colour and its dash.
fn class(role: Role) -> &'static str {
    match role {
        Role::Train => "line train",
        Role::Validation => "line validation",
        Role::Test => "line test",
        Role::Earlier => "line earlier",
        Role::Printed => "line printed",
    }
}

fn curves(drawn: &Drawn) -> impl IntoView + use<> {
    let layout = &drawn.layout;
    let wide = layout.size.width >= WIDE;
    let end = layout.plot.right + 8.0;
    let draw = |class: &'static str, line: &Line| {
        let dot = line.points.last().map(|&(x, y)| view! { <circle class=class cx=x cy=y r="3"/> });
        let name = wide.then(|| {
            view! { <text x=end y=line.label_at + 4.0>{line.label.clone()}</text> }
        });
        view! { <path class=class d=line.path.clone()/> {dot} {name} }
    };
    let rules = layout.rules.iter().map(|rule| draw("line rule", rule)).collect_view();
    let lines = layout.curves.iter().zip(&drawn.roles).map(|(line, role)| draw(class(*role), line));
    view! { {rules} {lines.collect_view()} }
}

/// Where a setting was changed on the way, and the epoch that was chosen.
fn changes(page: Page, drawn: &Drawn) -> impl IntoView + use<> {
    let Layout { plot, .. } = drawn.layout;
    let changes = page.run.with(|run| {
        let Some(run) = run.as_ref().filter(|run| !run.hidden) else { return Vec::new() };
        let chosen = run.chosen().map(|report| Change {
            at: report.epoch as f64,
            what: format!("epoch {} is chosen", report.epoch),
        });
        run.changes.iter().cloned().chain(chosen).collect()
    });
    let layout = drawn.layout.clone();
    let span = drawn.span();
    let inside = move |at: f64| span.is_some_and(|(first, last)| at >= first && at <= last);
    let change = changes.into_iter().filter(move |change| inside(change.at)).map(move |change| {
        let x = layout.left_of(change.at);
        // Its name stands on the side that has more room.
        let (at, anchor) =
            if x > f64::midpoint(plot.left, plot.right) { (-4.0, "end") } else { (4.0, "start") };
        view! {
            <path class="change" d=format!("M{x:.1} {} V{}", plot.top, plot.bottom)/>
            <text class="small" x=x + at y=plot.top + 10.0 text-anchor=anchor>{change.what}</text>
        }
    });
    change.collect_view()
}

/// The names below the chart, where there is no room beside it.
fn legend(drawn: &Drawn) -> impl IntoView + use<> {
    let swatch = |class: &'static str| {
        view! { <svg viewBox="0 0 28 8" aria-hidden="true"><path class=class d="M0 4 H28"/></svg> }
    };
    let rules = drawn.layout.rules.iter().map(|rule| ("line rule", rule));
    let lines =
        drawn.layout.curves.iter().zip(&drawn.roles).map(|(line, role)| (class(*role), line));
    let names = lines.chain(rules).map(|(class, line)| {
        view! { <li>{swatch(class)} " " {line.label.clone()}</li> }
    });
    view! { <ul class="legend">{names.collect_view()}</ul> }
}

/// How the chart looks at the runs, and the chart as a file.
#[component]
fn Tools() -> impl IntoView {
    let page = page();
    let view = page.view;
    let is_movielens = move || {
        page.data.with(|data| {
            data.as_ref().is_some_and(|data| {
                let s = &data.statistics;
                (s.users, s.items, s.ratings) == (6040, 3706, 1_000_209)
            })
        })
    };
    view! {
        <div class="chart-tools">
            <label class="inline">
                <input type="checkbox" id="log" prop:checked=move || view.get().log
                    on:change:target=move |event| view.update(|v| v.log = event.target().checked())/>
                " log scale"
            </label>
            <label class="inline">
                "smoothing "
                <input type="range" id="smoothing" min="0" max="0.9" step="0.1"
                    prop:value=move || view.get().smoothing
                    on:input:target=move |event| {
                        let smoothing = event.target().value().parse().unwrap_or(0.0);
                        view.update(|v| v.smoothing = smoothing);
                    }/>
            </label>
            <Show when=is_movielens>
                <label class="inline">
                    <input type="checkbox" id="lab-curve" prop:checked=move || view.get().lab
                        on:change:target=move |event| view.update(|v| v.lab = event.target().checked())/>
                    " the lab's printed figure"
                </label>
            </Show>
            <Show when=move || view.get().range.is_some()>
                <button id="whole" on:click=move |_| view.update(|v| v.range = None)>"Whole chart"</button>
            </Show>
            <Pictures/>
        </div>
    }
}

/// A line's value as the tip has it.
pub(super) fn named(name: &str, value: f64) -> String {
    format!("{name} {}", rmse(value))
}
