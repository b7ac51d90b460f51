//! The loop: epochs of shuffled batches, a bounded slice of work at a time.

mod chosen; // which epoch's model is delivered
mod evaluation; // the end of an epoch
mod contest; // of models that rank
mod pace; // how long a slice is
mod resume; // leaving a run and taking it up again

use std::sync::Arc;

use ratings::Split;
use web_time::Instant;

use self::contest::Contest;
use self::evaluation::Evaluation;
pub use self::pace::Pace;
pub use self::resume::OptimizerState;
use crate::{
    Config, ConfigError, Device, EpochReport, Event, Objective, Progress, Recovery, TrainError,
    Trained, Weights,
    checkpoint::Checkpoint,
    engine::{Engine, Slice},
    gpu::Fault,
    held_out::Misses,
    memory,
    miss::Miss,
};

/// GPUs a run may lose before it gives the GPU up.
const MAX_LOSSES: usize = 2;

/// A training run, driven by its caller: [`advance`](Self::advance) until it returns `None`, or
/// for as long as one likes, then [`finish`](Self::finish). Not calling it is a pause.
pub struct Run {
    config: Config,
    split: Arc<Split>,
    device: Device,
    engine: Engine,
    safe: Option<Safe>, // where the device can be lost
    losses: usize,      // of devices
    news: Option<Event>,
    total: usize, // ratings in an epoch
    largest_rating: f32,
    stage: Stage,
    pace: Pace,
    strangers: Misses,        // of test ratings that no model knows
    contest: Option<Contest>, // of a model that ranks
    patience: Option<usize>,  // epochs
    chosen: Option<Weights>,  // of the best epoch, where there is a validation part
    history: Vec<EpochReport>,
}

/// A model on the host from which the run can go on.
struct Safe {
    checkpoint: Checkpoint,
    epochs: usize,   // it has seen
    begun: Training, // what it has seen of the next
}

enum Stage {
    Train(Training),
    Evaluate(Training, Evaluation),
    Done,
}

/// What an epoch's training has given so far.
#[derive(Clone, Default)]
struct Training {
    epoch: usize,
    batches: usize,
    sums: Miss, // of the batches' mean errors
    seconds: f64,
    next_slice: usize, // batches
}

impl Run {
    /// Prepares a run from the configuration's seeded initial weights.
    ///
    /// # Errors
    /// A setting out of range, an empty training set, an engine without kernels for the model, or a
    /// GPU that fails or has too little memory.
    pub async fn start(
        split: &Arc<Split>,
        config: &Config,
        device: &Device,
    ) -> Result<Self, TrainError> {
        check(split, config, device)?;
        let mut weights = Weights::initial(config, split.users, split.items);
        if config.objective == Objective::Rating {
            #[expect(clippy::cast_possible_truncation, reason = "ratings are f32")]
            weights.begin_at(config, split.train.mean() as f32);
        }
        Self::start_from(&weights, split, config, device).await
    }

    /// Prepares a run from given weights.
    ///
    /// # Errors
    /// As [`start`](Self::start); also weights whose names or shapes are not the configuration's.
    pub async fn start_from(
        weights: &Weights,
        split: &Arc<Split>,
        config: &Config,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let begun = Training::default();
        let start = Safe { checkpoint: Checkpoint::fresh(weights, config), epochs: 0, begun };
        Self::go_on_from(start, Vec::new(), split, config, device).await
    }

    async fn go_on_from(
        start: Safe,
        history: Vec<EpochReport>,
        split: &Arc<Split>,
        config: &Config,
        device: &Device,
    ) -> Result<Self, TrainError> {
        check(split, config, device)?;
        if !start.checkpoint.fits(config, split.users, split.items) {
            return Err(TrainError::Weights);
        }
        let (engine, device, news) = open(split, config, &start, device).await?;
        let (epochs, begun) = (start.epochs, start.begun.clone());
        let mut run = Self {
            safe: engine.can_be_rescued().then_some(start),
            engine,
            device,
            news,
            losses: 0,
            split: Arc::clone(split),
            config: config.clone(),
            total: split.train.len(),
            largest_rating: split.train.values.iter().fold(0.0, |most, r| r.abs().max(most)),
            stage: Stage::Done,
            pace: Pace::default(),
            strangers: Misses::default(),
            contest: Contest::of(split, config),
            patience: None,
            chosen: None,
            history,
        };
        run.go_on(epochs, &begun);
        Ok(run)
    }

    /// Trains with another step size and another penalty from the next slice on; on a GPU a slice
    /// or two may be under way.
    ///
    /// # Errors
    /// A value out of range; nothing changes then.
    pub fn tune(&mut self, learning_rate: f64, weight_decay: f64) -> Result<(), ConfigError> {
        let config = Config { learning_rate, weight_decay, ..self.config.clone() };
        config.check()?;
        self.engine.tune(&config);
        self.config = config;
        Ok(())
    }

    /// Sets how much one call of [`advance`](Self::advance) does: at least one batch. A time that is
    /// not positive is taken as the default.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace.checked();
    }

    /// The epochs that are over.
    pub fn history(&self) -> &[EpochReport] {
        &self.history
    }

    /// Ratings that the model of a [`checkpoint`](Self::checkpoint) has seen after the last epoch that
    /// is over. On a GPU they may be more than the last [`Progress`] counted, since work on the next
    /// slice has begun; a model that trains itself is left at the end of an epoch.
    pub fn seen_since(&self) -> usize {
        match self.stage {
            Stage::Done => 0, // or the model went back to the last good one
            _ => self.engine.seen(),
        }
    }

    /// Does one slice of work and says what came of it; `None` when every epoch is done.
    ///
    /// # Errors
    /// A loss that is not finite ends the run and takes the model back to the last epoch that
    /// ended well; a device failure is passed on. [`finish`](Self::finish) works after both.
    pub async fn advance(&mut self) -> Result<Option<Event>, TrainError> {
        if let Some(news) = self.news.take() {
            return Ok(Some(news));
        }
        let event = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Train(training) => self.train_slice(training).await,
            Stage::Evaluate(training, evaluation) => {
                self.evaluate_slice(training, evaluation).await
            }
            Stage::Done => return Ok(None),
        };
        match event {
            Err(TrainError::Device(fault)) => self.recover(fault).await.map(Some),
            event => event.map(Some),
        }
    }

    /// Where it trains; another device than it began on if that one failed.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Gives the GPU up, as its driver may at any time: for tests of what follows.
    #[doc(hidden)]
    pub fn lose_device(&self) {
        self.engine.lose_device();
    }

    /// Goes on from the last model that reached the host: on a new connection to the GPU, and when
    /// that was lost too often on the CPU, if the device was the program's choice.
    async fn recover(&mut self, fault: Fault) -> Result<Event, TrainError> {
        let Some(safe) = &self.safe else { return Err(fault.into()) };
        self.losses += 1;
        let device = if self.losses > MAX_LOSSES {
            self.device.fallback()
        } else {
            Some(self.device.clone())
        };
        let Some(device) = device else { return Err(fault.into()) };
        let (engine, device, _) = open(&self.split, &self.config, safe, &device).await?;
        (self.engine, self.device) = (engine, device);
        let (epochs, begun) = (safe.epochs, safe.begun.clone());
        self.history.truncate(epochs);
        self.go_on(epochs, &begun);
        let device = self.device.name().to_owned();
        Ok(Event::Recovered(Recovery { cause: fault.to_string(), epochs, device }))
    }

    /// Ends the run, whether or not its epochs are done, and hands over the model trained so far.
    ///
    /// # Errors
    /// A device that does not give the weights back.
    pub async fn finish(mut self) -> Result<Trained, TrainError> {
        let weights = match (self.engine.weights().await, self.safe.take()) {
            (Err(_), Some(safe)) => {
                self.history.truncate(safe.epochs);
                Ok(safe.checkpoint.weights)
            }
            (weights, _) => weights,
        };
        let mut weights = weights?;
        if !weights.are_finite() {
            // The last step of an epoch is seen by no later loss.
            self.engine.restore();
            weights = self.engine.weights().await?;
        }
        let weights = self.delivered(weights);
        Ok(Trained { config: self.config, history: self.history, weights })
    }

    fn begin_epoch(&mut self, epoch: usize, next_slice: usize) {
        if epoch > self.config.epochs || self.is_over() {
            self.stage = Stage::Done;
            return;
        }
        self.engine.begin_epoch(u32::try_from(epoch).unwrap_or(u32::MAX));
        self.stage = Stage::Train(Training { epoch, next_slice, ..Training::default() });
    }

    /// Goes on after so many epochs and a part of the next.
    fn go_on(&mut self, epochs: usize, begun: &Training) {
        self.begin_epoch(epochs + 1, 1);
        if begun.batches > 0 && matches!(self.stage, Stage::Train(_)) {
            let seen = begun.batches.saturating_mul(self.config.batch_size);
            self.engine.skip(seen.min(self.total));
            self.stage = self.after(Training { epoch: epochs + 1, next_slice: 1, ..begun.clone() });
        }
    }

    async fn train_slice(&mut self, mut training: Training) -> Result<Event, TrainError> {
        let started = Instant::now();
        let batches = match self.pace {
            Pace::Seconds(_) => training.next_slice,
            Pace::Batches(batches) => batches,
        };
        let told = matches!(self.pace, Pace::Batches(_)); // whoever counts batches wants to see each
        let Slice { steps, errors } = self.engine.train(batches, told).await?;
        self.note_safe().await?;
        let seconds = started.elapsed().as_secs_f64();
        training.add(&errors, seconds);
        if !training.sums.squared.is_finite() {
            return Err(self.diverged(training.epoch));
        }
        training.next_slice = self.pace.next(steps, seconds);
        let loss = errors.iter().map(|of| of.squared).sum::<f64>() / errors.len() as f64;
        let event = self.progress(training.epoch, (!errors.is_empty()).then_some(loss));
        self.stage = self.after(training);
        Ok(event)
    }

    /// What follows on training: more of it, or a test.
    fn after(&self, training: Training) -> Stage {
        if self.engine.trained() < self.total {
            Stage::Train(training)
        } else {
            Stage::Evaluate(training, Evaluation::default())
        }
    }

    /// Remembers a model that has reached the host.
    async fn note_safe(&mut self) -> Result<(), Fault> {
        if let Some(checkpoint) = self.engine.rescued().await? {
            let steps = self.total.div_ceil(self.config.batch_size) as u64; // of an epoch
            let epochs = usize::try_from(checkpoint.steps / steps).unwrap_or(usize::MAX);
            self.safe = Some(Safe { checkpoint, epochs, begun: Training::default() });
        }
        Ok(())
    }

    fn progress(&self, epoch: usize, loss: Option<f64>) -> Event {
        Event::Progress(Progress {
            epoch,
            epochs: self.config.epochs,
            done: self.engine.trained(),
            total: self.total,
            loss,
        })
    }

    fn diverged(&mut self, epoch: usize) -> TrainError {
        self.engine.restore();
        TrainError::Diverged {
            largest_rating: self.largest_rating,
            epoch,
            kept: self.history.len(),
            learning_rate: self.config.learning_rate,
        }
    }
}

/// Refuses what cannot be trained, before anything is made for it.
fn check(split: &Split, config: &Config, device: &Device) -> Result<(), TrainError> {
    config.check()?;
    device.engine(config)?;
    if split.train.is_empty() {
        return Err(TrainError::NoRatings);
    }
    match (memory::check(split, config, device), device.fallback()) {
        (Err(_), Some(cpu)) => memory::check(split, config, &cpu)?, // which `open` then takes
        (room, _) => room?,
    };
    Ok(())
}

/// An engine on the device, or on the CPU if the device fails and was the program's choice; then
/// the news says so.
async fn open(
    split: &Arc<Split>,
    config: &Config,
    from: &Safe,
    device: &Device,
) -> Result<(Engine, Device, Option<Event>), TrainError> {
    let error = match Engine::new(split, config, &from.checkpoint, device).await {
        Ok(engine) => return Ok((engine, device.clone(), None)),
        Err(error) => error,
    };
    let Some(cpu) = device.fallback() else { return Err(error) };
    let cause = match &error {
        TrainError::Device(fault) => fault.to_string(),
        error => error.to_string(),
    };
    let engine = Engine::new(split, config, &from.checkpoint, &cpu).await?;
    let recovery = Recovery { cause, epochs: from.epochs, device: cpu.name().to_owned() };
    Ok((engine, cpu, Some(Event::Recovered(recovery))))
}

impl Training {
    /// Batch by batch, so that the sum does not depend on where the slices end.
    fn add(&mut self, errors: &[Miss], seconds: f64) {
        self.batches += errors.len();
        errors.iter().for_each(|of| self.sums += *of);
        self.seconds += seconds;
    }
}
