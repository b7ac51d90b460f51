//! The browser's shell around `ratings` and `trainer`. All of it runs in a worker: `worker.js` makes
//! a [`Session`] and passes it the page's messages; the session posts back what happens, both in the
//! words of `protocol`.
//!
//! What follows from data alone stands in modules that also build on the host, where they are
//! tested; what touches the browser is built for wasm alone.

#![cfg_attr(
    not(target_family = "wasm"),
    allow(dead_code, reason = "its user is the browser's part")
)]

mod size; // which files fit
mod data; // a file to what the page shows of it
mod matrix; // the rating matrix from afar
mod why; // why the CPU trains

#[cfg(target_family = "wasm")]
mod inbox; // requests in turn
#[cfg(target_family = "wasm")]
mod turn; // the worker's event loop
#[cfg(target_family = "wasm")]
mod post; // news to the page
#[cfg(target_family = "wasm")]
mod blob; // a file's bytes, as they come
#[cfg(target_family = "wasm")]
mod webgpu; // what the browser has
#[cfg(target_family = "wasm")]
mod device; // which processor, and why
#[cfg(target_family = "wasm")]
mod course; // a run under way
#[cfg(target_family = "wasm")]
mod desk; // what is at hand
#[cfg(target_family = "wasm")]
mod session; // the loop

#[cfg(target_family = "wasm")]
pub use session::Session;
