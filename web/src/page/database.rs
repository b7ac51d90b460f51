//! The browser's storage (IndexedDB): all of it stays on this machine.

use idb::{Database, DatabaseEvent, Error, Factory, ObjectStoreParams, TransactionMode};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::state::Page;

const DATABASE: &str = "latent";
const VERSION: u32 = 2;

/// Runs that are over, as JSON, by their number.
pub(crate) const RUNS: &str = "runs";
/// Runs under way as JSON, by their number; their models and their data lie beside them.
pub(crate) const UNDER_WAY: &str = "under-way";
pub(crate) const MODELS: &str = "models";
pub(crate) const DATA: &str = "data";

const STORES: [&str; 4] = [RUNS, UNDER_WAY, MODELS, DATA];

async fn open() -> Result<Database, Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(VERSION))?;
    request.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            let there = database.store_names();
            for store in STORES.iter().filter(|store| !there.iter().any(|name| name == *store)) {
                // A database that cannot be made shows itself at the first use.
                let _ = database.create_object_store(store, ObjectStoreParams::new());
            }
        }
    });
    request.await
}

/// Keeps values of a run, all or none.
pub(crate) async fn put(run: u32, entries: &[(&str, JsValue)]) -> Result<(), Error> {
    let stores: Vec<&str> = entries.iter().map(|entry| entry.0).collect();
    let transaction = open().await?.transaction(&stores, TransactionMode::ReadWrite)?;
    for (store, value) in entries {
        transaction.object_store(store)?.put(value, Some(&run.into()))?.await?;
    }
    transaction.commit()?.await?;
    Ok(())
}

/// What a store has of a run.
pub(crate) async fn get(store: &str, run: u32) -> Result<Option<JsValue>, Error> {
    let transaction = open().await?.transaction(&[store], TransactionMode::ReadOnly)?;
    transaction.object_store(store)?.get(JsValue::from(run))?.await
}

/// Everything in a store.
pub(crate) async fn all(store: &str) -> Result<Vec<JsValue>, Error> {
    let transaction = open().await?.transaction(&[store], TransactionMode::ReadOnly)?;
    transaction.object_store(store)?.get_all(None, None)?.await
}

/// Forgets a run in these stores.
pub(crate) async fn delete(stores: &[&str], run: u32) -> Result<(), Error> {
    let transaction = open().await?.transaction(stores, TransactionMode::ReadWrite)?;
    for store in stores {
        transaction.object_store(store)?.delete(JsValue::from(run))?.await?;
    }
    transaction.commit()?.await?;
    Ok(())
}

/// Forgets everything.
pub(crate) async fn clear() -> Result<(), Error> {
    let transaction = open().await?.transaction(&STORES, TransactionMode::ReadWrite)?;
    for store in STORES {
        transaction.object_store(store)?.clear()?.await?;
    }
    transaction.commit()?.await?;
    Ok(())
}

/// Runs a change of the storage beside the page; the person hears when it fails.
pub(crate) fn beside(page: Page, change: impl Future<Output = Result<(), Error>> + 'static) {
    spawn_local(async move {
        if let Err(error) = change.await {
            page.complain(format!("This browser keeps nothing for this page: {error}"));
        }
    });
}

/// A record as it is kept.
pub(crate) fn json(value: &impl Serialize) -> JsValue {
    serde_json::to_string(value).expect("records are plain data").into()
}

/// A kept record; `None` for one of another version of the page.
pub(crate) fn parse<T: for<'a> Deserialize<'a>>(value: &JsValue) -> Option<T> {
    serde_json::from_str(&value.as_string()?).ok()
}
