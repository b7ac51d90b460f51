//! What several tests need.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use ratings::{Loaded, ReadError, ReadOptions, Table};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(crate) fn read(bytes: &[u8]) -> Result<Loaded, ReadError> {
    ratings::read("ratings.dat", bytes, &ReadOptions::default())
}

pub(crate) fn table(text: &str) -> Table {
    read(text.as_bytes()).expect("the text is good").table
}

pub(crate) fn skipping(text: &str) -> Table {
    let options = ReadOptions { skip_bad_lines: true, ..Default::default() };
    let loaded = ratings::read("ratings.dat", text.as_bytes(), &options);
    loaded.expect("one line is good").table
}

/// The message for a file that cannot be read.
pub(crate) fn error(bytes: &[u8]) -> String {
    read(bytes).expect_err("the file is bad").to_string()
}

/// User, item, rating, by their raw ids.
pub(crate) fn rows(table: &Table) -> Vec<(&str, &str, f32)> {
    let ratings = &table.ratings;
    (0..ratings.len())
        .map(|row| {
            let user = table.users.name_of(ratings.users[row]);
            (user, table.items.name_of(ratings.items[row]), ratings.values[row])
        })
        .collect()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, bytes) in members {
        writer.start_file(*path, SimpleFileOptions::default()).expect("memory takes it");
        writer.write_all(bytes).expect("memory takes it");
    }
    writer.finish().expect("memory takes it").into_inner()
}
