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
/// Epochs of a peer that takes half a minute for each; beside that a start costs nothing.
const SLOW_EPOCHS: usize = 1;

/// Who is timed against whom.
#[derive(clap::Args)]
pub(crate) struct Peers {
    /// The ratings file
    data: PathBuf,
    /// Folder with `torch_lab.py`, `torch_tuned.py` and `rating_peers.py`; without it Latent alone
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
/// What `rating_peers.py` can be told to run.
const LIBRARIES: [&str; 3] = ["cornac", "surprise", "myfm"];

/// A program that trains, and how many of its epochs carry the cost of its start.
struct Contestant {
    name: String,
    command: Command,
    starting: usize,
}

/// Times everybody in turn and prints medians and ratios, then what an epoch must cost.
///
/// # Errors
/// A ratings file that is not there, or a build that fails. A program that fails is named missing.
pub(crate) fn run(Peers { data, peers, python, rounds }: &Peers) -> Result<()> {
    let data = data.canonicalize().with_context(|| data.display().to_string())?;
    shell::run(&mut shell::cargo(["build", "--quiet", "--package", "native", "--examples"]))?;
    shell::run(&mut shell::cargo(["build", "--quiet", "--package", "native"]))?;
    for model in ["mf", "deepmf"] {
        let (mut all, mut floors, mut missing) = (Vec::new(), Vec::new(), BTreeSet::new());
        for _ in 0..(*rounds).max(1) {
            let mut round: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            for contestant in contestants(&data, model, peers.as_deref(), python) {
                let name = contestant.name.clone();
                match epochs(contestant) {
                    Ok(times) => times
                        .into_iter()
                        .for_each(|(name, time)| round.entry(name).or_default().push(time)),
                    Err(why) => drop(missing.insert(format!("{name}: {why}"))),
                }
            }
            all.push(round.into_iter().map(|(name, times)| (name, median(&times))).collect());
            match floor(&data, model) {
                Ok(floor) => floors.push(floor),
                Err(why) => drop(missing.insert(format!("the floor: {why:#}"))),
            }
        }
        println!(
            "{model}: seconds to train an epoch, median of the rounds; how many times as fast"
        );
        println!("as {YARDSTICK} in the same round, median and range");
        let names: BTreeSet<&String> = all.iter().flat_map(Round::keys).collect();
        for name in names {
            let ratios = ratios(&all, name).unwrap_or("-".into());
            println!("  {name:<28} {:8.3} {ratios}", median(&seconds_of(&all, name)));
        }
        for missing in missing {
            println!("  missing: {missing}");
        }
        print_floor(&floors, &all);
    }
    Ok(())
}

/// Seconds to train an epoch, the median of a round's, by the name of what took them.
type Round = BTreeMap<String, f64>;

/// The seconds of one, of the rounds in which it did not fail.
fn seconds_of(rounds: &[Round], name: &str) -> Vec<f64> {
    rounds.iter().filter_map(|round| round.get(name).copied()).collect()
}

/// How many times as fast, round by round: a machine's speed drifts, and only neighbours in time are
/// fairly compared.
fn ratios(rounds: &[Round], name: &str) -> Option<String> {
    let ratio = |round: &Round| Some(round.get(YARDSTICK)? / round.get(name)?);
    let ratios: Vec<f64> = rounds.iter().filter_map(ratio).collect();
    let least = ratios.iter().copied().reduce(f64::min)?;
    let most = ratios.iter().copied().reduce(f64::max)?;
    Some(format!("{:8.1} ({least:.1} to {most:.1})", median(&ratios)))
}

/// The work of an epoch, and what its parts cost here, each alone.
fn floor(data: &Path, model: &str) -> Result<Value> {
    let mut cargo =
        shell::cargo(["run", "--quiet", "--package", "native", "--example", "floor", "--"]);
    let output = cargo.arg(data).arg(model).output().context("cargo cannot be started")?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The work of an epoch, what it must cost here, and how far the fused engine is from that; each
/// figure the median of the rounds.
fn print_floor(floors: &[Value], rounds: &[Round]) {
    if floors.is_empty() {
        return;
    }
    let figure = |path: &str| {
        let found: Vec<f64> =
            floors.iter().filter_map(|floor| floor.pointer(path)?.as_f64()).collect();
        (!found.is_empty()).then(|| median(&found))
    };
    let count = |key: &str| figure(key).unwrap_or(f64::NAN);
    println!(
        "  an epoch is {} steps and moves {:.0} million numbers; on a GPU that plans its slices {} \
         dispatches, {:.0} MB sent, {:.0} MB loaded and stored, {:.3} s of planning",
        count("/steps"),
        count("/numbers_moved") / 1e6,
        count("/dispatches"),
        count("/bytes_sent") / 1e6,
        count("/bytes_moved") / 1e6,
        count("/gpu/planning"),
    );
    let times = seconds_of(rounds, "fused, CPU");
    if !times.is_empty() {
        let parts = ["/cpu/adam", "/cpu/order", "/cpu/meetings"].map(count);
        println!("  fused, CPU: {}", bound_on_the_cpu(parts, median(&times)));
    }
    let times = seconds_of(rounds, "fused, GPU");
    if let (Some(floor), false) = (figure("/gpu/floor"), times.is_empty()) {
        println!(
            "  fused, GPU: at least {floor:.3} s by empty dispatches and copies of as many bytes; \
             it takes {:.1} times that",
            median(&times) / floor,
        );
    }
}

/// What an epoch's time is made of: its parts, each timed alone, and what is left.
fn bound_on_the_cpu([adam, order, meetings]: [f64; 3], epoch: f64) -> String {
    let rest = epoch - adam - order - meetings;
    if rest < 0.0 {
        return format!(
            "its parts alone took {:.3} s, an epoch {epoch:.3} s: something else was running, so \
             they say nothing; run this again on a quiet machine",
            adam + order + meetings,
        );
    }
    let share = |seconds: f64| format!("{seconds:.3} s ({:.0} %)", 100.0 * seconds / epoch);
    format!(
        "of {epoch:.3} s, Adam's divisions and square roots take {} on numbers in the nearest \
         memory, shuffling and fetching the ratings {}, meetings of the threads {}; the rest, {}, \
         is rows going through the caches, gradients, and planning what to move",
        share(adam),
        share(order),
        share(meetings),
        share(rest),
    )
}

/// Their names and commands.
fn contestants(data: &Path, model: &str, peers: Option<&Path>, python: &str) -> Vec<Contestant> {
    let folder = std::env::temp_dir().join("latent-peers");
    let ours = |name: &str, flags: &str| {
        let mut command = shell::cargo(["run", "--quiet", "--package", "native", "--", "train"]);
        command.arg(data).args(["--model", model, "--progress", "none", "--json"]);
        command.args(["--epochs", &EPOCHS.to_string(), "--force", "--out"]).arg(&folder);
        command.args(flags.split(' '));
        Contestant { name: name.to_owned(), command, starting: 1 }
    };
    let mut all = vec![
        ours("fused, CPU", "--device cpu --engine fused"),
        ours("fused, CPU, 1 thread", "--device cpu --engine fused --threads 1"),
        ours("fused, GPU", "--device gpu --engine fused"),
        ours("autodiff (burn), CPU", "--device cpu --engine autodiff"),
    ];
    let Some(folder) = peers else { return all };
    let theirs = |script: &str, arguments: &[&str], starting| {
        let mut command = Command::new(python);
        command.arg(folder.join(script)).arg(data).args(arguments);
        let library = arguments.first().filter(|_| arguments.len() == 1);
        let name = library.map_or(script.to_owned(), |library| format!("{script} {library}"));
        Contestant { name, command, starting }
    };
    all.push(theirs(YARDSTICK, &[model, &EPOCHS.to_string()], 1));
    all.push(theirs("torch_lab.py", &[model, &SLOW_EPOCHS.to_string()], 0));
    if model == "mf" {
        all.extend(LIBRARIES.map(|library| theirs("rating_peers.py", &[library], 0)));
    }
    all
}

/// The seconds of each epoch after the starting ones, under the name of what took them.
fn epochs(contestant: Contestant) -> Result<Vec<(String, f64)>, String> {
    let Contestant { name, mut command, starting } = contestant;
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let times: Vec<(String, f64)> = match serde_json::from_str::<Value>(&text) {
        Ok(summary) => {
            let reports = summary["epochs"].as_array().cloned().unwrap_or_default();
            let seconds = reports.iter().filter_map(|epoch| epoch["seconds"].as_f64());
            seconds.skip(starting).map(|time| (name.clone(), time)).collect()
        }
        Err(_) => {
            let bracketed = text.lines().filter_map(bracketed).skip(starting);
            let whole = text.lines().filter_map(of_a_whole_run);
            bracketed.map(|time| (name.clone(), time)).chain(whole).collect()
        }
    };
    if output.status.success() && !times.is_empty() {
        return Ok(times);
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(errors.lines().last().unwrap_or("it printed no epochs").to_owned())
}

/// From a line such as `cornac MF k=10 epochs=20 0.30 s RMSE 0.8557`: who, and seconds an epoch.
fn of_a_whole_run(line: &str) -> Option<(String, f64)> {
    let words: Vec<&str> = line.split(' ').collect();
    let unit = words.iter().position(|word| *word == "s")?;
    let seconds: f64 = words.get(unit.checked_sub(1)?)?.parse().ok()?;
    let passes = words.iter().find_map(|word| {
        word.strip_prefix("epochs=").or(word.strip_prefix("iterations="))?.parse::<f64>().ok()
    })?;
    Some((words[..unit - 2].join(" "), seconds / passes))
}

fn bracketed(line: &str) -> Option<f64> {
    line.strip_prefix('[')?.split_once("] Epoch:")?.0.parse().ok()
}

/// The middle of some times.
pub(crate) fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::{
        Round, YARDSTICK, bound_on_the_cpu, bracketed, median, of_a_whole_run, ratios, seconds_of,
    };

    #[test]
    fn the_parts_of_an_epoch_add_up_to_it() {
        let said = bound_on_the_cpu([0.04, 0.01, 0.002], 0.1);
        assert!(said.contains("0.040 s (40 %)") && said.contains("0.048 s (48 %)"), "{said}");
        let said = bound_on_the_cpu([0.3, 0.01, 0.002], 0.1);
        assert!(said.contains("0.312 s") && said.contains("quiet machine"), "{said}");
    }

    #[test]
    fn a_round_is_compared_with_its_own_yardstick() {
        let round = |yardstick: Option<f64>, own: Option<f64>| -> Round {
            let pairs = [(YARDSTICK, yardstick), ("own", own)];
            pairs.into_iter().filter_map(|(name, time)| Some((name.to_owned(), time?))).collect()
        };
        let rounds = [(Some(1.0), Some(0.1)), (Some(2.0), Some(0.1)), (Some(4.0), Some(0.5))];
        let mut rounds = rounds.map(|(yardstick, own)| round(yardstick, own)).to_vec();
        assert_eq!(ratios(&rounds, "own").expect("rounds").trim(), "10.0 (8.0 to 20.0)");
        rounds[0] = round(None, Some(9.0)); // each failed once: one round is left
        rounds[1] = round(Some(9.0), None);
        assert_eq!(ratios(&rounds, "own").expect("a round").trim(), "8.0 (8.0 to 8.0)");
        assert_eq!(seconds_of(&rounds, "own"), [9.0, 0.5]);
        assert_eq!(ratios(&[round(Some(1.0), None)], "own"), None);
    }

    #[test]
    fn an_epochs_seconds_are_read() {
        assert_eq!(bracketed("[0.09] Epoch:   1, TrnRMSE: 4.6855, TestRMSE: 4.4827"), Some(0.09));
        assert_eq!(bracketed("Epoch: 1"), None);
        let (name, seconds) =
            of_a_whole_run("cornac MF k=10 epochs=20 0.30 s RMSE 0.8557").expect("a whole run");
        assert_eq!(name, "cornac MF k=10");
        assert!((seconds - 0.015).abs() < 1e-12);
        assert_eq!(of_a_whole_run("s"), None);
        assert_eq!(of_a_whole_run("warming up for 3 s"), None);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
