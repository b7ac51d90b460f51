//! How near a model comes to the noise planted in made-up ratings, against how many ratings of the
//! same users and items there are: what is left is what the ratings do not tell.
//!
//!     cargo run -p native --example noise

#![allow(clippy::print_stdout, reason = "it prints what it measures")]

use std::sync::Arc;

use anyhow::{Context as _, Result};
use ratings::{
    Split,
    sample::{self, SampleConfig},
};
use trainer::{Config, Device, DeviceChoice, ModelKind, Posterior, Run};

/// Ratings in the test part, of a million and up to eight.
const RATINGS: [usize; 4] = [1_000_000, 2_000_000, 4_000_000, 8_000_000];
/// The planted dimensions, and more than they are.
const FACTORS: [usize; 2] = [4, 10];

fn main() -> Result<()> {
    let device = pollster::block_on(Device::open(DeviceChoice::Cpu))?;
    println!("ratings    per row  floor    model      K  test RMSE  above");
    for ratings in RATINGS {
        let sample = sample::generate(&SampleConfig { ratings, ..SampleConfig::default() });
        let rows = sample.table.users.len() + sample.table.items.len();
        let split = Arc::new(Split::random(&sample.table, 0.2, 42)?);
        for factors in FACTORS {
            let config = Config {
                factors,
                epochs: 60,
                posterior: Posterior { burn_in: 10, samples: 50 },
                ..Config::usual(ModelKind::BayesMf)
            };
            let mut run = pollster::block_on(Run::start(&split, &config, &device))?;
            while pollster::block_on(run.advance())?.is_some() {}
            let rmse = run.history().last().and_then(|epoch| epoch.test_rmse);
            let rmse = rmse.context("there is a test part")?;
            let (floor, per_row) = (sample.noise_floor, 2 * ratings / rows);
            println!(
                "{ratings:<10} {per_row:<8} {floor:.4}   bayes-mf  {factors:>2}  {rmse:.4}     {:.2} %",
                100.0 * (rmse / floor - 1.0)
            );
        }
    }
    Ok(())
}
