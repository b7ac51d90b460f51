//! A file's bytes, as they come.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// Bytes asked for at once: enough to be fast, little enough to report on the way.
const SLICE: u64 = 4 << 20;

/// Why there are no bytes.
pub(crate) enum Stop {
    /// The browser's reason.
    Failed(String),
    /// There is no room for so many.
    NoRoom,
    /// They are no longer wanted.
    Abandoned,
}

/// A message's attachment, a `Blob` or an `ArrayBuffer`, as a file.
pub(crate) fn of(attachment: &JsValue) -> Option<Blob> {
    if attachment.is_instance_of::<ArrayBuffer>() {
        return Blob::new_with_buffer_source_sequence(&Array::of1(attachment)).ok();
    }
    attachment.dyn_ref().cloned()
}

/// The size of a file in bytes.
pub(crate) fn size(blob: &Blob) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number")]
    let size = blob.size() as u64;
    size
}

/// Reads all of a file. `progress` hears how many bytes are there and says whether to go on.
pub(crate) async fn read(
    blob: &Blob,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<Vec<u8>, Stop> {
    let total = size(blob);
    let mut bytes = Vec::new();
    let room = usize::try_from(total).map_err(|_| Stop::NoRoom)?;
    bytes.try_reserve_exact(room).map_err(|_| Stop::NoRoom)?;
    let mut done = 0;
    while done < total {
        let end = total.min(done + SLICE);
        append(&mut bytes, blob, done, end).await.map_err(|error| Stop::Failed(text_of(&error)))?;
        done = end;
        if !progress(done) {
            return Err(Stop::Abandoned);
        }
    }
    Ok(bytes)
}

async fn append(bytes: &mut Vec<u8>, blob: &Blob, start: u64, end: u64) -> Result<(), JsValue> {
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    let slice = blob.slice_with_f64_and_f64(start as f64, end as f64)?;
    let buffer: ArrayBuffer = JsFuture::from(slice.array_buffer()).await?.dyn_into()?;
    let chunk = Uint8Array::new(&buffer);
    let at = bytes.len();
    bytes.resize(at + chunk.length() as usize, 0);
    chunk.copy_to(&mut bytes[at..]);
    Ok(())
}

/// What a browser's exception says.
pub(crate) fn text_of(error: &JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    message.unwrap_or_else(|| format!("{error:?}"))
}
