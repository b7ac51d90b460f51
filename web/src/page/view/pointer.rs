//! The chart under mouse, finger and keyboard: values at an epoch, and zoom.

use std::sync::Arc;

use leptos::{html, prelude::*};
use web_sys::{KeyboardEvent, PointerEvent};

use super::curve::{Drawn, named};
use crate::lines;
use crate::page::state::Page;

/// Where the person looks.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    drawn: Memo<Arc<Drawn>>,
    frame: NodeRef<html::Div>,
    epoch: RwSignal<Option<f64>>,
    /// From where to where the pointer was dragged, in the picture's pixels.
    drag: RwSignal<Option<(f64, f64)>>,
}

/// A shorter drag is a click.
const SHORTEST_DRAG: f64 = 8.0;

impl Cursor {
    pub(super) fn new(drawn: Memo<Arc<Drawn>>, frame: NodeRef<html::Div>) -> Self {
        Self { drawn, frame, epoch: RwSignal::new(None), drag: RwSignal::new(None) }
    }

    /// Pixels of the picture from its left edge.
    fn left_of(&self, event: &PointerEvent) -> f64 {
        let Some(frame) = self.frame.get_untracked() else { return 0.0 };
        let bounds = frame.get_bounding_client_rect();
        let width = self.drawn.get_untracked().layout.size.width;
        (f64::from(event.client_x()) - bounds.left()) * width / bounds.width().max(1.0)
    }

    /// The epoch nearest to a place, if any is drawn.
    fn epoch_at(&self, left: f64) -> Option<f64> {
        let drawn = self.drawn.get_untracked();
        let (first, last) = drawn.span()?;
        Some(drawn.layout.x_at(left).round().clamp(first, last))
    }

    pub(super) fn moved(&self, event: &PointerEvent) {
        let left = self.left_of(event);
        self.epoch.set(self.epoch_at(left));
        self.drag.update(|drag| {
            if let Some((_, to)) = drag {
                *to = left;
            }
        });
    }

    pub(super) fn pressed(&self, event: &PointerEvent) {
        let left = self.left_of(event);
        // A finger scrolls the page; a mouse drags a range.
        if event.pointer_type() == "mouse" && event.button() == 0 {
            self.drag.set(Some((left, left)));
        }
        self.epoch.set(self.epoch_at(left));
    }

    pub(super) fn released(&self, page: Page, _event: &PointerEvent) {
        let Some((from, to)) = self.drag.try_update(Option::take).flatten() else { return };
        if (from - to).abs() >= SHORTEST_DRAG {
            let layout = &self.drawn.get_untracked().layout;
            let (low, high) = (layout.x_at(from.min(to)), layout.x_at(from.max(to)));
            zoom(page, low, high);
        }
    }

    pub(super) fn left(&self) {
        self.drag.set(None);
        self.epoch.set(None);
    }

    /// First and last epoch in sight, zeros when there is none.
    pub(super) fn span(&self) -> (f64, f64) {
        self.drawn.get().span().unwrap_or_default()
    }

    pub(super) fn epoch_or_last(&self) -> f64 {
        self.epoch.get().unwrap_or_else(|| self.span().1)
    }

    /// The values as a screen reader says them.
    pub(super) fn text(&self) -> String {
        let epoch = self.epoch_or_last();
        let values = lines::at_epoch(&self.drawn.get().chart, epoch);
        let values: Vec<String> =
            values.iter().map(|(_, name, value)| named(name, *value)).collect();
        format!("epoch {epoch}: {}", values.join(", "))
    }

    pub(super) fn key(&self, page: Page, event: &KeyboardEvent) {
        let (first, last) = self.drawn.get_untracked().span().unwrap_or_default();
        let now = self.epoch.get_untracked().unwrap_or(last);
        match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => self.epoch.set(Some((now - 1.0).max(first))),
            "ArrowRight" | "ArrowUp" => self.epoch.set(Some((now + 1.0).min(last))),
            "Home" => self.epoch.set(Some(first)),
            "End" => self.epoch.set(Some(last)),
            "Escape" => self.epoch.set(None),
            "+" => {
                let quarter = (last - first) / 4.0;
                zoom(page, now - quarter, now + quarter);
            }
            "-" | "0" => page.view.update(|view| view.range = None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }
}

/// Shows the whole epochs between two places; at least three.
fn zoom(page: Page, low: f64, high: f64) {
    let middle = f64::midpoint(low, high).round();
    let range = (low.round().min(middle - 1.0), high.round().max(middle + 1.0));
    page.view.update(|view| view.range = Some(range));
}

/// The line at the cursor, the values' dots, and the range being dragged.
pub(super) fn marks(drawn: &Drawn, cursor: Cursor) -> impl IntoView + use<> {
    let plot = drawn.layout.plot;
    let dragged = cursor.drag.get().map(|(from, to)| {
        let (left, width) = (from.min(to), (from - to).abs());
        view! { <rect class="range" x=left y=plot.top width=width height=plot.bottom - plot.top/> }
    });
    let line = cursor.epoch.get().map(|epoch| {
        let x = drawn.layout.left_of(epoch);
        let dots = lines::at_epoch(&drawn.chart, epoch).into_iter().map(|(_, _, value)| {
            view! { <circle class="dot" cx=x cy=drawn.layout.top_of(value) r="4"/> }
        });
        view! {
            <path class="cursor" d=format!("M{x:.1} {} V{}", plot.top, plot.bottom)/>
            {dots.collect_view()}
        }
    });
    view! { {dragged} {line} }
}

/// The values at the cursor, the highest first.
pub(super) fn tip(drawn: &Drawn, cursor: Cursor) -> Option<impl IntoView + use<>> {
    let epoch = cursor.epoch.get()?;
    let share = drawn.layout.left_of(epoch) / drawn.layout.size.width;
    let values = lines::at_epoch(&drawn.chart, epoch);
    let values =
        values.into_iter().map(|(_, name, value)| view! { <li>{named(&name, value)}</li> });
    Some(view! {
        <div
            class="tip"
            class:on-left={share > 0.6}
            style:left=format!("{:.2}%", 100.0 * share)
        >
            <strong>{format!("epoch {epoch}")}</strong>
            <ul>{values.collect_view()}</ul>
        </div>
    })
}
