//! The chart as a file: SVG, PNG, and its numbers as CSV.

use chart::Size;
use leptos::prelude::*;
use trainer::Objective;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

use super::curve;
use crate::page::files;
use crate::page::state::{Page, page};

/// Size of the file, in pixels; a PNG has twice as many each way.
const SIZE: Size = Size { width: 900.0, height: 480.0 };

/// Buttons that save.
#[component]
pub(super) fn Pictures() -> impl IntoView {
    let page = page();
    let has_run =
        move || page.run.with(|run| run.as_ref().is_some_and(|run| !run.history.is_empty()));
    view! {
        <Show when=has_run>
            <span class="buttons save">
                <button class="plain" id="save-svg" on:click=move |_| {
                    files::save_text(page, &name(page, "svg"), "image/svg+xml", &svg(page));
                }>"SVG"</button>
                <button class="plain" id="save-png" on:click=move |_| {
                    if let Err(error) = save_png(page) {
                        page.complain(format!("The picture cannot be made: {error:?}"));
                    }
                }>"PNG"</button>
                <button class="plain" id="save-csv" on:click=move |_| {
                    let csv = page.run.with_untracked(|run| run.as_ref().map(|run| run.csv()));
                    files::save_text(page, &name(page, "csv"), "text/csv", &csv.unwrap_or_default());
                }>"CSV"</button>
            </span>
        </Show>
    }
}

/// A name for a file of the chart or its numbers.
fn name(page: Page, ending: &str) -> String {
    let objective = page.run.with_untracked(|run| run.as_ref().map(|run| run.objective()));
    match objective.unwrap_or_default() {
        Objective::Rating => format!("rmse.{ending}"),
        Objective::Ranking => format!("ndcg.{ending}"),
    }
}

/// The chart as it looks now, as a file of its own.
fn svg(page: Page) -> String {
    let drawn = untrack(|| curve::drawn(page, curve::Background::new(page), SIZE, None));
    chart::svg(&drawn.chart, SIZE)
}

/// Has the browser paint the SVG and saves what it painted.
fn save_png(page: Page) -> Result<(), JsValue> {
    let blob = files::blob("image/svg+xml", &svg(page).into())?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let image = HtmlImageElement::new()?;
    let painted = image.clone();
    let address = url.clone();
    let loaded = Closure::once_into_js(move || {
        let saved = paint(&painted).and_then(|canvas| {
            let save = Closure::once_into_js(move |blob: JsValue| match blob.dyn_into::<Blob>() {
                Ok(blob) => drop(files::save_blob(&name(page, "png"), &blob)),
                Err(_) => page.complain("The picture cannot be made."),
            });
            canvas.to_blob(save.unchecked_ref())
        });
        if let Err(error) = saved {
            page.complain(format!("The picture cannot be made: {error:?}"));
        }
        drop(Url::revoke_object_url(&address));
    });
    image.set_onload(Some(loaded.unchecked_ref()));
    image.set_src(&url);
    Ok(())
}

fn paint(image: &HtmlImageElement) -> Result<HtmlCanvasElement, JsValue> {
    let canvas = document().create_element("canvas")?.unchecked_into::<HtmlCanvasElement>();
    let (width, height) = (2.0 * SIZE.width, 2.0 * SIZE.height);
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d")?.ok_or("no canvas")?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    context.draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, width, height)?;
    Ok(canvas)
}
