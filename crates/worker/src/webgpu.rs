//! What the browser has for the GPU, and what to say when it has nothing.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// Why there is no GPU here; asked when none was found.
pub(crate) fn why_not() -> String {
    let global: JsValue = js_sys::global().into();
    let of = |object: &JsValue, name: &str| {
        Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
    };
    let navigator = of(&global, "navigator");
    if of(&global, "isSecureContext") == JsValue::FALSE {
        return "no WebGPU: not a secure context; browsers have it on https and localhost only"
            .into();
    }
    if of(&navigator, "gpu").is_undefined() {
        let agent = of(&navigator, "userAgent").as_string().unwrap_or_default();
        return format!("no WebGPU: {}", hint(&agent));
    }
    "no WebGPU: the browser has it, but no adapter for it; its settings, or a driver that it does \
     not trust, may be why"
        .into()
}

/// What to know about this browser.
fn hint(agent: &str) -> &'static str {
    if agent.contains("Firefox/") && agent.contains("Linux") {
        "Firefox on Linux has none yet; Chrome has it there"
    } else if agent.contains("Firefox/") {
        "this Firefox has none; it comes with version 141 on Windows and 145 on Macs"
    } else if agent.contains("Chrome/") {
        "this browser does not offer it (navigator.gpu is missing); Chrome has it from version 113 \
         on, on Linux from 144"
    } else if agent.contains("Safari/") {
        "this Safari has none; it comes with version 26"
    } else {
        "this browser does not offer it (navigator.gpu is missing)"
    }
}
