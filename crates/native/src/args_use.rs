//! The flags of the commands that put a model to work.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use trainer::DeviceChoice;

use crate::args::{one_of, whole};
use crate::exit::Usage;

/// What `predict` takes.
#[derive(Debug, Args)]
pub(crate) struct PredictFlags {
    /// A run's folder, or a model's file
    pub(crate) model: PathBuf,
    /// The user's id
    pub(crate) user: Option<String>,
    /// The item's id
    pub(crate) item: Option<String>,
    /// A file with a user and an item on every line: CSV with or without a header, tabs, or `user::item`
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: Option<PathBuf>,
    /// Bring ratings beyond the scale back to its ends
    #[arg(long)]
    pub(crate) clip: bool,
}

/// What `recommend` takes.
#[derive(Debug, Args)]
pub(crate) struct RecommendFlags {
    /// A run's folder, or a model's file
    pub(crate) model: PathBuf,
    /// The users' ids
    pub(crate) users: Vec<String>,
    /// A list for every user, as CSV
    #[arg(long)]
    pub(crate) all: bool,
    /// A rating of somebody new, such as 260=5; give it once for each item, by id or title, or @FILE with one on
    /// every line
    #[arg(long, value_name = "ITEM=RATING")]
    pub(crate) rate: Vec<String>,
    /// Items in a list
    #[arg(short, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    pub(crate) n: usize,
    #[command(flatten)]
    pub(crate) filter: FilterFlags,
    /// Leave in what the user has rated
    #[arg(long)]
    pub(crate) seen: bool,
    /// The ratings that say what users have rated [default: those of the run]
    #[arg(long, value_name = "FILE")]
    pub(crate) ratings: Option<PathBuf>,
    /// Bring ratings beyond the scale back to its ends
    #[arg(long)]
    pub(crate) clip: bool,
    /// Print one JSON object for each user
    #[arg(long)]
    pub(crate) json: bool,
    /// Where scores are made; auto takes a hardware GPU when there are many. The lists are the same
    #[arg(long, default_value = "auto", value_parser = one_of::<DeviceChoice>(&["auto", "gpu", "cpu"]))]
    pub(crate) device: DeviceChoice,
}

/// What an item must be.
#[derive(Debug, Default, Args)]
pub(crate) struct FilterFlags {
    /// Only items of this genre; give it again for others
    #[arg(long)]
    pub(crate) genre: Vec<String>,
    /// Only items of this year or later
    #[arg(long, value_name = "YEAR")]
    pub(crate) from_year: Option<u16>,
    /// Only items of this year or earlier
    #[arg(long, value_name = "YEAR")]
    pub(crate) to_year: Option<u16>,
    /// Only items with so many training ratings
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) min_ratings: u32,
}

/// What `similar` takes.
#[derive(Debug, Args)]
pub(crate) struct SimilarFlags {
    /// A run's folder, or a model's file
    pub(crate) model: PathBuf,
    /// An item's id, or a part of its title; with --users a user's id
    pub(crate) of: String,
    /// Users like this user, instead of items
    #[arg(long)]
    pub(crate) users: bool,
    /// How many
    #[arg(short, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    pub(crate) n: usize,
    #[command(flatten)]
    pub(crate) filter: FilterFlags,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `audience` takes.
#[derive(Debug, Args)]
pub(crate) struct AudienceFlags {
    /// A run's folder, or a model's file
    pub(crate) model: PathBuf,
    /// An item's id, or a part of its title
    pub(crate) item: Option<String>,
    /// A rating of a new item, such as 12=5; give it once for each user, or @FILE with one on every line
    #[arg(long, value_name = "USER=RATING")]
    pub(crate) rated_by: Vec<String>,
    /// Users in the list
    #[arg(short, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    pub(crate) n: usize,
    /// Leave in who has rated it
    #[arg(long)]
    pub(crate) seen: bool,
    /// The ratings that say who has rated it [default: those of the run]
    #[arg(long, value_name = "FILE")]
    pub(crate) ratings: Option<PathBuf>,
    /// Bring ratings beyond the scale back to its ends
    #[arg(long)]
    pub(crate) clip: bool,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `explain` takes.
#[derive(Debug, Args)]
pub(crate) struct ExplainFlags {
    /// A run's folder, or a model's file
    pub(crate) model: PathBuf,
    /// A user's id and an item's; for somebody new (--rate) the item's alone
    #[arg(num_args = 1..=2, value_name = "USER ITEM", required = true)]
    pub(crate) names: Vec<String>,
    /// A rating of somebody new, such as 260=5, or @FILE with one on every line
    #[arg(long, value_name = "ITEM=RATING")]
    pub(crate) rate: Vec<String>,
    /// Reasons shown
    #[arg(short, value_name = "N", default_value_t = 5, value_parser = at_least_one)]
    pub(crate) n: usize,
    /// The ratings that say what users have rated [default: those of the run]
    #[arg(long, value_name = "FILE")]
    pub(crate) ratings: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `evaluate` takes.
#[derive(Debug, Args)]
pub(crate) struct EvaluateFlags {
    /// A run's folder, or a model's file
    pub(crate) model: PathBuf,
    /// Ratings to judge it on [default: the part of the run's ratings that was kept for testing]
    pub(crate) data: Option<PathBuf>,
    /// Leave out lines that are not ratings
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,
    /// Bring predictions beyond the scale back to its ends; scores of a model that ranks have none
    #[arg(long)]
    pub(crate) clip: bool,
    /// Items in a list
    #[arg(short, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    pub(crate) n: usize,
    /// The rating from which an item is liked [default: three quarters up the scale, 4 of 5; for a
    /// model that ranks the lowest, whatever was rated]
    #[arg(long, value_name = "RATING", allow_negative_numbers = true, value_parser = finite)]
    pub(crate) relevant: Option<f32>,
    /// Also rank every held-out item, whatever its rating, among items that its user has not rated:
    /// 99 sampled ones, or all; for models trained with `--split leave-one-out`
    /// [default: sampled for a model that ranks, else not at all]
    #[arg(long, value_name = "AMONG")]
    pub(crate) ranking: Option<RankingChoice>,
    /// Draw the errors by tenths of users and items as an SVG; a model that ranks has none
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Among which items a held-out one is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RankingChoice {
    /// 99 drawn by chance, as He et al. 2017 do
    Sampled,
    /// All
    Full,
}

/// What `export` takes.
#[derive(Debug, Args)]
pub(crate) struct ExportFlags {
    /// A run's folder, or a model's file
    pub(crate) model: PathBuf,
    /// The format
    #[arg(long)]
    pub(crate) format: ExportFormat,
    /// The file; for csv and projector a folder
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// Replace what is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Formats of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// numpy: every parameter under its name, and the ids
    Npz,
    /// Factors and biases of users and of items, a row each
    Csv,
    /// burn's own record, of the lab's and the neural models
    Burn,
    /// TensorBoard's embedding projector: the items' factors and labels; biases have none
    Projector,
}

/// What `import` takes.
#[derive(Debug, Args)]
pub(crate) struct ImportFlags {
    /// The module's state dict, from torch.save or safetensors.torch.save_file
    pub(crate) state: PathBuf,
    /// The ratings it was trained on
    pub(crate) ratings: PathBuf,
    /// The model's file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// How the module numbers users and items
    #[arg(long, value_enum, default_value_t = RowOrder::Appearance)]
    pub(crate) rows: RowOrder,
    /// Titles of the items
    #[arg(long, value_name = "FILE")]
    pub(crate) titles: Option<PathBuf>,
    /// Leave out lines that are not ratings
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,
    /// Part of the ratings that the module has not seen
    #[arg(long, value_name = "X", default_value_t = 0.2)]
    pub(crate) test_share: f64,
    /// The seed of that split
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u32,
    /// Replace what is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Which row belongs to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowOrder {
    /// In order of appearance in the file, as pandas.factorize
    Appearance,
    /// In the order of the sorted ids, as numpy.unique and LabelEncoder
    Sorted,
}

/// What `runs` does.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the runs in a folder, with the figures of the epoch whose model each keeps
    List {
        /// The folder
        #[arg(default_value = "runs")]
        folder: PathBuf,
        /// Print JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Show a run: settings, curve, where it ended
    Show {
        /// Its folder
        run: PathBuf,
    },
    /// Show the settings in which runs differ, side by side, and where each ended
    Compare {
        /// Their folders
        #[arg(num_args = 2.., required = true)]
        runs: Vec<PathBuf>,
        /// Print JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Draw the curves of runs in one SVG
    Plot {
        /// Their folders
        #[arg(required = true)]
        runs: Vec<PathBuf>,
        /// The picture
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The train RMSE instead of the test RMSE
        #[arg(long)]
        train: bool,
    },
}

/// The length of a list, or of a pause: an empty one says nothing.
pub(crate) fn at_least_one(text: &str) -> Result<usize, Usage> {
    whole(text).and_then(|n| match n {
        0 => Err(Usage("expected a whole number from 1 on".into())),
        n => Ok(n),
    })
}

fn finite(text: &str) -> Result<f32, Usage> {
    let number = text.parse().ok().filter(|number: &f32| number.is_finite());
    number.ok_or_else(|| Usage("expected a number".into()))
}
