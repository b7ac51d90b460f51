//! The ids of one run of lines, numbered in order of first appearance there.

use hashbrown::HashTable;

use crate::hash;
use crate::ids::{DenseIndex, Ids};

use super::fields::decode;

/// Small decimals find their row in a plain array, of at most 4 MiB, not in a hash table.
const MOST_DIRECT: usize = 1 << 20;

/// So many of them in any case, in 16 KiB.
const FEWEST_DIRECT: usize = 1 << 12;

/// In between, a plain array takes an eighth of the bytes of its run of lines: 32 bytes an entry.
const BYTES_PER_DIRECT: usize = 32;

/// Raw ids to row numbers, both local to a run of lines.
#[derive(Default)]
pub(super) struct LocalIds {
    most_direct: usize,
    direct: Vec<u32>, // row + 1 of each decimal below its length; 0 where there is none
    rows: HashTable<u32>,
    names: Names,
}

/// The ids of one run of lines, in order of first appearance.
#[derive(Default)]
pub(super) struct Names {
    text: Vec<u8>,
    ends: Vec<usize>, // [rows]: where each id ends in `text`
}

impl LocalIds {
    /// No ids yet, of a run of lines of so many bytes.
    pub(super) fn of_run(bytes: usize) -> Self {
        let most_direct = (bytes / BYTES_PER_DIRECT).clamp(FEWEST_DIRECT, MOST_DIRECT);
        Self { most_direct, ..Self::default() }
    }

    /// The ids alone: what finds their rows takes more memory, and is not needed behind the run.
    pub(super) fn into_names(mut self) -> Names {
        self.names.text.shrink_to_fit();
        self.names.ends.shrink_to_fit();
        self.names
    }

    /// The row of the id that is written as `number` in plain decimals and is `name` in the file.
    #[inline(always)]
    pub(super) fn of_number(&mut self, number: u32, name: &[u8]) -> u32 {
        match self.direct.get(number as usize) {
            Some(&row) if row != 0 => row - 1,
            _ => self.of_new_number(number, name),
        }
    }

    /// The row of any id.
    pub(super) fn of_name(&mut self, name: &[u8]) -> u32 {
        match plain_decimal(name) {
            Some(number) => self.of_number(number, name),
            None => self.of_text(name),
        }
    }

    #[cold]
    fn of_new_number(&mut self, number: u32, name: &[u8]) -> u32 {
        let at = number as usize;
        if at >= self.most_direct {
            return self.of_text(name);
        }
        if at >= self.direct.len() {
            let len = (at + 1).next_power_of_two().max(1024).min(self.most_direct);
            self.direct.reserve_exact(len - self.direct.len());
            self.direct.resize(len, 0);
        }
        let row = self.names.add(name);
        self.direct[at] = row + 1;
        row
    }

    fn of_text(&mut self, name: &[u8]) -> u32 {
        let hash = hash::bytes(name);
        if let Some(&row) = self.rows.find(hash, |&row| self.names.name_of(row) == name) {
            return row;
        }
        let row = self.names.add(name);
        self.rows.insert_unique(hash, row, |&row| hash::bytes(self.names.name_of(row)));
        row
    }
}

impl Names {
    fn add(&mut self, name: &[u8]) -> u32 {
        let row = self.ends.len() as u32; // fewer ids than lines, of which there are at most u32::MAX
        self.text.extend_from_slice(name);
        self.ends.push(self.text.len());
        row
    }

    /// The rows of these ids in `all`, to which the new ones are added.
    pub(super) fn merge_into<I: DenseIndex>(self, all: &mut Ids<I>) -> Vec<I> {
        let rows = 0..self.ends.len() as u32;
        rows.map(|row| all.intern(&decode(self.name_of(row)))).collect()
    }

    fn name_of(&self, row: u32) -> &[u8] {
        let row = row as usize;
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start..self.ends[row]]
    }
}

/// The value of digits that write a number in its only plain way: `7`, but not `007` or `+7`.
fn plain_decimal(name: &[u8]) -> Option<u32> {
    if name.len() > 8 || name.is_empty() || (name[0] == b'0' && name.len() > 1) {
        return None;
    }
    name.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ItemIndex;

    #[test]
    fn ids_beyond_the_plain_array_are_found_all_the_same() {
        let numbers = [7, 4_095, 4_096, 1_048_575, 1_048_576, 99_999_999];
        for bytes in [0, 1 << 20, 1 << 30] {
            let mut ids = LocalIds::of_run(bytes);
            for _ in 0..2 {
                let rows =
                    numbers.map(|number| ids.of_number(number, number.to_string().as_bytes()));
                assert_eq!(rows, [0, 1, 2, 3, 4, 5]);
            }
            let mut all = Ids::<ItemIndex>::default();
            ids.into_names().merge_into(&mut all);
            assert!(all.iter().eq(numbers.map(|number| number.to_string())));
        }
    }

    #[test]
    fn the_plain_array_takes_at_most_an_eighth_of_its_run_and_4_mib() {
        for (bytes, most) in [(0, 16 << 10), (8 << 20, 1 << 20), (1 << 30, 4 << 20)] {
            let mut ids = LocalIds::of_run(bytes);
            for number in (0..2_000_000).step_by(501) {
                ids.of_number(number, number.to_string().as_bytes());
            }
            assert_eq!(ids.direct.capacity() * size_of::<u32>(), most);
        }
    }
}
