//! What a model that trains itself, without gradients of batches, is to a run.

use std::ops::Range;

use ratings::Split;

use crate::{
    Config, ModelKind, Optimizer, Weights,
    als::Als,
    biases::Shrinking,
    checkpoint::Checkpoint,
    gibbs::Gibbs,
    held_out::{Misses, Parts},
    ials::Ials,
    memory::{self, Need},
    miss::Miss,
    sgd::{BoldDriver, Sgd},
    svdpp::SvdPp,
};

/// A model being trained in its own way: an epoch is so many steps, whatever a step is. The CPU makes
/// them, or for [`Sgd`] a GPU ([`SgdGpu`](crate::sgd::SgdGpu)).
pub(crate) trait Learner: Send {
    /// Prepares an epoch, counted from 1.
    fn begin_epoch(&mut self, epoch: u32);

    /// Takes the step size and the penalty of this configuration from the next step on.
    fn tune(&mut self, config: &Config);

    /// Training ratings of this epoch that have had their turn.
    fn trained(&self) -> usize;

    /// Makes about `steps` steps; none when the epoch is over. Returns the errors of each (see
    /// [`means`]).
    fn train(&mut self, steps: usize) -> Vec<Miss>;

    /// Evaluates a part of the held-out ratings ([`Split::held_out`]). A model that ranks is not
    /// asked: it is judged by its weights.
    fn evaluate(&mut self, _: Range<usize>) -> Misses {
        unreachable!("a model that predicts ratings says how far they are off")
    }

    /// Keeps the model as it is at the end of an epoch as the last good one.
    fn keep(&mut self);

    /// Goes back to the last good model.
    fn restore(&mut self);

    /// The model's numbers as they are now.
    fn weights(&self) -> Weights;

    /// What drives the learning rate, as it is at the last good model.
    fn bold(&self) -> Option<BoldDriver> {
        None
    }

    /// The numbers of the last good model. An epoch that is begun anew from them gives the same bits.
    fn good_weights(&self) -> Weights;
}

/// A learner, and how far it is in the way a run counts it.
pub(crate) struct Learning<L: ?Sized = dyn Learner> {
    pub(crate) learner: Box<L>,
    parts: Parts,
    epochs: u64,  // that ended well
    batches: u64, // of an epoch
}

impl Learning {
    /// The learner of this configuration's model; the number of threads changes no bit.
    ///
    /// # Panics
    /// If the model is trained by gradients of batches.
    pub(crate) fn new(split: &Split, config: &Config, from: &Checkpoint, threads: usize) -> Self {
        let weights = &from.weights;
        let learner: Box<dyn Learner> = match config.model {
            ModelKind::Biases => Box::new(Shrinking::new(split, config, weights)),
            ModelKind::BiasedMf if config.optimizer == Optimizer::Als => {
                Box::new(Als::new(split, config, weights, threads))
            }
            ModelKind::BiasedMf => Box::new(Sgd::new(split, config, from, threads)),
            ModelKind::SvdPp => Box::new(SvdPp::new(split, config, from, threads)),
            ModelKind::BayesMf | ModelKind::BayesSvdPp => {
                Box::new(Gibbs::new(split, config, weights, threads))
            }
            ModelKind::Ials => Box::new(Ials::new(split, config, weights, threads)),
            model => panic!("{model} has no learner"),
        };
        Self::of(learner, split, config, from)
    }

    /// What it takes in memory: of every rating at most two copies with its rows, of the model the
    /// weights it starts from, itself and the last good one.
    pub(crate) fn need(split: &Split, config: &Config) -> Need {
        const RATING: u64 = 40; // bytes
        let ratings =
            RATING * (split.train.len() + split.validation.len() + split.test.len()) as u64;
        let model = 3 * memory::parameters(config, split.users, split.items);
        Need { ratings, model, gpu: 0 }
    }
}

impl<L: Learner + ?Sized> Learning<L> {
    /// A learner that goes on from there.
    pub(crate) fn of(learner: Box<L>, split: &Split, config: &Config, from: &Checkpoint) -> Self {
        let batches = split.train.len().div_ceil(config.batch_size) as u64;
        let parts = Parts::new(split, usize::MAX);
        Self { learner, parts, epochs: from.steps / batches.max(1), batches }
    }

    pub(crate) fn begin_epoch(&mut self, epoch: u32) {
        self.learner.begin_epoch(epoch);
        self.parts.rewind();
    }

    pub(crate) fn tune(&mut self, config: &Config) {
        self.learner.tune(config);
    }

    pub(crate) fn trained(&self) -> usize {
        self.learner.trained()
    }

    pub(crate) fn train(&mut self, steps: usize) -> Vec<Miss> {
        self.learner.train(steps)
    }

    pub(crate) fn evaluate(&mut self) -> Option<Misses> {
        self.parts.next().map(|part| self.learner.evaluate(part))
    }

    pub(crate) fn keep(&mut self) {
        self.learner.keep();
        self.epochs += 1;
    }

    pub(crate) fn restore(&mut self) {
        self.learner.restore();
    }

    pub(crate) fn weights(&self) -> Weights {
        self.learner.weights()
    }

    /// The model of the last epoch that ended well: the epoch under way begins anew from it, with
    /// the same bits.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        let none = || Weights { parameters: Vec::new() };
        let (weights, steps) = (self.learner.good_weights(), self.epochs * self.batches);
        Checkpoint { weights, first: none(), second: none(), steps, bold: self.learner.bold() }
    }
}

/// Sums of errors as means whose own mean over the steps of an epoch is the mean over its ratings,
/// though steps differ in size: a run takes the plain mean.
pub(crate) fn means(sums: Vec<Miss>, steps: usize, ratings: usize) -> Vec<Miss> {
    let ratings = ratings.max(1) as f64 / steps as f64; // of a step
    sums.into_iter().map(|sum| sum / ratings).collect()
}
