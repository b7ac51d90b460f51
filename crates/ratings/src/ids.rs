//! Raw ids, as the file writes them, to dense indices and back.
//!
//! A raw id is any text: `196`, `007` and `b08x` are three ids, and `7` is a fourth. A dense index
//! counts from 0 in order of first appearance and addresses a row of a table of factors.

use std::marker::PhantomData;

use bytemuck::{Pod, Zeroable};
use hashbrown::HashTable;

/// The dense index of a user: a row of the user table.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
pub struct UserIndex(pub u32);

/// The dense index of an item: a row of the item table.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
pub struct ItemIndex(pub u32);

/// What users and items share: a dense index is a `u32` that never mixes with the other kind.
pub trait DenseIndex: Copy + Default + Pod + Send {
    /// The row, for slices.
    fn index(self) -> usize;
    /// The index of row `row`.
    fn from_row(row: u32) -> Self;
}

impl UserIndex {
    /// The row, for slices.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ItemIndex {
    /// The row, for slices.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl DenseIndex for UserIndex {
    fn index(self) -> usize {
        self.0 as usize
    }
    fn from_row(row: u32) -> Self {
        Self(row)
    }
}

impl DenseIndex for ItemIndex {
    fn index(self) -> usize {
        self.0 as usize
    }
    fn from_row(row: u32) -> Self {
        Self(row)
    }
}

/// The raw ids of all users (or items), each with its dense index.
///
/// All ids lie end to end in one string; the table of indices owns no text of its own.
#[derive(Clone, Default)]
pub struct Ids<I> {
    text: String,
    ends: Vec<usize>, // [ids]: where each id ends in `text`
    rows: HashTable<u32>,
    kind: PhantomData<I>,
}

impl<I: DenseIndex> Ids<I> {
    /// How many distinct ids there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no id at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The raw id behind an index of this table.
    ///
    /// # Panics
    /// If the index comes from another, larger table.
    pub fn name_of(&self, index: I) -> &str {
        span(&self.text, &self.ends, index.index())
    }

    /// The dense index of a raw id, if the file has it.
    pub fn index_of(&self, name: &str) -> Option<I> {
        let found =
            self.rows.find(hash(name), |&row| span(&self.text, &self.ends, row as usize) == name);
        found.map(|&row| I::from_row(row))
    }

    /// The raw ids in the order of their indices.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|row| span(&self.text, &self.ends, row))
    }

    /// All ids end to end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where each id ends in [`text`](Self::text), in bytes: `[ids]`.
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// The index of `name`, which is added if it is new.
    ///
    /// # Panics
    /// On the 4,294,967,296th distinct id: dense indices are 32 bits wide and must not wrap.
    pub(crate) fn intern(&mut self, name: &str) -> I {
        let hash_of_name = hash(name);
        let (text, ends) = (&self.text, &self.ends);
        let found = self.rows.find(hash_of_name, |&row| span(text, ends, row as usize) == name);
        if let Some(&row) = found {
            return I::from_row(row);
        }
        let row = u32::try_from(self.ends.len()).expect("a table has at most u32::MAX rows");
        self.text.push_str(name);
        self.ends.push(self.text.len());
        let (text, ends) = (&self.text, &self.ends);
        self.rows.insert_unique(hash_of_name, row, |&row| hash(span(text, ends, row as usize)));
        I::from_row(row)
    }
}

impl<I: DenseIndex, S: AsRef<str>> FromIterator<S> for Ids<I> {
    /// Indices in order of first appearance; a repeated id keeps its first.
    fn from_iter<T: IntoIterator<Item = S>>(names: T) -> Self {
        let mut ids = Self::default();
        for name in names {
            ids.intern(name.as_ref());
        }
        ids
    }
}

impl<I: DenseIndex> PartialEq for Ids<I> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl<I: DenseIndex> std::fmt::Debug for Ids<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn span<'a>(text: &'a str, ends: &[usize], row: usize) -> &'a str {
    let start = if row == 0 { 0 } else { ends[row - 1] };
    &text[start..ends[row]]
}

fn hash(name: &str) -> u64 {
    crate::hash::bytes(name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_from_zero_in_order_of_first_appearance() {
        let ids: Ids<UserIndex> = ["7", "007", "é", "7"].into_iter().collect();
        assert_eq!(ids.iter().collect::<Vec<_>>(), ["7", "007", "é"]);
        assert_eq!(ids.index_of("007"), Some(UserIndex(1)));
        assert_eq!(ids.index_of("é"), Some(UserIndex(2)));
        assert_eq!(ids.index_of("8"), None);
        assert_eq!(ids.name_of(UserIndex(0)), "7");
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn an_empty_table_of_ids_knows_nobody() {
        let ids = Ids::<ItemIndex>::default();
        assert!(ids.is_empty());
        assert_eq!(ids.index_of(""), None);
    }

    #[test]
    fn a_thousand_ids_survive_the_growth_of_the_table() {
        let ids: Ids<ItemIndex> = (0..1000).map(|id| format!("item {id}")).collect();
        for row in 0..1000 {
            let name = format!("item {row}");
            assert_eq!(ids.index_of(&name), Some(ItemIndex(row)));
            assert_eq!(ids.name_of(ItemIndex(row)), name);
        }
    }
}
