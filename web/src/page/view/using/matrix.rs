//! The completed matrix: what is known beside what the model fills in.

use leptos::prelude::*;
use protocol::{Cell, Window};

use super::title;
use crate::page::state::page;

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
                <span class="known">"known"</span> " ratings, and what the model "
                <span class="predicted">"predicts"</span> " where there is none."
            </p>
            {move || using.window.get().map(table)}
            <p class="buttons">
                {step("users-back", "↑ users", -12, 0)}
                {step("users-on", "↓ users", 12, 0)}
                {step("items-back", "← items", 0, -8)}
                {step("items-on", "→ items", 0, 8)}
            </p>
        </section>
    }
}

fn table(window: Window) -> impl IntoView {
    let Window { users, items, cells, scale, .. } = window;
    let heads = items.iter().map(|item| {
        let name = title(item);
        view! { <th scope="col" title=name.clone()><span>{name.clone()}</span></th> }
    });
    let heads = heads.collect_view();
    let rows = users.into_iter().zip(cells.chunks(items.len().max(1))).map(|(user, cells)| {
        let cells = cells.iter().map(|cell| drawn(*cell, scale)).collect_view();
        view! { <tr><th scope="row">{user}</th>{cells}</tr> }
    });
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Users by items">
            <table class="completed">
                <thead><tr><th scope="col">"User"</th>{heads}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

/// A known rating stands in bold on colour; a prediction plain, the paler the lower.
fn drawn(cell: Cell, (low, high): (f32, f32)) -> impl IntoView {
    let shown = cell.known.unwrap_or(cell.predicted);
    let share = ((shown - low) / (high - low).max(f32::EPSILON)).clamp(0.0, 1.0);
    let strength = format!("{:.0}%", 8.0 + 32.0 * share);
    match cell.known {
        Some(known) => {
            let title = format!("rated {known}; the model says {:.2}", cell.predicted);
            view! { <td class="known" title=title style:--strength=strength>{known}</td> }
                .into_any()
        }
        None => {
            let title = format!("not rated; the model says {:.2}", cell.predicted);
            let text = format!("{:.1}", cell.predicted);
            view! { <td class="predicted" title=title style:--strength=strength>{text}</td> }
                .into_any()
        }
    }
}
