//! A number that tells whether two tables hold the same ratings.

use std::fmt;
use std::str::FromStr;

use crate::ids::{DenseIndex, Ids};
use crate::table::{Ratings, Table};

/// A hash of a table's ids and ratings, in order: the same on every platform and in every version.
/// It tells data sets apart; it does not resist anyone who wants two to look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

/// Words are taken in turn by lanes that do not wait for one another.
const LANES: usize = 4;
// Odd numbers with bits all over: the fractions of the square roots of 2, 3, 5 and 7.
const MULTIPLIERS: [u64; LANES] =
    [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];

impl Fingerprint {
    /// The fingerprint of a table's ids and ratings; how the file was written does not matter.
    pub fn of(table: &Table) -> Self {
        let Table { users, items, ratings, times: _, format: _, container: _, skipped: _ } = table;
        let Ratings { users: who, items: what, values } = ratings;
        let mut hash = Hash::default();
        hash.ids(users);
        hash.ids(items);
        hash.words(who.len(), who.iter().zip(what).map(|(user, item)| pair(user.0, item.0)));
        let words = values
            .chunks(2)
            .map(|two| pair(two[0].to_bits(), two.get(1).map_or(0, |value| value.to_bits())));
        hash.words(values.len(), words);
        Self(hash.finish())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

#[derive(Default)]
struct Hash {
    lanes: [u64; LANES],
}

impl Hash {
    fn ids<I: DenseIndex>(&mut self, ids: &Ids<I>) {
        self.words(ids.len(), ids.ends().iter().map(|&end| end as u64));
        let (words, rest) = ids.text().as_bytes().as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.words(ids.text().len(), words.iter().chain([&last]).map(|w| u64::from_le_bytes(*w)));
    }

    /// Takes `len`, which tells where one column ends and the next begins, and the words.
    fn words(&mut self, len: usize, words: impl Iterator<Item = u64>) {
        let mut words = [len as u64].into_iter().chain(words).fuse();
        while let Some(first) = words.next() {
            let others = [(); LANES - 1].map(|()| words.next().unwrap_or(0));
            let taken = [first, others[0], others[1], others[2]];
            for lane in 0..LANES {
                let mixed = (self.lanes[lane] ^ taken[lane]).wrapping_mul(MULTIPLIERS[lane]);
                self.lanes[lane] = mixed ^ mixed >> 29;
            }
        }
    }

    fn finish(&self) -> u64 {
        let mix = |hash: u64, lane: &u64| {
            let mixed = (hash.rotate_left(23) ^ lane).wrapping_mul(MULTIPLIERS[0]);
            mixed ^ mixed >> 32
        };
        self.lanes.iter().chain(&self.lanes).fold(0, mix)
    }
}

fn pair(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;
    use crate::{ReadOptions, Table, read};

    fn table(text: &str) -> Table {
        read("a.dat", text.as_bytes(), &ReadOptions::default()).expect("ratings").table
    }

    /// It may change only with a new format of the files that hold it.
    #[test]
    fn the_number_is_fixed() {
        let fingerprint = Fingerprint::of(&table("ann::up::5::0\nbob::up::2::0\n"));
        assert_eq!(fingerprint.to_string(), "881711fe4caa1f35");
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
    }

    #[test]
    fn every_part_and_the_order_matter_and_the_format_does_not() {
        let texts = [
            "a::x::5::0\nb::y::2::0\n",
            "b::y::2::0\na::x::5::0\n",
            "a::x::5::0\nb::y::3::0\n",
            "a::x::5::0\nb::x::2::0\n",
            "a::x::5::0\na::y::2::0\n",
            "a::x::5::0\nc::y::2::0\n",
            "a::x::5::0\nb::z::2::0\n",
            "a::x::5::0\nb::y::2::0\nb::x::2::0\n",
            "ab::x::5::0\nc::y::2::0\n",
            "a::x::5::0\nbc::y::2::0\n",
        ];
        let prints: Vec<_> = texts.iter().map(|text| Fingerprint::of(&table(text))).collect();
        for (n, print) in prints.iter().enumerate() {
            assert!(!prints[..n].contains(print), "{} is like another", texts[n]);
        }
        let csv = table("user,item,rating\na,x,5\nb,y,2\n");
        assert_eq!(Fingerprint::of(&csv), prints[0]);
    }
}
