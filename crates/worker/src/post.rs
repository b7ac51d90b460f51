//! News to the page.

use std::cell::RefCell;
use std::panic;

use js_sys::{Function, Uint8Array};
use protocol::News;
use wasm_bindgen::JsValue;

thread_local! {
    /// The way to the page, for whoever has to speak when all else has gone wrong.
    static PAGE: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Sets the way to the page, and has a panic say why before it ends the program.
pub(crate) fn connect(post: Function) {
    PAGE.set(Some(post));
    panic::set_hook(Box::new(|info| send(&News::Panicked { message: info.to_string() })));
}

/// Tells the page.
pub(crate) fn send(news: &News) {
    say(news, &JsValue::NULL);
}

/// Tells the page that a request could not be met.
pub(crate) fn fail(message: String) {
    send(&News::Failed { message });
}

/// Tells the page, with bytes that are too many to be text.
pub(crate) fn send_with(news: &News, bytes: &[u8]) {
    say(news, &Uint8Array::from(bytes).buffer());
}

fn say(news: &News, attachment: &JsValue) {
    let Ok(json) = serde_json::to_string(news) else {
        return; // plain data: it cannot fail, and a panic's own news must not panic
    };
    PAGE.with_borrow(|page| {
        // A page that is gone hears nothing.
        page.as_ref().map(|page| page.call2(&JsValue::NULL, &json.into(), attachment))
    });
}

/// Seconds since the epoch of computers.
pub(crate) fn now() -> f64 {
    js_sys::Date::now() / 1000.0
}

/// Memory that the program has, in bytes: it grows and never shrinks.
pub(crate) fn memory() -> u64 {
    const PAGE: u64 = 1 << 16;
    core::arch::wasm32::memory_size::<0>() as u64 * PAGE
}
