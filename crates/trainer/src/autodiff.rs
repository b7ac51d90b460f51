//! The reference engine: burn's tensors, automatic differentiation and Adam.

mod adam; // its step
mod examples; // what it learns from

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Int, Tensor},
};
use ratings::{Ratings, Split, UserIndex};

use self::{
    adam::ModelAdam,
    examples::{Chunk, Examples},
};
use crate::{
    Config, DeviceKind, ModelKind, Objective, Order, Weights,
    checkpoint::Checkpoint,
    gpu::Fault,
    held_out::{Misses, Parts},
    memory::{self, Need},
    miss::Miss,
    model::{Model, loss},
    negatives::{self, Unrated},
    predict::Histories,
    weights,
};

/// Examples uploaded at once while training: large enough that uploads are few, small enough that
/// one is a small part of a slice (three columns of 4 bytes: 3 MiB).
const UPLOAD: usize = 1 << 18;
/// Most test ratings evaluated at once.
const EVALUATE: usize = 1 << 16;
/// Most numbers that a model makes of those.
const EVALUATED: u64 = 1 << 24;

/// Copies of a model while a step is made (values, the last good ones, gradients, both moments and
/// what burn's Adam makes on the way), beyond the three of the start, which are free again by then.
const COPIES: u64 = 4;

/// Bytes for each of the numbers that a model makes of a batch. A number has 4, its gradient lives for
/// a layer or two at a time: 4 to 4.5 were measured with DeepMF, and a little more is counted.
const IN_TRAINING: u64 = 5;
/// The same without gradients.
const IN_EVALUATION: u64 = 4;

/// A model being trained on a device.
pub(crate) struct Autodiff {
    config: Config,
    device: Device, // with gradients
    model: Model,
    optimizer: ModelAdam,
    steps: u64,
    good: (Model, ModelAdam, u64), // as they were after the last epoch that ended well
    split: Split,
    order: Order,
    epoch: u32,
    unrated: Option<Unrated>, // where the model learns to rank
    chunk: Chunk,
    trained: usize, // ratings of this epoch
    parts: Parts,   // of the held-out ratings
    held_out: Ratings,
}

impl Autodiff {
    /// # Errors
    /// A GPU that burn cannot use.
    pub(crate) async fn open(
        split: &Split,
        config: &Config,
        from: &Checkpoint,
        device: &crate::Device,
    ) -> Result<Self, Fault> {
        let device = device.burn().await?;
        Ok(Self::new(split, config, from, &device))
    }

    fn new(split: &Split, config: &Config, from: &Checkpoint, device: &Device) -> Self {
        let optimizer = ModelAdam::new(config, from, device);
        let device = device.clone().autodiff();
        let model = Model::load(config, &from.weights, &device);
        Self {
            good: (model.clone(), optimizer.clone(), from.steps),
            model,
            optimizer,
            steps: from.steps,
            order: Order::new(0, config.seed, 0),
            epoch: 0,
            unrated: (config.objective == Objective::Ranking).then(|| unrated(split)),
            chunk: Chunk::default(),
            split: split.clone(),
            config: config.clone(),
            device,
            trained: 0,
            parts: parts(split, config),
            held_out: split.held_out().into_owned(),
        }
    }

    /// Memory for a run on a processor of this kind.
    pub(crate) fn need(split: &Split, config: &Config, on: DeviceKind) -> Need {
        const COLUMNS: u64 = 12; // bytes of a rating
        let unrated = match config.objective {
            Objective::Rating => 0,
            // Of each rating an item, of each user where they begin.
            Objective::Ranking => 4 * split.train.len() as u64 + 8 * split.users as u64,
        };
        let held_out = parts(split, config);
        let batch = config.batch_size.min(split.train.len()) as u64 * examples_of_a_rating(config);
        let columns = (split.train.len() + 2 * held_out.len()) as u64 + batch.max(UPLOAD as u64);
        let evaluated = IN_EVALUATION * held_out.longest() as u64;
        let made = activations(config) * evaluated.max(IN_TRAINING * batch);
        let [host, gpu] = match on {
            DeviceKind::Cpu => [made, 0],
            DeviceKind::Gpu => [0, made],
        };
        Need {
            ratings: COLUMNS * columns + unrated + host,
            model: memory::checkpoint(config, split.users, split.items)
                + COPIES * memory::parameters(config, split.users, split.items),
            gpu,
        }
    }

    /// Shuffles the training set for `epoch`, counted from 1.
    pub(crate) fn begin_epoch(&mut self, epoch: u32) {
        let n = u32::try_from(self.split.train.len()).expect("a table holds at most 2^32 ratings");
        self.order = Order::new(n, self.config.seed, epoch);
        self.epoch = epoch;
        self.chunk = Chunk::default();
        self.trained = 0;
        self.parts.rewind();
    }

    /// Leaves out the first ratings of the epoch: the model has seen them.
    pub(crate) fn skip(&mut self, ratings: usize) {
        self.trained = ratings;
    }

    /// Takes the step size and the penalty of this configuration from the next step on.
    pub(crate) fn tune(&mut self, config: &Config) {
        self.optimizer.tune(config);
    }

    /// Ratings of this epoch trained on so far.
    pub(crate) fn trained(&self) -> usize {
        self.trained
    }

    /// Trains at most `batches` batches; none when the epoch is over. Returns the mean errors of
    /// each, read back together.
    pub(crate) async fn train(&mut self, batches: usize) -> Result<Vec<Miss>, Fault> {
        let mut errors = Vec::new();
        while errors.len() < batches && self.trained < self.order.len() {
            errors.push(self.step());
        }
        if errors.is_empty() {
            return Ok(Vec::new());
        }
        let errors = read(Tensor::cat(errors, 0)).await?;
        Ok(match self.config.objective {
            Objective::Rating => errors.as_chunks().0.iter().copied().map(Miss::from).collect(),
            Objective::Ranking => errors.into_iter().map(Miss::loss).collect(),
        })
    }

    /// One batch: predict, measure, differentiate, move. Returns its loss `[1]`, and that of
    /// ratings with the mean absolute error behind it `[2]`.
    fn step(&mut self) -> Tensor<1> {
        let (users, items, targets) = self.next_batch(); // [batch] each
        let predicted = self.model.forward(users, items);
        let absolute = (self.config.objective == Objective::Rating)
            .then(|| (predicted.clone().inner() - targets.clone().inner()).abs().mean()); // [1]
        let loss = loss(self.config.objective, predicted, targets); // [1]
        let gradients = GradientsParams::from_grads(loss.backward(), &self.model);
        self.model = self.optimizer.step(self.model.clone(), gradients);
        self.steps += 1;
        Tensor::cat([loss.inner()].into_iter().chain(absolute).collect(), 0)
    }

    fn next_batch(&mut self) -> (Tensor<1, Int>, Tensor<1, Int>, Tensor<1>) {
        let len = self.config.batch_size.min(self.order.len() - self.trained);
        if self.chunk.left() == 0 {
            let batch = self.config.batch_size as u64 * examples_of_a_rating(&self.config);
            let batches = usize::try_from(UPLOAD as u64 / batch).expect("at most `UPLOAD`");
            let whole_batches = batches.max(1) * self.config.batch_size;
            let end = self.order.len().min(self.trained + whole_batches);
            let mut picks = vec![0; end - self.trained];
            let start = u32::try_from(self.trained).expect("positions are below a u32 count");
            self.order.fill(start, &mut picks);
            let mut examples = Examples::default();
            for (place, &element) in (self.trained..).zip(&picks) {
                self.add(&mut examples, place, element as usize);
            }
            self.chunk = Chunk::upload(examples, &self.device);
        }
        self.trained += len;
        self.chunk.take(len)
    }

    /// Adds what a rating teaches, at its place of the epoch's order: itself, or that it was chosen
    /// and others were not.
    fn add(&self, examples: &mut Examples, place: usize, element: usize) {
        let Ratings { users, items, values } = &self.split.train;
        let user = users[element];
        let Some(unrated) = &self.unrated else {
            return examples.push(user, [(items[element], values[element])]);
        };
        let Config { seed, negatives, .. } = self.config;
        let draw = |n| unrated.draw(user.index(), negatives::number(seed, self.epoch, place, n));
        let others = (0..negatives).filter_map(draw).map(|item| (item, -1.0));
        examples.push(user, std::iter::once((items[element], 1.0)).chain(others));
    }

    /// Evaluates the next part of the held-out ratings, or `None` when all are done.
    pub(crate) async fn evaluate(&mut self) -> Result<Option<Misses>, Fault> {
        let Some(part) = self.parts.next() else { return Ok(None) };
        let ratings = part.len();
        let plain = self.device.clone().inner();
        let mut examples = Examples::default();
        let Ratings { users, items, values } = &self.held_out;
        part.for_each(|row| examples.push(users[row], [(items[row], values[row])]));
        let (users, items, actual) = Chunk::upload(examples, &plain).take(ratings); // [ratings] each
        let error = self.model.valid().forward(users, items) - actual;
        let sums = Tensor::cat(vec![error.clone().square().sum(), error.abs().sum()], 0); // [2]
        let sums = read(sums).await?;
        let sums = Miss { squared: sums[0], absolute: sums[1] };
        Ok(Some(Misses { ratings, sums }))
    }

    /// Keeps the model as it is now as the last good one.
    pub(crate) fn keep(&mut self) {
        self.good = (self.model.clone(), self.optimizer.clone(), self.steps);
    }

    /// Goes back to the last good model.
    pub(crate) fn restore(&mut self) {
        (self.model, self.optimizer, self.steps) = self.good.clone();
    }

    /// The model's numbers as they are now.
    pub(crate) async fn weights(&self) -> Result<Weights, Fault> {
        self.model.valid().weights().await.map_err(Fault)
    }

    /// All that training needs to go on. Changes no bit of what follows.
    pub(crate) async fn checkpoint(&self) -> Result<Checkpoint, Fault> {
        let model = self.model.valid();
        let [first, second] = self.optimizer.moments(&model);
        Ok(Checkpoint {
            weights: model.weights().await.map_err(Fault)?,
            first: first.weights().await.map_err(Fault)?,
            second: second.weights().await.map_err(Fault)?,
            steps: self.steps,
            bold: None,
        })
    }
}

fn examples_of_a_rating(config: &Config) -> u64 {
    match config.objective {
        Objective::Rating => 1,
        Objective::Ranking => 1 + config.negatives as u64,
    }
}

/// Numbers that a model makes of an example on the way to a prediction: its rows, what is put together
/// of them, and what goes into every layer and comes out.
fn activations(config: &Config) -> u64 {
    let row = match config.model {
        ModelKind::NeuMf => 2 * config.factors,
        _ => config.factors,
    };
    (4 * row + weights::layers(config).into_iter().flatten().sum::<usize>()) as u64
}

/// The held-out ratings, in parts of which the model makes at most [`EVALUATED`] numbers.
fn parts(split: &Split, config: &Config) -> Parts {
    let most = (EVALUATED / activations(config)).min(EVALUATE as u64);
    Parts::new(split, usize::try_from(most).expect("at most all at once"))
}

/// Of every user, what training has no rating of.
fn unrated(split: &Split) -> Unrated {
    let histories = Histories::of(&split.train, split.users);
    let users = (0..).map(UserIndex).take(split.users);
    Unrated::of(users.map(|user| histories.items_of(user)), split.items)
}

async fn read(tensor: Tensor<1>) -> Result<Vec<f64>, Fault> {
    let data = tensor.into_data_async().await.map_err(|error| Fault(error.to_string()))?;
    let values = data.try_into_vec_as::<f32>().map_err(|error| Fault(error.to_string()))?;
    Ok(values.into_iter().map(f64::from).collect())
}
