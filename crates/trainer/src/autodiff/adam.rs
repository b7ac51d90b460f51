//! burn's Adam, parameter by parameter, so that its moments are at hand and its penalty can change.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    optim::{
        Adam, AdamConfig, AdamState, AdaptiveMomentumState, DynState, GradientsParams, Optimizer,
        decay::WeightDecayConfig,
    },
    tensor::{Device, Tensor},
};

use crate::{Config, checkpoint::Checkpoint, model::Model};

/// Adam with the moments of a model's parameters.
#[derive(Clone)]
pub(super) struct ModelAdam {
    adam: Adam,
    learning_rate: f64,
    states: Vec<DynState>, // of the parameters in the module's order; none before the first step
}

impl ModelAdam {
    /// With the moments of a checkpoint, on a device without gradients.
    pub(super) fn new(config: &Config, from: &Checkpoint, device: &Device) -> Self {
        let mut adam =
            Self { adam: adam(config), learning_rate: config.learning_rate, states: Vec::new() };
        if from.steps > 0 {
            let mut firsts = Collect::default();
            Model::load(config, &from.first, device).visit(&mut firsts);
            let mut pairs = Pair {
                firsts: firsts.0.into_iter(),
                time: usize::try_from(from.steps).unwrap_or(usize::MAX),
                states: Vec::new(),
            };
            Model::load(config, &from.second, device).visit(&mut pairs);
            adam.states = pairs.states;
        }
        adam
    }

    /// Takes the step size and the penalty of this configuration from the next step on.
    pub(super) fn tune(&mut self, config: &Config) {
        (self.adam, self.learning_rate) = (adam(config), config.learning_rate);
    }

    /// The model after a step.
    pub(super) fn step(&mut self, model: Model, gradients: GradientsParams) -> Model {
        let mut step = Step {
            adam: &self.adam,
            learning_rate: self.learning_rate,
            gradients,
            before: std::mem::take(&mut self.states).into_iter(),
            after: Vec::new(),
        };
        let model = model.map(&mut step);
        self.states = step.after;
        model
    }

    /// The first and the second moment, each in the shape of the model, which has no gradients.
    pub(super) fn moments(&self, model: &Model) -> [Model; 2] {
        [false, true]
            .map(|second| model.clone().map(&mut Replace { states: self.states.iter(), second }))
    }
}

fn adam(config: &Config) -> Adam {
    #[expect(clippy::cast_possible_truncation, reason = "burn takes the penalty as f32")]
    let decay = config.weight_decay as f32;
    let decay = (decay > 0.0).then(|| WeightDecayConfig::new(decay));
    let adam = AdamConfig::new().with_beta_1(0.9).with_beta_2(0.999);
    adam.with_epsilon(1e-8).with_weight_decay(decay).build() // PyTorch's; burn's epsilon is 1e-5
}

struct Step<'a> {
    adam: &'a Adam,
    learning_rate: f64,
    gradients: GradientsParams,
    before: std::vec::IntoIter<DynState>,
    after: Vec<DynState>,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let gradient = self.gradients.remove(id).expect("a prediction uses every parameter");
        let before = self.before.next().map(DynState::downcast::<AdamState<D>>);
        let (moved, after) = self.adam.step(self.learning_rate, tensor.inner(), gradient, before);
        self.after.extend(after.map(|state| DynState::create(state, D)));
        Param::from_mapped_value(id, Tensor::from_inner(moved).require_grad(), mapper)
    }
}

/// A module's tensors in order.
#[derive(Default)]
struct Collect(Vec<DynState>);

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(DynState::create(param.val(), D));
    }
}

/// States from the first moments and a visit to the second.
struct Pair {
    firsts: std::vec::IntoIter<DynState>,
    time: usize,
    states: Vec<DynState>,
}

impl ModuleVisitor for Pair {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let first = self.firsts.next().expect("both moments have the model's shape");
        let moments = AdaptiveMomentumState::new(self.time, first.downcast(), param.val());
        self.states.push(DynState::create(AdamState::new(moments), D));
    }
}

/// Puts moments, or zeros before the first step, where the values are.
struct Replace<'a> {
    states: std::slice::Iter<'a, DynState>,
    second: bool,
}

impl ModuleMapper for Replace<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let moment = match self.states.next().map(DynState::downcast_ref::<AdamState<D>>) {
            None => tensor.zeros_like(),
            Some(state) if self.second => state.momentum.moment_2.clone(),
            Some(state) => state.momentum.moment_1.clone(),
        };
        Param::from_mapped_value(id, moment, mapper)
    }
}
