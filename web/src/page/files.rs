//! Files in, by drop, button and paste, and out.

use js_sys::{Array, Uint8Array};
use leptos::{ev, prelude::*};
use protocol::Request;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, File, FileList, HtmlAnchorElement, Url};

use super::state::{Named, Page};
use super::{actions, reading};
use crate::kind;

/// Takes files that are dropped or pasted anywhere on the page. The listeners live as long as it.
pub(crate) fn accept_everywhere(page: Page) {
    let _listener = window_event_listener(ev::dragover, |event| {
        event.prevent_default();
        mark(true);
    });
    let _listener = window_event_listener(ev::dragleave, |event| {
        if event.related_target().is_none() {
            mark(false);
        }
    });
    let _listener = window_event_listener(ev::drop, move |event| {
        event.prevent_default();
        mark(false);
        if let Some(files) = event.data_transfer().and_then(|data| data.files()) {
            take_all(page, &files);
        }
    });
    let _listener = window_event_listener(ev::paste, move |event| {
        if super::keys::is_typing(event.target()) {
            return;
        }
        let Some(data) = event.unchecked_ref::<web_sys::ClipboardEvent>().clipboard_data() else {
            return;
        };
        let files = data.files().filter(|files| files.length() > 0);
        match (files, data.get_data("text/plain")) {
            (Some(files), _) => take_all(page, &files),
            (None, Ok(text)) if !text.trim().is_empty() => {
                if let Ok(blob) = Blob::new_with_str_sequence(&Array::of1(&text.into())) {
                    reading::give(page, vec![Named { name: "pasted text".to_owned(), blob }]);
                }
            }
            _ => {}
        }
    });
}

/// Shows that a file may be dropped.
fn mark(over: bool) {
    if let Some(body) = document().body() {
        // Only looks depend on it.
        let _ = body.class_list().toggle_with_force("dropping", over);
    }
}

/// Takes the files of a list: ratings and titles together, then models.
pub(crate) fn take_all(page: Page, files: &FileList) {
    let files: Vec<File> = (0..files.length()).filter_map(|n| files.item(n)).collect();
    spawn_local(async move {
        let (mut data, mut models) = (Vec::new(), Vec::new());
        for file in files {
            match kind::is_model(&start(&file).await) {
                true => models.push(file),
                false => data.push(Named { name: file.name(), blob: file.into() }),
            }
        }
        reading::give(page, data);
        for model in models {
            actions::hand_over(page, &Request::Open { name: model.name() }, &model);
        }
    });
}

/// The start of a file; nothing of one that cannot be read, which the worker will say.
async fn start(file: &File) -> Vec<u8> {
    let part = file.slice_with_f64_and_f64(0.0, f64::from(kind::LOOKED_AT));
    let Ok(part) = part.map(|part| part.array_buffer()) else { return Vec::new() };
    let bytes = JsFuture::from(part).await;
    bytes.map(|bytes| Uint8Array::new(&bytes).to_vec()).unwrap_or_default()
}

/// Offers a text for saving.
pub(crate) fn save_text(page: Page, name: &str, kind: &str, text: &str) {
    save(page, name, kind, &JsValue::from_str(text));
}

/// Offers an `ArrayBuffer` for saving.
pub(crate) fn save_bytes(page: Page, name: &str, bytes: &JsValue) {
    save(page, name, "application/octet-stream", &Uint8Array::new(bytes));
}

fn save(page: Page, name: &str, kind: &str, content: &JsValue) {
    match blob(kind, content).and_then(|blob| save_blob(name, &blob)) {
        Ok(()) => page.say(format!("Saved {name}.")),
        Err(error) => page.complain(format!("{name} cannot be saved: {error:?}")),
    }
}

/// A `Blob` of one part.
pub(crate) fn blob(kind: &str, content: &JsValue) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Blob::new_with_u8_array_sequence_and_options(&Array::of1(content), &options)
}

/// Offers a `Blob` for saving, as a click on a link to it would.
pub(crate) fn save_blob(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let link = document().create_element("a")?.unchecked_into::<HtmlAnchorElement>();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser has its own hold on the blob once the download is under way.
    set_timeout(move || drop(Url::revoke_object_url(&url)), std::time::Duration::from_secs(30));
    Ok(())
}
