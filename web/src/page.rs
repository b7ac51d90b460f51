//! The page itself: one state that components read, one worker that moves it.

mod state; // every signal
mod link; // the worker: messages there and back
mod reading; // data on its way into the worker
mod actions; // what the person can ask for
mod news; // what the worker says, into signals
mod using; // the model at work
mod clock; // elapsed time, speed, time to go
mod opening; // connections to the browser's storage
mod database; // what is in it
mod storage; // runs that are over
mod locks; // which tab has which run
mod unfinished; // runs that were cut off
mod history; // the address bar
mod files; // files in, by drop, button and paste, and out
mod keys; // the keyboard
mod focus; // where it goes when its place is gone
mod update; // a newer version of the page
#[expect(unreachable_pub, reason = "leptos writes the components' properties so")]
mod view; // components

use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

use state::Page;

/// Puts the page in its place.
#[wasm_bindgen(start)]
pub(crate) fn start() {
    let root = document().get_element_by_id("app");
    let root = root.expect("index.html has an element #app");
    root.set_inner_html("");
    let mount = leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(root), || {
        let page = Page::new();
        provide_context(page);
        history::follow(page);
        link::open(page, link::Program::Fused);
        files::accept_everywhere(page);
        keys::listen(page);
        update::listen(page);
        storage::restore(page);
        view::App()
    });
    mount.forget();
}
