//! A new item: how some users rated it, and who else would like it.

use leptos::{html, prelude::*};
use protocol::{Audience, User};

use super::stars::rate;
use super::{ranks, score};
use crate::given;
use crate::numbers::counted;
use crate::page::state::page;
use crate::page::using;
use crate::page::view::long::LongTable;

/// Opens on demand.
#[component]
pub(super) fn NewItem() -> impl IntoView {
    let page = page();
    let details = NodeRef::<html::Details>::new();
    let toggled = move |_| {
        if details.get_untracked().is_some_and(|of| of.open()) {
            using::search_users(page, String::new()); // the busiest to begin with
        }
    };
    view! {
        <details id="new-item" class="all" node_ref=details on:toggle=toggled>
            <summary>"A new item: who would like it"</summary>
            <div class="uses">
                <section aria-label="Its ratings"><Ratings/></section>
                <section aria-label="Its audience"><Members/></section>
            </div>
        </details>
    }
}

/// Search users and rate in their name, or paste lines.
#[component]
fn Ratings() -> impl IntoView {
    let page = page();
    let (users, rated_by) = (page.using.users, page.using.rated_by);
    let give = move |user: &str, rating: Option<f32>| {
        rated_by.update(|rated| {
            rated.retain(|(other, _)| other != user);
            rated.extend(rating.map(|rating| (user.to_owned(), rating)));
        });
    };
    let choice = move |user: String, given: Option<f32>| {
        let label = format!("Rating by user {user}");
        rate(page, label, given, "user-search", move |rating| give(&user, rating))
    };
    let unrated = move || {
        let rated = rated_by.get();
        let is_new = |user: &User| rated.iter().all(|(other, _)| *other != user.user);
        users.get().into_iter().filter(is_new).take(6).collect::<Vec<_>>()
    };
    view! {
        <label class="inline">
            "User "
            <input id="user-search" type="search" autocomplete="off" placeholder="search"
                on:input:target=move |event| using::search_users(page, event.target().value())/>
        </label>
        <ul class="pairs" id="found-users">
            <For each=unrated key=|user| user.user.clone() children=move |user| {
                let about = format!("{}, {:.2} on average", counted(user.ratings, "rating"), user.mean);
                view! {
                    <li>
                        <span>"user " {user.user.clone()} " " <span class="quiet small">{about}</span></span>
                        {choice(user.user, None)}
                    </li>
                }
            }/>
        </ul>
        <Pasted/>
        <Show when=move || !rated_by.with(Vec::is_empty)>
            <h4>"Its ratings"</h4>
            <ul class="pairs" id="its-ratings">
                <For each=move || rated_by.get().into_iter().take(SHOWN)
                    key=|(user, rating)| (user.clone(), rating.to_bits())
                    children=move |(user, rating)| {
                        view! { <li><span>"user " {user.clone()}</span> {choice(user, Some(rating))}</li> }
                    }/>
            </ul>
            <p class="buttons">
                <button class="plain" id="no-ratings" on:click=move |_| rated_by.set(Vec::new())>
                    {move || format!("Forget {}", counted(rated_by.with(Vec::len), "rating"))}
                </button>
            </p>
        </Show>
    }
}

/// Ratings of the item that are shown one by one.
const SHOWN: usize = 20;

/// Ratings as lines of text.
#[component]
fn Pasted() -> impl IntoView {
    let page = page();
    let text = NodeRef::<html::Textarea>::new();
    let wrong = RwSignal::new(None);
    let take = move |_| {
        let read =
            given::read(&text.get_untracked().map(|field| field.value()).unwrap_or_default());
        wrong.set(given::complaint(&read.bad_lines));
        page.using.rated_by.update(|rated| {
            rated.retain(|(user, _)| read.ratings.iter().all(|(other, _)| other != user));
            rated.extend(read.ratings);
        });
    };
    view! {
        <details>
            <summary>"Paste its ratings"</summary>
            <label>
                "A line each: user, rating"
                <textarea id="its-lines" node_ref=text rows="4" placeholder="42,4.5"></textarea>
            </label>
            <p class="buttons"><button id="take-lines" on:click=take>"Take these"</button></p>
            <p class="wrong" role="alert">{wrong}</p>
        </details>
    }
}

/// Who would rate it highest.
#[component]
fn Members() -> impl IntoView {
    let page = page();
    let using = page.using;
    let audience = using.audience;
    let is_there = move || audience.with(Option::is_some) && !using.rated_by.with(Vec::is_empty);
    let rows =
        Signal::derive(move || audience.with(|of| of.as_ref().map_or(0, |of| of.users.len())));
    let row = move |n: usize| {
        let of = Memo::new(move |_| audience.with(|of| of.as_ref()?.users.get(n).cloned()));
        let digits = move |of: f32| if ranks(page) { score(of) } else { format!("{of:.2}") };
        let (user, rating) =
            (move || of.get().map(|of| of.0), move || of.get().map(|of| digits(of.1)));
        view! { <td>{user}</td><td>{rating}</td> }.into_any()
    };
    let head = move || -> &'static [&'static str] {
        match ranks(page) {
            false => &["User", "Would rate it"],
            true => &["User", "Score"],
        }
    };
    view! {
        <Show
            when=is_there
            fallback=|| view! {
                <p class="quiet">"Say how some users rated it: the model then finds who else would like it."</p>
            }
        >
            <p id="audience-text">{move || audience.get().map(words)}</p>
            {move || view! {
                <LongTable id="audience" label="Who would like it" head=head() rows=rows row=row/>
            }}
        </Show>
    }
}

/// What the list rests on.
fn words(Audience { rated, unknown, users }: Audience) -> String {
    let first =
        format!("By {}: the first {}.", counted(rated, "rating"), counted(users.len(), "user"));
    match &unknown[..] {
        [] => first,
        [one] => format!("{first} The model knows no user {one}."),
        [one, others @ ..] => {
            format!("{first} The model knows no user {one}, nor {} more.", others.len())
        }
    }
}
