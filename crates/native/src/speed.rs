//! How fast each engine is on each device, in about a second each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ratings::Split;
use ratings::sample::{self, SampleConfig};
use serde::Serialize;
use trainer::{
    Config, Device, DeviceChoice, DeviceKind, EngineChoice, EngineKind, Event, ModelKind, Run,
};

/// Time for one engine on one device, the start left out.
const TIME: Duration = Duration::from_secs(1);

/// What one engine reached on one device.
#[derive(Serialize)]
pub(crate) struct Speed {
    device: DeviceKind,
    name: String,
    engine: EngineKind,
    /// MF, 10 factors, batches of 512.
    ratings_per_second: f64,
}

/// Trains MF with every engine on every device that opens.
pub(crate) async fn of_all() -> anyhow::Result<Vec<Speed>> {
    let sample =
        sample::generate(&SampleConfig { users: 943, items: 1_682, ratings: 100_000, seed: 1 });
    let split = Arc::new(Split::random(&sample.table, 0.0, 1)?);
    let mut speeds = Vec::new();
    for choice in [DeviceChoice::Gpu, DeviceChoice::Cpu] {
        let Ok(device) = Device::open(choice).await else { continue };
        for engine in [EngineChoice::Fused, EngineChoice::Autodiff] {
            speeds.push(of(&split, &device.clone().with_engine(engine)).await?);
        }
    }
    Ok(speeds)
}

async fn of(split: &Arc<Split>, device: &Device) -> anyhow::Result<Speed> {
    let config = Config { epochs: 10_000, ..Config::usual(ModelKind::Mf) };
    let mut run = Run::start(split, &config, device).await?;
    run.advance().await?; // kernels are compiled in the first slice
    let (mut ratings, mut last) = (0, done(run.advance().await?));
    let began = Instant::now();
    while began.elapsed() < TIME {
        let now = done(run.advance().await?);
        ratings += now.saturating_sub(last); // an epoch's end starts again from nothing
        last = now;
    }
    Ok(Speed {
        device: device.kind(),
        name: device.name().into(),
        engine: device.engine(&config)?,
        ratings_per_second: ratings as f64 / began.elapsed().as_secs_f64(),
    })
}

fn done(event: Option<Event>) -> usize {
    match event {
        Some(Event::Progress(progress)) => progress.done,
        _ => 0,
    }
}

impl Speed {
    /// A line of the table.
    pub(crate) fn line(&self) -> String {
        let Speed { name, engine, ratings_per_second, .. } = self;
        let millions = ratings_per_second / 1e6;
        format!("{millions:9.3} million ratings/s  {engine:<9} {name}\n")
    }
}
