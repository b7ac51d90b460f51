//! The browser's shell around the trainer. All of it runs in a worker: `worker.js` makes a
//! [`Session`] and passes it the page's messages; the session posts back what happens, as JSON.

#![cfg(target_family = "wasm")]

mod demo; // what is trained
mod gate; // pause, step, resume
mod session; // the page's commands, and the run they drive
mod turn; // the worker's event loop

pub use session::Session;
