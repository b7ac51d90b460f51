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

/// The model's equation: Koren, Bell and Volinsky 2009, equation 1; for a network, its layers in
/// order; He et al. 2017, equations 9, 10 and 12.
fn equation(model: ModelKind) -> AnyView {
    match model {
        ModelKind::Mf => view! {
            <span class="equation">"r̂"<sub>"ui"</sub>" = p"<sub>"u"</sub>" · q"<sub>"i"</sub></span>
        }
        .into_any(),
        ModelKind::Gmf => view! {
            <span class="equation">
                "r̂"<sub>"ui"</sub>" = h · (p"<sub>"u"</sub>" ⊙ q"<sub>"i"</sub>") + b"
            </span>
        }
        .into_any(),
        ModelKind::Mlp => view! {
            <span class="equation">
                "r̂"<sub>"ui"</sub>" = h · relu(… relu(W"<sub>"1"</sub>" [p"<sub>"u"</sub>"; q"
                <sub>"i"</sub>"])) + b"
            </span>
        }
        .into_any(),
        ModelKind::NeuMf => view! {
            <span class="equation">
                "r̂"<sub>"ui"</sub>" = h · [p"<sub>"u"</sub>" ⊙ q"<sub>"i"</sub>"; relu(… relu(W"
                <sub>"1"</sub>" [p′"<sub>"u"</sub>"; q′"<sub>"i"</sub>"]))] + b"
            </span>
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
        ModelKind::BiasedMf | ModelKind::BayesMf | ModelKind::BayesSvdPp => view! {
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
        | ModelKind::BayesSvdPp
        | ModelKind::Ials => inner_product(config.factors, "·", result(config)),
        ModelKind::Gmf => inner_product(config.factors, "h", result(config)),
        ModelKind::DeepMf | ModelKind::Mlp => {
            network(config.factors, &config.hidden, result(config))
        }
        ModelKind::NeuMf => product_and_network(config.factors, &config.hidden, result(config)),
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

/// A row of factors: its cells, its name, and its length, with a word about it.
fn factors(
    name: &'static str,
    class: &'static str,
    length: usize,
    word: &'static str,
    y: f64,
) -> AnyView {
    let cells = length.clamp(1, MOST_CELLS);
    let width = 120.0 / cells as f64;
    let cell = move |n: usize| {
        let x = 40.0 + n as f64 * width;
        view! { <rect class=class x=x y=y width=width - 2.0 height="18" rx="2"/> }
    };
    let label = format!("K = {length} {word}");
    view! {
        <text x="34" y=y + 14.0 text-anchor="end">{name}</text>
        {(0..cells).map(cell).collect_view()}
        <text class="small" x="40" y=y + 33.0>{label}</text>
    }
    .into_any()
}

/// With the sign of the sum: a dot, or the weights of its terms.
fn inner_product(length: usize, sign: &'static str, result: &'static str) -> AnyView {
    let how = if sign == "h" { ", weighted" } else { "" };
    let label = format!(
        "The {length} factors of a user and of an item are multiplied one by one{how} and added up."
    );
    view! {
        <svg viewBox="0 0 300 124" role="img" aria-label=label>
            {factors("user", "user", length, "", 14.0)}
            {factors("item", "item", length, "", 72.0)}
            <path class="wire" d="M164 23 C190 23 186 54 200 58 M164 81 C190 81 186 66 200 62"/>
            <circle class="node" cx="212" cy="60" r="12"/>
            <text class="sign" x="212" y="66" text-anchor="middle">{sign}</text>
            <path class="wire" d="M224 60 H250"/>
            <text x="256" y="65">{result}</text>
        </svg>
    }
    .into_any()
}

/// Where a network's layers are drawn: from x = 186 on.
struct Tower {
    room: f64, // to the right
    middle: f64,
    tallest: f64,
}

impl Tower {
    /// Layers of these widths beside one another, and where they end.
    fn layers(&self, widths: &[usize]) -> (AnyView, f64) {
        let most = widths.iter().copied().max().unwrap_or(1).max(1) as f64;
        let gap = (self.room / widths.len().max(1) as f64).min(30.0);
        let layer = |(n, width): (usize, &usize)| {
            let height = 16.0 + (self.tallest - 16.0) * (*width as f64 / most);
            let (x, y) = (186.0 + n as f64 * gap, self.middle - height / 2.0);
            let text = width.to_string();
            let thick = (gap - 8.0).max(4.0);
            view! {
                <rect class="layer" x=x y=y width=thick height=height rx="3"/>
                <text class="small" x=x + thick / 2.0 y=y - 4.0 text-anchor="middle">{text}</text>
            }
        };
        let end = 186.0 + widths.len() as f64 * gap;
        (widths.iter().enumerate().map(layer).collect_view().into_any(), end)
    }
}

/// Widths in words.
fn listed(widths: &[usize]) -> String {
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

fn network(length: usize, hidden: &[usize], result: &'static str) -> AnyView {
    let widths: Vec<usize> = hidden.iter().copied().chain([1]).collect();
    let tower = Tower { room: 72.0, middle: 60.0, tallest: 76.0 };
    let (layers, end) = tower.layers(&widths);
    let label = format!(
        "The {length} factors of a user and of an item go side by side through layers of {}.",
        listed(&widths)
    );
    view! {
        <svg viewBox="0 0 300 124" role="img" aria-label=label>
            {factors("user", "user", length, "", 14.0)}
            {factors("item", "item", length, "", 72.0)}
            <path class="wire" d="M164 23 C176 23 172 56 182 58 M164 81 C176 81 172 64 182 62"/>
            {layers}
            <text x=end y="65">{result}</text>
        </svg>
    }
    .into_any()
}

/// Two pairs of rows: one multiplied, one through layers, both into the last sum.
fn product_and_network(length: usize, hidden: &[usize], result: &'static str) -> AnyView {
    let tower = Tower { room: 54.0, middle: 86.0, tallest: 44.0 };
    let (layers, end) = tower.layers(hidden);
    let label = format!(
        "The first {length} factors of a user and of an item are multiplied one by one; another \
         {length} of each go side by side through layers of {}; the {result} is a weighted sum of both.",
        listed(hidden)
    );
    let last = end + 10.0;
    let wires = format!(
        "M164 23 H192 M164 81 C184 81 174 32 194 27 M164 23 C184 23 170 80 182 84 M164 81 H182 \
         M214 22 C{last} 22 {last} 30 {last} 42 M{0} 86 C{last} 86 {last} 76 {last} 66 M{1} 54 h8",
        end - 6.0,
        last + 12.0
    );
    view! {
        <svg viewBox="0 0 316 124" role="img" aria-label=label>
            {factors("user", "user", length, "twice", 14.0)}
            {factors("item", "item", length, "twice", 72.0)}
            <path class="wire" d=wires/>
            <circle class="node" cx="203" cy="22" r="11"/>
            <text class="sign" x="203" y="29" text-anchor="middle">"⊙"</text>
            {layers}
            <circle class="node" cx=last cy="54" r="12"/>
            <text class="sign" x=last y="60" text-anchor="middle">"h"</text>
            <text x=last + 24.0 y="59">{result}</text>
        </svg>
    }
    .into_any()
}
