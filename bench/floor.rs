//! The work of an epoch and the least it can cost on this machine, as JSON.
//!
//!     cargo run -p native --example floor -- RATINGS mf|deepmf

use std::{env, fs, thread};

use anyhow::{Context as _, Result, bail};
use ratings::{ReadOptions, Split};
use serde_json::json;
use trainer::{
    Config, Device, DeviceChoice,
    floor::{self, Work},
};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [data, model] = arguments.as_slice() else {
        bail!("usage: floor RATINGS mf|deepmf");
    };
    let bytes = fs::read(data).with_context(|| data.clone())?;
    let table = ratings::read(data, &bytes, &ReadOptions::default())?.table;
    let split = Split::random(&table, 0.2, 42)?;
    let config = Config::usual(model.parse().map_err(anyhow::Error::msg)?);
    let device = pollster::block_on(Device::open(DeviceChoice::Gpu)).or_else(|_| {
        pollster::block_on(Device::open(DeviceChoice::Cpu)) // then there is no GPU to measure
    })?;
    let work = Work::of(&split, &config, &device);
    let gpu = pollster::block_on(async {
        let speed = floor::of_gpu(&device, &split, &config).await?;
        anyhow::Ok(json!({
            "name": device.name(),
            "seconds_of_a_dispatch": speed.dispatch,
            "bytes_a_second": speed.bytes,
            "planning": speed.planning,
            "floor": work.dispatches as f64 * speed.dispatch + work.moved as f64 / speed.bytes,
        }))
    });
    let threads = thread::available_parallelism()?.get();
    let cpu = floor::of_cpu(&split, &config, &work, threads);
    let found = json!({
        "steps": work.steps,
        "dispatches": work.dispatches,
        "bytes_sent": work.sent,
        "bytes_moved": work.moved,
        "numbers_moved": work.moves,
        "gpu": gpu.ok(),
        "cpu": {
            "threads": threads,
            "adam": cpu.adam,
            "order": cpu.order,
            "meetings": cpu.meetings,

        },
    });
    writeln(&found.to_string())
}

fn writeln(line: &str) -> Result<()> {
    use std::io::Write as _;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
