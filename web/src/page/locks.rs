//! Which run belongs to which tab: a Web Lock for each, held while a tab has the run at hand. A
//! browser lets go of a tab's locks when the tab is closed or dies.

use js_sys::{Function, Promise};
use leptos::prelude::*;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::state::Page;

#[wasm_bindgen]
extern "C" {
    /// Calls `then` once no other tab has the lock, which is held until the promise that `then`
    /// returns is settled.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"])]
    fn request(name: &str, then: &Function) -> Result<Promise, JsValue>;
}

/// Waits until no other tab has the run, and takes it for this one. False when this tab waits for it
/// already.
pub(crate) async fn take(page: Page, run: u32) -> bool {
    let known = page.locks.with_value(|locks| locks.get(&run).map(Option::is_some));
    if let Some(is_held) = known {
        return is_held;
    }
    page.locks.update_value(|locks| drop(locks.insert(run, None)));
    let mut release = None;
    let held = Promise::new(&mut |resolve, _reject| release = Some(resolve));
    let granted = Promise::new(&mut |resolve, _reject| {
        let (held, grant) = (held.clone(), resolve.clone());
        let then = Closure::once_into_js(move |_lock: JsValue| {
            drop(grant.call0(&JsValue::NULL));
            held
        });
        // A browser without locks, or one that refuses them: every tab is as if alone.
        match request(&format!("latent-run-{run}"), then.unchecked_ref()) {
            Ok(over) => spawn_local(async move {
                if JsFuture::from(over).await.is_err() {
                    drop(resolve.call0(&JsValue::NULL));
                }
            }),
            Err(_) => drop(resolve.call0(&JsValue::NULL)),
        }
    });
    let _ = JsFuture::from(granted).await; // it is never rejected
    page.locks.update_value(|locks| drop(locks.insert(run, release)));
    true
}

/// Another tab may have the run.
pub(crate) fn let_go(page: Page, run: u32) {
    let release = page.locks.try_update_value(|locks| locks.remove(&run)).flatten().flatten();
    if let Some(release) = release {
        drop(release.call0(&JsValue::NULL));
    }
}
