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
        let settings = page.settings.get();
        let query = address::query(&settings);
        if before.is_some() && address::settings(&pairs()).0 != settings {
            write(&query, page.stage.get_untracked().is_open());
        }
        query
    });
}

/// Settings from the address.
fn take(page: Page) {
    let (settings, unusable) = address::settings(&pairs());
    let now = page.settings.get_untracked();
    match page.stage.get_untracked().is_open() {
        true => write(&address::query(&now), true), // a run under way keeps its settings
        false if settings != now => page.settings.set(settings),
        false => {}
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

/// Writes settings into the address: as a new entry of the history, or in the place of this one.
fn write(query: &str, in_place: bool) {
    let Ok(history) = window().history() else { return };
    let address = format!("?{query}");
    // An address that cannot be written costs a link, nothing else.
    let _ = match in_place {
        true => history.replace_state_with_url(&JsValue::NULL, "", Some(&address)),
        false => history.push_state_with_url(&JsValue::NULL, "", Some(&address)),
    };
}

/// The address with all settings, for somebody else.
pub(crate) fn link(page: Page) -> String {
    let location = window().location();
    let base = location.href().unwrap_or_default();
    let base = base.split(['?', '#']).next().unwrap_or_default().to_owned();
    format!("{base}?{}", address::query(&page.settings.get_untracked()))
}
