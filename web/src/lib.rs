//! The page. It shows and asks; the work is done by a worker, which it talks to through `protocol`.
//!
//! What follows from data alone stands in modules that also build on the host, where they are
//! tested; what touches the browser is built for wasm alone.

#![cfg_attr(
    not(target_family = "wasm"),
    expect(dead_code, reason = "the page itself uses what stands here")
)]

mod address; // settings as a web address, and as a command for the desktop
mod kind; // what a file is for
mod given; // ratings of a new item, as text
mod long; // which rows of a long list are in sight
mod lines; // runs as lines of a chart
mod numbers; // numbers as people read them
mod plane; // the map of items
mod record; // a run as the page keeps it

#[cfg(target_family = "wasm")]
mod page; // signals, messages, components
