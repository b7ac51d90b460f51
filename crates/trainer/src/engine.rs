//! A model being trained, whichever way a step is computed.

mod choice; // of the way

use std::sync::Arc;

use ratings::Split;

pub(crate) use choice::choose;
pub use choice::{EngineChoice, EngineKind, NoKernels};

use crate::{
    Config, Device, DeviceKind, TrainError, Weights, autodiff::Autodiff, checkpoint::Checkpoint,
    fused::Fused, fused_gpu::FusedGpu, gpu::Fault, held_out::Misses, kernels::self_test_sgd,
    learner::Learning, memory, miss::Miss, sgd::SgdGpu,
};

/// What a slice of training gave.
pub(crate) struct Slice {
    /// Steps that it made.
    pub(crate) steps: usize,
    /// The mean errors of steps, taken before them by what goes along gradients and after them by what
    /// solves; of a slice that the device keeps to itself for now there are none, and those of several
    /// come together.
    pub(crate) errors: Vec<Miss>,
}

/// A model being trained. All ways do the same arithmetic on the same batches.
pub(crate) enum Engine {
    Fused(Box<Fused>),
    FusedGpu(Box<FusedGpu>),
    Autodiff(Box<Autodiff>),
    Learner(Learning),
    SgdGpu(Box<SgdGpu>),
}

impl Engine {
    /// # Errors
    /// Too little memory, or a GPU that fails.
    ///
    /// # Panics
    /// If the device has no engine for the model.
    pub(crate) async fn new(
        split: &Arc<Split>,
        config: &Config,
        from: &Checkpoint,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let threads = memory::check(split, config, device)?;
        let kind = device.engine(config).expect("asked before");
        let in_batches = config.model.in_batches();
        Ok(match (kind, device.kind()) {
            (EngineKind::Fused, DeviceKind::Cpu) if in_batches => {
                Self::Fused(Box::new(Fused::new(split, config, from, threads)))
            }
            (EngineKind::Fused, DeviceKind::Cpu) => {
                Self::Learner(Learning::new(split, config, from, threads))
            }
            (EngineKind::Fused, DeviceKind::Gpu) if in_batches => {
                let gpu = device.connect().await?;
                let engine = FusedGpu::new(gpu, device, Arc::clone(split), config, from)?;
                Self::FusedGpu(Box::new(engine))
            }
            (EngineKind::Fused, DeviceKind::Gpu) => {
                let gpu = device.connect().await?;
                self_test_sgd(&gpu, config.descent.link).await?;
                Self::SgdGpu(Box::new(SgdGpu::new(gpu, split, config, from, threads)?))
            }
            (EngineKind::Autodiff, _) => {
                let engine = Autodiff::open(split, config, from, device).await?;
                Self::Autodiff(Box::new(engine))
            }
        })
    }

    /// Shuffles the training set for `epoch`, counted from 1.
    pub(crate) fn begin_epoch(&mut self, epoch: u32) {
        match self {
            Self::Fused(engine) => engine.begin_epoch(epoch),
            Self::FusedGpu(engine) => engine.begin_epoch(epoch),
            Self::Autodiff(engine) => engine.begin_epoch(epoch),
            Self::Learner(learning) => learning.begin_epoch(epoch),
            Self::SgdGpu(engine) => engine.begin_epoch(epoch),
        }
    }

    /// Leaves out the first ratings of the epoch, a whole number of batches unless it is all of them:
    /// the model has seen them.
    pub(crate) fn skip(&mut self, ratings: usize) {
        match self {
            Self::Fused(engine) => engine.skip(ratings),
            Self::FusedGpu(engine) => engine.skip(ratings),
            Self::Autodiff(engine) => engine.skip(ratings),
            Self::Learner(_) | Self::SgdGpu(_) => {} // goes on at the start of an epoch only
        }
    }

    /// Takes the step size and the penalty of this configuration for the steps that are not made
    /// or under way yet.
    pub(crate) fn tune(&mut self, config: &Config) {
        match self {
            Self::Fused(engine) => engine.tune(config),
            Self::FusedGpu(engine) => engine.tune(config),
            Self::Autodiff(engine) => engine.tune(config),
            Self::Learner(learning) => learning.tune(config),
            Self::SgdGpu(engine) => engine.tune(config),
        }
    }

    /// Ratings of this epoch trained on so far.
    pub(crate) fn trained(&self) -> usize {
        match self {
            Self::Fused(engine) => engine.trained(),
            Self::FusedGpu(engine) => engine.trained(),
            Self::Autodiff(engine) => engine.trained(),
            Self::Learner(learning) => learning.trained(),
            Self::SgdGpu(engine) => engine.trained(),
        }
    }

    /// Ratings of this epoch that the model of a checkpoint has seen: a GPU is ahead of what it has
    /// returned, and a learner goes back to the last epoch's end.
    pub(crate) fn seen(&self) -> usize {
        match self {
            Self::FusedGpu(engine) => engine.seen(),
            Self::Fused(_) | Self::Autodiff(_) => self.trained(),
            Self::Learner(_) | Self::SgdGpu(_) => 0,
        }
    }

    /// Trains at most `batches` batches; none when the epoch is over. A GPU may be a slice ahead of
    /// what it returns, and keeps the errors until the end of the epoch unless they are `told`.
    pub(crate) async fn train(&mut self, batches: usize, told: bool) -> Result<Slice, Fault> {
        let errors = match self {
            Self::FusedGpu(engine) => return engine.train(batches, told).await,
            Self::Fused(engine) => engine.train(batches),
            Self::Autodiff(engine) => engine.train(batches).await?,
            Self::Learner(learning) => learning.train(batches),
            Self::SgdGpu(engine) => engine.train(batches).await?,
        };
        Ok(Slice { steps: errors.len(), errors })
    }

    /// Waits for the batches under way. Returns the mean errors of each.
    ///
    /// # Errors
    /// A device that fails.
    pub(crate) async fn settle(&mut self) -> Result<Vec<Miss>, Fault> {
        match self {
            Self::FusedGpu(engine) => engine.settle().await,
            Self::Fused(_) | Self::Autodiff(_) | Self::Learner(_) | Self::SgdGpu(_) => {
                Ok(Vec::new())
            }
        }
    }

    /// Evaluates the next part of the held-out ratings (see [`Split::held_out`]), of which none
    /// crosses from validation to test; `None` when all are done.
    pub(crate) async fn evaluate(&mut self) -> Result<Option<Misses>, Fault> {
        match self {
            Self::Fused(engine) => Ok(engine.evaluate()),
            Self::FusedGpu(engine) => engine.evaluate().await,
            Self::Autodiff(engine) => engine.evaluate().await,
            Self::Learner(learning) => Ok(learning.evaluate()),
            Self::SgdGpu(engine) => Ok(engine.evaluate()),
        }
    }

    /// Keeps the model as it is at the end of an epoch as the last good one.
    pub(crate) fn keep(&mut self) {
        match self {
            Self::Fused(engine) => engine.keep(),
            Self::FusedGpu(engine) => engine.keep(),
            Self::Autodiff(engine) => engine.keep(),
            Self::Learner(learning) => learning.keep(),
            Self::SgdGpu(engine) => engine.keep(),
        }
    }

    /// Goes back to the last good model.
    pub(crate) fn restore(&mut self) {
        match self {
            Self::Fused(engine) => engine.restore(),
            Self::FusedGpu(engine) => engine.restore(),
            Self::Autodiff(engine) => engine.restore(),
            Self::Learner(learning) => learning.restore(),
            Self::SgdGpu(engine) => engine.restore(),
        }
    }

    /// A good model that has reached the host since it was last asked for, from an engine whose
    /// device can be lost.
    ///
    /// # Errors
    /// A device that was lost on the way.
    pub(crate) async fn rescued(&mut self) -> Result<Option<Checkpoint>, Fault> {
        match self {
            Self::FusedGpu(engine) => engine.rescued().await,
            Self::SgdGpu(engine) => Ok(engine.rescued()),
            Self::Fused(_) | Self::Autodiff(_) | Self::Learner(_) => Ok(None),
        }
    }

    /// Whether a run can go on with another engine when this one's device is lost.
    pub(crate) fn can_be_rescued(&self) -> bool {
        matches!(self, Self::FusedGpu(_) | Self::SgdGpu(_))
    }

    /// Gives a GPU up, as its driver may at any time.
    pub(crate) fn lose_device(&self) {
        match self {
            Self::FusedGpu(engine) => engine.lose_device(),
            Self::SgdGpu(engine) => engine.lose_device(),
            Self::Fused(_) | Self::Autodiff(_) | Self::Learner(_) => {}
        }
    }

    /// The model's numbers as they are now. Changes no bit of what follows.
    pub(crate) async fn weights(&mut self) -> Result<Weights, Fault> {
        match self {
            Self::Fused(engine) => Ok(engine.weights()),
            Self::FusedGpu(engine) => engine.weights().await,
            Self::Autodiff(engine) => engine.weights().await,
            Self::Learner(learning) => Ok(learning.weights()),
            Self::SgdGpu(engine) => engine.weights().await,
        }
    }

    /// All that training needs to go on from here. Changes no bit of what follows.
    ///
    /// # Errors
    /// A device that fails.
    pub(crate) async fn checkpoint(&mut self) -> Result<Checkpoint, Fault> {
        match self {
            Self::Fused(engine) => Ok(engine.checkpoint()),
            Self::FusedGpu(engine) => engine.checkpoint().await,
            Self::Autodiff(engine) => engine.checkpoint().await,
            Self::Learner(learning) => Ok(learning.checkpoint()),
            Self::SgdGpu(engine) => Ok(engine.checkpoint()),
        }
    }
}
