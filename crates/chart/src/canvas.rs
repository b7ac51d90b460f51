//! A sheet of dots: a braille character holds two by four of them.

/// Dots per character, across and down.
const ACROSS: usize = 2;
pub(crate) const DOWN: usize = 4;
/// The bit of each dot of a braille character, by row and column (Unicode chapter 21.1).
const DOTS: [[u32; ACROSS]; DOWN] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
/// Blue, yellow, magenta: what most terminals show well on both dark and light ground.
const COLOURS: [&str; 3] = ["\x1b[34m", "\x1b[33m", "\x1b[35m"];
const PLAIN: &str = "\x1b[0m";

/// Dots, and for each character who drew last on it.
pub(crate) struct Canvas {
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
    pub(crate) fn new(columns: usize, rows: usize) -> Canvas {
        Canvas { columns, rows, cells: vec![Cell::default(); columns * rows] }
    }

    /// A dashed line across the whole plot; curves are drawn over it.
    pub(crate) fn level(&mut self, position: f64) {
        if position.is_finite() {
            let start = row_of(position, self.rows) * self.columns;
            for cell in &mut self.cells[start..start + self.columns] {
                cell.level = true;
            }
        }
    }

    /// Joins points given as shares of the width and height.
    pub(crate) fn stretch(&mut self, pen: usize, points: impl Iterator<Item = (f64, f64)>) {
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

    pub(crate) fn line(&self, row: usize, colour: bool) -> String {
        let cells = &self.cells[row * self.columns..][..self.columns];
        let strokes = cells.chunk_by(|a, b| a.pen == b.pen);
        let paint = |stroke: &[Cell]| {
            let letters: String = stroke.iter().map(Cell::letter).collect();
            paint(&letters, stroke[0].pen, colour)
        };
        strokes.map(paint).collect()
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

/// The line, counted from the top, that a height of 0 (bottom) to 1 (top) falls on.
pub(crate) fn row_of(position: f64, rows: usize) -> usize {
    (depth_of(position, rows) as usize).min(rows - 1)
}

/// How far below the top a height is, in lines; a whole number of dots.
pub(crate) fn depth_of(position: f64, rows: usize) -> f64 {
    ((1.0 - position) * (rows * DOWN - 1) as f64).round().max(0.0) / DOWN as f64
}

/// Text in the colour of a pen.
pub(crate) fn paint(text: &str, pen: Option<usize>, colour: bool) -> String {
    match pen {
        Some(pen) if colour => format!("{}{text}{PLAIN}", COLOURS[pen % COLOURS.len()]),
        _ => text.to_owned(),
    }
}
