//! The same curves in characters.

use crate::canvas::{Canvas, DOWN, depth_of, paint, row_of};
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
        curves.chain(rules).map(|(at, text, pen)| (depth_of(at, rows), (text, pen))).unzip();
    let last = rows as f64 - 1.0 / DOWN as f64;
    keep_apart(&mut places.iter_mut().collect::<Vec<_>>(), 1.0, 0.0, last);
    let ends = places.into_iter().zip(names);
    ends.map(|(row, (text, pen))| End { row: row.max(0.0) as usize, text, pen }).collect()
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
    fn names_stand_in_the_order_of_the_ends_even_when_these_are_close() {
        let mut chart = chart();
        chart.series[0].points = vec![(1.0, 9.0), (2.0, 2.0)];
        chart.series[1].points = vec![(1.0, 9.0), (2.0, 2.1)];
        let drawn = terminal(&chart, Terminal { columns: 60, rows: 14, colour: false });
        let at = |name| drawn.find(name).unwrap_or_else(|| panic!("no {name}:\n{drawn}"));
        assert!(at("test 2.1") < at("train 2.0") && at("train 2.0") < at("mean 1.5"), "{drawn}");
    }

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
