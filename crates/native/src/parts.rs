//! Which ratings train, choose and test.

use std::path::Path;

use ratings::{Split, Stranger, Table};

use crate::data::{Data, skipping};
use crate::settings::Settings;

/// A table cut as the settings say; beside it the ratings of a file of tests that no model knows.
pub(crate) struct Parts {
    pub(crate) split: Split,
    pub(crate) strangers: Vec<Stranger>,
}

impl Parts {
    /// Cuts the data, and reads the file of tests if there is one.
    ///
    /// # Errors
    /// Data that cannot be cut so; a file that cannot be read.
    pub(crate) fn of(settings: &Settings, data: &Data) -> anyhow::Result<Parts> {
        let split = settings.cut().of(&data.table)?;
        match &settings.test {
            None => Ok(Parts { split, strangers: Vec::new() }),
            Some(path) => Parts::given(split, &data.table, path, settings.skip_bad_lines),
        }
    }

    /// The same split, tested on this file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn given(
        split: Split,
        table: &Table,
        path: &Path,
        skip_bad_lines: bool,
    ) -> anyhow::Result<Parts> {
        let test = Data::read(path, None, &skipping(skip_bad_lines))?;
        test.warnings().iter().for_each(|warning| crate::streams::warn(warning));
        let (split, strangers) = split.tested_on(table, &test.table);
        Ok(Parts { split, strangers })
    }
}
