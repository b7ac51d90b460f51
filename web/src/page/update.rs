//! A newer version of the page, fetched by the service worker, waits until the person wants it.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::ServiceWorkerRegistration;

use super::state::Page;

/// Hears of a newer version from `start.js`. The listener lives as long as the page.
pub(crate) fn listen(page: Page) {
    let news = ev::Custom::<web_sys::Event>::new("latent-update");
    let _listener = window_event_listener(news, move |_| page.update_waits.set(true));
}

/// Lets the newer version take over, and loads the page anew.
pub(crate) fn take() {
    let container = window().navigator().service_worker();
    spawn_local(async move {
        let found = JsFuture::from(container.get_registration()).await;
        let registration = found.ok().and_then(|r| r.dyn_into::<ServiceWorkerRegistration>().ok());
        if let Some(waiting) = registration.and_then(|registration| registration.waiting()) {
            // One that is gone by now leaves the reload below.
            let _ = waiting.post_message(&"skip-waiting".into());
        }
        // The page in use changes hands before it is loaded again.
        set_timeout(|| drop(window().location().reload()), std::time::Duration::from_millis(300));
    });
}
