//! Runs that were cut off and can go on: record, model and data of each, kept while it is under way.

use leptos::{ev, prelude::*};
use ratings::sample::SampleConfig;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::database::{DATA, MODELS, UNDER_WAY, all, beside, delete, get, json, parse, put_beside};
use super::state::{Begin, Named, Next, Page, Source};
use super::{locks, storage};
use crate::record::Record;

/// A run that can go on: its model and data lie beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) record: Record,
    /// When it was kept, in milliseconds since 1970.
    pub(crate) at: f64,
    source: KeptSource,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum KeptSource {
    Sample(SampleConfig),
    File { name: String, skip_bad_lines: bool },
}

/// Keeps the run at hand with its model; the data once.
pub(crate) fn keep(page: Page, model: &JsValue) {
    let (Some(record), Some(source)) = (page.run.get_untracked(), page.source.get_value()) else {
        return;
    };
    let (source, data) = match source {
        Source::Sample(config, _) => (KeptSource::Sample(config), JsValue::NULL),
        Source::Files { files, skip_bad_lines } => {
            let Some(Named { name, blob }) = files.into_iter().next() else { return };
            (KeptSource::File { name, skip_bad_lines }, blob.into())
        }
    };
    let (id, epochs) = (record.id, record.history.len());
    let kept = Kept { record, at: js_sys::Date::now(), source };
    let entries = [(UNDER_WAY, json(&kept)), (MODELS, model.clone())];
    spawn_local(async move {
        // The data may have been deleted meanwhile, here or in another tab.
        match put_beside(id, &entries, &[(DATA, data)]).await {
            Ok(()) => {
                page.kept.set_value(Some((id, epochs)));
                offer(page, id); // it may have given way meanwhile
            }
            Err(_) if page.keeps_nothing.get_value() => {} // it was said
            Err(error) => {
                page.keeps_nothing.set_value(true);
                page.complain(format!("This run cannot be kept in this browser: {error}"));
            }
        }
    });
}

/// Watches for runs that other tabs leave: those that are under way whenever the person turns to this
/// tab, and every one that begins meanwhile. The listeners live as long as the page.
pub(crate) fn watch(page: Page) {
    let _listener = window_event_listener(ev::visibilitychange, move |_| {
        if !document().hidden() {
            spawn_local(offer_all(page));
        }
    });
    let _listener = window_event_listener(ev::storage, move |event| {
        if event.key().as_deref() == Some(storage::COUNT)
            && let Some(run) = event.new_value().and_then(|number| number.parse().ok())
        {
            offer(page, run);
        }
    });
}

/// Offers every run that was cut off, as soon as no other tab has it.
pub(crate) async fn offer_all(page: Page) {
    for (id, _) in all(UNDER_WAY).await.unwrap_or_default() {
        offer(page, id);
    }
}

/// Offers a run to go on with, as soon as no other tab has it; not the one at hand.
pub(crate) fn offer(page: Page, id: u32) {
    spawn_local(async move {
        let is_left_alone = page.left_alone.with_value(|runs| runs.contains(&id));
        if is_left_alone || is_at_hand(page, id) || !locks::take(page, id).await {
            return;
        }
        // The tab that had it may have ended it.
        let value = get(UNDER_WAY, id).await.ok().flatten();
        match value.as_ref().map(parse::<Kept>) {
            Some(_) if is_at_hand(page, id) => {}
            Some(None) => storage::cannot_read(page, id),
            Some(Some(kept)) => page.unfinished.update(|runs| {
                runs.retain(|run| run.record.id != id);
                runs.push(kept);
            }),
            None => locks::let_go(page, id),
        }
    });
}

/// Whether this tab trains the run, or is about to.
fn is_at_hand(page: Page, id: u32) -> bool {
    let is_open = page.stage.get_untracked().is_open();
    let is_run = page.run.with_untracked(|run| run.as_ref().is_some_and(|run| run.id == id));
    (is_open && is_run) || resumes(page) == Some(id)
}

/// The run that is being resumed, and is not there yet.
fn resumes(page: Page) -> Option<u32> {
    let next = page.next.with_value(|next| match &next.begin {
        Some(Begin::Resume(kept)) => Some(kept.record.id),
        _ => None,
    });
    next.or_else(|| page.resumed.with_value(|record| record.as_ref().map(|record| record.id)))
}

/// What was to begin does not: a run that was to go on is offered again.
pub(crate) fn put_back(page: Page) {
    let id = resumes(page);
    page.next.set_value(Next::default());
    page.resumed.set_value(None);
    if let Some(id) = id {
        offer(page, id);
    }
}

/// There is nothing to go on with any more.
pub(crate) fn forget(page: Page, id: u32) {
    page.unfinished.update(|runs| runs.retain(|run| run.record.id != id));
    beside(page, async move {
        delete(&[UNDER_WAY, MODELS, DATA], id).await?;
        locks::let_go(page, id);
        Ok(())
    });
}

/// The model of a run that was cut off, as an `ArrayBuffer`.
pub(crate) async fn model(kept: &Kept) -> Result<JsValue, String> {
    let model = get(MODELS, kept.record.id).await?;
    model.ok_or_else(|| format!("the model of {} is gone", kept.record.name))
}

/// The data of a run that was cut off.
pub(crate) async fn source(kept: &Kept) -> Result<Source, String> {
    match &kept.source {
        KeptSource::Sample(config) => Ok(Source::Sample(*config, Vec::new())),
        KeptSource::File { name, skip_bad_lines } => {
            let data = get(DATA, kept.record.id).await?;
            let blob = data.and_then(|data| data.dyn_into::<Blob>().ok());
            let blob = blob.ok_or_else(|| format!("{name} is gone; drop it again"))?;
            let files = vec![Named { name: name.clone(), blob }];
            Ok(Source::Files { files, skip_bad_lines: *skip_bad_lines })
        }
    }
}
