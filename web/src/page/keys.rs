//! The keyboard. Keys work where nothing else takes them: not while typing, not in a dialog.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, HtmlDialogElement};

use super::actions;
use super::state::Page;

/// Every key and what it does, as the help lists them.
pub(crate) const KEYS: [(&str, &str); 6] = [
    ("Space", "train, or pause"),
    ("→", "one epoch"),
    ("S", "stop, and keep the model"),
    ("R", "reset: clear the run away"),
    ("0", "the whole chart again"),
    ("?", "these keys"),
];

/// Listens as long as the page lives.
pub(crate) fn listen(page: Page) {
    let _listener = window_event_listener(ev::keydown, move |event| {
        let modified = event.ctrl_key() || event.alt_key() || event.meta_key();
        let target = event.target();
        if modified
            || event.repeat()
            || event.default_prevented()
            || is_typing(target.clone())
            || in_dialog(target.clone())
        {
            return;
        }
        match event.key().as_str() {
            " " if !takes_space(target.clone()) => actions::play_or_pause(page),
            "ArrowRight" if !takes_arrows(target) => actions::one_epoch(page),
            "s" | "S" => actions::stop(page),
            "r" | "R" => actions::reset(page),
            "0" => page.view.update(|view| view.range = None),
            "?" => show_help(),
            _ => return,
        }
        event.prevent_default();
    });
}

/// Opens the list of keys.
pub(crate) fn show_help() {
    let help = document().get_element_by_id("help");
    if let Some(help) = help.and_then(|help| help.dyn_into::<HtmlDialogElement>().ok()) {
        // It fails only where it is open already.
        let _ = help.show_modal();
    }
}

/// Whether keys at this place are text.
pub(crate) fn is_typing(target: Option<EventTarget>) -> bool {
    within(
        target,
        "input:not([type=checkbox], [type=radio], [type=range], [type=file]), select, textarea",
    )
}

/// Whether arrow keys choose, move or scroll what has the focus.
fn takes_arrows(target: Option<EventTarget>) -> bool {
    within(target, "[type=radio], [type=range], [role=slider], .plane, .scroll")
}

fn in_dialog(target: Option<EventTarget>) -> bool {
    within(target, "dialog")
}

/// Whether the space bar presses or scrolls what has the focus. On a choice that is made it does
/// nothing.
fn takes_space(target: Option<EventTarget>) -> bool {
    within(target, "button, summary, a, input:not([type=radio]:checked), .scroll")
}

fn within(target: Option<EventTarget>, selector: &str) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| element.closest(selector).ok().flatten().is_some())
}
