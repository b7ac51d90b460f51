//! Leaves out one item of each user, judges Latent's models by where it stands, and writes what
//! `bench/ranking_peer.py` needs to judge another program in the same way.
//!
//!     cargo run -p native --example ranking -- RATINGS last|random test|validation FOLDER MODEL...
//!
//! `last` leaves out the latest by time, `random` one drawn by the seed. With `validation` the same is
//! done once more within the training ratings, and the first to be left out take no part: settings
//! are chosen so.

#![allow(clippy::print_stdout, reason = "it prints what it measures")]

use std::{env, fs, path::Path, sync::Arc, time::Instant};

use anyhow::{Context as _, Result, bail};
use ratings::{Ratings, ReadOptions, Split, Table};
use serde_json::json;
use trainer::{
    Candidates, Config, Device, DeviceChoice, HeldOut, Histories, Hits, ModelFile, ModelKind,
    Predictor, Run, SampledHits, Trained,
};

/// Fixes the split, the candidates and the models' starts.
const SEED: u32 = 42;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [data, which, part, folder, models @ ..] = arguments.as_slice() else {
        bail!("usage: ranking RATINGS last|random test|validation FOLDER MODEL...");
    };
    let times = match which.as_str() {
        "last" => true,
        "random" => false,
        _ => bail!("{which:?} is neither last nor random"),
    };
    let bytes = fs::read(data).with_context(|| data.clone())?;
    let options = ReadOptions { times, ..ReadOptions::default() };
    let mut table = ratings::read(data, &bytes, &options)?.table;
    match part.as_str() {
        "test" => {}
        "validation" => table = train_of(&table)?,
        _ => bail!("{part:?} is neither test nor validation"),
    }
    let split = Split::leave_one_out(&table, SEED)?;
    write(Path::new(folder), &split)?;
    if let Some(hits) = SampledHits::of_popularity(&split, u64::from(SEED), 1) {
        println!("most rated: sampled HR@10 {:.4} NDCG@10 {:.4}", hits.hit_rate, hits.ndcg);
    }
    for model in models {
        let model: ModelKind = model.parse().map_err(anyhow::Error::msg)?;
        judge(&table, &split, &Config { seed: u64::from(SEED), ..Config::usual(model) })?;
    }
    Ok(())
}

/// A table without what its own leave-one-out would test on.
fn train_of(table: &Table) -> Result<Table> {
    let held: std::collections::BTreeSet<(u32, u32)> = {
        let test = Split::leave_one_out(table, SEED)?.test;
        test.users.iter().zip(&test.items).map(|(user, item)| (user.0, item.0)).collect()
    };
    let ratings = &table.ratings;
    let kept = |row: &usize| !held.contains(&(ratings.users[*row].0, ratings.items[*row].0));
    let rows: Vec<usize> = (0..ratings.len()).filter(kept).collect();
    let ratings = Ratings {
        users: rows.iter().map(|row| ratings.users[*row]).collect(),
        items: rows.iter().map(|row| ratings.items[*row]).collect(),
        values: rows.iter().map(|row| ratings.values[*row]).collect(),
    };
    let times = table.times.as_ref().map(|times| rows.iter().map(|row| times[*row]).collect());
    Ok(Table { ratings, times, ..table.clone() })
}

/// The training pairs and, for each user, the item that is left out and the sampled ones beside it.
fn write(folder: &Path, split: &Split) -> Result<()> {
    fs::create_dir_all(folder)?;
    let write = |name: &str, numbers: &mut dyn Iterator<Item = u32>| {
        let bytes: Vec<u8> = numbers.flat_map(u32::to_le_bytes).collect();
        fs::write(folder.join(name), bytes)
    };
    write("train_users.u32", &mut split.train.users.iter().map(|user| user.0))?;
    write("train_items.u32", &mut split.train.items.iter().map(|item| item.0))?;
    let lists = SampledHits::lists(split, u64::from(SEED));
    write("users.u32", &mut lists.iter().map(|list| list.user.0))?;
    write("items.u32", &mut lists.iter().map(|list| list.held_out[0].0))?;
    write("others.u32", &mut lists.iter().flat_map(|list| &list.others).map(|item| item.0))?;
    let meta = json!({
        "users": split.users,
        "items": split.items,
        "cases": lists.len(),
        "others": SampledHits::NEGATIVES,
        "places": SampledHits::PLACES,
    });
    fs::write(folder.join("meta.json"), serde_json::to_string(&meta)?)?;
    Ok(())
}

fn judge(table: &Table, split: &Split, config: &Config) -> Result<()> {
    let began = Instant::now();
    let trained = train(split, config)?;
    let seconds = began.elapsed().as_secs_f64();
    let (model, factors, epochs) = (config.model, config.factors, config.epochs);
    let file = ModelFile::new(trained, None, table, None, split, (0.0, SEED));
    let predictor = Predictor::new(file);
    let train = Histories::of(&split.train, split.users);
    let pairs = split.test.users.iter().zip(&split.test.items).zip(&split.test.values);
    let held_out: Vec<HeldOut> =
        pairs.map(|((user, item), value)| (Some(*user), Some(*item), *value)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let figures = |candidates: Candidates| {
        let n = SampledHits::PLACES;
        let hits = Hits::of(&predictor, &held_out, Some(&train), candidates, n, threads);
        format!("HR@10 {:.4} NDCG@10 {:.4}", hits.hit_rate, hits.ndcg)
    };
    println!(
        "{model} k={factors} epochs={epochs} {seconds:.2} s sampled {} full {}",
        figures(SampledHits::candidates(u64::from(SEED))),
        figures(Candidates::Full)
    );
    Ok(())
}

/// Without a test part: judging it after every epoch takes time.
fn train(split: &Split, config: &Config) -> Result<Trained> {
    let split = Split { test: Ratings::default(), ..split.clone() };
    pollster::block_on(async {
        let device = Device::open(DeviceChoice::Cpu).await?;
        let mut run = Run::start(&Arc::new(split), config, &device).await?;
        while run.advance().await?.is_some() {}
        Ok(run.finish().await?)
    })
}
