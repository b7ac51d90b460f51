//! `cargo xtask bench`: figures, kept out of the tests because they depend on the machine.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use serde_json::Value;

use crate::{peers, scale, shell};

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
    /// Seconds an epoch, Latent and other programs in turn on one file
    Peers(peers::Peers),
    /// Where models that rank and others put items that were left out, and where implicit puts them
    Ranking {
        /// The ratings file
        data: PathBuf,
        /// Which item of each user is left out: the last by time, or a random one
        #[arg(long, default_value = "random", value_parser = ["last", "random"])]
        leave: String,
        /// Judge on items left out of the training ratings, as settings are chosen
        #[arg(long)]
        validation: bool,
        /// A Python that has implicit, numpy and scipy; without it Latent alone
        #[arg(long)]
        python: Option<String>,
        /// Latent's models
        #[arg(long, value_delimiter = ',', default_value = "ials,svdpp,biased-mf,mf")]
        models: Vec<String>,
    },
    /// How near a model comes to the noise planted in made-up ratings, the more of them there are
    Noise,
    /// Seconds an epoch against the number of ratings, on made-up data
    Scale(scale::ScaleArgs),
    /// Reading and training in Chromium and on the desktop, one thread each
    Browser {
        /// The ratings file
        data: PathBuf,
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

/// The lab's curves: where PyTorch's seeds lay, and what the slides print.
const LAB: &str = include_str!("../../../tests/data/lab.json");

/// Measures, and prints what came of it.
///
/// # Errors
/// A program that fails, or a figure outside what it must be.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Parse { data } => parse(data.as_deref()),
        Bench::Parity { data, python, epochs } => parity(data, python, *epochs),
        Bench::Peers(timed) => peers::run(timed),
        Bench::Ranking { data, leave, validation, python, models } => {
            ranking(data, leave, *validation, python.as_deref(), models)
        }
        Bench::Noise => {
            let start = ["run", "--quiet", "--package", "native", "--example", "noise"];
            shell::run(&mut shell::cargo(start))
        }
        Bench::Scale(args) => scale::run(args),
        Bench::Browser { data } => browser(data),
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

fn browser(data: &Path) -> Result<()> {
    let data = data.canonicalize().with_context(|| data.display().to_string())?;
    let start = ["run", "--quiet", "--package", "native", "--example", "browser", "--"];
    let mut cargo = shell::cargo(start);
    shell::run(cargo.arg(data).env("RAYON_NUM_THREADS", "1")) // reading here on one thread too
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

fn ranking(
    data: &Path,
    leave: &str,
    validation: bool,
    python: Option<&str>,
    models: &[String],
) -> Result<()> {
    let data = data.canonicalize().with_context(|| data.display().to_string())?;
    let folder = std::env::temp_dir().join("latent-ranking");
    let part = if validation { "validation" } else { "test" };
    let start = ["run", "--quiet", "--package", "native", "--example", "ranking", "--"];
    let mut cargo = shell::cargo(start);
    shell::run(cargo.arg(&data).args([leave, part]).arg(&folder).args(models))?;
    match python {
        None => Ok(()),
        Some(python) => {
            let script = shell::root().join("bench/ranking_peer.py");
            shell::run(Command::new(python).arg(script).arg(&folder))
        }
    }
}

fn curves(data: &Path, device: &str) -> Result<()> {
    let data = data.canonicalize().with_context(|| data.display().to_string())?;
    let lab: Value = serde_json::from_str(LAB)?;
    let mut outside = Vec::new();
    for model in ["mf", "deepmf"] {
        let summary = train(&data, model, device)?;
        println!("{model} on {device}, {} engine: epoch, train RMSE, test RMSE", summary["engine"]);
        let bands: Vec<(usize, f64, f64)> = serde_json::from_value(lab[model]["bands"].clone())?;
        for (epoch, low, high) in bands {
            let (train, test) = rmse(&summary, epoch)?;
            println!("  {epoch:3}  {train:.4}  {test:.4}  PyTorch {low} to {high}");
            if !(low..high).contains(&test) {
                outside
                    .push(format!("{model}, epoch {epoch}: {test:.4} is not in {low} to {high}"));
            }
        }
        let slides: Vec<(usize, f64)> = serde_json::from_value(lab[model]["slides"].clone())?;
        for (epoch, printed) in slides {
            println!("  {epoch:3}  on the lab's slides: {printed}");
        }
        let epochs = summary["epochs"].as_array().context("no epochs")?;
        let mut seconds: Vec<f64> =
            epochs.iter().filter_map(|epoch| epoch["seconds"].as_f64()).collect();
        seconds.sort_by(f64::total_cmp);
        println!("  median of {:.3} s an epoch", seconds[seconds.len() / 2]);
    }
    ensure!(outside.is_empty(), "outside what PyTorch's seeds gave: {}", outside.join("; "));
    Ok(())
}

fn rmse(summary: &Value, epoch: usize) -> Result<(f64, f64)> {
    let report = &summary["epochs"][epoch - 1];
    let number = |key: &str| report[key].as_f64().with_context(|| format!("no {key} in {report}"));
    Ok((number("train_rmse")?, number("test_rmse")?))
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
