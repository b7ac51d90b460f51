//! What is close to an item.

use leptos::prelude::*;
use protocol::Similar;

use super::title;
use crate::numbers::counted;
use crate::page::state::{Page, page};
use crate::page::using;
use crate::page::view::histogram::Histogram;

/// The item that was clicked, and its nearest.
#[component]
pub(super) fn SimilarItems() -> impl IntoView {
    let page = page();
    view! {
        <section id="similar" aria-labelledby="similar-title">
            <h3 id="similar-title">"Similar items"</h3>
            {move || match page.using.similar.get() {
                Some(similar) => list(page, similar).into_any(),
                None => view! { <p class="quiet">"Choose an item to see what is close to it."</p> }.into_any(),
            }}
        </section>
    }
}

fn list(page: Page, similar: Similar) -> impl IntoView {
    let Similar { item, histogram, neighbours } = similar;
    let about = format!("{}, {:.2} on average", counted(item.ratings, "rating"), item.mean);
    let rows = neighbours.into_iter().map(|near| {
        let id = near.item.item.clone();
        view! {
            <li>
                <button class="link" on:click=move |_| using::similar(page, id.clone())>
                    {title(&near.item)}
                </button>
                <strong title="cosine of the angle between the factors">{format!("{:.2}", near.cosine)}</strong>
            </li>
        }
    });
    view! {
        <p><strong>{title(&item)}</strong> <br/> <span class="quiet">{about}</span></p>
        <Histogram bars=histogram step=None/>
        <ol class="picks">{rows.collect_view()}</ol>
    }
}
