//! What somebody would rate highest.

use leptos::prelude::*;
use protocol::{Because, Item, Pick};

use super::stars::Stars;
use super::{ranks, rated, score, title};
use crate::numbers::counted;
use crate::page::state::{Page, page};
use crate::page::using::{self, MOST, MOST_PICKS};
use crate::page::view::long::LongTable;

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
            <List/>
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

/// The items in their order. A place in the list stays while the item in it changes, so that it keeps
/// the focus while a run goes on.
#[component]
fn List() -> impl IntoView {
    let page = page();
    let (picks, most) = (page.using.picks, page.using.most);
    let count = move || picks.with(|picks| picks.as_ref().map_or(0, |picks| picks.picks.len()));
    let known = move || picks.with(|picks| picks.as_ref().map_or(0, |picks| picks.known.len()));
    let rated = move || picks.with(|picks| picks.as_ref().map_or(0, |picks| picks.ratings));
    let known_row = move |n: usize| {
        let of = Memo::new(move |_| {
            picks.with(|picks| picks.as_ref().and_then(|picks| picks.known.get(n).cloned()))
        });
        view! {
            <td>{move || of.get().map(|(item, _)| title(&item))}</td>
            <td>{move || of.get().map(|(_, rating)| rating)}</td>
        }
        .into_any()
    };
    view! {
        <Show when=move || picks.with(Option::is_some)>
            <ol class="picks" id="pick-list">
                <For each=move || 0..count() key=|n| *n children=move |n| row(page, n)/>
            </ol>
            <Show when=move || count() == most.get() && most.get() < MOST_PICKS>
                <button class="plain" id="more-picks" on:click=move |_| most.update(|most| *most += MOST)>
                    "More"
                </button>
            </Show>
            <details>
                <summary>{move || format!("Rated so far: {}", counted(rated(), "item"))}</summary>
                <Show when=move || { known() < rated() }>
                    <p class="quiet">{move || format!("The {} rated highest:", counted(known(), "item"))}</p>
                </Show>
                <LongTable id="known" label="Ratings given" head=&["Item", "Rating"]
                    rows=Signal::derive(known) row=known_row/>
            </details>
        </Show>
    }
}

fn row(page: Page, n: usize) -> impl IntoView {
    let pick = Memo::new(move |_| {
        page.using.picks.with(|picks| picks.as_ref().and_then(|picks| picks.picks.get(n).cloned()))
    });
    let text = move |text: fn(&Pick) -> String| {
        move || pick.with(|pick| pick.as_ref().map(text).unwrap_or_default())
    };
    let choose = move |_| {
        if let Some(pick) = pick.get_untracked() {
            using::similar(page, pick.item.item);
        }
    };
    view! {
        <li>
            <span class="what">
                <button class="link" title="similar items" on:click=choose>
                    {text(|pick| title(&pick.item))}
                </button>
                <span class="quiet small">{text(|pick| reason(&pick.item, &pick.because))}</span>
            </span>
            <strong title=move || if ranks(page) { "score" } else { "predicted rating" }>
                {move || pick.with(|pick| pick.as_ref().map(|pick| {
                    if ranks(page) { score(pick.predicted) } else { sure(pick.predicted, pick.deviation) }
                }))}
            </strong>
        </li>
    }
}

/// A prediction, and how far it may be off where the model knows.
fn sure(predicted: f32, deviation: Option<f32>) -> String {
    let deviation = deviation.map(|deviation| format!(" ± {deviation:.2}"));
    format!("{predicted:.2}{}", deviation.unwrap_or_default())
}

/// Why, and how sure, in plain words.
fn reason(item: &Item, because: &[Because]) -> String {
    let rated = rated(item);
    let because: Vec<String> =
        because.iter().map(|b| format!("{} ({})", title(&b.item), b.rating)).collect();
    if because.is_empty() {
        rated
    } else {
        format!("because of {}; {rated}", because.join(" and "))
    }
}
