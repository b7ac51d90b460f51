//! A model's numbers on the host, and the seeded generator they start from.
//!
//! The generator uses only integer arithmetic, `+ - * /`, square roots and `libm`'s portable
//! logarithm and sine, so the same seed gives the same bits on every device and platform.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng; // a stream that does not change between releases of `rand`

use crate::{Config, ModelKind, scale};

/// One named block of numbers, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Name, as in the lab's PyTorch modules where they have one.
    pub name: String,
    /// Size of each dimension; a matrix of a linear layer is `[outputs, inputs]`, as in PyTorch.
    pub shape: Vec<usize>,
    /// Values, the last dimension running fastest.
    pub values: Vec<f32>,
}

/// All parameters of a model: `user_factors` `[users, factors]` and `item_factors`
/// `[items, factors]` (but for [`ModelKind::Biases`]; for [`ModelKind::NeuMf`] `2 * factors` numbers
/// a row, those of its product before those of its tower); for each layer `layers.N.weight`
/// `[outputs, inputs]` and `layers.N.bias` `[outputs]`, the layer that yields the rating last; with
/// biases `user_bias` `[users]`,
/// `item_bias` `[items]` and `rating_scale` `[3]`: the lowest, mean and highest training rating,
/// all 0 until a run has seen the ratings; for [`ModelKind::SvdPp`] `item_implicit`
/// `[items, factors]` and `user_implicit` `[users, factors]`, the sum of the former over what the
/// user rated by the root of its number.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The parameters, in the order above.
    pub parameters: Vec<Parameter>,
}

impl Weights {
    /// The values a run with this configuration starts from: factors from N(0, 1); layer weights
    /// and biases uniform within ±1/√inputs, as `torch.nn.Embedding` and `torch.nn.Linear` have
    /// them. Models with biases start from factors from N(0, 0.01²) ([`ModelKind::BayesMf`] 0.3²) and
    /// no biases, the neural models from the same factors and no bias in their last layer, until a
    /// run has seen the ratings. Every parameter draws from a stream of its own.
    pub fn initial(config: &Config, users: usize, items: usize) -> Self {
        let draw = |(stream, Slot { name, shape, start }): (u64, Slot)| {
            let mut generator = ChaCha8Rng::seed_from_u64(config.seed);
            generator.set_stream(stream);
            let len = shape.iter().product();
            let values = match start {
                Start::Zero => vec![0.0; len],
                Start::Normal(spread) => normal(&mut generator, len, spread),
                Start::Uniform(bound) => uniform(&mut generator, len, bound),
            };
            Parameter { name, shape, values }
        };
        let slots = slots(config, users, items);
        Self { parameters: (0..).zip(slots).map(draw).collect() }
    }

    /// Has a neural model's first predictions be about this rating: the bias of its last layer.
    pub(crate) fn begin_at(&mut self, config: &Config, rating: f32) {
        if config.model.is_neural()
            && let Some(bias) = self.parameters.last_mut()
        {
            bias.values.fill(rating);
        }
    }

    /// Every parameter of a model with these values, in order.
    pub(crate) fn of(
        config: &Config,
        (users, items): (usize, usize),
        values: impl IntoIterator<Item = Vec<f32>>,
    ) -> Self {
        let slots = slots(config, users, items).into_iter().zip(values);
        let parameter = |(Slot { name, shape, .. }, values)| Parameter { name, shape, values };
        Self { parameters: slots.map(parameter).collect() }
    }

    /// The values of this name; none if it is absent.
    pub(crate) fn values(&self, name: &str) -> &[f32] {
        self.get(name).map_or(&[], |parameter| &parameter.values)
    }

    /// The parameter of this name.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Whether every value is a number.
    pub(crate) fn are_finite(&self) -> bool {
        self.parameters.iter().all(|parameter| parameter.values.iter().all(|v| v.is_finite()))
    }

    /// Whether names and shapes are those of a model with this configuration.
    pub(crate) fn fits(&self, config: &Config, users: usize, items: usize) -> bool {
        let slots = slots(config, users, items);
        self.parameters.len() == slots.len()
            && self.parameters.iter().zip(slots).all(|(parameter, slot)| {
                let len: usize = slot.shape.iter().product();
                parameter.name == slot.name
                    && parameter.shape == slot.shape
                    && parameter.values.len() == len
            })
    }
}

/// Where a parameter's values go.
#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    start: Start,
}

/// Where a parameter's values start.
#[derive(Clone, Copy)]
enum Start {
    Zero,
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
    /// Uniform within plus and minus this bound.
    Uniform(f64),
}

/// Spread of the first factors of models with biases and of neural models: small enough that the
/// first predictions are the mean. For the latter it is He et al.'s (2017, section 4.1).
const SMALL: f64 = 0.01;
/// That of a chain, which would take long to leave the mean.
const WIDE: f64 = 0.3;
/// Root of the mean of the squared lengths of [`ModelKind::Ials`]'s first rows (as
/// Rendle et al. 2021 start it).
const NARROW: f64 = 0.1;

/// Every parameter of a model, in order.
pub(crate) fn slots(config: &Config, users: usize, items: usize) -> Vec<Slot> {
    let slot = |name: &str, shape, start| Slot { name: name.to_owned(), shape, start };
    let tables = |spread| {
        let start = Start::Normal(spread);
        let width = if config.model == ModelKind::NeuMf { 2 } else { 1 } * config.factors;
        let [users, items] = [users, items].map(|rows| vec![rows, width]);
        vec![slot("user_factors", users, start), slot("item_factors", items, start)]
    };
    let biases = || {
        vec![
            slot("user_bias", vec![users], Start::Zero),
            slot("item_bias", vec![items], Start::Zero),
            slot(scale::NAME, vec![3], Start::Zero), // filled in from the training ratings
        ]
    };
    let mut slots = match config.model {
        ModelKind::Mf | ModelKind::DeepMf => tables(1.0),
        ModelKind::Biases => biases(),
        ModelKind::BiasedMf => [tables(SMALL), biases()].concat(),
        ModelKind::SvdPp => [tables(SMALL), biases(), implicit(config, users, items)].concat(),
        ModelKind::Ials => tables(NARROW / (config.factors as f64).sqrt()),
        ModelKind::BayesMf => [tables(WIDE), biases(), draws(config, users, items)].concat(),
        ModelKind::BayesSvdPp => {
            let (draws, implied) = (draws(config, users, items), implied(config, users, items));
            [tables(WIDE), biases(), draws, implied].concat()
        }
        ModelKind::Gmf | ModelKind::Mlp | ModelKind::NeuMf => tables(SMALL),
    };
    for (n, [inputs, outputs]) in layers(config).into_iter().enumerate() {
        let start = Start::Uniform(1.0 / (inputs as f64).sqrt());
        slots.push(slot(&format!("layers.{n}.weight"), vec![outputs, inputs], start));
        slots.push(slot(&format!("layers.{n}.bias"), vec![outputs], start));
    }
    if config.model.is_neural()
        && let Some(bias) = slots.last_mut()
    {
        bias.start = Start::Zero; // filled in from the training ratings
    }
    slots
}

/// What [`ModelKind::SvdPp`] makes of what users rated: what it is for every user, and an item's
/// share of that.
fn implicit(config: &Config, users: usize, items: usize) -> Vec<Slot> {
    let slot = |name: &str, rows| {
        let (name, shape) = (name.to_owned(), vec![rows, config.factors]);
        Slot { name, shape, start: Start::Zero }
    };
    vec![slot("user_implicit", users), slot("item_implicit", items)]
}

/// The draws that a model averaged over its posterior keeps; how many there are, and the noise's precision.
fn draws(config: &Config, users: usize, items: usize) -> Vec<Slot> {
    let (k, samples) = (config.factors, config.posterior.samples);
    let slot = |name: &str, shape| Slot { name: name.to_owned(), shape, start: Start::Zero };
    vec![
        slot("draws.user_factors", vec![samples, users, k]),
        slot("draws.item_factors", vec![samples, items, k]),
        slot("draws.user_bias", vec![samples, users]),
        slot("draws.item_bias", vec![samples, items]),
        slot("draws.state", vec![2]),
    ]
}

/// What each row of one side implies for those of the other that it has a rating with, in
/// [`ModelKind::BayesSvdPp`]; and, for users and for items, the precision of that.
fn implied(config: &Config, users: usize, items: usize) -> Vec<Slot> {
    let k = config.factors;
    let slot = |name: &str, shape| Slot { name: name.to_owned(), shape, start: Start::Zero };
    vec![
        slot("implied.user_factors", vec![users, k]),
        slot("implied.user_bias", vec![users]),
        slot("implied.item_factors", vec![items, k]),
        slot("implied.item_bias", vec![items]),
        slot("implied.state", vec![2]),
    ]
}

/// `[inputs, outputs]` of every linear layer, the one that yields the rating last.
pub(crate) fn layers(config: &Config) -> Vec<[usize; 2]> {
    let k = config.factors;
    let widths = match config.model {
        ModelKind::Gmf => vec![k, 1],
        model if model.has_layers() => [&[2 * k], config.hidden.as_slice(), &[1]].concat(),
        _ => return Vec::new(),
    };
    let mut layers: Vec<_> = widths.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    if config.model == ModelKind::NeuMf
        && let Some([inputs, _]) = layers.last_mut()
    {
        *inputs += k; // the products
    }
    layers
}

/// Normal values by the Box-Muller transform, two from each pair of uniforms.
fn normal(generator: &mut ChaCha8Rng, len: usize, spread: f64) -> Vec<f32> {
    let mut values = Vec::with_capacity(len + 1);
    while values.len() < len {
        let radius = spread * (-2.0 * libm::log(open_unit(generator))).sqrt();
        let (sine, cosine) = libm::sincos(std::f64::consts::TAU * open_unit(generator));
        values.push(to_f32(radius * cosine));
        values.push(to_f32(radius * sine));
    }
    values.truncate(len);
    values
}

fn uniform(generator: &mut ChaCha8Rng, len: usize, bound: f64) -> Vec<f32> {
    (0..len).map(|_| to_f32((2.0 * open_unit(generator) - 1.0) * bound)).collect()
}

/// A number strictly between 0 and 1, from the upper 53 bits of one draw.
fn open_unit(generator: &mut ChaCha8Rng) -> f64 {
    ((generator.next_u64() >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest f32 is wanted")]
fn to_f32(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f32]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
        (mean, variance)
    }

    #[test]
    fn factors_are_standard_normal() {
        let weights = Weights::initial(&Config::usual(ModelKind::Mf), 6000, 4000);
        for parameter in &weights.parameters {
            let (mean, variance) = moments(&parameter.values);
            assert!(mean.abs() < 0.02, "{}: mean {mean}", parameter.name);
            assert!((variance - 1.0).abs() < 0.03, "{}: variance {variance}", parameter.name);
            let beyond = parameter.values.iter().filter(|v| v.abs() > 1.959_964).count() as f64;
            let share = beyond / parameter.values.len() as f64;
            assert!((share - 0.05).abs() < 0.005, "{}: {share} beyond 1.96", parameter.name);
        }
        assert_ne!(weights.parameters[0].values[..100], weights.parameters[1].values[..100]);
    }

    #[test]
    fn a_neural_model_starts_from_a_rating() {
        for model in ModelKind::NEURAL {
            let config = Config { factors: 4, ..Config::usual(model) };
            let mut weights = Weights::initial(&config, 900, 600);
            weights.begin_at(&config, 3.5);
            assert!(weights.fits(&config, 900, 600));
            let (mean, variance) = moments(&weights.parameters[0].values);
            assert!(mean.abs() < 1e-3 && (variance.sqrt() - 0.01).abs() < 1e-3, "{model}");
            let bias = weights.parameters.last().expect("the last layer has a bias");
            assert_eq!(bias.values, [3.5], "{model}");
        }
    }

    #[test]
    fn layers_are_uniform_within_their_bound() {
        let config =
            Config { factors: 50, hidden: vec![64, 5], ..Config::usual(ModelKind::DeepMf) };
        let weights = Weights::initial(&config, 3, 2);
        let layer = weights.get("layers.0.weight").expect("deepmf has a first layer");
        assert_eq!(layer.shape, [64, 100]);
        let (mean, variance) = moments(&layer.values);
        assert!(layer.values.iter().all(|v| v.abs() < 0.1));
        assert!(mean.abs() < 0.003 && (variance - 0.01 / 3.0).abs() < 2e-4, "{mean} {variance}");
        assert!(weights.fits(&config, 3, 2) && !weights.fits(&config, 2, 3));
    }

    /// First values at seed 42. They may change only with a new major version: every published
    /// curve starts from them.
    #[test]
    fn the_stream_is_fixed() {
        let weights = Weights::initial(&Config::usual(ModelKind::DeepMf), 2, 2);
        let first =
            |name: &str| weights.get(name).expect("named in the doc comment").values[0].to_bits();
        assert_eq!(
            [first("user_factors"), first("item_factors"), first("layers.0.weight")],
            [1_062_546_592, 1_053_842_142, 3_188_777_917]
        );
    }
}
