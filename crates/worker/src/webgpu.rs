//! What the browser has for the GPU.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::why::Found;

/// Asks the browser.
pub(crate) fn found() -> Found {
    let global: JsValue = js_sys::global().into();
    let of = |object: &JsValue, name: &str| {
        Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
    };
    let navigator = of(&global, "navigator");
    Found {
        is_secure: of(&global, "isSecureContext") != JsValue::FALSE,
        has_api: !of(&navigator, "gpu").is_undefined(),
        agent: of(&navigator, "userAgent").as_string().unwrap_or_default(),
    }
}
