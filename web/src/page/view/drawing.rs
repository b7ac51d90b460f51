//! The model as a picture, and its equation.

use leptos::prelude::*;
use trainer::{Config, ModelKind, Objective};

use crate::page::state::page;

/// Follows the settings.
#[component]
pub(super) fn Drawing() -> impl IntoView {
    let page = page();
    let config = Memo::new(move |_| page.settings.with(|settings| settings.config.clone()));
    view! {
        <figure class="drawing">
            {move || picture(&config.get())}
            <figcaption>{move || equation(config.get().model)}</figcaption>
        </figure>
    }
}

/// The model's equation: Koren, Bell and Volinsky 2009, equation 1; for the network, its layers in
/// order.
fn equation(model: ModelKind) -> AnyView {
    match model {
        ModelKind::Mf => view! {
            <span class="equation">"r̂"<sub>"ui"</sub>" = p"<sub>"u"</sub>" · q"<sub>"i"</sub></span>
        }
        .into_any(),
        ModelKind::DeepMf => view! {
            <span class="equation">
                "r̂"<sub>"ui"</sub>" = W"<sub>"3"</sub>" relu(W"<sub>"2"</sub>" relu(W"<sub>"1"</sub>
                " [p"<sub>"u"</sub>"; q"<sub>"i"</sub>"]))"
            </span>
        }
        .into_any(),
        ModelKind::Biases => view! {
            <span class="equation">"r̂"<sub>"ui"</sub>" = μ + b"<sub>"u"</sub>" + c"<sub>"i"</sub></span>
        }
        .into_any(),
        ModelKind::SvdPp => view! {
            <span class="equation">
                "r̂"<sub>"ui"</sub>" = μ + b"<sub>"u"</sub>" + c"<sub>"i"</sub>" + q"<sub>"i"</sub>" · (p"
                <sub>"u"</sub>" + |N|"<sup>"-½"</sup>" Σ y"<sub>"j"</sub>")"
            </span>
        }
        .into_any(),
        ModelKind::Ials => view! {
            <span class="equation">"x̂"<sub>"ui"</sub>" = p"<sub>"u"</sub>" · q"<sub>"i"</sub></span>
        }
        .into_any(),
        ModelKind::BiasedMf | ModelKind::BayesMf => view! {
            <span class="equation">
                "r̂"<sub>"ui"</sub>" = μ + b"<sub>"u"</sub>" + c"<sub>"i"</sub>" + p"<sub>"u"</sub>" · q"
                <sub>"i"</sub>
            </span>
        }
        .into_any(),
    }
}

fn picture(config: &Config) -> AnyView {
    match config.model {
        ModelKind::Biases => ().into_any(),
        ModelKind::Mf
        | ModelKind::BiasedMf
        | ModelKind::SvdPp
        | ModelKind::BayesMf
        | ModelKind::Ials => inner_product(config.factors, result(config)),
        ModelKind::DeepMf => network(config.factors, &config.hidden, result(config)),
    }
}

/// What comes out.
fn result(config: &Config) -> &'static str {
    match config.objective {
        Objective::Rating => "rating",
        Objective::Ranking => "score",
    }
}

/// Most cells that a row of factors is drawn with.
const MOST_CELLS: usize = 10;

/// A row of factors: its cells, its name, and its length.
fn factors(name: &'static str, class: &'static str, length: usize, y: f64) -> AnyView {
    let cells = length.clamp(1, MOST_CELLS);
    let width = 120.0 / cells as f64;
    let cell = move |n: usize| {
        let x = 40.0 + n as f64 * width;
        view! { <rect class=class x=x y=y width=width - 2.0 height="18" rx="2"/> }
    };
    let label = format!("K = {length}");
    view! {
        <text x="34" y=y + 14.0 text-anchor="end">{name}</text>
        {(0..cells).map(cell).collect_view()}
        <text class="small" x="40" y=y + 33.0>{label}</text>
    }
    .into_any()
}

fn inner_product(length: usize, result: &'static str) -> AnyView {
    let label = format!(
        "The {length} factors of a user and of an item are multiplied one by one and added up."
    );
    view! {
        <svg viewBox="0 0 300 124" role="img" aria-label=label>
            {factors("user", "user", length, 14.0)}
            {factors("item", "item", length, 72.0)}
            <path class="wire" d="M164 23 C190 23 186 54 200 58 M164 81 C190 81 186 66 200 62"/>
            <circle class="node" cx="212" cy="60" r="12"/>
            <text class="sign" x="212" y="66" text-anchor="middle">"·"</text>
            <path class="wire" d="M224 60 H250"/>
            <text x="256" y="65">{result}</text>
        </svg>
    }
    .into_any()
}

fn network(length: usize, hidden: &[usize], result: &'static str) -> AnyView {
    let widths: Vec<usize> = hidden.iter().copied().chain([1]).collect();
    let most = widths.iter().copied().max().unwrap_or(1).max(1) as f64;
    let gap = (72.0 / widths.len() as f64).min(30.0);
    let layer = |(n, width): (usize, &usize)| {
        let height = 16.0 + 60.0 * (*width as f64 / most);
        let (x, y) = (186.0 + n as f64 * gap, 60.0 - height / 2.0);
        let text = width.to_string();
        view! {
            <rect class="layer" x=x y=y width=gap - 8.0 height=height rx="3"/>
            <text class="small" x=x + (gap - 8.0) / 2.0 y=y - 4.0 text-anchor="middle">{text}</text>
        }
    };
    let layers = widths.iter().enumerate().map(layer).collect_view();
    let sizes: Vec<String> = widths.iter().map(usize::to_string).collect();
    let label = format!(
        "The {length} factors of a user and of an item go side by side through layers of {}.",
        sizes.join(", ")
    );
    let end = 186.0 + widths.len() as f64 * gap;
    view! {
        <svg viewBox="0 0 300 124" role="img" aria-label=label>
            {factors("user", "user", length, 14.0)}
            {factors("item", "item", length, 72.0)}
            <path class="wire" d="M164 23 C176 23 172 56 182 58 M164 81 C176 81 172 64 182 62"/>
            {layers}
            <text x=end y="65">{result}</text>
        </svg>
    }
    .into_any()
}
