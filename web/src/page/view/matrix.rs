//! What is known and what is missing: the rating matrix from afar.

use leptos::prelude::*;
use protocol::MatrixPicture;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::numbers::counted;

/// The accent that reads well on light and dark paper, red, green, blue.
const INK: [u8; 3] = [16, 138, 120];

/// The picture, and what it says.
#[component]
pub(super) fn Matrix(
    /// Shares of known cells.
    picture: MatrixPicture,
    /// Rows of the whole matrix.
    users: usize,
    /// Its columns.
    items: usize,
) -> impl IntoView {
    let canvas = NodeRef::<leptos::html::Canvas>::new();
    let (width, height) = (picture.columns, picture.rows);
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            // A browser without canvas shows the caption alone.
            let _ = draw(&canvas, &picture);
        }
    });
    let caption = format!(
        "{} by {}, the busiest first. Colour is what is known; training fills in the rest.",
        counted(users, "user"),
        counted(items, "item"),
    );
    view! {
        <figure class="matrix">
            <canvas node_ref=canvas width=width height=height role="img" aria-label=caption.clone()></canvas>
            <figcaption class="quiet">{caption}</figcaption>
        </figure>
    }
}

fn draw(canvas: &HtmlCanvasElement, picture: &MatrixPicture) -> Result<(), JsValue> {
    let Some(context) = canvas.get_context("2d")? else { return Ok(()) };
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let most = f64::from(picture.known.iter().copied().max().unwrap_or(1).max(1));
    // By the root, so that thin blocks show beside full ones.
    let alpha = |known: u8| (255.0 * (f64::from(known) / most).sqrt()) as u8;
    let pixels: Vec<u8> =
        picture.known.iter().flat_map(|&known| [INK[0], INK[1], INK[2], alpha(known)]).collect();
    let (width, height) = (picture.columns as u32, picture.rows as u32);
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), width, height)?;
    context.put_image_data(&image, 0.0, 0.0)
}
