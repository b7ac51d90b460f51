//! The completed matrix: what is known beside what the model fills in.

use js_sys::{Function, JSON, Reflect};
use leptos::prelude::*;
use protocol::{Cell, Window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::KeyboardEvent;

use super::{ranks, title};
use crate::page::state::page;
use crate::page::using::{COLUMNS, ROWS};

/// A window of the matrix that can be moved over it.
#[component]
pub(super) fn Completed() -> impl IntoView {
    let page = page();
    let using = page.using;
    let by = move |users: isize, items: isize| {
        let (most_users, most_items) = using.size.get_untracked();
        using.corner.update(|(user, item)| {
            *user = user.saturating_add_signed(users).min(most_users.saturating_sub(1));
            *item = item.saturating_add_signed(items).min(most_items.saturating_sub(1));
        });
    };
    let step = move |id: &'static str, label: &'static str, users: isize, items: isize| {
        view! { <button id=id class="plain" on:click=move |_| by(users, items)>{label}</button> }
    };
    view! {
        <section id="completed" aria-labelledby="completed-title">
            <h3 id="completed-title">"The matrix, filled in"</h3>
            <p class="quiet">
                <span class="known">"known"</span> " ratings, and "
                {move || if ranks(page) { "how the model " } else { "what the model " }}
                <span class="predicted">{move || if ranks(page) { "scores" } else { "predicts" }}</span>
                {move || if ranks(page) { " what was not chosen." } else { " where there is none." }}
            </p>
            <Table/>
            <p class="buttons">
                {step("users-back", "↑ users", -(ROWS as isize), 0)}
                {step("users-on", "↓ users", ROWS as isize, 0)}
                {step("items-back", "← items", 0, -(COLUMNS as isize))}
                {step("items-on", "→ items", 0, COLUMNS as isize)}
            </p>
        </section>
    }
}

/// Its cells stay while the numbers in them change, so that it keeps the focus while a run goes on.
#[component]
fn Table() -> impl IntoView {
    let window = page().using.window;
    // The cell whose words stand below, for fingers and keys.
    let chosen = RwSignal::new(None);
    let rows = move || window.with(|window| window.as_ref().map_or(0, |w| w.users.len()));
    let columns = move || window.with(|window| window.as_ref().map_or(0, |w| w.items.len()));
    let head = move |column: usize| {
        let name = Memo::new(move |_| {
            window.with(|window| window.as_ref()?.items.get(column).map(title)).unwrap_or_default()
        });
        view! { <th scope="col" title=name><span>{name}</span></th> }
    };
    let line = move |row: usize| {
        let user = Memo::new(move |_| {
            window.with(|window| window.as_ref()?.users.get(row).cloned()).unwrap_or_default()
        });
        view! {
            <tr>
                <th scope="row">{user}</th>
                <For each=move || 0..columns() key=|column| *column
                    children=move |column| drawn(chosen, row, column)/>
            </tr>
        }
    };
    view! {
        <Show when=move || window.with(Option::is_some)>
            <div class="scroll" tabindex="0" role="region" aria-label="Users by items: arrow keys choose a cell"
                on:keydown=move |event| step(&event, chosen, (rows(), columns()))>
                <table class="completed">
                    <thead><tr>
                        <th scope="col">"User"</th>
                        <For each=move || 0..columns() key=|column| *column children=head/>
                    </tr></thead>
                    <tbody><For each=move || 0..rows() key=|row| *row children=line/></tbody>
                </table>
            </div>
            <output id="cell-text" class="quiet">{move || about(&window.get()?, chosen.get()?)}</output>
        </Show>
    }
}

/// A row and a column of the window.
type Place = (usize, usize);

/// An arrow key chooses the next cell.
fn step(event: &KeyboardEvent, chosen: RwSignal<Option<Place>>, (rows, columns): Place) {
    let (row, column) = match event.key().as_str() {
        "ArrowUp" => (-1, 0),
        "ArrowDown" => (1, 0),
        "ArrowLeft" => (0, -1),
        "ArrowRight" => (0, 1),
        _ => return,
    };
    let next = |at: usize, by: isize, of: usize| at.saturating_add_signed(by).min(of - 1);
    if rows > 0 && columns > 0 {
        chosen.update(|chosen| {
            *chosen = Some(match *chosen {
                Some(at) => (next(at.0, row, rows), next(at.1, column, columns)),
                None => (0, 0),
            });
        });
        request_animation_frame(|| {
            let _ = show_chosen(); // a browser that does not scroll says what the cell is all the same
        });
    }
    event.prevent_default();
    event.stop_propagation();
}

/// Scrolls no farther than it takes for the chosen cell to be seen.
fn show_chosen() -> Result<(), JsValue> {
    let Some(cell) = document().query_selector("#completed td.chosen")? else { return Ok(()) };
    let scroll: Function = Reflect::get(&cell, &"scrollIntoView".into())?.unchecked_into();
    let nearest = JSON::parse(r#"{"block":"nearest","inline":"nearest"}"#)?;
    scroll.call1(&cell, &nearest).map(drop)
}

/// What is known of a cell, in a sentence.
fn about(window: &Window, (row, column): Place) -> Option<String> {
    let (user, item) = (window.users.get(row)?, window.items.get(column)?);
    let cell = window.cells.get(row * window.items.len() + column)?;
    Some(format!("User {user}, {}: {}.", title(item), words(*cell)))
}

/// A known rating stands in bold on colour; a prediction plain, the paler the lower.
fn drawn(chosen: RwSignal<Option<Place>>, row: usize, column: usize) -> impl IntoView {
    let page = page();
    let window = page.using.window;
    let cell = Memo::new(move |_| {
        window.with(|window| {
            let window = window.as_ref()?;
            let cell = *window.cells.get(row * window.items.len() + column)?;
            Some((cell, window.scale))
        })
    });
    let is_known = move || cell.get().is_some_and(|(cell, _)| cell.known.is_some());
    let strength = move || {
        let share = cell.get().map_or(0.0, |(cell, (low, high))| {
            let shown = cell.known.unwrap_or(cell.predicted);
            ((shown - low) / (high - low).max(f32::EPSILON)).clamp(0.0, 1.0)
        });
        format!("{:.0}%", 8.0 + 32.0 * share)
    };
    view! {
        <td
            class:known=is_known
            class:predicted=move || !is_known()
            title=move || cell.get().map(|(cell, _)| words(cell))
            class:chosen=move || chosen.get() == Some((row, column))
            style:--strength=strength
            on:click=move |_| chosen.set(Some((row, column)))
        >
            {move || cell.get().map(|(cell, _)| match cell.known {
                Some(known) => known.to_string(),
                None if ranks(page) => format!("{:.2}", cell.predicted),
                None => format!("{:.1}", cell.predicted),
            })}
        </td>
    }
}

/// What a cell says when it is pointed at or chosen.
fn words(cell: Cell) -> String {
    let known = cell.known.map_or("not rated".into(), |known| format!("rated {known}"));
    let deviation = cell.deviation.map(|deviation| format!(" ± {deviation:.2}"));
    format!("{known}; the model says {:.2}{}", cell.predicted, deviation.unwrap_or_default())
}
