//! The worker's event loop.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

/// Lets the worker handle the messages that have arrived, then goes on.
///
/// Awaiting a settled promise would not do: such microtasks run before any message, so a busy run
/// would never hear "pause". A timer would, but browsers hold timers back: by 4 ms when they are
/// nested, by a second and more in a hidden tab.
///
/// # Errors
/// The browser refuses a message channel.
pub(crate) async fn next_turn() -> Result<(), JsValue> {
    let channel = MessageChannel::new()?;
    let port = channel.port1();
    let came = Promise::new(&mut |resolve, _reject| port.set_onmessage(Some(&resolve)));
    channel.port2().post_message(&JsValue::NULL)?;
    JsFuture::from(came).await?;
    port.close();
    Ok(())
}
