//! Where everything goes on a page: points become pixels, curves become SVG paths.

use std::fmt::Write as _;

use crate::scale::number;
use crate::{Chart, Scale};

/// The whole picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// A box in pixels; y grows downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

/// A labelled place on an axis, in pixels along that axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Pixels from the left (horizontal axis) or from the top (vertical axis).
    pub at: f64,
    /// The number as it is written.
    pub label: String,
}

/// A curve or a level line, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The name and the last value.
    pub label: String,
    /// The `d` attribute of an SVG path.
    pub path: String,
    /// Every point of the curve in pixels, for dots and tooltips.
    pub points: Vec<(f64, f64)>,
    /// Where the label stands, from the top: at the curve's end, moved so that labels do not overlap.
    pub label_at: f64,
}

/// Every part of a chart with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The whole picture.
    pub size: Size,
    /// The box that holds the curves.
    pub plot: Rect,
    /// Places on the horizontal axis.
    pub x_marks: Vec<Mark>,
    /// Places on the vertical axis.
    pub y_marks: Vec<Mark>,
    /// The curves, in the chart's order.
    pub curves: Vec<Curve>,
    /// The level lines, in the chart's order.
    pub rules: Vec<Curve>,
    /// From left to right across the plot.
    pub x: Scale,
    /// From bottom to top of the plot.
    pub y: Scale,
}

/// Room around the curves: the title above, numbers left and below, names on the right.
const MARGIN: Rect = Rect { left: 60.0, top: 40.0, right: 170.0, bottom: 48.0 };
/// Room for a number below the plot.
const LEAST_MARK_WIDTH: f64 = 44.0;
/// Least distance between two labels' baselines.
const LABEL_GAP: f64 = 16.0;

impl Default for Size {
    fn default() -> Size {
        Size { width: 760.0, height: 400.0 }
    }
}

impl Layout {
    /// Places a chart's parts on a page of this size; at least 320 by 160 pixels are used.
    pub fn of(chart: &Chart, size: Size) -> Layout {
        let size = Size { width: size.width.max(320.0), height: size.height.max(160.0) };
        Self::within(chart, size, MARGIN)
    }

    /// Places a chart's parts with this much room left at the four sides, for a page that writes
    /// title and names elsewhere. The plot is at least one pixel wide and high.
    pub fn within(chart: &Chart, size: Size, margin: Rect) -> Layout {
        Self::after(None, chart, size, margin)
    }

    /// The same for a chart that was drawn before: curves that stay as they were are not laid out
    /// again, as long as the scales and the plot stay too.
    pub fn after(
        last: Option<(&Chart, &Layout)>,
        chart: &Chart,
        size: Size,
        margin: Rect,
    ) -> Layout {
        let plot = Rect {
            left: margin.left,
            top: margin.top,
            right: (size.width - margin.right).max(margin.left + 1.0),
            bottom: (size.height - margin.bottom).max(margin.top + 1.0),
        };
        let (x, y) = chart.scales();
        let place = Place { plot, x, y };
        let last = last.filter(|(_, then)| (then.plot, then.x, then.y) == (plot, x, y));
        let curve = |(index, series)| match last {
            Some((drawn, then)) if drawn.series.get(index) == Some(series) => {
                place.again(&then.curves[index])
            }
            _ => place.curve(chart, series),
        };
        let mut curves: Vec<Curve> = chart.series.iter().enumerate().map(curve).collect();
        let mut rules: Vec<Curve> = chart
            .rules
            .iter()
            .filter(|rule| chart.y.kind.holds(rule.y))
            .map(|rule| place.rule(rule))
            .collect();
        let mut labels: Vec<&mut f64> =
            curves.iter_mut().chain(&mut rules).map(|curve| &mut curve.label_at).collect();
        keep_apart(&mut labels, LABEL_GAP, plot.top, plot.bottom);
        let across = ((plot.right - plot.left) / LEAST_MARK_WIDTH).clamp(2.0, 8.0) as usize;
        let x_marks = x
            .ticks(across)
            .into_iter()
            .map(|tick| Mark { at: place.x(tick.value), label: tick.label });
        let y_marks =
            y.ticks(8).into_iter().map(|tick| Mark { at: place.y(tick.value), label: tick.label });
        let (x_marks, y_marks) = (x_marks.collect(), y_marks.collect());
        Layout { size, plot, x_marks, y_marks, curves, rules, x, y }
    }

    /// Pixels from the left at which a number stands.
    pub fn left_of(&self, x: f64) -> f64 {
        self.plot.left + self.x.position(x) * (self.plot.right - self.plot.left)
    }

    /// Pixels from the top at which a number stands.
    pub fn top_of(&self, y: f64) -> f64 {
        self.plot.bottom - self.y.position(y) * (self.plot.bottom - self.plot.top)
    }

    /// The number at so many pixels from the left.
    pub fn x_at(&self, left: f64) -> f64 {
        self.x.number_at((left - self.plot.left) / (self.plot.right - self.plot.left))
    }
}

/// From numbers to pixels.
struct Place {
    plot: Rect,
    x: Scale,
    y: Scale,
}

impl Place {
    fn x(&self, value: f64) -> f64 {
        self.plot.left + self.x.position(value) * (self.plot.right - self.plot.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.plot.bottom - self.y.position(value) * (self.plot.bottom - self.plot.top)
    }

    fn curve(&self, chart: &Chart, series: &crate::Series) -> Curve {
        let mut path = String::new();
        let mut points = Vec::new();
        let mut label = series.name.clone();
        for stretch in chart.stretches(series) {
            for (i, &(x, y)) in stretch.iter().enumerate() {
                let (left, top) = (self.x(x), self.y(y));
                write_step(&mut path, if i == 0 { 'M' } else { 'L' }, left, top);
                points.push((left, top));
                label = label_with(&series.name, y);
            }
        }
        let label_at = self.end(&points);
        Curve { label, path, points, label_at }
    }

    /// A curve as it was before its label was moved.
    fn again(&self, curve: &Curve) -> Curve {
        Curve { label_at: self.end(&curve.points), ..curve.clone() }
    }

    /// Where a curve ends, from the top.
    fn end(&self, points: &[(f64, f64)]) -> f64 {
        points.last().map_or(self.plot.bottom, |point| point.1)
    }

    fn rule(&self, rule: &crate::Rule) -> Curve {
        let at = self.y(rule.y);
        let mut path = String::new();
        write_step(&mut path, 'M', self.plot.left, at);
        write_step(&mut path, 'L', self.plot.right, at);
        Curve { label: label_with(&rule.name, rule.y), path, points: vec![], label_at: at }
    }
}

/// A curve's name with its last value, four decimals as an RMSE is usually given.
pub(crate) fn label_with(name: &str, value: f64) -> String {
    format!("{name} {}", number(value, 4))
}

/// Moves sorted-by-place labels down, then up again from the bottom, until none is closer than `gap` to the next.
pub(crate) fn keep_apart(places: &mut [&mut f64], gap: f64, top: f64, bottom: f64) {
    places.sort_by(|a, b| a.total_cmp(b));
    let mut least = top;
    for place in places.iter_mut() {
        **place = place.max(least);
        least = **place + gap;
    }
    let mut most = bottom;
    for place in places.iter_mut().rev() {
        **place = place.min(most);
        most = **place - gap;
    }
}

/// One step of a path; a tenth of a pixel is finer than the eye.
fn write_step(path: &mut String, step: char, x: f64, y: f64) {
    let space = if path.is_empty() { "" } else { " " };
    // Writing to a string cannot fail.
    let _ = write!(path, "{space}{step}{x:.1} {y:.1}");
}

#[cfg(test)]
mod tests {
    use super::{Layout, Rect, Size, keep_apart};
    use crate::{Axis, Chart, Kind, Rule, Series};

    fn chart(points: &[(f64, f64)]) -> Chart {
        Chart {
            title: "t".into(),
            x: Axis { label: "epoch".into(), kind: Kind::Whole },
            y: Axis { label: "RMSE".into(), kind: Kind::Log },
            series: vec![Series { name: "test".into(), points: points.to_vec() }],
            rules: vec![Rule { name: "mean".into(), y: 1.0 }],
        }
    }

    #[test]
    fn the_first_point_is_at_the_left_and_the_last_at_the_right() {
        let layout = Layout::of(&chart(&[(1.0, 4.0), (2.0, 2.0), (3.0, 1.0)]), Size::default());
        let points = &layout.curves[0].points;
        assert_eq!(points[0].0, layout.plot.left);
        assert_eq!(points[2].0, layout.plot.right);
        let middle = (points[0].1 + points[2].1) / 2.0;
        assert!((points[1].1 - middle).abs() < 1e-9, "2 is half way from 4 to 1 on a log axis");
        assert_eq!(layout.curves[0].path, "M60.0 51.6 L325.0 196.0 L590.0 340.4");
        assert_eq!(layout.curves[0].label, "test 1.0000");
    }

    #[test]
    fn pixels_and_numbers_map_back() {
        let margin = Rect { left: 40.0, top: 8.0, right: 8.0, bottom: 24.0 };
        let chart = chart(&[(1.0, 4.0), (2.0, 2.0), (11.0, 1.0)]);
        let layout = Layout::within(&chart, Size { width: 300.0, height: 200.0 }, margin);
        assert_eq!(layout.plot.left, 40.0);
        assert!((layout.x_at(layout.left_of(7.0)) - 7.0).abs() < 1e-9);
        let points = &layout.curves[0].points;
        assert!((layout.top_of(2.0) - points[1].1).abs() < 1e-9);
        let tiny = Layout::within(&chart, Size { width: 1.0, height: 1.0 }, margin);
        assert!(tiny.plot.right > tiny.plot.left && tiny.plot.bottom > tiny.plot.top);
    }

    #[test]
    fn a_chart_that_was_drawn_before_looks_as_if_it_were_new() {
        let (size, margin) = (Size::default(), super::MARGIN);
        let mut then = chart(&[(1.0, 4.0), (2.0, 2.0), (9.0, 1.0)]);
        then.series.push(Series { name: "now".into(), points: vec![(1.0, 3.0), (2.0, 1.01)] });
        let mut layout = Layout::within(&then, size, margin);
        layout.curves[0].path = "kept".into();
        let mut now = then.clone();
        now.series[1].points.push((3.0, 2.0));
        let new = Layout::within(&now, size, margin);
        let mut after = Layout::after(Some((&then, &layout)), &now, size, margin);
        assert_eq!(after.curves[0].path, "kept");
        after.curves[0].path.clone_from(&new.curves[0].path);
        assert_eq!(after, new);

        now.series[1].points.push((10.0, 2.0)); // another scale
        let new = Layout::within(&now, size, margin);
        assert_eq!(Layout::after(Some((&then, &layout)), &now, size, margin), new);
    }

    #[test]
    fn a_point_that_cannot_be_drawn_leaves_a_gap() {
        let layout = Layout::of(
            &chart(&[(1.0, 4.0), (2.0, f64::NAN), (3.0, 0.0), (4.0, 2.0), (5.0, 1.0)]),
            Size::default(),
        );
        assert_eq!(layout.curves[0].points.len(), 3);
        assert_eq!(layout.curves[0].path.matches('M').count(), 2);
    }

    #[test]
    fn an_empty_chart_has_axes_and_no_curve() {
        let layout = Layout::of(&chart(&[]), Size { width: 0.0, height: 0.0 });
        assert_eq!(layout.curves[0].path, "");
        assert!(!layout.y_marks.is_empty());
        assert_eq!(layout.size, Size { width: 320.0, height: 160.0 });
    }

    #[test]
    fn labels_do_not_overlap_nor_leave_the_plot() {
        let mut places = [99.0, 98.0, 97.0, 10.0];
        keep_apart(&mut places.iter_mut().collect::<Vec<_>>(), 10.0, 0.0, 100.0);
        assert_eq!(places, [99.0 + 1.0, 90.0, 80.0, 10.0]);
    }
}
