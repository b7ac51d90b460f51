//! The rating matrix from afar, small enough to draw.

use protocol::MatrixPicture;
use ratings::Table;

/// Most blocks along a side.
const SIDE: usize = 96;

/// Counts the known cells of each block of users and items, the busiest first.
pub(crate) fn picture(table: &Table) -> MatrixPicture {
    let users = Blocks::of(table.ratings.users.iter().map(|user| user.index()), table.users.len());
    let items = Blocks::of(table.ratings.items.iter().map(|item| item.index()), table.items.len());
    let mut counts = vec![0_u64; users.count * items.count];
    for (user, item) in table.ratings.users.iter().zip(&table.ratings.items) {
        let (row, column) = (users.of[user.index()], items.of[item.index()]);
        counts[usize::from(row) * items.count + usize::from(column)] += 1;
    }
    let cells = users.sizes().into_iter().flat_map(|rows| {
        items.sizes().into_iter().map(move |columns| rows * columns).collect::<Vec<_>>()
    });
    let known = counts.iter().zip(cells).map(|(&count, cells)| share(count, cells)).collect();
    MatrixPicture { rows: users.count, columns: items.count, known }
}

/// `count` of `cells`, as 0 to 255; never 0 where something is known. A pair that is rated twice
/// counts twice.
fn share(count: u64, cells: u64) -> u8 {
    u8::try_from((count * 255).div_ceil(cells.max(1))).unwrap_or(u8::MAX)
}

/// Rows (or columns) of the matrix in blocks, the busiest rows in the first.
struct Blocks {
    of: Vec<u8>, // [rows]: the block of each row
    count: usize,
}

impl Blocks {
    fn of(rated: impl Iterator<Item = usize>, rows: usize) -> Self {
        let mut counts = vec![0_u32; rows];
        for row in rated {
            counts[row] += 1;
        }
        let mut by_count: Vec<usize> = (0..rows).collect();
        by_count.sort_by_key(|&row| std::cmp::Reverse(counts[row])); // stable
        let count = rows.min(SIDE);
        let mut of = vec![0; rows];
        for (rank, row) in by_count.into_iter().enumerate() {
            of[row] = u8::try_from(rank * count / rows).unwrap_or(u8::MAX);
        }
        Self { of, count }
    }

    /// Rows in each block.
    fn sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.count];
        for &block in &self.of {
            sizes[usize::from(block)] += 1;
        }
        sizes
    }
}

#[cfg(test)]
mod tests {
    use ratings::{
        ReadOptions,
        sample::{SampleConfig, generate},
    };

    use super::*;

    #[test]
    fn a_small_matrix_is_shown_cell_by_cell() {
        // c has rated twice, a and b once each; y was rated three times, x once.
        let text = b"a::x::1\nb::y::2\nc::y::3\nc::x::4\nb::y::5\n";
        let loaded = ratings::read("r", text, &ReadOptions::default()).expect("good lines");
        let picture = picture(&loaded.table);
        assert_eq!((picture.rows, picture.columns), (3, 2));
        // Rows b, c, a (2, 2 and 1 ratings, in order of appearance); columns y, x (3 and 2).
        assert_eq!(picture.known, [255, 0, 255, 255, 0, 255]);
    }

    #[test]
    fn blocks_hold_every_rating_and_the_busiest_come_first() {
        let config = SampleConfig { users: 300, items: 200, ratings: 6_000, seed: 1 };
        let table = generate(&config).table;
        let picture = picture(&table);
        assert_eq!((picture.rows, picture.columns), (SIDE, SIDE));
        assert_eq!(picture.known.len(), SIDE * SIDE);
        let of_column = |column: usize| -> u32 {
            picture.known[column..].iter().step_by(SIDE).map(|&known| u32::from(known)).sum()
        };
        let (first, last) = (of_column(0), of_column(SIDE - 1));
        assert!(first > 2 * last, "{first} of the best known items, {last} of the least known");
        let mean = picture.known.iter().map(|&known| f64::from(known)).sum::<f64>()
            / (SIDE * SIDE * 255) as f64;
        let density = 6_000.0 / (300.0 * 200.0);
        assert!((mean - density).abs() < 0.02, "{mean} of the picture, {density} of the matrix");
    }
}
