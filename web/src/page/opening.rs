//! Connections to the browser's storage: one is opened after the other.
//!
//! A database that an older version of the page has open cannot be opened in a newer version before
//! that lets go, and whatever asks behind a request that waits so waits too, without a word. So who
//! comes while one waits is told at once, and nothing stands behind it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams};
use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::database::{BLOCKED, Error, STORES, text};

const DATABASE: &str = "latent";
const VERSION: u32 = 3;

thread_local! {
    /// Over when the last opening is settled or known to wait.
    static LAST: RefCell<Promise> = RefCell::new(Promise::resolve(&JsValue::NULL));
    /// Whether an opening waits for another tab.
    static WAITS: Cell<bool> = const { Cell::new(false) };
}

/// A connection, closed when dropped, so that it stands in the way of no other version for long.
pub(crate) struct Connection(pub(crate) Database);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.close(); // once its transactions are over
    }
}

/// Opens the storage.
///
/// # Errors
/// The browser refuses, or another tab stands in the way.
pub(crate) async fn open() -> Result<Connection, Error> {
    let mut over = None;
    let this = Promise::new(&mut |resolve, _reject| over = Some(resolve));
    let before = LAST.replace(this);
    let _ = JsFuture::from(before).await; // it is never rejected
    let opened = match WAITS.get() {
        true => Err(BLOCKED.into()),
        false => open_now().await,
    };
    if let Some(over) = over {
        drop(over.call0(&JsValue::NULL));
    }
    opened
}

async fn open_now() -> Result<Connection, Error> {
    let mut request = Factory::new().map_err(text)?.open(DATABASE, Some(VERSION)).map_err(text)?;
    request.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            // What cannot be made shows itself at the first use.
            let _ = upgrade(&database);
        }
    });
    let mut ends: Option<(Function, Function)> = None;
    let opened = Promise::new(&mut |resolve, reject| ends = Some((resolve, reject)));
    let (then, fail) = ends.ok_or("the browser makes no promise")?; // it does at once
    let channel = Rc::new(RefCell::new(None));
    let (waiting, refuse) = (Rc::clone(&channel), fail.clone());
    request.on_blocked(move |_| {
        WAITS.set(true);
        *waiting.borrow_mut() = be_found();
        drop(refuse.call1(&JsValue::NULL, &BLOCKED.into()));
    });
    // Nobody waits any more for one that was blocked, but the browser does open it in the end.
    spawn_local(async move {
        let opened = request.await;
        let waited = WAITS.replace(false);
        if let Some(channel) = channel.take() {
            channel.close();
        }
        match opened {
            Ok(database) if waited => database.close(),
            Ok(database) => drop(then.call1(&JsValue::NULL, &database.into())),
            Err(error) => drop(fail.call1(&JsValue::NULL, &text(error).into())),
        }
    });
    let failed = |error: JsValue| error.as_string().unwrap_or_default();
    let database = JsFuture::from(opened).await.map_err(failed)?;
    Database::try_from(database).map(Connection).map_err(text)
}

/// The stores of this version, empty where they are new, and none besides.
fn upgrade(database: &Database) -> Result<(), idb::Error> {
    let there = database.store_names();
    for store in STORES.iter().filter(|store| !there.iter().any(|name| name == *store)) {
        database.create_object_store(store, ObjectStoreParams::new())?;
    }
    for store in there.iter().filter(|store| !STORES.contains(&store.as_str())) {
        database.delete_object_store(store)?;
    }
    Ok(())
}

/// On which a page that has just come makes itself known.
const CHANNEL: &str = "latent-page";

#[wasm_bindgen]
extern "C" {
    type BroadcastChannel;
    #[wasm_bindgen(constructor, catch)]
    fn new(name: &str) -> Result<BroadcastChannel, JsValue>;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    fn post_message(this: &BroadcastChannel, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, setter)]
    fn set_onmessage(this: &BroadcastChannel, listener: &JsValue);
    #[wasm_bindgen(method)]
    fn close(this: &BroadcastChannel);
}

/// A page that is left while its opening waits may be frozen, to be shown again by the Back button.
/// It then never takes what it waits for, and every page behind it waits for ever. A browser throws a
/// frozen page away, and its requests with it, when a message comes for it: so it listens.
fn be_found() -> Option<BroadcastChannel> {
    let channel = BroadcastChannel::new(CHANNEL).ok()?;
    let hear = Closure::<dyn FnMut(JsValue)>::new(|_message| ());
    channel.set_onmessage(&hear.into_js_value());
    Some(channel)
}

/// Has the browser throw away frozen pages that wait for the storage.
pub(crate) fn find_frozen() {
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        // Only what is frozen hears it in vain.
        let _ = channel.post_message(&JsValue::NULL);
        channel.close();
    }
}
