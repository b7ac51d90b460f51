//! How often each rating occurs.

use leptos::prelude::*;
use ratings::Bar;

use crate::numbers::{count, percent};

/// A table whose cells are also bars.
#[component]
pub(super) fn Histogram(
    /// From the lowest rating up.
    bars: Vec<Bar>,
    /// The width of a bar where ratings are too fine to count one by one.
    step: Option<f32>,
) -> impl IntoView {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
    let total: usize = bars.iter().map(|bar| bar.count).sum::<usize>().max(1);
    let rows = bars.into_iter().map(move |Bar { value, count: ratings }| {
        let label = match step {
            Some(step) => format!("{value:.2} to {:.2}", value + step),
            None => value.to_string(),
        };
        let width = format!("{:.1}%", 100.0 * ratings as f64 / most as f64);
        let share = percent(ratings as f64 / total as f64);
        view! {
            <tr title=format!("{} ratings", count(ratings))>
                <th scope="row">{label}</th>
                <td class="bar"><span style:width=width></span></td>
                <td>{share}</td>
            </tr>
        }
    });
    view! {
        <table class="histogram">
            <caption>"How often each rating is given"</caption>
            <thead class="unseen">
                <tr><th scope="col">"Rating"</th><th scope="col">"Bar"</th><th scope="col">"Share"</th></tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}
