//! How good the model is, and for whom.

use leptos::{html, prelude::*};
use trainer::{Deviations, Errors, Group, SampledHits};

use crate::numbers::{count, counted, percent, rmse, rmse_or_dash};
use crate::page::state::page;

/// Errors on the ratings kept for testing, by tenths, or where their items stand.
#[component]
pub(super) fn Judgement() -> impl IntoView {
    let using = page().using;
    let details = NodeRef::<html::Details>::new();
    let toggled =
        move |_| using.judged_open.set(details.get_untracked().is_some_and(|of| of.open()));
    view! {
        <details id="judged" class="all" node_ref=details on:toggle=toggled>
            <summary>"How good it is, and for whom"</summary>
            {move || using.judged.get().map(|judged| match (judged.errors, judged.hits) {
                (Some(errors), _) => shown(errors).into_any(),
                (None, Some(hits)) => view! { <p id="judged-text">{places(hits)}</p> }.into_any(),
                (None, None) => view! {
                    <p class="quiet">"No ratings are kept for testing this model."</p>
                }.into_any(),
            })}
        </details>
    }
}

/// Where held-out items stand.
fn places(SampledHits { hit_rate, ndcg }: SampledHits) -> String {
    format!(
        "Every item kept for testing is ranked among {} that its user has not rated: {} are among the \
         first ten (HR@10 {hit_rate:.4}), and NDCG@10 is {ndcg:.4}. The model ranks; it predicts no \
         ratings that could be off.",
        SampledHits::NEGATIVES,
        percent(hit_rate),
    )
}

fn shown(errors: Errors) -> impl IntoView {
    let Errors { ratings, rmse: all, mae, r2, by_user_activity, by_item_popularity, .. } = &errors;
    let text = format!(
        "On {} that it has not seen: RMSE {}, mean absolute error {mae:.4}, R² {r2:.4}; predictions \
         kept within the scale.",
        counted(*ratings, "rating"),
        rmse(*all),
    );
    let sure = errors.deviations.map(|Deviations { mean, within_one, within_two, .. }| {
        format!(
            " It gives a standard deviation of {mean:.2} on average; {} of the errors are within one \
             (of a normal distribution 68 %), {} within two (95 %).",
            percent(within_one),
            percent(within_two),
        )
    });
    let calibration = errors.calibration.iter().filter(|bin| bin.ratings > 0).map(|bin| {
        view! {
            <tr>
                <td>{format!("{:.2}", bin.predicted)}</td>
                <td>{format!("{:.2}", bin.actual)}</td>
                <td>{count(bin.ratings)}</td>
            </tr>
        }
    });
    let calibration = calibration.collect_view();
    view! {
        <p id="judged-text">{text} {sure}</p>
        <div class="uses">
            {groups("By user, a tenth of them a line", "Ratings given", by_user_activity)}
            {groups("By item, a tenth of them a line", "Ratings got", by_item_popularity)}
            <table>
                <caption>"Predicted against given, by tenths of the scale"</caption>
                <thead><tr>
                    <th scope="col">"Predicted"</th><th scope="col">"Given"</th><th scope="col">"Ratings"</th>
                </tr></thead>
                <tbody>{calibration}</tbody>
            </table>
        </div>
    }
}

fn groups(caption: &'static str, of: &'static str, groups: &[Group]) -> impl IntoView + use<> {
    let rows = groups.iter().map(|group| {
        let range = format!("{} to {}", count(group.fewest as usize), count(group.most as usize));
        view! {
            <tr><td>{range}</td><td>{rmse_or_dash(group.rmse)}</td><td>{count(group.ratings)}</td></tr>
        }
    });
    view! {
        <table>
            <caption>{caption}</caption>
            <thead><tr>
                <th scope="col">{of}</th><th scope="col">"RMSE"</th><th scope="col">"Tested on"</th>
            </tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}
