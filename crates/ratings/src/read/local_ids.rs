//! The ids of one run of lines, numbered in order of first appearance there.

use hashbrown::HashTable;

use crate::hash;
use crate::ids::{DenseIndex, Ids};

use super::fields::decode;

/// Decimals below this find their row in a plain array (at most 4 MiB of it), not in a hash table.
const DIRECT: u32 = 1 << 20;

/// Raw ids to row numbers, both local to a run of lines.
#[derive(Default)]
pub(super) struct LocalIds {
    direct: Vec<u32>, // row + 1 of each small decimal; 0 where there is none
    text: Vec<u8>,
    ends: Vec<usize>, // [rows]: where each id ends in `text`
    rows: HashTable<u32>,
}

impl LocalIds {
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
        if number >= DIRECT {
            return self.of_text(name);
        }
        let at = number as usize;
        if at >= self.direct.len() {
            self.direct.resize((at + 1).next_power_of_two().max(1024), 0);
        }
        let row = self.add(name);
        self.direct[at] = row + 1;
        row
    }

    fn of_text(&mut self, name: &[u8]) -> u32 {
        let hash = hash::bytes(name);
        let (text, ends) = (&self.text, &self.ends);
        if let Some(&row) = self.rows.find(hash, |&row| span(text, ends, row) == name) {
            return row;
        }
        let row = self.add(name);
        let (text, ends) = (&self.text, &self.ends);
        self.rows.insert_unique(hash, row, |&row| hash::bytes(span(text, ends, row)));
        row
    }

    fn add(&mut self, name: &[u8]) -> u32 {
        let row = self.ends.len() as u32; // fewer ids than lines, of which there are at most u32::MAX
        self.text.extend_from_slice(name);
        self.ends.push(self.text.len());
        row
    }

    /// The rows of these ids in `all`, to which the new ones are added.
    pub(super) fn merge_into<I: DenseIndex>(&self, all: &mut Ids<I>) -> Vec<I> {
        let rows = 0..self.ends.len() as u32;
        rows.map(|row| all.intern(&decode(span(&self.text, &self.ends, row)))).collect()
    }
}

fn span<'a>(text: &'a [u8], ends: &[usize], row: u32) -> &'a [u8] {
    let row = row as usize;
    let start = if row == 0 { 0 } else { ends[row - 1] };
    &text[start..ends[row]]
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
