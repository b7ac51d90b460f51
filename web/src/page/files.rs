//! Files in, by drop, button and paste, and out.

use js_sys::{Array, Uint8Array};
use leptos::{ev, prelude::*};
use protocol::Request;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, File, FileList, HtmlAnchorElement, Url};

use super::actions;
use super::state::{Page, Source};
use crate::kind::{self, Kind};

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
                    let name = "pasted text".to_owned();
                    actions::read(page, Source::File { name, blob, skip_bad_lines: false });
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

/// Takes the files of a list, each for what it holds, titles after ratings.
pub(crate) fn take_all(page: Page, files: &FileList) {
    let files: Vec<File> = (0..files.length()).filter_map(|n| files.item(n)).collect();
    spawn_local(async move {
        let mut known = Vec::with_capacity(files.len());
        for file in files {
            known.push((kind::of(&start(&file).await), file));
        }
        known.sort_by_key(|(kind, _)| *kind); // stable
        for (kind, file) in known {
            take(page, kind, file);
        }
    });
}

/// The start of a file; nothing of one that cannot be read, which the worker will say.
async fn start(file: &File) -> Vec<u8> {
    let part = file.slice_with_i32_and_i32(0, kind::LOOKED_AT as i32);
    let Ok(part) = part.map(|part| part.array_buffer()) else { return Vec::new() };
    let bytes = JsFuture::from(part).await;
    bytes.map(|bytes| Uint8Array::new(&bytes).to_vec()).unwrap_or_default()
}

fn take(page: Page, kind: Kind, file: File) {
    let name = file.name();
    match kind {
        Kind::Ratings => {
            actions::read(page, Source::File { name, blob: file.into(), skip_bad_lines: false });
        }
        Kind::Titles => actions::read_titles(page, name, file.into()),
        Kind::Model => actions::hand_over(page, &Request::Open { name }, &file),
    }
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
