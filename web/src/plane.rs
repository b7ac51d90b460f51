//! The map of items: the part of it in sight, and what is drawn there. Plane units are those of the
//! factors; pixels those of the picture.

use std::fmt::Write as _;

use protocol::Dot;

/// Width and height of the picture, in pixels.
pub(crate) const WIDTH: f64 = 640.0;
pub(crate) const HEIGHT: f64 = 420.0;

/// Genres that have a mark of their own; the others share one.
pub(crate) const MARKS: usize = 5;

/// The part of the plane that is in sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sight {
    centre: [f64; 2],
    /// Pixels to one unit.
    scale: f64,
}

impl Sight {
    /// All dots, with a little room about them.
    pub(crate) fn whole(dots: &[Dot]) -> Self {
        let bounds = [0, 1].map(|axis| {
            let values = || dots.iter().map(|dot| dot.place[axis]);
            let (low, high) = (values().reduce(f64::min), values().reduce(f64::max));
            (low.unwrap_or(-1.0), high.unwrap_or(1.0))
        });
        let [across, along] = bounds.map(|(low, high)| (high - low).max(1e-9));
        Self {
            centre: bounds.map(|(low, high)| f64::midpoint(low, high)),
            scale: (0.94 * WIDTH / across).min(0.94 * HEIGHT / along),
        }
    }

    /// Nearer (a factor above 1) or farther; the place at these pixels stays where it is.
    pub(crate) fn zoomed(self, factor: f64, at: (f64, f64)) -> Self {
        let place = self.place(at);
        let zoomed = Self { scale: self.scale * factor, ..self };
        let moved = zoomed.place(at);
        let centre = [0, 1].map(|axis| self.centre[axis] + place[axis] - moved[axis]);
        Self { centre, ..zoomed }
    }

    /// Moved by pixels, as by dragging the plane along.
    pub(crate) fn dragged(self, (right, down): (f64, f64)) -> Self {
        let [x, y] = self.centre;
        Self { centre: [x - right / self.scale, y + down / self.scale], ..self }
    }

    /// The pixels of a place; up is up.
    pub(crate) fn pixels(&self, place: [f64; 2]) -> (f64, f64) {
        let [x, y] = [0, 1].map(|axis| (place[axis] - self.centre[axis]) * self.scale);
        (WIDTH / 2.0 + x, HEIGHT / 2.0 - y)
    }

    fn place(&self, (x, y): (f64, f64)) -> [f64; 2] {
        let [cx, cy] = self.centre;
        [cx + (x - WIDTH / 2.0) / self.scale, cy - (y - HEIGHT / 2.0) / self.scale]
    }
}

/// The mark of a dot: one of the first genres', or the common one.
pub(crate) fn mark(dot: &Dot) -> usize {
    dot.genre.unwrap_or(MARKS).min(MARKS)
}

/// The dots in sight as one path for each mark: `[MARKS + 1]`.
pub(crate) fn paths(dots: &[Dot], sight: &Sight) -> Vec<String> {
    let mut paths = vec![String::new(); MARKS + 1];
    for dot in dots {
        let (x, y) = sight.pixels(dot.place);
        if (-5.0..WIDTH + 5.0).contains(&x) && (-5.0..HEIGHT + 5.0).contains(&y) {
            let mark = mark(dot);
            // Writing to a text cannot fail.
            let _ = write!(paths[mark], "M{x:.1} {y:.1}{}", shape(mark));
        }
    }
    paths
}

/// The outline of a mark about the point where the pen is: a second cue beside the colour.
pub(crate) fn shape(mark: usize) -> &'static str {
    match mark {
        0 => "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z", // circle
        1 => "m-2.7-2.7h5.4v5.4h-5.4z",            // square
        2 => "m0-3.6l3.4 5.8h-6.8z",               // triangle
        3 => "m0-3.8l3.2 3.8l-3.2 3.8l-3.2-3.8z",  // diamond
        4 => "m-1-3.6h2v2.6h2.6v2h-2.6v2.6h-2v-2.6h-2.6v-2h2.6z", // cross
        _ => "m-1.6 0a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0z", // dot
    }
}

/// The dot nearest to these pixels, if one is within reach.
pub(crate) fn nearest(dots: &[Dot], sight: &Sight, (x, y): (f64, f64)) -> Option<usize> {
    const REACH: f64 = 14.0;
    let away = |dot: &Dot| {
        let (dot_x, dot_y) = sight.pixels(dot.place);
        (dot_x - x).powi(2) + (dot_y - y).powi(2)
    };
    let distances = dots.iter().map(away).enumerate();
    let best = distances.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (best.1 <= REACH * REACH).then_some(best.0)
}

/// Dots whose title or id holds every word; none for an empty text.
pub(crate) fn found(dots: &[Dot], text: &str) -> Vec<usize> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let holds = |dot: &Dot| {
        let title = dot.title.as_deref().unwrap_or_default().to_lowercase();
        words.iter().all(|word| title.contains(word) || dot.item.to_lowercase() == *word)
    };
    let all = dots.iter().enumerate().filter(|(_, dot)| !words.is_empty() && holds(dot));
    all.map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(title: &str, place: [f64; 2], genre: Option<usize>) -> Dot {
        Dot { item: "7".into(), title: Some(title.into()), place, genre }
    }

    fn dots() -> Vec<Dot> {
        vec![
            dot("Alien", [-1.0, 0.5], Some(0)),
            dot("Brazil (red)", [3.0, -0.5], Some(7)),
            dot("Red Dawn", [1.0, 0.0], None),
        ]
    }

    #[test]
    fn the_whole_map_is_in_sight_and_up_is_up() {
        let sight = Sight::whole(&dots());
        let pixels: Vec<_> = dots().iter().map(|dot| sight.pixels(dot.place)).collect();
        assert_eq!(pixels[2], (WIDTH / 2.0, HEIGHT / 2.0));
        assert!((pixels[0].0 - 0.03 * WIDTH).abs() < 1e-9, "{pixels:?}");
        assert!(pixels[0].1 < pixels[1].1, "the higher one stands above: {pixels:?}");
        let inside = |(x, y): &(f64, f64)| (0.0..WIDTH).contains(x) && (0.0..HEIGHT).contains(y);
        assert!(pixels.iter().all(inside), "{pixels:?}");
    }

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let (sight, at) = (Sight::whole(&dots()), (100.0, 60.0));
        let place = sight.place(at);
        let (x, y) = sight.zoomed(3.0, at).pixels(place);
        assert!((x - at.0).abs() < 1e-9 && (y - at.1).abs() < 1e-9, "{x} {y}");
        let (x, y) = sight.dragged((20.0, -10.0)).pixels(place);
        assert!((x - 120.0).abs() < 1e-9 && (y - 50.0).abs() < 1e-9, "{x} {y}");
    }

    #[test]
    fn the_nearest_dot_within_reach_is_found() {
        let sight = Sight::whole(&dots());
        let (x, y) = sight.pixels([3.0, -0.5]);
        assert_eq!(nearest(&dots(), &sight, (x - 5.0, y + 5.0)), Some(1));
        assert_eq!(nearest(&dots(), &sight, (x, y - 60.0)), None);
        assert_eq!(nearest(&[], &sight, (x, y)), None);
    }

    #[test]
    fn titles_are_searched_word_by_word() {
        assert_eq!(found(&dots(), "red"), [1, 2]);
        assert_eq!(found(&dots(), "dawn RED"), [2]);
        assert!(found(&dots(), " ").is_empty());
    }

    #[test]
    fn every_genre_beyond_the_first_shares_a_mark() {
        let paths = paths(&dots(), &Sight::whole(&dots()));
        let counts: Vec<usize> = paths.iter().map(|path| path.matches('M').count()).collect();
        assert_eq!(counts, [1, 0, 0, 0, 0, 2]);
        let shapes: Vec<&str> = (0..=MARKS).map(shape).collect();
        let differ = |n: usize| shapes[n + 1..].iter().all(|shape| *shape != shapes[n]);
        assert!((0..MARKS).all(differ));
    }
}
