//! A table of items with the numbers of a block of items side by side, so that one operation serves
//! all of them.

/// Items in a block.
pub(super) const BLOCK: usize = 64;

/// `[blocks, width, BLOCK]`, filled up with zeros.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    values: Vec<[f32; BLOCK]>,
    width: usize,
    items: usize,
}

impl Columns {
    /// From rows of `width` numbers.
    pub(super) fn new(
        width: usize,
        rows: impl ExactSizeIterator<Item = impl AsRef<[f32]>>,
    ) -> Self {
        let items = rows.len();
        let mut values = vec![[0.0; BLOCK]; items.div_ceil(BLOCK) * width];
        for (item, row) in rows.enumerate() {
            let block = &mut values[item / BLOCK * width..][..width];
            for (column, value) in block.iter_mut().zip(row.as_ref()) {
                column[item % BLOCK] = *value;
            }
        }
        Self { values, width, items }
    }

    pub(super) fn items(&self) -> usize {
        self.items
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// One number of every item of a block: `[width]` columns.
    #[inline(always)]
    pub(super) fn block(&self, block: usize) -> &[[f32; BLOCK]] {
        &self.values[block * self.width..][..self.width]
    }

    /// The numbers of one item.
    pub(super) fn row(&self, item: usize) -> impl Iterator<Item = f32> {
        self.block(item / BLOCK).iter().map(move |column| column[item % BLOCK])
    }
}
