//! The map of items, drawn: every item a mark, with its genre's colour and shape.

use std::sync::Arc;

use leptos::{html, prelude::*};
use protocol::{Dot, Map};
use trainer::ItemMap;
use web_sys::{KeyboardEvent, PointerEvent};

use crate::numbers::{count, percent};
use crate::page::state::page;
use crate::page::using;
use crate::plane::{self, HEIGHT, MARKS, Sight, WIDTH};

/// What the person does with the map.
#[derive(Clone, Copy)]
struct Atlas {
    map: RwSignal<Option<Arc<Map>>>,
    /// What was zoomed to; the whole map without.
    chosen: RwSignal<Option<Sight>>,
    sight: Memo<Sight>,
    /// The dot under the pointer.
    pointed: RwSignal<Option<usize>>,
    /// Where the plane was last taken hold of, and whether it was moved since.
    held: RwSignal<Option<((f64, f64), bool)>>,
    search: RwSignal<String>,
    /// The dots that the search finds.
    found: Memo<Vec<usize>>,
    frame: NodeRef<html::Div>,
}

/// Opens on demand, since it has the worker look at every item.
#[component]
pub(super) fn ItemsMap() -> impl IntoView {
    let using = page().using;
    let details = NodeRef::<html::Details>::new();
    let toggled = move |_| using.map_open.set(details.get_untracked().is_some_and(|of| of.open()));
    let is_empty = move || using.map.with(|map| map.as_ref().is_some_and(|m| m.dots.is_empty()));
    let has_dots = move || using.map.with(|map| map.as_ref().is_some_and(|m| !m.dots.is_empty()));
    view! {
        <details id="map" class="all" node_ref=details on:toggle=toggled>
            <summary>"Map of the items"</summary>
            <Show when=is_empty>
                <p class="quiet">"There is no map: it takes items that differ, with "{*ItemMap::FACTORS.start()}" to "
                    {*ItemMap::FACTORS.end()}" factors each."</p>
            </Show>
            <Show when=has_dots><Plane/></Show>
        </details>
    }
}

#[component]
fn Plane() -> impl IntoView {
    let map = page().using.map;
    let chosen = RwSignal::new(None);
    let whole = Memo::new(move |_| {
        map.with(|map| Sight::whole(map.as_ref().map_or(&[][..], |map| &map.dots)))
    });
    let search = RwSignal::new(String::new());
    let found = move |_: Option<&Vec<usize>>| {
        let search = search.get();
        map.with(|map| map.as_ref().map_or(Vec::new(), |map| plane::found(&map.dots, &search)))
    };
    let atlas = Atlas {
        map,
        chosen,
        sight: Memo::new(move |_| chosen.get().unwrap_or_else(|| whole.get())),
        pointed: RwSignal::new(None),
        held: RwSignal::new(None),
        search,
        found: Memo::new(found),
        frame: NodeRef::new(),
    };
    let zoom = move |id: &'static str, label: &'static str, factor: f64| {
        view! { <button id=id on:click=move |_| atlas.zoom(factor)>{label}</button> }
    };
    view! {
        <p class="quiet" id="map-text">{move || map.get().map(|map| words(&map))}</p>
        <p class="buttons">
            <label class="inline">
                "Find "
                <input id="map-search" type="search" autocomplete="off" placeholder="title"
                    on:input:target=move |event| atlas.search.set(event.target().value())/>
            </label>
            {zoom("map-nearer", "Nearer", 1.6)}
            {zoom("map-farther", "Farther", 1.0 / 1.6)}
            <button id="map-whole" on:click=move |_| chosen.set(None)>"Whole map"</button>
        </p>
        <Matches atlas=atlas/>
        <Picture atlas=atlas/>
        {move || map.get().map(|map| legend(&map))}
    }
}

/// What the map shows, in a sentence.
fn words(map: &Map) -> String {
    let [first, second] = map.shares.map(percent);
    let some = if map.dots.len() < map.items {
        format!("The {} most rated of {} items", count(map.dots.len()), count(map.items))
    } else {
        format!("All {} items", count(map.items))
    };
    format!(
        "{some}, along the two directions in which their factors differ most ({first} and {second} of \
         the variance). Near is alike."
    )
}

impl Atlas {
    fn zoom(&self, factor: f64) {
        let middle = (WIDTH / 2.0, HEIGHT / 2.0);
        self.chosen.set(Some(self.sight.get_untracked().zoomed(factor, middle)));
    }

    fn drag(&self, by: (f64, f64)) {
        self.chosen.set(Some(self.sight.get_untracked().dragged(by)));
    }

    /// Pixels of the picture.
    fn at(&self, event: &PointerEvent) -> (f64, f64) {
        let Some(frame) = self.frame.get_untracked() else { return (0.0, 0.0) };
        let bounds = frame.get_bounding_client_rect();
        let scale = WIDTH / bounds.width().max(1.0);
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        ((x - bounds.left()) * scale, (y - bounds.top()) * scale)
    }

    fn point(&self, at: (f64, f64)) {
        let dots = self.map.get_untracked();
        let dots = dots.as_ref().map_or(&[][..], |map| &map.dots);
        self.pointed.set(plane::nearest(dots, &self.sight.get_untracked(), at));
    }

    /// A finger is nowhere before it presses.
    fn pressed(&self, event: &PointerEvent) {
        let at = self.at(event);
        self.point(at);
        self.held.set(Some((at, false)));
    }

    fn moved(&self, event: &PointerEvent) {
        const SHORTEST_DRAG: f64 = 4.0;
        let at = self.at(event);
        let Some((from, was_moved)) = self.held.get_untracked() else {
            return self.point(at);
        };
        let by = (at.0 - from.0, at.1 - from.1);
        if was_moved || by.0.abs() + by.1.abs() > SHORTEST_DRAG {
            self.drag(by);
            self.held.set(Some((at, true)));
        }
    }

    /// A click chooses the item under the pointer.
    fn released(&self) {
        let was_moved = self.held.try_update(Option::take).flatten().is_some_and(|held| held.1);
        if let Some(dot) = self.pointed.get_untracked().filter(|_| !was_moved) {
            self.choose(dot);
        }
    }

    fn choose(&self, dot: usize) {
        let item = self.map.with_untracked(|map| Some(map.as_ref()?.dots.get(dot)?.item.clone()));
        if let Some(item) = item {
            using::similar(page(), item);
        }
    }

    fn key(&self, event: &KeyboardEvent) {
        const STEP: f64 = 60.0;
        match event.key().as_str() {
            "ArrowLeft" => self.drag((STEP, 0.0)),
            "ArrowRight" => self.drag((-STEP, 0.0)),
            "ArrowUp" => self.drag((0.0, STEP)),
            "ArrowDown" => self.drag((0.0, -STEP)),
            "+" => self.zoom(1.6),
            "-" => self.zoom(1.0 / 1.6),
            "0" => self.chosen.set(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }

    /// Rings around dots.
    fn rings(&self, dots: &[usize]) -> Option<impl IntoView + use<>> {
        let (map, sight) = (self.map.get()?, self.sight.get());
        let rings = dots.iter().filter_map(|dot| {
            let (x, y) = sight.pixels(map.dots.get(*dot)?.place);
            Some(view! { <circle class="ring" cx=x cy=y r="7"/> })
        });
        Some(rings.collect_view())
    }
}

#[component]
fn Picture(atlas: Atlas) -> impl IntoView {
    let dots = move || {
        let (map, sight) = (atlas.map.get()?, atlas.sight.get());
        let paths = plane::paths(&map.dots, &sight).into_iter().enumerate();
        Some(paths.map(|(mark, path)| view! { <path class=class(mark) d=path/> }).collect_view())
    };
    let tip = move || {
        let (map, sight) = (atlas.map.get()?, atlas.sight.get());
        let dot = map.dots.get(atlas.pointed.get()?)?;
        let (x, y) = sight.pixels(dot.place);
        let genre = dot.genre.and_then(|genre| map.genres.get(genre).cloned());
        Some(view! {
            <div class="tip" class:on-left={x > 0.6 * WIDTH}
                style:left=format!("{:.2}%", 100.0 * x / WIDTH) style:top=format!("{:.2}%", 100.0 * y / HEIGHT)>
                <strong>{name(dot)}</strong>
                {genre.map(|genre| view! { <br/> {genre} })}
            </div>
        })
    };
    view! {
        <div
            node_ref=atlas.frame
            class="plane"
            tabindex="0"
            role="group"
            aria-label="Map of the items: arrow keys move it, + and - zoom, 0 shows all; the search above finds items"
            on:pointermove=move |event| atlas.moved(&event)
            on:pointerdown=move |event| atlas.pressed(&event)
            on:pointerup=move |_| atlas.released()
            on:pointerleave=move |_| { atlas.held.set(None); atlas.pointed.set(None); }
            on:keydown=move |event| atlas.key(&event)
        >
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">
                <g>{dots}</g>
                <g>{move || atlas.found.with(|found| atlas.rings(found))}</g>
                <g>{move || atlas.rings(atlas.pointed.get().as_slice())}</g>
            </svg>
            {tip}
        </div>
    }
}

/// The first items that the search finds, for the keyboard and for those who do not see the map.
#[component]
fn Matches(atlas: Atlas) -> impl IntoView {
    const MOST: usize = 6;
    let rows = move || {
        let map = atlas.map.get()?;
        let rows = atlas.found.get().into_iter().take(MOST).filter_map(|dot| {
            let text = name(map.dots.get(dot)?);
            Some(view! {
                <li><button class="link" on:click=move |_| atlas.choose(dot)>{text}</button></li>
            })
        });
        Some(rows.collect_view())
    };
    view! { <ul class="pairs" id="map-found">{rows}</ul> }
}

fn name(dot: &Dot) -> String {
    dot.title.clone().unwrap_or_else(|| format!("item {}", dot.item))
}

fn class(mark: usize) -> &'static str {
    ["mark one", "mark two", "mark three", "mark four", "mark five", "mark"][mark.min(MARKS)]
}

/// Which genre has which mark.
fn legend(map: &Map) -> Option<impl IntoView + use<>> {
    let others = (map.genres.len() > MARKS).then(|| "another".to_owned());
    let names = map.genres.iter().take(MARKS).cloned().chain(others).enumerate().map(|(mark, name)| {
        let path = format!("M7 6{}", plane::shape(mark));
        view! {
            <li>
                <svg viewBox="0 0 14 12" aria-hidden="true"><path class=class(mark) d=path/></svg>
                " " {name}
            </li>
        }
    });
    (!map.genres.is_empty()).then(|| view! { <ul class="legend marks">{names.collect_view()}</ul> })
}
