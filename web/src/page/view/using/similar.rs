//! What is close to an item.

use leptos::prelude::*;
use protocol::{Neighbour, Similar};

use super::{rated, title};
use crate::page::state::{Page, page};
use crate::page::using;
use crate::page::view::histogram::Histogram;

/// The item that was clicked, and its nearest.
#[component]
pub(super) fn SimilarItems() -> impl IntoView {
    let page = page();
    let similar = page.using.similar;
    let count =
        move || similar.with(|similar| similar.as_ref().map_or(0, |of| of.neighbours.len()));
    view! {
        <section id="similar" aria-labelledby="similar-title">
            <h3 id="similar-title">"Similar items"</h3>
            {move || match similar.get() {
                Some(similar) => about(similar).into_any(),
                None => view! { <p class="quiet">"Choose an item to see what is close to it."</p> }.into_any(),
            }}
            <ol class="picks">
                <For each=move || 0..count() key=|n| *n children=move |n| row(page, n)/>
            </ol>
        </section>
    }
}

fn about(Similar { item, histogram, .. }: Similar) -> impl IntoView {
    let about = rated(&item);
    view! {
        <p><strong>{title(&item)}</strong> <br/> <span class="quiet">{about}</span></p>
        <Histogram bars=histogram step=None/>
    }
}

/// A place in the list; it stays while the item in it changes.
fn row(page: Page, n: usize) -> impl IntoView {
    let near = Memo::new(move |_| {
        page.using.similar.with(|of| of.as_ref().and_then(|of| of.neighbours.get(n).cloned()))
    });
    let text = move |text: fn(&Neighbour) -> String| {
        move || near.with(|near| near.as_ref().map(text).unwrap_or_default())
    };
    let choose = move |_| {
        if let Some(near) = near.get_untracked() {
            using::similar(page, near.item.item);
        }
    };
    view! {
        <li>
            <button class="link" on:click=choose>{text(|near| title(&near.item))}</button>
            <strong title="cosine of the angle between the factors">
                {text(|near| format!("{:.2}", near.cosine))}
            </strong>
        </li>
    }
}
