//! The same curves in characters: a braille character holds two by four dots.

use crate::layout::{keep_apart, label_with};
use crate::{Chart, Kind, Scale};

/// How the plot may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Width of the terminal in characters; the plot uses at most 100 and at least 40 of them.
    pub columns: usize,
    /// Height of the curves in lines.
    pub rows: usize,
    /// Whether ANSI colours may be used.
    pub colour: bool,
}

/// Dots per character, across and down.
const ACROSS: usize = 2;
const DOWN: usize = 4;
/// The bit of each dot of a braille character, by row and column (Unicode chapter 21.1).
const DOTS: [[u32; ACROSS]; DOWN] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
/// Blue, yellow, magenta: what most terminals show well on both dark and light ground.
const COLOURS: [&str; 3] = ["\x1b[34m", "\x1b[33m", "\x1b[35m"];
const PLAIN: &str = "\x1b[0m";

/// Draws the chart as lines of text, each ended by a newline.
pub fn terminal(chart: &Chart, style: Terminal) -> String {
    let (x, y) = chart.scales();
    let rows = style.rows.max(4);
    let y_ticks = y.ticks(rows / 2);
    let left = y_ticks.iter().map(|tick| tick.label.chars().count()).max().unwrap_or(0);
    let ends = end_labels(chart, y, rows);
    let right = ends.iter().map(|end| end.text.chars().count()).max().unwrap_or(0);
    // The frame takes two columns beside the numbers, and a space stands before the names.
    let columns = style.columns.clamp(40, 100).saturating_sub(left + right + 4).max(10);

    let mut canvas = Canvas::new(columns, rows);
    for rule in &chart.rules {
        canvas.level(y.position(rule.y));
    }
    for (pen, series) in chart.series.iter().enumerate() {
        for stretch in chart.stretches(series) {
            canvas.stretch(pen, stretch.iter().map(|(a, b)| (x.position(*a), y.position(*b))));
        }
    }

    let note = if chart.y.kind == Kind::Log { ", log scale" } else { "" };
    let mut text = format!("{}{note}\n", chart.title);
    for row in 0..rows {
        let tick = y_ticks.iter().find(|tick| row_of(y.position(tick.value), rows) == row);
        let (label, edge) = tick.map_or(("", '│'), |tick| (tick.label.as_str(), '┤'));
        let mut line = format!("{label:>left$} {edge}{}", canvas.line(row, style.colour));
        if let Some(end) = ends.iter().find(|end| end.row == row) {
            line.push(' ');
            line.push_str(&paint(&end.text, end.pen, style.colour));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&foot(chart, x, left, columns));
    text
}

/// A curve's name at its end.
struct End {
    row: usize,
    text: String,
    pen: Option<usize>,
}

fn end_labels(chart: &Chart, y: Scale, rows: usize) -> Vec<End> {
    let curves = chart.series.iter().enumerate().filter_map(|(pen, series)| {
        let (_, value) = *chart.stretches(series).last()?.last()?;
        Some((y.position(value), label_with(&series.name, value), Some(pen)))
    });
    let rules = chart.rules.iter().filter(|rule| chart.y.kind.holds(rule.y));
    let rules = rules.map(|rule| (y.position(rule.y), label_with(&rule.name, rule.y), None));
    let (mut places, names): (Vec<f64>, Vec<_>) =
        curves.chain(rules).map(|(at, text, pen)| (row_of(at, rows) as f64, (text, pen))).unzip();
    keep_apart(&mut places.iter_mut().collect::<Vec<_>>(), 1.0, 0.0, (rows - 1) as f64);
    let ends = places.into_iter().zip(names);
    ends.map(|(row, (text, pen))| End { row: row.max(0.0) as usize, text, pen }).collect()
}

/// The line, counted from the top, that a height of 0 (bottom) to 1 (top) falls on.
fn row_of(position: f64, rows: usize) -> usize {
    let dot = ((1.0 - position) * (rows * DOWN - 1) as f64).round().max(0.0) as usize;
    (dot / DOWN).min(rows - 1)
}

/// The horizontal axis, its numbers and what it measures.
fn foot(chart: &Chart, x: Scale, left: usize, columns: usize) -> String {
    let mut edge = vec!['─'; columns];
    let mut numbers = vec![' '; columns + 8];
    let mut free = 0;
    for tick in x.ticks(columns / 8) {
        let at = (x.position(tick.value) * (columns - 1) as f64).round() as usize;
        let start = at.saturating_sub(tick.label.len() / 2);
        if start < free || start + tick.label.len() > numbers.len() {
            continue;
        }
        edge[at.min(columns - 1)] = '┬';
        for (place, letter) in numbers[start..].iter_mut().zip(tick.label.chars()) {
            *place = letter;
        }
        free = start + tick.label.len() + 1;
    }
    let edge: String = edge.into_iter().collect();
    let numbers: String = numbers.into_iter().collect();
    let numbers = format!("{:left$}  {}", "", numbers.trim_end());
    format!("{:left$} └{edge}\n{numbers}  {}\n", "", chart.x.label)
}

fn paint(text: &str, pen: Option<usize>, colour: bool) -> String {
    match pen {
        Some(pen) if colour => format!("{}{text}{PLAIN}", COLOURS[pen % COLOURS.len()]),
        _ => text.to_owned(),
    }
}

/// Dots, and for each character who drew last on it.
struct Canvas {
    columns: usize,
    rows: usize,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    dots: u32,
    pen: Option<usize>,
    level: bool,
}

impl Canvas {
    fn new(columns: usize, rows: usize) -> Canvas {
        Canvas { columns, rows, cells: vec![Cell::default(); columns * rows] }
    }

    /// A dashed line across the whole plot; curves are drawn over it.
    fn level(&mut self, position: f64) {
        if position.is_finite() {
            let start = row_of(position, self.rows) * self.columns;
            for cell in &mut self.cells[start..start + self.columns] {
                cell.level = true;
            }
        }
    }

    /// Joins points given as shares of the width and height.
    fn stretch(&mut self, pen: usize, points: impl Iterator<Item = (f64, f64)>) {
        let (wide, high) = (self.columns * ACROSS - 1, self.rows * DOWN - 1);
        let mut last = None;
        for (x, y) in points {
            let to = (x * wide as f64, (1.0 - y) * high as f64);
            let from = last.replace(to).unwrap_or(to);
            let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0) as usize;
            for step in 0..=steps {
                let share = step as f64 / steps as f64;
                let x = (from.0 + (to.0 - from.0) * share).round();
                let y = (from.1 + (to.1 - from.1) * share).round();
                self.dot(pen, (x.max(0.0) as usize).min(wide), (y.max(0.0) as usize).min(high));
            }
        }
    }

    fn dot(&mut self, pen: usize, x: usize, y: usize) {
        let cell = &mut self.cells[y / DOWN * self.columns + x / ACROSS];
        cell.dots |= DOTS[y % DOWN][x % ACROSS];
        cell.pen = Some(pen);
    }

    fn line(&self, row: usize, colour: bool) -> String {
        let cells = &self.cells[row * self.columns..][..self.columns];
        cells.iter().map(|cell| paint(&cell.letter().to_string(), cell.pen, colour)).collect()
    }
}

impl Cell {
    fn letter(&self) -> char {
        match self.dots {
            0 if self.level => '╌',
            0 => ' ',
            dots => char::from_u32(0x2800 + dots).unwrap_or('*'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Terminal, terminal};
    use crate::{Axis, Chart, Kind, Rule, Series};

    fn chart() -> Chart {
        Chart {
            title: "RMSE by epoch".into(),
            x: Axis { label: "epoch".into(), kind: Kind::Whole },
            y: Axis { label: "RMSE".into(), kind: Kind::Linear },
            series: vec![
                Series { name: "train".into(), points: vec![(1.0, 2.0), (2.0, 1.2), (3.0, 0.8)] },
                Series { name: "test".into(), points: vec![(1.0, 2.0), (2.0, 1.3), (3.0, 1.0)] },
            ],
            rules: vec![Rule { name: "mean".into(), y: 1.5 }],
        }
    }

    #[test]
    fn the_plot_reads_as_expected() {
        let drawn = terminal(&chart(), Terminal { columns: 50, rows: 8, colour: false });
        assert_eq!(drawn, EXPECTED, "\n{drawn}");
    }

    const EXPECTED: &str = "\
RMSE by epoch
2.0 ┤⠢⢄⡀
    │  ⠉⠓⢦⣀
    │     ⠈⠛⠶⡤⣀
1.5 ┤╌╌╌╌╌╌╌╌⠈⠑⠫⣢⢄⡀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ mean 1.5000
    │            ⠑⠪⢕⠢⢄⣀⡀
    │               ⠙⠒⠤⠬⣉⡉⠒⠒⠤⠤⣀⣀⡀
1.0 ┤                    ⠈⠉⠒⠢⠤⢄⣀⠈⠉⠑⠒ test 1.0000
    │                           ⠉⠑⠒⠤ train 0.8000
    └┬──────────────┬──────────────┬
     1              2              3  epoch
";

    #[test]
    fn colour_only_adds_escapes() {
        let style = Terminal { columns: 60, rows: 8, colour: false };
        let mut coloured = terminal(&chart(), Terminal { colour: true, ..style });
        assert!(coloured.contains("\x1b[34m") && coloured.contains("\x1b[33m"), "{coloured}");
        for code in ["\x1b[34m", "\x1b[33m", "\x1b[0m"] {
            coloured = coloured.replace(code, "");
        }
        assert_eq!(coloured, terminal(&chart(), style));
    }

    #[test]
    fn any_size_and_any_points_are_drawn() {
        let odd = [(1.0, f64::NAN), (2.0, 1.0), (3.0, f64::INFINITY), (1e300, -1e300)];
        for points in [&odd[..], &odd[..1], &[]] {
            let mut chart = chart();
            chart.series[1].points = points.to_vec();
            for (columns, rows) in [(0, 0), (1, 1), (40, 4), (1000, 50)] {
                let drawn = terminal(&chart, Terminal { columns, rows, colour: false });
                let widest = drawn.lines().map(|line| line.chars().count()).max();
                assert!(widest <= Some(100 + 8), "{widest:?} columns of {columns}:\n{drawn}");
                assert_eq!(drawn.lines().count(), rows.max(4) + 3, "{drawn}");
            }
        }
    }
}
