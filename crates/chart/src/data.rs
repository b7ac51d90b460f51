//! What is drawn: curves over two axes, and level lines to compare them with.

use crate::{Kind, Scale};

/// A picture of a few curves.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// One line above the picture; also what a screen reader says first.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The curves, in the order of their colours.
    pub series: Vec<Series>,
    /// Level lines, such as a baseline.
    pub rules: Vec<Rule>,
}

/// One axis: what it measures and how its numbers are spaced.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it measures, with the unit if there is one.
    pub label: String,
    /// How its numbers are spaced.
    pub kind: Kind,
}

/// A named curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Stands at the end of the curve.
    pub name: String,
    /// `(x, y)` from left to right. A point that is not finite, or cannot stand on a log axis, leaves a gap.
    pub points: Vec<(f64, f64)>,
}

/// A named level line across the whole picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Stands at the right end of the line.
    pub name: String,
    /// Its height on the vertical axis.
    pub y: f64,
}

impl Chart {
    /// The scales of both axes: they span every point and level line that can be drawn.
    pub fn scales(&self) -> (Scale, Scale) {
        let points = || {
            self.series.iter().flat_map(|series| &series.points).filter(|point| self.draws(**point))
        };
        let levels = self.rules.iter().map(|rule| rule.y).filter(|y| self.y.kind.holds(*y));
        let x = Scale::spanning(self.x.kind, points().map(|point| point.0));
        let y =
            Scale::spanning(self.y.kind, points().map(|point| point.1).chain(levels)).padded(0.04);
        (x, y)
    }

    /// The unbroken stretches of a curve: it is cut where a point cannot be drawn.
    pub(crate) fn stretches<'a>(
        &'a self,
        series: &'a Series,
    ) -> impl Iterator<Item = &'a [(f64, f64)]> {
        series.points.split(|point| !self.draws(*point)).filter(|stretch| !stretch.is_empty())
    }

    fn draws(&self, (x, y): (f64, f64)) -> bool {
        self.x.kind.holds(x) && self.y.kind.holds(y)
    }
}
