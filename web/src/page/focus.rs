//! Where the focus goes when what had it is gone.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement};

/// Gives the focus to an element once the page is drawn, unless something else has it. The page does
/// not scroll there.
pub(crate) fn to(id: &'static str) {
    request_animation_frame(move || {
        let is_lost = document().active_element().is_none_or(|has| has.tag_name() == "BODY");
        let element = document().get_element_by_id(id).filter(|_| is_lost);
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = element.focus_with_options(&options); // it stays where it is
        }
    });
}
