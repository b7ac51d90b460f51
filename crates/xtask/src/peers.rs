//! `cargo xtask bench peers`: seconds for the training part of an epoch, Latent and others in turn.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::shell;

/// Epochs of one turn; the first is left out, since it carries the cost of the start.
const EPOCHS: usize = 4;

/// Who is timed against whom.
#[derive(clap::Args)]
pub(crate) struct Peers {
    /// The ratings file
    data: PathBuf,
    /// Folder with `torch_tuned.py`; without it Latent alone
    #[arg(long)]
    peers: Option<PathBuf>,
    /// A Python that has what they import
    #[arg(long, default_value = "python3")]
    python: String,
    /// Turns for each
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// The one that the others are compared with.
const YARDSTICK: &str = "torch_tuned.py";

/// Times everybody in turn and prints medians and ratios.
///
/// # Errors
/// A ratings file that is not there, or a build that fails. A program that fails is named missing.
pub(crate) fn run(Peers { data, peers, python, rounds }: &Peers) -> Result<()> {
    let data = data.canonicalize().with_context(|| data.display().to_string())?;
    shell::run(&mut shell::cargo(["build", "--quiet", "--package", "native"]))?;
    for model in ["mf", "deepmf"] {
        let mut seconds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let mut missing = BTreeSet::new();
        for _ in 0..(*rounds).max(1) {
            for (name, command) in contestants(&data, model, peers.as_deref(), python) {
                match epochs(command) {
                    Ok(times) => seconds.entry(name).or_default().extend(times),
                    Err(why) => {
                        missing.insert(format!("{name}: {why}"));
                    }
                }
            }
        }
        println!("{model}: seconds to train an epoch, median; times as fast as {YARDSTICK}");
        let yardstick = seconds.get(YARDSTICK).map(|times| median(times));
        for (name, times) in &seconds {
            let median = median(times);
            let ratio = yardstick.map_or("-".into(), |of| format!("{:.1}", of / median));
            println!("  {name:<28} {median:8.3} {ratio:>8}");
        }
        for missing in missing {
            println!("  missing: {missing}");
        }
    }
    Ok(())
}

/// Their names and commands.
fn contestants(
    data: &Path,
    model: &str,
    peers: Option<&Path>,
    python: &str,
) -> Vec<(String, Command)> {
    let folder = std::env::temp_dir().join("latent-peers");
    let ours = |name: &str, flags: &str| {
        let mut command = shell::cargo(["run", "--quiet", "--package", "native", "--", "train"]);
        command.arg(data).args([
            "--model",
            model,
            "--progress",
            "none",
            "--json",
            "--force",
            "--out",
        ]);
        command.arg(&folder).args(["--epochs", &EPOCHS.to_string()]).args(flags.split(' '));
        (name.to_owned(), command)
    };
    let mut all = vec![
        ours("fused, CPU", "--device cpu --engine fused"),
        ours("fused, CPU, 1 thread", "--device cpu --engine fused --threads 1"),
        ours("fused, GPU", "--device gpu --engine fused"),
        ours("autodiff (burn), CPU", "--device cpu --engine autodiff"),
    ];
    if let Some(folder) = peers {
        let mut command = Command::new(python);
        command.arg(folder.join(YARDSTICK)).arg(data).arg(model).arg(EPOCHS.to_string());
        all.push((YARDSTICK.to_owned(), command));
    }
    all
}

/// The seconds of each epoch but the first: Latent's from its JSON, others' from the brackets
/// before each line.
fn epochs(mut command: Command) -> Result<Vec<f64>, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let times: Vec<f64> = match serde_json::from_str::<Value>(&text) {
        Ok(summary) => summary["epochs"].as_array().map_or(Vec::new(), |epochs| {
            epochs.iter().filter_map(|epoch| epoch["seconds"].as_f64()).skip(1).collect()
        }),
        Err(_) => text.lines().filter_map(bracketed).skip(1).collect(),
    };
    if output.status.success() && !times.is_empty() {
        return Ok(times);
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(errors.lines().last().unwrap_or("it printed no epochs").to_owned())
}

fn bracketed(line: &str) -> Option<f64> {
    line.strip_prefix('[')?.split_once("] Epoch:")?.0.parse().ok()
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::{bracketed, median};

    #[test]
    fn an_epochs_seconds_are_read() {
        assert_eq!(bracketed("[0.09] Epoch:   1, TrnRMSE: 4.6855, TestRMSE: 4.4827"), Some(0.09));
        assert_eq!(bracketed("Epoch: 1"), None);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
