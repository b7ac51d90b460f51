//! The person at the screen as a user: titles, and stars for them.

use leptos::prelude::*;
use protocol::Item;
use wasm_bindgen::JsCast;

use super::{ranks, title};
use crate::page::state::{Page, page};
use crate::page::using;

/// Search, rate, and see what was rated.
#[component]
pub(super) fn Stars() -> impl IntoView {
    let page = page();
    let using = page.using;
    let unrated = move || {
        let stars = using.stars.get();
        let found = using.found.get().map(|found| found.items).unwrap_or_default();
        let rated = |item: &Item| stars.iter().any(|(other, _)| other.item == item.item);
        found.into_iter().filter(|item| !rated(item)).take(6).collect::<Vec<_>>()
    };
    view! {
        <label class="inline">
            "Title "
            <input id="search" type="search" autocomplete="off" placeholder="search"
                prop:value=using.sought
                on:input:target=move |event| using::search(page, event.target().value())/>
        </label>
        <ul class="pairs" id="found">
            <For each=unrated key=|item| item.item.clone()
                children=move |item| view! { <li><span>{title(&item)}</span> {rate_item(page, item, None)}</li> }/>
        </ul>
        <Show when=move || ranks(page)>
            <p class="quiet">"The model ranks: whatever you rate counts as chosen, with few stars or many."</p>
        </Show>
        <Show when=move || !using.stars.get().is_empty()>
            <h4>"Your ratings"</h4>
            <ul class="pairs" id="your-ratings">
                <For each=move || using.stars.get() key=|(item, stars)| (item.item.clone(), stars.to_bits())
                    children=move |(item, stars)| {
                        view! { <li><span>{title(&item)}</span> {rate_item(page, item, Some(stars))}</li> }
                    }/>
            </ul>
        </Show>
    }
}

/// Takes the person's rating of an item, or takes it back.
fn rate_item(page: Page, item: Item, given: Option<f32>) -> impl IntoView {
    let label = format!("Your rating of {}", title(&item));
    rate(page, label, given, "search", move |rating| {
        page.using.stars.update(|stars| {
            stars.retain(|(other, _)| other.item != item.item);
            stars.extend(rating.map(|rating| (item.clone(), rating)));
        });
    })
}

/// A choice of the ratings that the data has, or none. `search` is the field that takes the focus
/// then.
pub(super) fn rate(
    page: Page,
    label: String,
    given: Option<f32>,
    search: &'static str,
    choose: impl Fn(Option<f32>) + 'static,
) -> impl IntoView {
    let chosen = given.map(|stars| stars.to_string()).unwrap_or_default();
    let options = scale(page).into_iter().map(|value| {
        let text = value.to_string();
        let selected = text == chosen;
        view! { <option value=text.clone() selected=selected>{format!("★ {text}")}</option> }
    });
    let choose = move |text: String| {
        choose(text.parse().ok());
        // The field that was used is gone with its row.
        if let Some(search) = document().get_element_by_id(search) {
            let _ = search.unchecked_into::<web_sys::HtmlElement>().focus();
        }
    };
    view! {
        <select aria-label=label on:change:target=move |event| choose(event.target().value())>
            <option value="" selected=given.is_none()>"–"</option>
            {options.collect_view()}
        </select>
    }
}

/// The ratings to choose from: those of the data, or whole numbers within an opened model's scale.
fn scale(page: Page) -> Vec<f32> {
    let of_data = page.data.with_untracked(|data| {
        let bars = data.as_ref().map(|data| data.statistics.histogram.clone()).unwrap_or_default();
        bars.into_iter().map(|bar| bar.value).collect::<Vec<_>>()
    });
    if !of_data.is_empty() {
        return of_data;
    }
    let (low, high) = page
        .using
        .window
        .with_untracked(|window| window.as_ref().map_or((1.0, 5.0), |window| window.scale));
    let steps = (high - low).clamp(0.0, 20.0) as u8;
    (0..=steps).map(|step| low + f32::from(step)).collect()
}
