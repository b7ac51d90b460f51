//! What the page and its worker say to each other.
//!
//! Every message is a pair `[json, attachment]`: the JSON of a [`Request`] or of [`News`], and a
//! `Blob` or an `ArrayBuffer` for what is too large to be text, or null.

mod model_at_work; // questions to a trained model, and their answers

pub use model_at_work::{
    Answer, Audience, Because, Cell, Dot, Found, Item, Judged, Map, Neighbour, Pick, Picks,
    Question, Similar, User, Who, Window,
};

use ratings::{Statistics, sample::SampleConfig};
use serde::{Deserialize, Serialize};
use trainer::{Config, DeviceChoice, DeviceKind, EngineChoice, EngineKind, Event, SampledHits};

/// What the page asks of its worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Read the attached array of `Blob`s, each for what it holds: ratings, or titles of their items.
    /// Titles alone are for the data at hand.
    Read {
        /// The files' names, for messages.
        names: Vec<String>,
        /// Leave bad lines out and count them, instead of refusing the file.
        skip_bad_lines: bool,
    },
    /// Make ratings instead of reading them.
    Sample {
        /// How many, and which.
        config: SampleConfig,
    },
    /// Begin a run on the data at hand, held before its first slice until [`Request::Play`] or
    /// [`Request::Epoch`]. With a model file attached the run goes on from it.
    Start {
        /// Everything that fixes the run.
        settings: Settings,
    },
    /// Train until told otherwise.
    Play,
    /// Hold the run before its next slice.
    Pause,
    /// Train to the end of the epoch, then hold.
    Epoch,
    /// End the run now and keep its model.
    Stop,
    /// Forget the run and its model.
    Reset,
    /// Change the step size and the penalty from the next slice on.
    Tune {
        /// The optimiser's step size.
        learning_rate: f64,
        /// L2 penalty.
        weight_decay: f64,
    },
    /// Ask something of the model at hand.
    Use(Question),
    /// Hand out the model as it is now, as the desktop's model file.
    Export,
    /// Take the attached model file as the model at hand.
    Open {
        /// The file's name, for messages.
        name: String,
    },
}

/// Everything that fixes a run on given data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The model and how it is trained.
    pub config: Config,
    /// Part of the ratings kept for testing, in 0..1.
    pub test_share: f64,
    /// Fixes which ratings those are.
    pub split_seed: u32,
    /// Part of the training ratings by which the epoch is chosen whose model is kept, in 0..1.
    #[serde(default)]
    pub validation_share: f64,
    /// The run ends after so many epochs that are no better by them.
    #[serde(default)]
    pub patience: Option<usize>,
    /// GPU, CPU, or the program's choice.
    pub device: DeviceChoice,
    /// How a step is computed.
    pub engine: EngineChoice,
}

/// What the worker tells the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// The worker's own program is on its way. Sent by `worker.js`.
    Loading {
        /// Bytes that have come.
        done: u64,
        /// Bytes to come in all; 0 where the server does not say.
        total: u64,
    },
    /// The worker listens.
    Ready {
        /// What the run's device would be by default.
        device: DeviceReport,
    },
    /// A file is being read.
    Reading {
        /// Bytes read.
        done: u64,
        /// Bytes of the file.
        total: u64,
        /// Since the start, in seconds.
        seconds: f64,
    },
    /// Data is at hand; a run that was under way is over.
    Data(Box<DataReport>),
    /// A file was refused; the data at hand stays.
    BadData(BadData),
    /// Titles are at hand, for the data that is; without data they are not kept.
    Titles {
        /// Where they come from: a file's name.
        name: String,
        /// How many there are.
        titles: usize,
        /// Items of the data that have one; `None` without data.
        matched: Option<usize>,
        /// The first ratings of the data, with their titles.
        first_rows: Vec<Row>,
    },
    /// A run is ready, and held.
    Started(Box<Started>),
    /// News of the run.
    Event(Event),
    /// The run is held, or goes on.
    Held {
        /// Whether it is held.
        held: bool,
    },
    /// An epoch has ended, with this much memory taken by the worker.
    Memory {
        /// Bytes.
        bytes: u64,
    },
    /// The attached `ArrayBuffer` is the model file at the end of an epoch, optimiser included, from
    /// which the run can go on when the worker is lost.
    Checkpoint {
        /// Epochs that the model has seen.
        epochs: usize,
    },
    /// The run has ended, by itself or on request; its model is at hand.
    Finished {
        /// Epochs that the model has seen.
        epochs: usize,
        /// How many numbers were learned.
        parameters: usize,
    },
    /// What was asked of the model.
    Answer(Box<Answer>),
    /// The attached `ArrayBuffer` is the model file asked for.
    Exported {
        /// A name to save it under.
        name: String,
    },
    /// A model file was opened.
    Opened(Box<Opened>),
    /// A request could not be met; what was at hand stays.
    Failed {
        /// Why, and what to do.
        message: String,
    },
    /// The worker's program has died of a defect: this instance answers nothing more. Sent last.
    Panicked {
        /// Where, and what.
        message: String,
    },
}

/// The device of a run and why it was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// GPU or CPU.
    pub kind: DeviceKind,
    /// The adapter's name, or `CPU`.
    pub name: String,
    /// Why this one, in a sentence.
    pub reason: String,
    /// What to know before using it, such as a GPU that is software.
    pub warning: Option<String>,
}

/// A ratings file, read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataReport {
    /// Which of the files that were given it is.
    pub file: usize,
    /// The file's name, or `sample data`.
    pub name: String,
    /// The file's size.
    pub bytes: u64,
    /// Time that reading took, in seconds.
    pub seconds: f64,
    /// How the file is written, such as `user::item::rating`.
    pub format: String,
    /// The data in a few numbers.
    pub statistics: Statistics,
    /// The first ratings of the file.
    pub first_rows: Vec<Row>,
    /// Lines left out on request: how many.
    pub skipped: usize,
    /// The first of them, each with its line number and reason.
    pub skipped_examples: Vec<String>,
    /// How many titles are at hand.
    pub titles: usize,
    /// What came with the ratings and is of no use, and why: other files, titles in a zip.
    pub unused: Vec<String>,
    /// What is known and what is missing.
    pub matrix: MatrixPicture,
    /// A number of the ratings and their order: equal data, equal fingerprint.
    pub fingerprint: String,
}

/// One rating as the file has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The user's id.
    pub user: String,
    /// The item's id.
    pub item: String,
    /// The item's title, where there is one.
    pub title: Option<String>,
    /// The rating.
    pub rating: f32,
}

/// The rating matrix from afar: every cell counts the ratings of a block of users and items, both
/// sorted by their number of ratings, the busiest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatrixPicture {
    /// Blocks of users.
    pub rows: usize,
    /// Blocks of items.
    pub columns: usize,
    /// Share of known cells in each block, 0 to 255 for 0 to 1, row by row: `[rows * columns]`.
    pub known: Vec<u8>,
}

/// A file that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BadData {
    /// The file's name.
    pub name: String,
    /// Where, what, and what to do.
    pub message: String,
    /// Bad lines, when leaving them out would make the file usable: how many.
    pub bad_lines: Option<usize>,
    /// The first of them, each with its line number and reason.
    pub examples: Vec<String>,
}

/// A run, ready to go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// What it was asked for.
    pub settings: Settings,
    /// What it runs on.
    pub device: DeviceReport,
    /// How a step is computed.
    pub engine: EngineKind,
    /// Ratings to learn from.
    pub train_ratings: usize,
    /// Ratings to be judged on.
    pub test_ratings: usize,
    /// Epochs that a model to go on from has seen.
    pub epochs: usize,
    /// Test RMSE of always saying the train mean; `None` without a test set, and of a model that ranks,
    /// as the next.
    pub mean_rmse: Option<f64>,
    /// Test RMSE of the mean and a bias for each user and item; `None` without a test set.
    pub biases_rmse: Option<f64>,
    /// Of a model that ranks: where test items stand with the most rated items for everybody.
    pub popular_hits: Option<SampledHits>,
}

/// A model file, opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The file's name.
    pub name: String,
    /// How the model was trained.
    pub settings: Settings,
    /// Every epoch it saw.
    pub history: Vec<trainer::EpochReport>,
    /// Users it knows.
    pub users: usize,
    /// Items it knows.
    pub items: usize,
}
