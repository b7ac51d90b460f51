//! What somebody would rate highest.

use leptos::prelude::*;
use protocol::{Because, Item, Pick, Picks};

use super::stars::Stars;
use super::title;
use crate::numbers::counted;
use crate::page::state::{Page, page};
use crate::page::using;

/// For a user of the data, or for the person at the screen.
#[component]
pub(super) fn PicksFor() -> impl IntoView {
    let page = page();
    let using = page.using;
    let whom = move |new: bool, id: &'static str, label: &'static str| {
        view! {
            <label class="inline">
                <input type="radio" name="whom" id=id prop:checked=move || using.is_new.get() == new
                    on:change=move |_| using.is_new.set(new)/>
                {label}
            </label>
        }
    };
    view! {
        <section id="picks" aria-labelledby="picks-title">
            <h3 id="picks-title">"Recommendations"</h3>
            <fieldset class="buttons plain">
                <legend class="unseen">"For whom"</legend>
                {whom(false, "whom-user", "a user of the data")}
                {whom(true, "whom-you", "you")}
            </fieldset>
            <Show when=move || using.is_new.get() fallback=move || view! { <UserField/> }>
                <Stars/>
            </Show>
            {move || using.picks.get().map(|picks| list(page, picks))}
        </section>
    }
}

#[component]
fn UserField() -> impl IntoView {
    let using = page().using;
    view! {
        <label class="inline">
            "User "
            <input id="user" autocomplete="off" placeholder="the busiest" prop:value=using.user
                on:change:target=move |event| using.user.set(event.target().value().trim().to_owned())/>
        </label>
    }
}

fn list(page: Page, picks: Picks) -> impl IntoView {
    let Picks { picks, known, ratings, .. } = picks;
    let rows = picks.into_iter().map(|pick| row(page, pick)).collect_view();
    let known_rows = known.iter().map(|(item, rating)| {
        let text = title(item);
        view! { <li><span>{text}</span> <span>{*rating}</span></li> }
    });
    let known_rows = known_rows.collect_view();
    view! {
        <ol class="picks" id="pick-list">{rows}</ol>
        <details>
            <summary>{format!("Rated so far: {}", counted(ratings, "item"))}</summary>
            <ul class="pairs">{known_rows}</ul>
        </details>
    }
}

fn row(page: Page, pick: Pick) -> impl IntoView {
    let Pick { item, predicted, because } = pick;
    let why = reason(&item, &because);
    let id = item.item.clone();
    view! {
        <li>
            <span class="what">
                <button class="link" title="similar items" on:click=move |_| using::similar(page, id.clone())>
                    {title(&item)}
                </button>
                <span class="quiet small">{why}</span>
            </span>
            <strong>{format!("{predicted:.2}")}</strong>
        </li>
    }
}

/// Why, and how sure, in plain words.
fn reason(item: &Item, because: &[Because]) -> String {
    let rated = format!("{}, {:.2} on average", counted(item.ratings, "rating"), item.mean);
    let because: Vec<String> =
        because.iter().map(|b| format!("{} ({})", title(&b.item), b.rating)).collect();
    if because.is_empty() {
        rated
    } else {
        format!("because of {}; {rated}", because.join(" and "))
    }
}
