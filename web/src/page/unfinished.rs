//! Runs that were cut off and can go on: record, model and data of each, kept while it is under way.

use leptos::prelude::*;
use ratings::sample::SampleConfig;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::database::{DATA, MODELS, UNDER_WAY, all, beside, delete, get, json, parse, put};
use super::locks;
use super::state::{Page, Source};
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

/// Keeps the run at hand with its model; the data only once.
pub(crate) fn keep(page: Page, model: &JsValue) {
    let (Some(record), Some(source)) = (page.run.get_untracked(), page.source.get_value()) else {
        return;
    };
    let (source, data) = match source {
        Source::Sample(config) => (KeptSource::Sample(config), JsValue::NULL),
        Source::File { name, blob, skip_bad_lines } => {
            (KeptSource::File { name, skip_bad_lines }, blob.into())
        }
    };
    let id = record.id;
    let kept = Kept { record, at: js_sys::Date::now(), source };
    let mut entries = vec![(UNDER_WAY, json(&kept)), (MODELS, model.clone())];
    if page.data_kept.get_value() != Some(id) {
        entries.push((DATA, data));
    }
    spawn_local(async move {
        match put(id, &entries).await {
            Ok(()) => page.data_kept.set_value(Some(id)),
            Err(_) if page.keeps_nothing.get_value() => {} // it was said
            Err(error) => {
                page.keeps_nothing.set_value(true);
                page.complain(format!("This run cannot be kept in this browser: {error}"));
            }
        }
    });
}

/// Offers every run that was cut off, as soon as no other tab has it.
pub(crate) async fn offer_all(page: Page) {
    for value in all(UNDER_WAY).await.unwrap_or_default() {
        if let Some(kept) = parse::<Kept>(&value) {
            offer(page, kept.record.id);
        }
    }
}

/// Offers a run to go on with, as soon as no other tab has it.
pub(crate) fn offer(page: Page, id: u32) {
    spawn_local(async move {
        if !locks::take(page, id).await {
            return;
        }
        // The tab that had it may have ended it.
        match get(UNDER_WAY, id).await.ok().flatten().and_then(|value| parse::<Kept>(&value)) {
            Some(kept) => page.unfinished.update(|runs| {
                runs.retain(|run| run.record.id != id);
                runs.push(kept);
            }),
            None => locks::let_go(page, id),
        }
    });
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
    let model = get(MODELS, kept.record.id).await.map_err(|error| error.to_string())?;
    model.ok_or_else(|| format!("the model of {} is gone", kept.record.name))
}

/// The data of a run that was cut off.
pub(crate) async fn source(kept: &Kept) -> Result<Source, String> {
    match &kept.source {
        KeptSource::Sample(config) => Ok(Source::Sample(*config)),
        KeptSource::File { name, skip_bad_lines } => {
            let data = get(DATA, kept.record.id).await.map_err(|error| error.to_string())?;
            let blob = data.and_then(|data| data.dyn_into::<Blob>().ok());
            let blob = blob.ok_or_else(|| format!("{name} is gone; drop it again"))?;
            Ok(Source::File { name: name.clone(), blob, skip_bad_lines: *skip_bad_lines })
        }
    }
}
