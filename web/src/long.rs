//! Which rows of a long list are in sight.

use std::ops::Range;

/// Rows that are kept beyond either edge, so that scrolling and the tab key find them there.
const MARGIN: usize = 8;

/// The rows to draw of so many, each `row` pixels high, when `height` pixels are seen from `top` on.
pub(crate) fn in_sight(rows: usize, row: f64, top: f64, height: f64) -> Range<usize> {
    let row = row.max(1.0);
    let first = (top.max(0.0) / row) as usize;
    let seen = (height.max(0.0) / row).ceil() as usize + 1;
    let start = first.min(rows.saturating_sub(seen)).saturating_sub(MARGIN);
    start..(first.saturating_add(seen + MARGIN)).min(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_is_drawn_and_little_else() {
        assert_eq!(in_sight(100_000, 36.0, 0.0, 320.0), 0..18);
        assert_eq!(in_sight(100_000, 36.0, 36_000.0, 320.0), 992..1_018);
        assert_eq!(in_sight(100_000, 36.0, 3_600_000.0 - 320.0, 320.0), 99_982..100_000);
    }

    #[test]
    fn short_lists_are_drawn_whole_and_odd_sizes_do_no_harm() {
        assert_eq!(in_sight(10, 36.0, 0.0, 320.0), 0..10);
        assert_eq!(in_sight(0, 36.0, 50.0, 320.0), 0..0);
        // The list has become shorter than where one has scrolled to.
        assert_eq!(in_sight(5, 36.0, 36_000.0, 320.0), 0..5);
        assert_eq!(in_sight(5, 0.0, -1.0, f64::NAN), 0..5);
    }
}
