//! The sample as files, in the form of MovieLens-1M.

use std::io::{self, Write};

use crate::ids::UserIndex;

use super::Sample;

/// The first second of the sample: 1 March 2000.
const FIRST_SECOND: u64 = 951_868_800;

/// Users come within three years of it.
const SECONDS_TO_ARRIVE: u64 = 3 * 365 * 24 * 60 * 60;

impl Sample {
    /// The lines of `ratings.dat`: `user::item::rating::timestamp`, user by user.
    pub fn ratings_dat(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.table.ratings.len() * 26);
        self.write_ratings_dat(&mut bytes).expect("memory takes all that is written");
        bytes
    }

    /// Writes `ratings.dat` piece by piece, for samples that should not be in memory twice.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_ratings_dat(&self, out: &mut impl Write) -> io::Result<()> {
        let table = &self.table;
        let ratings = &table.ratings;
        let mut last = None;
        let mut second = 0;
        for ((&user, &item), value) in ratings.users.iter().zip(&ratings.items).zip(&ratings.values)
        {
            second = if last == Some(user) { second + pause(user, item.0) } else { arrival(user) };
            last = Some(user);
            let (user, item) = (table.users.name_of(user), table.items.name_of(item));
            writeln!(out, "{user}::{item}::{value}::{second}")?;
        }
        Ok(())
    }

    /// The lines of `movies.dat`: `item::title (year)::genre|genre`, in Latin-1.
    pub fn movies_dat(&self) -> Vec<u8> {
        let mut text = String::new();
        for (id, title) in self.titles.iter() {
            let year = title.year.map_or(String::new(), |year| format!(" ({year})"));
            text += &format!("{id}::{}{year}::{}\n", title.title, title.genres.join("|"));
        }
        text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
    }
}

/// When a user gives the first rating, in Unix seconds.
fn arrival(user: UserIndex) -> u64 {
    FIRST_SECOND + scrambled(u64::from(user.0)) % SECONDS_TO_ARRIVE
}

/// The seconds a user takes for an item.
fn pause(user: UserIndex, item: u32) -> u64 {
    5 + scrambled(u64::from(user.0) << 32 | u64::from(item)) % 90
}

/// The finaliser of SplitMix64: a number that looks like chance, and depends on `x` alone.
fn scrambled(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
