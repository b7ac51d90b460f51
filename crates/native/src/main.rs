//! The desktop program. Read [`train`] first: it is the path from a file's bytes to a trained model on disk.

mod args; // the command line as it is typed
mod args_sweep; // the flags of a sweep
mod args_use; // the flags of the commands that put a model to work
mod config_file; // the same settings from a file
mod settings; // what a run will do
mod input; // files that the user names
mod data; // bytes to table
mod parts; // which of them train, choose and test
mod run_folder; // where a run is kept
mod older; // the run whose place another takes
mod replace; // one run in place of another
mod contents; // what stands in the files of that folder
mod journal; // what is written while a run goes
mod lock; // one program a run
mod checkpoints; // the model on disk meanwhile
mod train; // a run, slice by slice
mod run_files; // what a run's folder holds
mod resume; // a run taken up from its folder
mod interrupt; // Ctrl-C
mod plan; // what a run will do, in a line
mod report; // what is said to the person at the terminal
mod progress; // how far an epoch is
mod curve; // the epochs as a chart
mod summary; // what a run came to
mod trial; // a run that is made for its errors alone
mod cross_validation; // one for each fold
mod sweep; // many, with other settings each
mod save; // keeping what was trained
mod next; // what to try next
mod model; // a trained model, opened
mod pairs; // users and items in a file
mod predict; // ratings of them
mod rated; // ratings that a flag gives
mod lists; // lists for many users, on the GPU or on the CPU
mod recommend; // the best items
mod similar; // items or users alike
mod audience; // the users for an item
mod explain; // why
mod evaluate; // how good
mod export; // in the formats of others
mod npy; // numpy's files
mod import; // from PyTorch
mod pytorch; // torch.save's files
mod runs; // runs that were made
mod inspect; // what is in a ratings file
mod sample; // made-up ratings
mod devices; // which GPUs there are
mod memory; // how much of it is left
mod speed; // how fast each engine is on each of them
mod exit; // what the exit code tells a script
mod streams; // standard output and standard error
mod atomic; // files that are there whole or not at all
mod text; // numbers as people read them
mod clock; // the time as text

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory as _, Parser as _};
use pollster::block_on;
use ratings::Split;
use trainer::{Device, Run};

use crate::args::{Cli, Command, TrainFlags};
use crate::checkpoints::{Checkpoints, Source};
use crate::data::Data;
use crate::exit::{Exit, Usage};
use crate::journal::Journal;
use crate::model::Model;
use crate::parts::Parts;
use crate::report::Report;
use crate::resume::Begun;
use crate::run_folder::{Content, RunFolder};
use crate::save::Keepsake;
use crate::settings::Settings;
use crate::summary::Summary;
use crate::train::Ended;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => args::explain(&error),
    };
    interrupt::watch();
    let exit = match run(&cli) {
        Ok(exit) => exit,
        Err(error) if streams::is_broken_pipe(&error) => Exit::Done,
        Err(error) => {
            streams::say(&exit::message(&error, cli.name()));
            Exit::of(&error)
        }
    };
    ExitCode::from(exit as u8)
}

fn run(cli: &Cli) -> anyhow::Result<Exit> {
    match &cli.command {
        None => train(None, &cli.train),
        Some(Command::Train { data, flags }) => train(data.as_deref(), flags),
        Some(Command::Sweep(flags)) => sweep::run(flags),
        Some(Command::Predict(flags)) => predict::run(flags),
        Some(Command::Recommend(flags)) => recommend::run(flags),
        Some(Command::Similar(flags)) => similar::run(flags),
        Some(Command::Audience(flags)) => audience::run(flags),
        Some(Command::Explain(flags)) => explain::run(flags),
        Some(Command::Evaluate(flags)) => evaluate::run(flags),
        Some(Command::Export(flags)) => export::run(flags),
        Some(Command::Import(flags)) => import::run(flags),
        Some(Command::Runs { command }) => runs::run(command),
        Some(Command::Inspect { data, reading, json }) => inspect::run(data, reading, *json),
        Some(Command::Sample(flags)) => sample::run(flags),
        Some(Command::Devices { bench, json }) => devices::run(*bench, *json),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "native", &mut script);
            streams::print(&String::from_utf8_lossy(&script))?;
            Ok(Exit::Done)
        }
    }
}

/// File bytes, table, split, device, run, report, folder.
fn train(data: Option<&Path>, flags: &TrainFlags) -> anyhow::Result<Exit> {
    cross_validation::check(flags)?;
    let begun = Begun::find(data, flags)?;
    let settings = Settings::resolve(data, flags)?;
    if let Some(folds) = flags.cv {
        cross_validation::suits(folds, &settings)?;
    }
    RunFolder::refuse_taken(flags.out.as_deref(), flags.force)?;
    let mut report = Report::new(flags);

    let data = match &settings.data {
        Some(path) => Data::read(path, settings.titles.as_deref(), &settings.reading())?,
        None => Data::sample(),
    };
    report.data(&data);
    let (settings, few) = settings.suited_to(&data.table);
    report.few(few.as_deref());
    if let Some(folds) = flags.cv {
        return cross_validation::run(folds, &settings, &data, flags);
    }
    let Parts { split, strangers } = Parts::of(&settings, &data)?;
    let split = Arc::new(split);
    let device = block_on(settings.open())?;
    let engine = device.engine(&settings.config)?;
    report.plan(&settings, &split, &device, engine);
    report.strangers(strangers.len(), settings.config.objective);

    let first = contents::first(&settings, &device, engine)?;
    interrupt::training_begins();
    let ready = (&settings, &data, &split, &device);
    let (mut run, folder, mut journal) = match begun {
        Some(begun) => begun.reopen(&first, ready, &mut report)?,
        None => begin(flags, &first, ready)?,
    };
    if let Some(warning) = folder.warning() {
        report.warn(&warning);
    }
    let mut summary = Summary::new(&settings.config, &data, &split, &device, engine);
    run.set_patience(settings.patience);
    run.also_test(&strangers);
    summary.test_on(&split, &strangers);
    let source = Source { data: &data, split: &split, settings: &settings };
    let mut checkpoints = Checkpoints::new(&folder.path, source, flags.checkpoint_every);
    let outcome = block_on(train::drive(run, &mut report, &mut journal, &mut checkpoints))?;

    summary.conclude(&outcome.trained.history, outcome.beyond, &outcome.device);
    let model = source.file(outcome.trained, outcome.optimizer);
    let last = contents::last(model, &data, &journal, &summary)?;
    let saved = save::keep(
        Keepsake {
            first: &first,
            last: &last,
            summary: &mut summary,
            complete: matches!(outcome.ended, Ended::Done),
        },
        &folder,
        &mut report,
    )?;
    report.close(&outcome.ended, &summary, &data, &saved);
    let printed = report.finish(&saved.json);
    match (outcome.ended, saved.misplaced) {
        (ended @ Ended::Failed(_), _) => ended.into_exit(),
        (_, Some(misplaced)) => Err(misplaced),
        (ended, None) => printed.and_then(|()| ended.into_exit()),
    }
}

/// A run from its start, in a folder of its own.
fn begin(
    flags: &TrainFlags,
    first: &[Content],
    (settings, data, split, device): (&Settings, &Data, &Arc<Split>, &Device),
) -> anyhow::Result<(Run, RunFolder, Journal)> {
    let (folder, journal) =
        RunFolder::create(flags.out.as_deref(), flags.force, &settings.config, first)?;
    let run = start(settings, data, split, device).inspect_err(|_| folder.abandon())?;
    Ok((run, folder, journal))
}

/// A run at its start, which may be another model's rows.
pub(crate) fn start(
    settings: &Settings,
    data: &Data,
    split: &Arc<Split>,
    device: &Device,
) -> anyhow::Result<Run> {
    let Some(path) = &settings.warm_start else {
        return Ok(block_on(Run::start(split, &settings.config, device))?);
    };
    let model = Model::open(path)?;
    let (users, items) = (&data.table.users, &data.table.items);
    let weights = model.file().warm_weights(&settings.config, users, items).ok_or_else(|| {
        Usage(format!("{} is another kind of model, or of another width", path.display()))
    })?;
    Ok(block_on(Run::start_from(&weights, split, &settings.config, device))?)
}
