//! A trained model as one file, in the form of safetensors: Python reads it, and so do the page and
//! the desktop program.
//!
//! | tensor | type and shape | what it holds |
//! | --- | --- | --- |
//! | a parameter's name, such as `user_factors` | F32, its shape | its values |
//! | `last.NAME` | F32, the same | the numbers to train on from, if the model is that of an earlier epoch |
//! | `first.NAME`, `second.NAME` | F32, the same | Adam's moments, if training can go on |
//! | `bold` | F64 `[2]` | what a bold driver has made of the learning rate, and the last epoch's sum of squared errors, if training can go on |
//! | `users.ids`, `items.ids` | U8 | raw ids end to end, UTF-8 |
//! | `users.ends`, `items.ends` | U64 `[rows]` | where each of them ends |
//! | `users.counts`, `items.counts` | U32 `[rows]` | training ratings of each |
//! | `users.means`, `items.means` | F32 `[rows]` | their means |
//! | `users.deviations`, `items.deviations` | F32 `[rows]` | their standard deviations (NaN for fewer than two ratings); older files have none |
//! | `titles.names`, `titles.genres` | U8 | title, genres with `\|` between, of every item |
//! | `titles.ends`, `titles.genre_ends` | U64 `[items]` | where each of them ends |
//! | `titles.years` | U16 `[items]` | year of release, 0 for none |
//! | `numbers` | F64 `[7]` | learning rate, weight decay, test share, mean training rating; of the epoch under way the sum of losses, the seconds and the sum of absolute errors (NaN for none; files of format 1 end before it) |
//!
//! The header's metadata has one entry, `latent`: a JSON object with the format's version, the
//! configuration, the split, the scale of the ratings, the fingerprint of the data and the history: a
//! list of what every epoch gave ([`EpochReport`](crate::EpochReport)), without the figures that it
//! has not. What is also in `numbers` is taken from there, since readers of JSON may round the last
//! bit; a history's figures have few enough digits. In files of format 1 it stood in tensors
//! (`crates/trainer/src/model_file/history.rs`).

mod blocks; // tensors to bytes and back
mod header; // the JSON object
mod history; // of every epoch
mod ids; // texts as tensors
mod write;
mod read;
mod warm; // the start of another model
mod import; // PyTorch's modules

pub use import::{StateDict, safetensors_dict};

use ratings::{
    Cut, Fingerprint, Ids, ItemIndex, Split, SplitError, SplitKind, Table, Titles, UserIndex,
};

use crate::{Averages, ConfigError, OptimizerState, Trained};

/// A model and everything that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    /// The model, its configuration and its history.
    pub trained: Trained,
    /// What it takes to train on, if that was kept.
    pub optimizer: Option<OptimizerState>,
    /// What it was trained on.
    pub source: Source,
    /// The raw ids of the users, in the order of the model's rows.
    pub users: Ids<UserIndex>,
    /// The raw ids of the items, in the order of the model's rows.
    pub items: Ids<ItemIndex>,
    /// The titles of those items that have one.
    pub titles: Titles,
    /// How often and how highly each of them was rated.
    pub averages: Averages,
}

/// The ratings a model was trained on, and how they were cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The table.
    pub fingerprint: Fingerprint,
    /// Part of the ratings kept for testing.
    pub test_share: f64,
    /// Fixes which ratings those are.
    pub split_seed: u32,
    /// How they were taken.
    pub split: SplitKind,
    /// Part of the training ratings by which the epoch was chosen.
    pub validation_share: f64,
    /// The lowest and the highest rating.
    pub range: (f32, f32),
}

impl Source {
    /// How the table was cut.
    pub fn cut(&self) -> Cut {
        Cut {
            kind: self.split,
            test_share: self.test_share,
            validation_share: self.validation_share,
            seed: self.split_seed,
        }
    }
}

impl ModelFile {
    /// A model with what its table, its titles and its split say.
    pub fn new(
        trained: Trained,
        optimizer: Option<OptimizerState>,
        table: &Table,
        titles: Option<&Titles>,
        split: &Split,
        cut: impl Into<Cut>,
    ) -> Self {
        let cut = cut.into();
        let title = |id: &str| Some((id.to_owned(), titles?.get(id)?.clone()));
        Self {
            trained,
            optimizer,
            source: Source {
                fingerprint: Fingerprint::of(table),
                test_share: cut.test_share,
                split_seed: cut.seed,
                split: cut.kind,
                validation_share: cut.validation_share,
                range: table.ratings.range().unwrap_or_default(),
            },
            users: table.users.clone(),
            items: table.items.clone(),
            titles: table.items.iter().filter_map(title).collect(),
            averages: Averages::of(&split.train, split.users, split.items),
        }
    }
}

/// Bytes that are no model file, or one that cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelFileError {
    /// The bytes are not in the form that they should have.
    #[error("this is not a model file, or only a part of one: {0}")]
    Unreadable(String),
    /// A file of somebody else.
    #[error("this is a file of safetensors, but none of Latent's: its metadata has no `latent`")]
    Foreign,
    /// A file of a later version of this program.
    #[error("the model file has format {found}, and this program reads up to {known}; update it")]
    Newer {
        /// The file's.
        found: u32,
        /// This program's.
        known: u32,
    },
    /// The JSON object is not what it should be.
    #[error("the model file's metadata is damaged: {0}")]
    Header(String),
    /// The configuration is out of range.
    #[error("the model file's metadata is damaged: {0}")]
    Config(#[from] ConfigError),
    /// The ratings cannot have been cut so.
    #[error("the model file's metadata is damaged: {0}")]
    Cut(#[from] SplitError),
    /// A tensor is absent.
    #[error("the file is damaged: it has no tensor {name:?}")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor is not what it should be.
    #[error("the file cannot be used: its tensor {name:?} {problem}")]
    Wrong {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A state dict without a table of factors.
    #[error(
        "this is no state dict of the lab's modules: it has no tensor {wanted}; it has {there}"
    )]
    NoTable {
        /// The names that the table may have.
        wanted: String,
        /// The names that there are.
        there: String,
    },
    /// A checkpoint of several modules, by what stands before their names.
    #[error("the file holds several modules: {0}; save the state dict of one of them")]
    SeveralModules(String),
}
