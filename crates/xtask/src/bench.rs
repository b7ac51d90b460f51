//! `cargo xtask bench`: figures, kept out of the tests because they depend on the machine.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use serde_json::Value;

use crate::shell;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Bytes of a ratings file parsed in a second, on one thread and on all
    Parse {
        /// The file; the built-in sample without it
        data: Option<PathBuf>,
    },
    /// Three epochs of both models in PyTorch and in Latent, from the same start
    Parity {
        /// The ratings file
        data: PathBuf,
        /// A Python that has torch and numpy
        #[arg(long, default_value = "python3")]
        python: String,
        /// Epochs to compare
        #[arg(long, default_value_t = 3)]
        epochs: usize,
    },
    /// The lab's whole curves on MovieLens-1M, against what PyTorch gave over several seeds
    Curves {
        /// MovieLens-1M's ratings.dat
        data: PathBuf,
        /// Where to train
        #[arg(long, default_value = "cpu")]
        device: String,
    },
}

/// Epoch and test RMSE, from the lowest to the highest of PyTorch's seeds and a little more.
type Bands = [(usize, Range<f64>); 5];

const MF: Bands =
    [(1, 4.40..4.51), (5, 2.3..4.0), (10, 1.01..1.14), (20, 0.89..0.93), (30, 0.87..0.905)];
const DEEP_MF: Bands =
    [(1, 1.01..1.09), (2, 0.96..1.00), (5, 0.905..0.94), (10, 0.90..0.92), (20, 0.895..0.918)];

/// Measures, and prints what came of it.
///
/// # Errors
/// A program that fails, or a figure outside what it must be.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Parse { data } => parse(data.as_deref()),
        Bench::Parity { data, python, epochs } => parity(data, python, *epochs),
        Bench::Curves { data, device } => curves(data, device),
    }
}

fn parse(data: Option<&Path>) -> Result<()> {
    let mut cargo = shell::cargo(["bench", "--package", "bench", "--profile", "dev"]);
    if let Some(data) = data {
        cargo.env("LATENT_ML1M", data.canonicalize().with_context(|| data.display().to_string())?);
    }
    shell::run(&mut cargo)
}

fn parity(data: &Path, python: &str, epochs: usize) -> Result<()> {
    let data = data.canonicalize().with_context(|| data.display().to_string())?;
    for model in ["mf", "deepmf"] {
        let folder = std::env::temp_dir().join(format!("latent-parity-{model}"));
        let start = ["run", "--quiet", "--package", "native", "--example", "parity_start", "--"];
        let mut start = shell::cargo(start);
        start.arg(&data).arg(model).arg(epochs.to_string()).arg(&folder);
        shell::run(&mut start)?;
        let script = shell::root().join("bench/parity.py");
        shell::run(Command::new(python).arg(script).arg(&folder))?;
    }
    Ok(())
}

fn curves(data: &Path, device: &str) -> Result<()> {
    let data = data.canonicalize().with_context(|| data.display().to_string())?;
    let mut outside = Vec::new();
    for (model, bands) in [("mf", MF), ("deepmf", DEEP_MF)] {
        let summary = train(&data, model, device)?;
        println!("{model} on {}: epoch, train RMSE, test RMSE, seconds", summary["adapter"]);
        for (epoch, band) in bands {
            let report = &summary["epochs"][epoch - 1];
            let number = |key: &str| report[key].as_f64().with_context(|| format!("no {key}"));
            let (train, test) = (number("train_rmse")?, number("test_rmse")?);
            println!("  {epoch:3}  {train:.4}  {test:.4}  {:.2}", number("seconds")?);
            if !band.contains(&test) {
                outside.push(format!("{model}, epoch {epoch}: {test:.4} is not in {band:?}"));
            }
        }
    }
    ensure!(outside.is_empty(), "outside what PyTorch's seeds gave: {}", outside.join("; "));
    Ok(())
}

/// The JSON that `native train` prints.
fn train(data: &Path, model: &str, device: &str) -> Result<Value> {
    let folder = std::env::temp_dir().join(format!("latent-curve-{model}"));
    let mut cargo = shell::cargo(["run", "--quiet", "--package", "native", "--", "train"]);
    cargo.arg(data).args(["--model", model, "--device", device, "--json", "--progress", "none"]);
    cargo.arg("--out").arg(folder).arg("--force");
    let output = cargo.output().context("cargo cannot be started")?;
    if !output.status.success() {
        bail!("native failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
