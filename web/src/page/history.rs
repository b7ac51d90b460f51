//! The address bar: settings in, settings out, and Back.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use super::state::Page;
use crate::address;

/// Takes the settings of the address, then writes every change into it.
pub(crate) fn follow(page: Page) {
    take(page);
    // Lives as long as the page.
    let _listener = window_event_listener(ev::popstate, move |_| take(page));
    Effect::new(move |before: Option<String>| {
        let query = address::query(&page.settings.get());
        let shown = search();
        if before.is_some() && shown != query {
            push(&query);
        }
        query
    });
}

/// Settings from the address.
fn take(page: Page) {
    let (settings, unusable) = address::settings(&pairs());
    if settings != page.settings.get_untracked() && !page.stage.get_untracked().is_open() {
        page.settings.set(settings);
    }
    if !unusable.is_empty() {
        page.complain(format!("The address has what cannot be used: {}.", unusable.join(", ")));
    }
}

fn search() -> String {
    let search = window().location().search().unwrap_or_default();
    search.trim_start_matches('?').to_owned()
}

fn pairs() -> Vec<(String, String)> {
    let Ok(parameters) = UrlSearchParams::new_with_str(&search()) else { return Vec::new() };
    let entries = js_sys::Array::from(&parameters); // [[name, value], ...]
    let text = |value: JsValue| value.as_string().unwrap_or_default();
    let pair = |entry: JsValue| {
        let entry = js_sys::Array::from(&entry);
        (text(entry.get(0)), text(entry.get(1)))
    };
    entries.iter().map(pair).collect()
}

fn push(query: &str) {
    if let Ok(history) = window().history() {
        // An address that cannot be written costs a link, nothing else.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&format!("?{query}")));
    }
}

/// The address with all settings, for somebody else.
pub(crate) fn link(page: Page) -> String {
    let location = window().location();
    let base = location.href().unwrap_or_default();
    let base = base.split(['?', '#']).next().unwrap_or_default().to_owned();
    format!("{base}?{}", address::query(&page.settings.get_untracked()))
}
