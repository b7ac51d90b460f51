//! A model in the formats of others.

use std::io::{Cursor, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use ratings::{DenseIndex, Ids};
use trainer::{ModelFile, Parameter};

use crate::args_use::{ExportFlags, ExportFormat};
use crate::atomic;
use crate::data::shown;
use crate::exit::Exit;
use crate::model::{Model, full_title};
use crate::npy;
use crate::streams;

/// Writes the files, and says which.
pub(crate) fn run(flags: &ExportFlags) -> anyhow::Result<Exit> {
    let model = Model::open(&flags.model)?;
    let file = model.file();
    let out = &flags.out;
    let files: Vec<(std::path::PathBuf, Vec<u8>)> = match flags.format {
        ExportFormat::Npz => vec![(out.clone(), npz(file)?)],
        ExportFormat::Burn => vec![(out.clone(), file.trained.to_record()?)],
        ExportFormat::Csv => vec![
            (out.join("users.csv"), csv(&file.users, file, "user")?),
            (out.join("items.csv"), csv(&file.items, file, "item")?),
        ],
        ExportFormat::Projector => vec![
            (out.join("vectors.tsv"), vectors(table(file, "item_factors")?)),
            (out.join("metadata.tsv"), metadata(file)),
        ],
    };
    for (path, bytes) in &files {
        write(path, bytes, flags.force)?;
        streams::say(&format!("Wrote {}.", shown(path)));
    }
    Ok(Exit::Done)
}

fn write(path: &Path, bytes: &[u8], force: bool) -> anyhow::Result<()> {
    let place = shown(path);
    if path.exists() && !force {
        bail!("{place} is there already; give another --out, or --force to replace it");
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", shown(folder)))?;
    }
    atomic::write(path, bytes).with_context(|| format!("cannot write {place}"))
}

fn table<'a>(file: &'a ModelFile, name: &str) -> anyhow::Result<&'a Parameter> {
    let found = file.trained.weights.get(name);
    found.with_context(|| {
        format!("a model of the kind {} has no factors", file.trained.config.model)
    })
}

/// numpy's archive: every parameter under its name, and the raw ids.
fn npz(file: &ModelFile) -> anyhow::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // Numbers like these do not get shorter.
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .large_file(true);
    let mut add = |name: &str, bytes: Vec<u8>| -> anyhow::Result<()> {
        archive.start_file(format!("{name}.npy"), options)?;
        Ok(archive.write_all(&bytes)?)
    };
    for Parameter { name, shape, values } in &file.trained.weights.parameters {
        add(name, npy::floats(shape, values))?;
    }
    add("user_ids", npy::texts(&file.users.iter().collect::<Vec<_>>()))?;
    add("item_ids", npy::texts(&file.items.iter().collect::<Vec<_>>()))?;
    Ok(archive.finish()?.into_inner())
}

/// The id, then the factors and the bias, as far as the model has them.
fn csv<I: DenseIndex>(ids: &Ids<I>, file: &ModelFile, side: &str) -> anyhow::Result<Vec<u8>> {
    let weights = &file.trained.weights;
    let factors = weights.get(&format!("{side}_factors"));
    let biases = weights.get(&format!("{side}_bias"));
    let width = factors.map_or(0, |table| table.shape[1]);
    let mut out = csv::Writer::from_writer(Vec::new());
    let head = (0..width).map(|factor| format!("factor{factor}"));
    let head = head.chain(biases.map(|_| "bias".to_owned()));
    out.write_record(std::iter::once("id".to_owned()).chain(head))?;
    for (row, id) in ids.iter().enumerate() {
        let factors = factors.map_or(&[][..], |table| &table.values[row * width..][..width]);
        let bias = biases.map(|biases| &biases.values[row]);
        let numbers = factors.iter().chain(bias).map(f32::to_string);
        out.write_record(std::iter::once(id.to_owned()).chain(numbers))?;
    }
    out.into_inner().context("a table in memory takes every row")
}

/// A row a line, tabs between, as the embedding projector of TensorBoard reads them.
fn vectors(table: &Parameter) -> Vec<u8> {
    let line = |row: &[f32]| row.iter().map(f32::to_string).collect::<Vec<_>>().join("\t") + "\n";
    table.values.chunks(table.shape[1]).map(line).collect::<String>().into_bytes()
}

/// Its labels: a header, then id, title and genres of each item.
fn metadata(file: &ModelFile) -> Vec<u8> {
    let clean = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    let line = |id: &str| {
        let title = file.titles.get(id);
        let genres = title.map_or(String::new(), |title| title.genres.join("|"));
        let title = title.map_or(String::new(), full_title);
        format!("{}\t{}\t{}\n", clean(id), clean(&title), clean(&genres))
    };
    let lines: String = file.items.iter().map(line).collect();
    format!("id\ttitle\tgenres\n{lines}").into_bytes()
}
