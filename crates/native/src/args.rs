//! The command line as it is typed. Nothing below this file knows about it.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use ratings::SplitKind;
use trainer::{
    DeviceChoice, EngineChoice, Link, ModelKind, Objective, Optimizer, Penalty, Schedule,
};

use crate::args_sweep::SweepFlags;
use crate::args_use::{
    AudienceFlags, EvaluateFlags, ExplainFlags, ExportFlags, ImportFlags, PredictFlags,
    RecommendFlags, RunsCommand, SimilarFlags, at_least_one,
};
use crate::exit::{Exit, Usage};
use crate::next::{program, quoted};
use crate::streams;

/// Trains rating predictors on your own GPU or CPU.
///
/// Without a command it trains on a built-in sample of a million made-up ratings.
#[derive(Debug, Parser)]
#[command(name = "native", version, after_help = Exit::help(), args_conflicts_with_subcommands = true,
    args_override_self = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) train: TrainFlags,
}

impl Cli {
    /// The command as it is typed; without one it trains.
    pub(crate) fn name(&self) -> &'static str {
        match self.command {
            None | Some(Command::Train { .. }) => "train",
            Some(Command::Sweep(_)) => "sweep",
            Some(Command::Predict(_)) => "predict",
            Some(Command::Recommend(_)) => "recommend",
            Some(Command::Similar(_)) => "similar",
            Some(Command::Audience(_)) => "audience",
            Some(Command::Explain(_)) => "explain",
            Some(Command::Evaluate(_)) => "evaluate",
            Some(Command::Export(_)) => "export",
            Some(Command::Import(_)) => "import",
            Some(Command::Runs { .. }) => "runs",
            Some(Command::Inspect { .. }) => "inspect",
            Some(Command::Sample(_)) => "sample",
            Some(Command::Devices { .. }) => "devices",
            Some(Command::Completions { .. }) => "completions",
        }
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a model on a ratings file and keep it in a folder of its own
    #[command(after_help = Exit::help(), args_override_self = true)]
    Train {
        /// Ratings: `user::item::rating`, CSV with a header, or u.data; also gzipped or in a zip. Without it,
        /// the file that --config names, or else the built-in sample
        data: Option<PathBuf>,
        #[command(flatten)]
        flags: Box<TrainFlags>,
    },
    /// Try many settings, judged on a validation part, and test the best
    #[command(after_help = Exit::help())]
    Sweep(Box<SweepFlags>),
    /// Predict the rating of a user for an item, or of many pairs, as CSV
    #[command(after_help = Exit::help())]
    Predict(PredictFlags),
    /// List the best items for users, or for somebody new
    #[command(after_help = Exit::help())]
    Recommend(RecommendFlags),
    /// List the items, or the users, most alike
    #[command(after_help = Exit::help())]
    Similar(SimilarFlags),
    /// List the users who would like an item best, one of the model's or a new one
    #[command(after_help = Exit::help())]
    Audience(AudienceFlags),
    /// Say why an item is predicted so for a user
    #[command(after_help = Exit::help())]
    Explain(ExplainFlags),
    /// Judge a model: errors, for whom, calibration, and how good its lists are
    #[command(after_help = Exit::help())]
    Evaluate(EvaluateFlags),
    /// Write a model in the formats of others: numpy, CSV, burn, TensorBoard's projector
    #[command(after_help = Exit::help())]
    Export(ExportFlags),
    /// Make a model's file from a PyTorch module of the lab
    #[command(after_help = Exit::help())]
    Import(ImportFlags),
    /// List the runs that were made, show one, compare some, plot their curves
    #[command(after_help = Exit::help())]
    Runs {
        #[command(subcommand)]
        command: RunsCommand,
    },
    /// Say what is in a ratings file
    #[command(after_help = Exit::help())]
    Inspect {
        /// The ratings file
        data: PathBuf,
        #[command(flatten)]
        reading: ReadFlags,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Write made-up ratings and titles: ratings.dat and movies.dat
    #[command(after_help = Exit::help())]
    Sample(SampleFlags),
    /// List the GPUs, and say which device --device auto takes
    #[command(after_help = Exit::help())]
    Devices {
        /// Train for about a second with each engine on each device, and say how fast they are
        #[arg(long)]
        bench: bool,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Print a completion script for a shell
    #[command(after_help = Exit::help())]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What can be said about a training run.
#[derive(Debug, Default, Args)]
pub(crate) struct TrainFlags {
    /// Model: the lab's matrix factorisation, or with a small network on top; mean and biases; mean,
    /// biases and factors; the same with what a user rated at all; averaged over the posterior; what was
    /// rated at all, to rank items; a weighted product of factors, a tower of layers, both side by side
    /// [default: mf]
    #[arg(long, value_parser = one_of::<ModelKind>(&ModelKind::NAMES))]
    pub(crate) model: Option<ModelKind>,
    /// What it is trained for: to predict ratings, or to rank by what was rated at all; ials can only
    /// rank; gmf, mlp and neumf do either; the others only predict [default: the model's own]
    #[arg(long, value_parser = one_of::<Objective>(&Objective::NAMES))]
    pub(crate) objective: Option<Objective>,
    /// The settings that the other flags start from [default: the model's own]
    #[arg(long)]
    pub(crate) preset: Option<Preset>,
    /// Passes over the training ratings, at most 100000 [lab: 30 for mf, 20 for deepmf]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) epochs: Option<usize>,
    /// Numbers per user and per item (K) [lab: 10]
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) factors: Option<usize>,
    /// Widths of the hidden layers of deepmf, mlp and neumf, as 10,5 [lab: 10,5]
    #[arg(long, value_name = "N,N", allow_negative_numbers = true)]
    pub(crate) hidden: Option<Widths>,
    /// adam moves every row at every step; sparse-adam only rows that a batch reads, without weight
    /// decay: far faster on a large catalogue [lab: adam]. The other models have their own: als for biases and ials,
    /// sgd (one rating at a time) or als (closed form) for biased-mf, sgd for svdpp, gibbs for the bayes models,
    /// adam for gmf, mlp and neumf
    #[arg(long, value_parser = one_of::<Optimizer>(&Optimizer::NAMES))]
    pub(crate) optimizer: Option<Optimizer>,
    /// The optimiser's learning rate [lab: 0.001]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) lr: Option<f64>,
    /// L2 penalty, added to every gradient [lab: 0.00001]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) weight_decay: Option<f64>,
    /// biased-mf, svdpp: how the learning rate moves from epoch to epoch [default: decay]
    #[arg(long, value_parser = one_of::<Schedule>(&Schedule::NAMES))]
    pub(crate) lr_schedule: Option<Schedule>,
    /// biased-mf, svdpp: from the model's sum to a rating [default: linear]
    #[arg(long, value_parser = one_of::<Link>(&Link::NAMES))]
    pub(crate) link: Option<Link>,
    /// biased-mf, svdpp: whether a row pays the weight decay at each rating, once an epoch, or by the root
    /// of its number of ratings [default: per-rating]
    #[arg(long, value_parser = one_of::<Penalty>(&Penalty::NAMES))]
    pub(crate) penalty: Option<Penalty>,
    /// bayes-mf, bayes-svdpp: first epochs whose draws are left out [default: 20]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) burn_in: Option<usize>,
    /// bayes-mf, bayes-svdpp: most draws kept, whose mean is the model [default: 64]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) samples: Option<usize>,
    /// ials: weight of a pair that nobody rated, in parts of one that was rated [default: 0.3]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) unobserved_weight: Option<f64>,
    /// ials: power of a row's weight by which it pays the weight decay, from 0 to 1 [default: 0.5]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) penalty_exponent: Option<f64>,
    /// gmf, mlp, neumf, to rank: items drawn beside each that was chosen [default: 4]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) negatives: Option<usize>,
    /// Ratings per optimiser step [lab: 512]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) batch_size: Option<usize>,
    /// Part of the ratings kept for testing, from 0 up to but not 1 [lab: 0.2]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) test_share: Option<f64>,
    /// Which ratings test: a share of all, drawn by the seed; the last by time, of all or of each
    /// user; one of each user, the last if the file says when [default: random]
    #[arg(long, value_parser = one_of::<SplitKind>(&SplitKind::NAMES))]
    pub(crate) split: Option<SplitKind>,
    /// Test on the ratings of this file and train on all of the other; for whom or what only this
    /// file knows a mean is predicted
    #[arg(long, value_name = "FILE")]
    pub(crate) test: Option<PathBuf>,
    /// Part of the training ratings, drawn by the seed, by which the best epoch is chosen; the model
    /// kept is that epoch's [default: 0, or 0.1 with --patience]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) validation: Option<f64>,
    /// Stop after so many epochs that are no better by the validation part [default: never]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) patience: Option<usize>,
    /// Cross-validation: train and test as many times, from 2 to 100, each time on another part of the
    /// ratings, and give mean and deviation; leaves no run
    #[arg(long, value_name = "FOLDS", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) cv: Option<usize>,
    /// Folds trained side by side [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) jobs: Option<usize>,
    /// Fixes the split, the initial weights and the order of the batches [lab: 42]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u32>)]
    pub(crate) seed: Option<u32>,
    /// Where to train; auto takes a hardware GPU or else the CPU [default: auto]
    #[arg(long, value_parser = one_of::<DeviceChoice>(&["auto", "gpu", "cpu"]))]
    pub(crate) device: Option<DeviceChoice>,
    /// How steps are computed: by this program's own kernels or by burn; both give the same numbers,
    /// but for rounding [default: auto]
    #[arg(long, value_parser = one_of::<EngineChoice>(&["auto", "fused", "autodiff"]))]
    pub(crate) engine: Option<EngineChoice>,
    /// Threads of the fused engine; a power of two of them train, at most eight, half of the factors, one
    /// for every 128 ratings of a batch begun, and what memory holds; any number gives the same bits
    /// [default: one a core]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = at_least_one)]
    pub(crate) threads: Option<usize>,
    #[command(flatten)]
    pub(crate) reading: ReadFlags,
    /// Folder for what the run leaves [default: runs/TIME-MODEL-kK]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the run that --out holds, once the new one is complete
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// Go on with the run in this folder, where it was stopped or killed; --epochs is its new total, which gives
    /// the run that had as many from the start
    #[arg(long, value_name = "RUN")]
    pub(crate) resume: Option<PathBuf>,
    /// Write the model at the end of every Nth epoch, instead of every few seconds
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) checkpoint_every: Option<usize>,
    /// Start from another model, a run's folder or a file: who and what it knows keeps its rows, others are fresh
    #[arg(long, value_name = "MODEL")]
    pub(crate) warm_start: Option<PathBuf>,
    /// Settings from a file, such as the config.toml of a run; flags go before it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print one JSON object on standard output, and the epochs on standard error
    #[arg(long)]
    pub(crate) json: bool,
    /// Progress on standard error: a bar, plain lines, or nothing but warnings; auto is a bar on a terminal
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(crate) progress: ProgressChoice,
}

/// Widths of layers, written as `10,5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Widths(pub(crate) Vec<usize>);

impl FromStr for Widths {
    type Err = Usage;

    fn from_str(text: &str) -> Result<Widths, Usage> {
        let widths: Result<Vec<usize>, _> =
            text.split(',').map(|width| width.trim().parse()).collect();
        widths
            .map(Widths)
            .map_err(|_| Usage("expected whole numbers with commas between, such as 10,5".into()))
    }
}

/// How a file is read.
#[derive(Debug, Default, Args)]
pub(crate) struct ReadFlags {
    /// Titles of the items: movies.dat, u.item or movies.csv
    #[arg(long, value_name = "FILE")]
    pub(crate) titles: Option<PathBuf>,
    /// Leave out lines that are not ratings, and say how many and why
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,
}

/// What can be said about a sample.
#[derive(Debug, Args)]
pub(crate) struct SampleFlags {
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// How many ratings, up to 200 million; users and items follow [default: 1000000]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) ratings: Option<usize>,
    /// Another seed gives other ratings of the same shape
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) seed: Option<u64>,
    /// Replace files of the same name
    #[arg(long)]
    pub(crate) force: bool,
}

/// Named settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Preset {
    /// K 10, Adam at 0.001, batches of 512; 30 epochs of mf or 20 of deepmf
    Lab,
    /// A good model in the least time: biased-mf, K 10, 20 epochs
    Fast,
    /// The best model: bayes-svdpp, K 32, 150 epochs; where ratings are few bayes-mf, K 1
    Best,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// A bar on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// A bar where there is a terminal to draw it on
    Bar,
    /// Lines
    Plain,
    /// Only warnings and errors
    None,
}

/// A count, or a seed: the message for anything else says what a number must be.
pub(crate) fn whole<T: TryFrom<u64>>(text: &str) -> Result<T, Usage> {
    let mut powers = (1..=u64::BITS).rev().map(|bits| u64::MAX >> (u64::BITS - bits));
    let largest = powers.find(|number| T::try_from(*number).is_ok()).unwrap_or(0);
    let number = text.parse().ok().and_then(|number: u64| T::try_from(number).ok());
    number.ok_or_else(|| Usage(format!("expected a whole number from 0 to {largest}")))
}

/// A flag whose values are listed in the help and in completions, and parsed by their own type.
pub(crate) fn one_of<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = String> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>().map_err(Usage))
}

/// Prints a mistake on the command line (or the help that was asked for) and ends the program.
pub(crate) fn explain(error: &clap::Error) -> ! {
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand)
        && Path::new(name).exists()
    {
        let file = quoted(name);
        streams::say(&format!(
            "error: {file} is not a command\nhint: to train on a file: {} train {file}",
            program()
        ));
        std::process::exit(i32::from(Exit::Usage as u8));
    }
    error.exit()
}
