//! Writes what `bench/parity.py` needs to repeat a run in PyTorch, and Latent's own curve.
//!
//!     cargo run -p native --example parity_start -- RATINGS mf|deepmf EPOCHS FOLDER

use std::{env, fs, path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail};
use ratings::{Ratings, ReadOptions, Split};
use serde_json::json;
use trainer::{Config, Device, DeviceChoice, Order, Run, Trained, Weights};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [data, model, epochs, folder] = arguments.as_slice() else {
        bail!("usage: parity_start RATINGS mf|deepmf EPOCHS FOLDER");
    };
    let bytes = fs::read(data).with_context(|| data.clone())?;
    let table = ratings::read(data, &bytes, &ReadOptions::default())?.table;
    let split = Split::random(&table, 0.2, 42)?;
    let model = model.parse().map_err(anyhow::Error::msg)?;
    let config = Config { epochs: epochs.parse()?, ..Config::usual(model) };
    let weights = Weights::initial(&config, split.users, split.items);
    let folder = Path::new(folder);
    fs::create_dir_all(folder.join("weights"))?;
    write_data(folder, &split, &config)?;
    write_weights(folder, &split, &config, &weights)?;
    let curve = serde_json::to_string(&train(&split, &config)?.history)?;
    fs::write(folder.join("latent.json"), curve)?;
    Ok(())
}

fn write_data(folder: &Path, split: &Split, config: &Config) -> Result<()> {
    for (name, Ratings { users, items, values, .. }) in
        [("train", &split.train), ("test", &split.test)]
    {
        let write = |column: &str, bytes: Vec<u8>| {
            fs::write(folder.join(format!("{name}_{column}")), bytes)
        };
        write("users.u32", users.iter().flat_map(|user| user.0.to_le_bytes()).collect())?;
        write("items.u32", items.iter().flat_map(|item| item.0.to_le_bytes()).collect())?;
        write("ratings.f32", values.iter().flat_map(|rating| rating.to_le_bytes()).collect())?;
    }
    let n = u32::try_from(split.train.len())?;
    for epoch in 1..=u32::try_from(config.epochs)? {
        let order = Order::new(n, config.seed, epoch);
        let bytes: Vec<u8> = (0..n).flat_map(|position| order.at(position).to_le_bytes()).collect();
        fs::write(folder.join(format!("order_{epoch}.u32")), bytes)?;
    }
    Ok(())
}

fn write_weights(folder: &Path, split: &Split, config: &Config, weights: &Weights) -> Result<()> {
    let mut shapes = Vec::new();
    for parameter in &weights.parameters {
        let bytes: Vec<u8> =
            parameter.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        fs::write(folder.join("weights").join(format!("{}.f32", parameter.name)), bytes)?;
        shapes.push(json!([parameter.name, parameter.shape]));
    }
    let meta = json!({
        "model": config.model,
        "users": split.users,
        "items": split.items,
        "factors": config.factors,
        "hidden": config.hidden,
        "epochs": config.epochs,
        "batch_size": config.batch_size,
        "learning_rate": config.learning_rate,
        "weight_decay": config.weight_decay,
        "weights": shapes,
    });
    fs::write(folder.join("meta.json"), serde_json::to_string(&meta)?)?;
    Ok(())
}

fn train(split: &Split, config: &Config) -> Result<Trained> {
    pollster::block_on(async {
        let device = Device::open(DeviceChoice::Cpu).await?;
        let mut run = Run::start(&Arc::new(split.clone()), config, &device).await?;
        while run.advance().await?.is_some() {}
        Ok(run.finish().await?)
    })
}
