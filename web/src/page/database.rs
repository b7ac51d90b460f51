//! The browser's storage (IndexedDB): all of it stays on this machine.

use idb::TransactionMode;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::opening::open;
use super::state::Page;

/// Runs that are over, as JSON, by their number.
pub(crate) const RUNS: &str = "runs";
/// Runs under way as JSON, by their number; their models and their data lie beside them.
pub(crate) const UNDER_WAY: &str = "under-way";
pub(crate) const MODELS: &str = "models";
pub(crate) const DATA: &str = "data";

pub(crate) const STORES: [&str; 4] = [RUNS, UNDER_WAY, MODELS, DATA];

/// Why something cannot be kept, in a few words.
pub(crate) type Error = String;

/// An old tab stands in the way.
pub(crate) const BLOCKED: &str =
    "another tab has an older version of this page open; close that, and load this one anew";

pub(crate) fn text(error: idb::Error) -> Error {
    error.to_string()
}

/// Keeps values of a run, all or none.
pub(crate) async fn put(run: u32, entries: &[(&str, JsValue)]) -> Result<(), Error> {
    put_beside(run, entries, &[]).await
}

/// Keeps values of a run, and beside them those that a store does not have yet; all or none, so that
/// who looks at the stores afterwards sees the run there.
pub(crate) async fn put_beside(
    run: u32,
    entries: &[(&str, JsValue)],
    once: &[(&str, JsValue)],
) -> Result<(), Error> {
    let stores: Vec<&str> = entries.iter().chain(once).map(|entry| entry.0).collect();
    let key = JsValue::from(run);
    change(&stores, async |transaction| {
        for (store, value) in entries {
            transaction.object_store(store)?.put(value, Some(&key))?.await?;
        }
        for (store, value) in once {
            let store = transaction.object_store(store)?;
            if store.count(Some(key.clone().into()))?.await? == 0 {
                store.put(value, Some(&key))?.await?;
            }
        }
        Ok(())
    })
    .await
}

/// Forgets a run in these stores.
pub(crate) async fn delete(stores: &[&str], run: u32) -> Result<(), Error> {
    change(stores, async |transaction| {
        for store in stores {
            transaction.object_store(store)?.delete(JsValue::from(run))?.await?;
        }
        Ok(())
    })
    .await
}

/// Forgets everything.
pub(crate) async fn clear() -> Result<(), Error> {
    change(&STORES, async |transaction| {
        for store in STORES {
            transaction.object_store(store)?.clear()?.await?;
        }
        Ok(())
    })
    .await
}

/// Changes stores, all or none.
async fn change(
    stores: &[&str],
    change: impl AsyncFnOnce(&idb::Transaction) -> Result<(), idb::Error>,
) -> Result<(), Error> {
    let connection = open().await?;
    let changed = async {
        let transaction = connection.0.transaction(stores, TransactionMode::ReadWrite)?;
        change(&transaction).await?;
        transaction.commit()?.await
    };
    changed.await.map(drop).map_err(text)
}

/// What a store has of a run.
pub(crate) async fn get(store: &str, run: u32) -> Result<Option<JsValue>, Error> {
    look(store, async |store| store.get(JsValue::from(run))?.await).await
}

/// Everything in a store, each with its run's number.
pub(crate) async fn all(store: &str) -> Result<Vec<(u32, JsValue)>, Error> {
    look(store, async |store| {
        let keys = store.get_all_keys(None, None)?.await?;
        let values = store.get_all(None, None)?.await?;
        let number = |key: JsValue| key.as_f64().unwrap_or_default() as u32;
        Ok(keys.into_iter().map(number).zip(values).collect())
    })
    .await
}

/// Looks into a store.
async fn look<T>(
    store: &str,
    look: impl AsyncFnOnce(&idb::ObjectStore) -> Result<T, idb::Error>,
) -> Result<T, Error> {
    let connection = open().await?;
    let seen = async {
        let transaction = connection.0.transaction(&[store], TransactionMode::ReadOnly)?;
        look(&transaction.object_store(store)?).await
    };
    seen.await.map_err(text)
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
