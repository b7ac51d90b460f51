//! From the bytes of a ratings file to a seeded train/test split.
//!
//! The path, and the order of the modules:
//!
//! 1. [`read()`] takes the bytes as they are (plain, gzipped or zipped; `user::item::rating`, CSV or
//!    blank-separated), finds out which, and gives a [`Table`] or an error with file, line and column.
//! 2. The table keeps the raw ids as the file writes them, and a dense index for each ([`Ids`]).
//! 3. [`Titles`] know what the items are called, [`Statistics`] what the table looks like.
//! 4. [`Split::random`] cuts the ratings into train and test, index for index as scikit-learn does;
//!    [`Cut`] knows other ways: by time, one rating of each user.
//!
//! [`sample::generate`] makes a data set for those who have none. The crate neither opens files nor
//! prints; the caller brings the bytes.
//!
//! ```
//! use ratings::{ReadOptions, Split};
//!
//! let bytes = b"ann::up::5::0\nann::brazil::4::0\nbob::up::2::0\nbob::alien::3::0\n";
//! let loaded = ratings::read("ratings.dat", bytes, &ReadOptions::default())?;
//! let table = loaded.table;
//! let alien = table.items.index_of("alien").ok_or("no such item")?;
//! assert_eq!(alien.index(), 2); // the third item to appear
//!
//! let split = Split::random(&table, 0.2, 42)?;
//! assert_eq!((split.train.len(), split.test.len()), (3, 1));
//! assert_eq!((split.users, split.items), (2, 3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod read;
mod table;
mod ids;
mod titles;
mod statistics;
mod split;
mod fingerprint;
pub mod sample;
mod hash;
mod parallel;

pub use fingerprint::Fingerprint;
pub use ids::{DenseIndex, Ids, ItemIndex, UserIndex};
pub use read::{
    BadLine, Container, Field, Format, LineProblem, Loaded, Position, Problem, ReadError,
    ReadOptions, Skipped, read, refuse_binary,
};
pub use split::{Cut, Folds, Split, SplitError, SplitKind, Stranger};
pub use statistics::{Bar, Spread, Statistics};
pub use table::{Ratings, Table};
pub use titles::{Title, Titles};
