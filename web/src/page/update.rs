//! A newer version of the page, fetched by the service worker, waits until the person wants it.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ServiceWorkerContainer, ServiceWorkerRegistration};

use super::state::Page;

/// Hears of a newer version from `start.js`. The listener lives as long as the page.
pub(crate) fn listen(page: Page) {
    let news = ev::Custom::<web_sys::Event>::new("latent-update");
    let _listener = window_event_listener(news, move |_| page.update_waits.set(true));
}

/// The browser's service workers; none where the page is not secure.
fn container() -> Option<ServiceWorkerContainer> {
    let container = js_sys::Reflect::get(&window().navigator(), &"serviceWorker".into()).ok()?;
    container.dyn_into().ok()
}

/// Keeps what only few want, once it was wanted, for when there is no network.
pub(crate) fn keep_large() {
    if let Some(keeper) = container().and_then(|container| container.controller()) {
        // A service worker that is gone keeps nothing: the page works without.
        let _ = keeper.post_message(&"keep-large".into());
    }
}

/// Looks for a newer version: a file that this one names is gone.
pub(crate) fn look() {
    spawn_local(async move {
        if let Some(registration) = registration().await {
            drop(registration.update().map(JsFuture::from)); // `start.js` hears of what it finds
        }
    });
}

/// Lets the newer version take over, and loads the page anew.
pub(crate) fn take() {
    spawn_local(async move {
        if let Some(waiting) = registration().await.and_then(|found| found.waiting()) {
            // One that is gone by now leaves the reload below.
            let _ = waiting.post_message(&"skip-waiting".into());
        }
        // The page in use changes hands before it is loaded again.
        set_timeout(|| drop(window().location().reload()), std::time::Duration::from_millis(300));
    });
}

async fn registration() -> Option<ServiceWorkerRegistration> {
    JsFuture::from(container()?.get_registration()).await.ok()?.dyn_into().ok()
}
