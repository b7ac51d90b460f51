//! The table of runs: what each was and what it reached.

use leptos::prelude::*;

use crate::numbers::{rmse_or_dash, span};
use crate::page::state::{Page, page};
use crate::page::storage;
use crate::record::Record;

/// The run at hand first, then the earlier ones, the latest first.
#[component]
pub(super) fn Runs() -> impl IntoView {
    let page = page();
    let any = move || page.run.with(Option::is_some) || page.earlier.with(|runs| !runs.is_empty());
    view! {
        <Show when=any>
            <h3 id="runs-title">"Runs"</h3>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="runs-title">
                <table id="runs">
                    <thead>
                        <tr>
                            <th scope="col">"Shown"</th>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Model"</th>
                            <th scope="col">"Final test"</th>
                            <th scope="col">"Lowest test"</th>
                            <th scope="col">"Epochs"</th>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Settings"</th>
                            <th scope="col">"Data"</th>
                            <th scope="col"><span class="unseen">"Delete"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {move || page.run.get().map(|run| row(page, &run, true))}
                        <For
                            each=move || page.earlier.get().into_iter().rev()
                            key=|run| (run.id, run.hidden, run.name.clone())
                            children=move |run| row(page, &run, false)
                        />
                    </tbody>
                </table>
            </div>
        </Show>
    }
}

fn row(page: Page, run: &Record, is_current: bool) -> impl IntoView + use<> {
    let id = run.id;
    let lowest = run.lowest_test().map(|(test, epoch)| format!("{test:.4} at {epoch}"));
    let change = move |change: &dyn Fn(&mut Record)| {
        if is_current {
            page.run.update(|run| run.iter_mut().for_each(change));
            return;
        }
        page.earlier.update(|runs| runs.iter_mut().filter(|run| run.id == id).for_each(change));
        let changed =
            page.earlier.with_untracked(|runs| runs.iter().find(|run| run.id == id).cloned());
        if let Some(run) = changed {
            storage::put_run(page, &run);
        }
    };
    let delete = (!is_current).then(|| {
        let label = format!("Delete {}", run.name);
        let delete = move |_| {
            page.earlier.update(|runs| runs.retain(|run| run.id != id));
            storage::delete_run(page, id);
        };
        view! { <button class="plain" aria-label=label on:click=delete>"×"</button> }
    });
    let show_label = format!("Show {}", run.name);
    let name_label = format!("Name of {}", run.name);
    view! {
        <tr class:current=is_current>
            <td>
                <input type="checkbox" aria-label=show_label prop:checked={!run.hidden}
                    on:change:target=move |event| {
                        let hidden = !event.target().checked();
                        change(&|run| run.hidden = hidden);
                    }/>
            </td>
            <td>
                <input class="name" aria-label=name_label prop:value=run.name.clone()
                    on:change:target=move |event| {
                        let name = event.target().value();
                        change(&|run| run.name.clone_from(&name));
                    }/>
            </td>
            <td>{run.settings.config.model.to_string()}</td>
            <td>{rmse_or_dash(run.final_test())}</td>
            <td>{lowest.unwrap_or_else(|| "–".into())}</td>
            <td>{run.history.len()}</td>
            <td title=format!("{}, {}", run.device, run.engine)>{span(run.seconds())}</td>
            <td>{run.summary()}</td>
            <td>{run.data.clone()}</td>
            <td>{delete}</td>
        </tr>
    }
}
