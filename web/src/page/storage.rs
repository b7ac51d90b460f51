//! What survives a reload: finished runs, and the run under way with its model and data. All of it
//! stays in this browser (IndexedDB).

use idb::{Database, DatabaseEvent, Error, Factory, ObjectStoreParams, TransactionMode};
use leptos::prelude::*;
use ratings::sample::SampleConfig;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::actions;
use super::state::{Page, Source};
use crate::record::Record;

/// The key of the chosen colours, beside the database.
pub(crate) const THEME: &str = "latent-theme";

const DATABASE: &str = "latent";
/// Finished runs as JSON, by their number.
const RUNS: &str = "runs";
/// The run under way: [`RECORD`], [`MODEL`] and [`DATA`].
const UNFINISHED: &str = "unfinished";
const RECORD: &str = "record";
const MODEL: &str = "model";
const DATA: &str = "data";

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

async fn open() -> Result<Database, Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(1))?;
    request.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            for store in [RUNS, UNFINISHED] {
                // A database that cannot be made shows itself at the first use.
                let _ = database.create_object_store(store, ObjectStoreParams::new());
            }
        }
    });
    request.await
}

async fn put(store: &str, entries: &[(JsValue, JsValue)]) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&[store], TransactionMode::ReadWrite)?;
    let objects = transaction.object_store(store)?;
    for (key, value) in entries {
        objects.put(value, Some(key))?.await?;
    }
    transaction.commit()?.await?;
    Ok(())
}

async fn get(store: &str, key: &str) -> Result<Option<JsValue>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&[store], TransactionMode::ReadOnly)?;
    transaction.object_store(store)?.get(JsValue::from_str(key))?.await
}

/// Runs a change of the storage beside the page; the person hears when it fails.
fn beside(page: Page, change: impl Future<Output = Result<(), Error>> + 'static) {
    spawn_local(async move {
        if let Err(error) = change.await {
            page.complain(format!("This browser keeps nothing for this page: {error}"));
        }
    });
}

fn json(value: &impl Serialize) -> JsValue {
    serde_json::to_string(value).expect("records are plain data").into()
}

fn parse<T: for<'a> Deserialize<'a>>(value: &JsValue) -> Option<T> {
    serde_json::from_str(&value.as_string()?).ok()
}

/// Finds earlier runs and one that was cut off.
pub(crate) fn restore(page: Page) {
    spawn_local(async move {
        // Without storage, as in some private windows, the page works all the same.
        if let Ok(mut runs) = runs().await {
            runs.sort_by_key(|run| run.id);
            page.earlier.update(|earlier| earlier.splice(0..0, runs).for_each(drop));
        }
        look_for_unfinished(page).await;
    });
}

async fn runs() -> Result<Vec<Record>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&[RUNS], TransactionMode::ReadOnly)?;
    let values = transaction.object_store(RUNS)?.get_all(None, None)?.await?;
    Ok(values.iter().filter_map(parse).collect())
}

/// Keeps a run's record.
pub(crate) fn put_run(page: Page, run: &Record) {
    let entry = [(JsValue::from(run.id), json(run))];
    beside(page, async move { put(RUNS, &entry).await });
}

/// Forgets a run.
pub(crate) fn delete_run(page: Page, id: u32) {
    beside(page, async move {
        let transaction = open().await?.transaction(&[RUNS], TransactionMode::ReadWrite)?;
        transaction.object_store(RUNS)?.delete(JsValue::from(id))?.await?;
        transaction.commit()?.await?;
        Ok(())
    });
}

/// Keeps the run under way with its model; the data only once.
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
    let fingerprint = record.fingerprint.clone();
    let is_new = page.data_kept.get_value() != fingerprint;
    let kept = Kept { record, at: js_sys::Date::now(), source };
    let mut entries = vec![(JsValue::from_str(RECORD), json(&kept)), (MODEL.into(), model.clone())];
    if is_new {
        entries.push((DATA.into(), data));
    }
    spawn_local(async move {
        match put(UNFINISHED, &entries).await {
            Ok(()) => page.data_kept.set_value(fingerprint),
            Err(_) if page.keeps_nothing.get_value() => {} // it was said
            Err(error) => {
                page.keeps_nothing.set_value(true);
                page.complain(format!("This run cannot be kept in this browser: {error}"));
            }
        }
    });
}

/// Looks for a run that was cut off.
pub(crate) fn find_unfinished(page: Page) {
    spawn_local(look_for_unfinished(page));
}

async fn look_for_unfinished(page: Page) {
    if let Ok(Some(value)) = get(UNFINISHED, RECORD).await {
        page.unfinished.set(parse(&value));
    }
}

/// There is nothing to go on with any more.
pub(crate) fn forget_unfinished(page: Page) {
    page.unfinished.set(None);
    page.data_kept.set_value(String::new());
    beside(page, clear(UNFINISHED));
}

async fn clear(store: &'static str) -> Result<(), Error> {
    let transaction = open().await?.transaction(&[store], TransactionMode::ReadWrite)?;
    transaction.object_store(store)?.clear()?.await?;
    transaction.commit()?.await?;
    Ok(())
}

/// The model of a run that was cut off, as an `ArrayBuffer`.
pub(crate) async fn model(kept: &Kept) -> Result<JsValue, String> {
    let model = get(UNFINISHED, MODEL).await.map_err(|error| error.to_string())?;
    model.ok_or_else(|| format!("the model of {} is gone", kept.record.name))
}

/// The data of a run that was cut off.
pub(crate) async fn source(kept: &Kept) -> Result<Source, String> {
    match &kept.source {
        KeptSource::Sample(config) => Ok(Source::Sample(*config)),
        KeptSource::File { name, skip_bad_lines } => {
            let data = get(UNFINISHED, DATA).await.map_err(|error| error.to_string())?;
            let blob = data.and_then(|data| data.dyn_into::<Blob>().ok());
            let blob = blob.ok_or_else(|| format!("{name} is gone; drop it again"))?;
            Ok(Source::File { name: name.clone(), blob, skip_bad_lines: *skip_bad_lines })
        }
    }
}

/// Forgets everything that this page ever kept.
pub(crate) fn delete_everything(page: Page) {
    actions::reset(page); // what is under way would be kept again
    page.unfinished.set(None);
    page.run.set(None);
    page.earlier.set(Vec::new());
    page.data_kept.set_value(String::new());
    beside(page, async move {
        clear(RUNS).await?;
        clear(UNFINISHED).await?;
        if let Ok(Some(local)) = window().local_storage() {
            let _ = local.remove_item(THEME); // a browser that refuses kept nothing there either
        }
        page.say("Everything this page kept in this browser is deleted.");
        Ok(())
    });
}
