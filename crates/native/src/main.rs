//! The desktop program. Read [`train`] first: it is the path from a file's bytes to a trained model on disk.

mod args; // the command line as it is typed
mod atomic; // files that are there whole or not at all
mod clock;
mod config_file; // the same settings from a file
mod contents; // what stands in its files
mod curve; // its history as a chart
mod data; // bytes to table
mod devices; // which GPUs there are
mod exit; // what the exit code tells a script
mod inspect; // what is in a file
mod interrupt; // Ctrl-C
mod journal; // what is written while it goes
mod next; // what to try next
mod progress; // how far the epoch is
mod report; // what it says
mod run_folder; // where the run is kept
mod sample; // made-up ratings
mod save; // keeping what was trained
mod settings; // what a run will do
mod streams; // standard output and standard error
mod summary; // what it came to
mod text; // numbers as people read them
mod train; // drives it // the time as text

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use pollster::block_on;
use ratings::Split;
use trainer::Run;

use crate::args::{Cli, Command, TrainFlags};
use crate::data::Data;
use crate::exit::Exit;
use crate::report::Report;
use crate::run_folder::RunFolder;
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
            streams::say(&exit::message(&error));
            Exit::of(&error)
        }
    };
    ExitCode::from(exit as u8)
}

fn run(cli: &Cli) -> anyhow::Result<Exit> {
    match &cli.command {
        None => train(None, &cli.train),
        Some(Command::Train { data, flags }) => train(data.as_deref(), flags),
        Some(Command::Inspect { data, reading, json }) => inspect::run(data, reading, *json),
        Some(Command::Sample(flags)) => sample::run(flags),
        Some(Command::Devices { json }) => devices::run(*json),
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
    let settings = Settings::resolve(data, flags)?;
    RunFolder::refuse_taken(flags.out.as_deref(), flags.force)?;
    let mut report = Report::new(flags);

    let data = match &settings.data {
        Some(path) => Data::read(path, settings.titles.as_deref(), settings.skip_bad_lines)?,
        None => Data::sample(),
    };
    report.data(&data);
    let split = Split::random(&data.table, settings.test_share, settings.seed)?;
    let device = block_on(settings.open())?;
    report.plan(&settings, &split, &device);

    let first = contents::first(&settings, &device)?;
    let name = run_folder::name(&settings.config);
    let (folder, mut journal) = RunFolder::create(flags.out.as_deref(), &name, &first)?;
    let mut summary = Summary::new(settings.config.model, &data, &split, &device);

    let run = block_on(Run::start(&split, &settings.config, &device))?;
    let outcome = block_on(train::drive(run, &mut report, &mut journal))?;

    summary.conclude(&outcome.trained.history);
    let last = contents::last(&outcome.trained, &data, &journal, &summary)?;
    let saved = save::keep(
        Keepsake { first: &first, last: &last, summary: &mut summary },
        &folder,
        &report,
    )?;
    report.close(&outcome.ended, &summary, &data, &saved.path);
    let printed = report.finish(&saved.json);
    match (outcome.ended, saved.misplaced) {
        (ended @ Ended::Failed(_), _) => ended.into_exit(),
        (_, Some(misplaced)) => Err(misplaced),
        (ended, None) => printed.and_then(|()| ended.into_exit()),
    }
}
