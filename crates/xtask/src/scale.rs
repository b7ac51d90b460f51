//! `cargo xtask bench scale`: seconds for an epoch against the number of ratings.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use chart::{Axis, Chart, Kind, Series, Size};
use serde_json::Value;

use crate::{peers::median, shell};

/// Epochs of a run; the first is left out, since it carries the cost of the start.
const EPOCHS: usize = 3;

/// What is trained, and where the picture goes.
#[derive(clap::Args)]
pub(crate) struct ScaleArgs {
    /// Millions of made-up ratings, the first being what the others are compared with
    #[arg(long, value_delimiter = ',', default_value = "1,5,10,15,20,25")]
    millions: Vec<f64>,
    /// Numbers per user and per item
    #[arg(long, default_value_t = 32)]
    factors: usize,
    /// Where to train
    #[arg(long, default_value = "cpu")]
    device: String,
    /// The plot
    #[arg(long, default_value = "scale.svg")]
    out: PathBuf,
}

/// Prints a table and writes the plot.
///
/// # Errors
/// A program that fails, or a file that cannot be written.
pub(crate) fn run(args: &ScaleArgs) -> Result<()> {
    ensure!(args.millions.iter().all(|millions| *millions > 0.0), "ratings must be more than none");
    let folder = std::env::temp_dir().join(format!("latent-scale-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let points = measure(args, &folder);
    fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let chart = plot(args, points?);
    fs::write(&args.out, chart::svg(&chart, Size::default()))
        .with_context(|| args.out.display().to_string())?;
    println!("The plot is in {}", args.out.display());
    Ok(())
}

/// `[sizes]` of millions of ratings trained on, and seconds for them.
fn measure(args: &ScaleArgs, folder: &Path) -> Result<Vec<(f64, f64)>> {
    println!(
        "sparse-adam, K = {}, on {}: training ratings, epoch, speed",
        args.factors, args.device
    );
    let mut points: Vec<(f64, f64)> = Vec::new();
    for millions in &args.millions {
        let (ratings, seconds) = epoch(args, *millions, folder)?;
        points.push((ratings, seconds));
        let speed = ratings / seconds;
        let of_first = speed / (points[0].0 / points[0].1);
        println!(
            "  {ratings:6.2} million  {seconds:7.3} s  {speed:6.2} million a second  {of_first:5.2} \
             of the first"
        );
    }
    Ok(points)
}

/// Millions of ratings in an epoch, and the median of its seconds.
fn epoch(args: &ScaleArgs, millions: f64, folder: &Path) -> Result<(f64, f64)> {
    let data = folder.join("data");
    let mut sample = native("sample");
    sample.args(["--ratings", &format!("{:.0}", millions * 1e6), "--force", "--out"]).arg(&data);
    output(&mut sample)?;
    let mut train = native("train");
    train.arg(data.join("ratings.dat"));
    train.args(["--optimizer", "sparse-adam", "--json", "--progress", "none", "--force"]);
    train.args(["--factors", &args.factors.to_string(), "--device", &args.device]);
    train.args(["--epochs", &EPOCHS.to_string(), "--out"]).arg(folder.join("run"));
    let summary: Value = serde_json::from_slice(&output(&mut train)?)?;
    let epochs = summary["epochs"].as_array().context("no epochs")?;
    let seconds: Vec<f64> =
        epochs.iter().filter_map(|epoch| epoch["seconds"].as_f64()).skip(1).collect();
    ensure!(!seconds.is_empty(), "no seconds in {summary}");
    let ratings = &summary["data"]["train_ratings"];
    let ratings = ratings.as_f64().with_context(|| format!("no ratings in {summary}"))?;
    Ok((ratings / 1e6, median(&seconds)))
}

fn native(verb: &str) -> std::process::Command {
    shell::cargo(["run", "--quiet", "--package", "native", "--", verb])
}

fn output(command: &mut std::process::Command) -> Result<Vec<u8>> {
    let output = command.output().context("cargo cannot be started")?;
    if !output.status.success() {
        bail!("native failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

fn plot(args: &ScaleArgs, points: Vec<(f64, f64)>) -> Chart {
    Chart {
        title: format!("Time of an epoch by number of ratings, sparse-adam, K = {}", args.factors),
        x: Axis { label: "million training ratings".into(), kind: Kind::Linear },
        y: Axis { label: "seconds".into(), kind: Kind::Linear },
        series: vec![Series { name: args.device.clone(), points }],
        rules: Vec::new(),
    }
}
