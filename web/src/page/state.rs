//! Every signal of the page. Components read them; `actions` and `news` move them.

use std::collections::HashMap;
use std::sync::Arc;

use js_sys::Function;
use leptos::prelude::*;
use protocol::{BadData, DataReport, DeviceReport, Settings};
use ratings::sample::SampleConfig;
use trainer::{EpochReport, ModelKind, Progress};
use web_sys::Blob;

use super::clock::Clock;
use super::link::{Link, Program};
use super::unfinished::Kept;
use super::using::Using;
use crate::address;
use crate::lines::View;
use crate::record::Record;

/// The state of the page. Copies share their signals.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    /// The program in the background.
    pub(crate) worker: RwSignal<Worker>,
    /// Which device `auto` would take, and why.
    pub(crate) device: RwSignal<Option<DeviceReport>>,
    /// A file on its way.
    pub(crate) reading: RwSignal<Option<Reading>>,
    /// A file that was refused.
    pub(crate) refused: RwSignal<Option<BadData>>,
    /// The data at hand.
    pub(crate) data: RwSignal<Option<Arc<DataReport>>>,
    /// What the form says.
    pub(crate) settings: RwSignal<Settings>,
    /// The run at hand.
    pub(crate) run: RwSignal<Option<Record>>,
    pub(crate) stage: RwSignal<Stage>,
    /// Where its epoch is.
    pub(crate) progress: RwSignal<Option<Progress>>,
    pub(crate) clock: RwSignal<Clock>,
    /// Runs that are over, the latest last.
    pub(crate) earlier: RwSignal<Vec<Record>>,
    /// Runs that were cut off and can go on.
    pub(crate) unfinished: RwSignal<Vec<Kept>>,
    /// Numbers of runs that another version of the page kept, and which this one cannot read.
    pub(crate) unreadable: RwSignal<Vec<u32>>,
    /// Those of them that the person leaves as they are.
    pub(crate) left_alone: StoredValue<Vec<u32>>,
    /// The model at work.
    pub(crate) using: Using,
    /// How the chart looks at the runs.
    pub(crate) view: RwSignal<View>,
    /// Something to tell.
    pub(crate) notice: RwSignal<Option<Notice>>,
    /// Whether a newer version of the page is ready.
    pub(crate) update_waits: RwSignal<bool>,
    /// What a screen reader hears.
    pub(crate) spoken: RwSignal<String>,
    pub(crate) link: StoredValue<Option<Link>, LocalStorage>,
    /// Where the data at hand came from.
    pub(crate) source: StoredValue<Option<Source>, LocalStorage>,
    /// What was sent and not answered yet.
    pub(crate) sent: StoredValue<Option<Source>, LocalStorage>,
    /// Files that were given meanwhile.
    pub(crate) waiting: StoredValue<Vec<Named>, LocalStorage>,
    /// Files that were refused, and may be read without their bad lines.
    pub(crate) refused_source: StoredValue<Option<Source>, LocalStorage>,
    /// What to do when the data, and then the run, are there.
    pub(crate) next: StoredValue<Next, LocalStorage>,
    /// The record of the run that is being resumed.
    pub(crate) resumed: StoredValue<Option<Record>>,
    /// Epochs that have come and are not drawn yet.
    pub(crate) epochs: StoredValue<Vec<EpochReport>>,
    /// Files of titles that were given before any data.
    pub(crate) titles: StoredValue<Vec<Named>, LocalStorage>,
    /// How to let go of each run that this tab has; `None` while it waits for one.
    pub(crate) locks: StoredValue<HashMap<u32, Option<Function>>, LocalStorage>,
    /// The last run that was kept under way, and after how many epochs.
    pub(crate) kept: StoredValue<Option<(u32, usize)>>,
    /// Whether the person was told that a run cannot be kept.
    pub(crate) keeps_nothing: StoredValue<bool>,
    /// When a screen reader was last told something, in seconds since the page opened.
    pub(crate) last_spoken: StoredValue<f64>,
}

/// The program in the background.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Worker {
    /// On its way: bytes that have come, and bytes in all.
    Loading(Program, u64, u64),
    Ready(Program),
    Dead {
        cause: String,
        left: Left,
    },
}

/// What a worker that died leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It had learned nothing.
    Nothing,
    /// A run that is kept as it was after so many epochs.
    Kept(usize),
    /// A run under way of which nothing is kept.
    Lost,
    /// A model, whose figures alone are left.
    Figures,
}

/// A file on its way into the worker.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) name: String,
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) seconds: f64,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There is none.
    Idle,
    /// It was asked for.
    Starting,
    Training,
    /// It trains to the end of the epoch.
    Stepping,
    Held,
    /// It is over, and its model is at hand.
    Finished,
}

impl Stage {
    /// Whether the run is under way, held or not.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Starting | Self::Training | Self::Stepping | Self::Held)
    }

    /// Whether the run is moving.
    pub(crate) fn is_moving(self) -> bool {
        matches!(self, Self::Training | Self::Stepping)
    }
}

/// A file and its name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) blob: Blob,
}

/// Where data came from, so that a new worker can be given it again.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Made up, with titles that were given beside it.
    Sample(SampleConfig, Vec<Named>),
    /// Ratings, the first file once it was read, and titles.
    Files { files: Vec<Named>, skip_bad_lines: bool },
}

impl Source {
    /// What to call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Sample(..) => "sample data".to_owned(),
            Self::Files { files, .. } => {
                files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// This one of its files is the ratings.
    pub(crate) fn put_first(&mut self, file: usize) {
        if let Self::Files { files, .. } = self
            && file < files.len()
        {
            files.swap(0, file);
        }
    }

    /// Adds another one's files to it.
    pub(crate) fn add(&mut self, other: &Self) {
        let (Self::Sample(_, files) | Self::Files { files, .. }) = self;
        files.extend(other.clone().into_files());
    }

    pub(crate) fn into_files(self) -> Vec<Named> {
        let (Self::Sample(_, files) | Self::Files { files, .. }) = self;
        files
    }
}

/// What a person asked for that has to wait for the worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Next {
    /// When the data is there: begin a run, or go on with one.
    pub(crate) begin: Option<Begin>,
    /// When the run is there: play, or one epoch.
    pub(crate) go: Option<Go>,
}

/// How to begin a run.
#[derive(Clone, Debug)]
pub(crate) enum Begin {
    Fresh,
    Resume(Box<Kept>),
}

/// How far to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Go {
    Play,
    Epoch,
}

/// Something to tell the person.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) is_error: bool,
}

impl Page {
    pub(crate) fn new() -> Self {
        Self {
            worker: RwSignal::new(Worker::Loading(Program::Fused, 0, 0)),
            device: RwSignal::new(None),
            reading: RwSignal::new(None),
            refused: RwSignal::new(None),
            data: RwSignal::new(None),
            settings: RwSignal::new(address::usual(ModelKind::Mf)),
            run: RwSignal::new(None),
            stage: RwSignal::new(Stage::Idle),
            progress: RwSignal::new(None),
            clock: RwSignal::new(Clock::default()),
            earlier: RwSignal::new(Vec::new()),
            unfinished: RwSignal::new(Vec::new()),
            unreadable: RwSignal::new(Vec::new()),
            left_alone: StoredValue::new(Vec::new()),
            using: Using::new(),
            view: RwSignal::new(View { log: true, smoothing: 0.0, range: None, lab: false }),
            notice: RwSignal::new(None),
            update_waits: RwSignal::new(false),
            spoken: RwSignal::new(String::new()),
            link: StoredValue::new_local(None),
            source: StoredValue::new_local(None),
            sent: StoredValue::new_local(None),
            waiting: StoredValue::new_local(Vec::new()),
            refused_source: StoredValue::new_local(None),
            next: StoredValue::new_local(Next::default()),
            resumed: StoredValue::new(None),
            epochs: StoredValue::new(Vec::new()),
            titles: StoredValue::new_local(Vec::new()),
            locks: StoredValue::new_local(HashMap::new()),
            kept: StoredValue::new(None),
            keeps_nothing: StoredValue::new(false),
            last_spoken: StoredValue::new(0.0),
        }
    }

    /// Tells the person something good or neutral.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.notice.set(Some(Notice { text: text.into(), is_error: false }));
    }

    /// Tells the person what went wrong.
    pub(crate) fn complain(&self, text: impl Into<String>) {
        self.notice.set(Some(Notice { text: text.into(), is_error: true }));
    }
}

/// The page's state, from any component.
pub(crate) fn page() -> Page {
    expect_context()
}
