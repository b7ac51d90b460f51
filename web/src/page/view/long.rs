//! A table of any length, of which only the rows in sight are drawn.

use leptos::{html, prelude::*};

use crate::long::in_sight;

/// Rows of one height; the head stays in sight. A place in the table stays while what is in it
/// changes, so that it keeps the focus.
#[component]
pub(super) fn LongTable<R>(
    /// The table's id.
    id: &'static str,
    /// What it is, for those who do not see it.
    label: &'static str,
    /// Names of the columns.
    head: &'static [&'static str],
    /// How many rows there are.
    #[prop(into)]
    rows: Signal<usize>,
    /// The cells of a row, counted from 0.
    row: R,
) -> impl IntoView
where
    R: Fn(usize) -> AnyView + Copy + Send + Sync + 'static,
{
    let frame = NodeRef::<html::Div>::new();
    // Of a row, until one is there to be measured; where the person has scrolled to; what is seen.
    let (high, top, seen) = (RwSignal::new(36.0), RwSignal::new(0.0), RwSignal::new(320.0));
    let look = move |_| {
        let Some(frame) = frame.get_untracked() else { return };
        if let Ok(Some(row)) = frame.query_selector("tbody tr") {
            high.set(row.get_bounding_client_rect().height());
        }
        top.set(f64::from(frame.scroll_top()));
        seen.set(f64::from(frame.client_height()));
    };
    let sight = Memo::new(move |_| {
        let sight = in_sight(rows.get(), high.get(), top.get(), seen.get());
        (sight.start, sight.end)
    });
    let space = move |rows: usize| format!("{:.0}px", rows as f64 * high.get());
    let names = head.iter().map(|name| view! { <th scope="col">{*name}</th> }).collect_view();
    view! {
        <div class="scroll" node_ref=frame tabindex="0" role="region" aria-label=label on:scroll=look>
            <div
                style:padding-top=move || space(sight.get().0)
                style:padding-bottom=move || space(rows.get().saturating_sub(sight.get().1))
            >
                <table id=id class="long" aria-rowcount=move || (rows.get() + 1).to_string()>
                    <thead><tr>{names}</tr></thead>
                    <tbody>
                        <For each=move || { let (start, end) = sight.get(); start..end } key=|n| *n
                            children=move |n| {
                                view! { <tr aria-rowindex=(n + 2).to_string()>{row(n)}</tr> }
                            }/>
                    </tbody>
                </table>
            </div>
        </div>
    }
}
