//! A PyTorch module's weights, from its state dict.
//!
//! | name | other names | shape | becomes |
//! | --- | --- | --- | --- |
//! | `user_emb.weight` | `user_factors`, `user_factors.weight`, `user_embedding.weight` | `[users, K]` | `user_factors` |
//! | `item_emb.weight` | `item_factors`, `item_factors.weight`, `item_embedding.weight` | `[items, K]` | `item_factors` |
//! | `layer1.weight`, `layer2.weight`, ... `out.weight` | `layers.0.weight`, ... | `[outputs, inputs]` | `layers.N.weight` |
//! | their `.bias` | | `[outputs]` | `layers.N.bias` |
//!
//! All of them may stand behind one prefix, such as the `state_dict.` or `model_state_dict.` of a
//! checkpoint or a wrapped module's `module.`.

use std::collections::BTreeSet;

use safetensors::SafeTensors;

use super::{ModelFileError, blocks, read::check_header};
use crate::{Config, ModelKind, Parameter, Weights};

const USERS: [&str; 4] =
    ["user_emb.weight", "user_factors", "user_factors.weight", "user_embedding.weight"];
const ITEMS: [&str; 4] =
    ["item_emb.weight", "item_factors", "item_factors.weight", "item_embedding.weight"];

/// Names that an error lists at most.
const LISTED: usize = 8;

/// A module's tensors by name, whatever file they come from.
pub trait StateDict {
    /// All names.
    fn names(&self) -> Vec<String>;

    /// The shape of the tensor of this name.
    fn shape(&self, name: &str) -> Option<Vec<usize>>;

    /// The values of the tensor of this name, the last dimension running fastest.
    ///
    /// # Errors
    /// A tensor that is absent, cannot be read, or does not hold 32-bit floats.
    fn values(&self, name: &str) -> Result<Vec<f32>, ModelFileError>;
}

impl StateDict for SafeTensors<'_> {
    fn names(&self) -> Vec<String> {
        self.names().into_iter().map(str::to_owned).collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensor(name).ok().map(|tensor| tensor.shape().to_vec())
    }

    fn values(&self, name: &str) -> Result<Vec<f32>, ModelFileError> {
        blocks::read(self, name, &StateDict::shape(self, name).unwrap_or_default())
    }
}

/// The tensors in the bytes of a file of safetensors.
///
/// # Errors
/// Bytes that are not in that form.
pub fn safetensors_dict(bytes: &[u8]) -> Result<impl StateDict, ModelFileError> {
    check_header(bytes)?;
    SafeTensors::deserialize(bytes).map_err(|error| ModelFileError::Unreadable(error.to_string()))
}

impl Weights {
    /// Reads the state dict of one of the lab's two modules, and the configuration that it has:
    /// model, factors and hidden layers; the rest is the lab's. Rows are in the module's order.
    ///
    /// # Errors
    /// Tensors that are not such a module's, or cannot be read.
    pub fn from_state_dict(dict: &impl StateDict) -> Result<(Self, Config), ModelFileError> {
        let dict = &Module { prefix: prefix(&dict.names())?, dict };
        let user_factors = dict.table("user_factors", &USERS)?;
        let item_factors = dict.table("item_factors", &ITEMS)?;
        let (factors, mut parameters) = (user_factors.shape[1], vec![user_factors, item_factors]);
        let mut inputs = 2 * factors;
        let mut hidden = Vec::new();
        for (n, layer) in dict.layers().iter().enumerate() {
            let bias = dict.column(&format!("{layer}.bias"))?;
            let shape = vec![bias.len(), inputs];
            let weight = dict.tensor(&format!("{layer}.weight"), &shape)?;
            inputs = bias.len();
            hidden.push(inputs);
            let named = |part, shape, values| Parameter {
                name: format!("layers.{n}.{part}"),
                shape,
                values,
            };
            parameters.push(named("weight", shape, weight));
            parameters.push(named("bias", vec![bias.len()], bias));
        }
        let model = if hidden.is_empty() { ModelKind::Mf } else { ModelKind::DeepMf };
        hidden.pop(); // the last layer yields the rating
        let config = Config { factors, hidden, epochs: 0, ..Config::usual(model) };
        config.check()?;
        let weights = Self { parameters };
        let rows = |n: usize| weights.parameters[n].shape[0];
        if !weights.fits(&config, rows(0), rows(1)) {
            return Err(ModelFileError::Wrong {
                name: "of the last layer".into(),
                problem: format!("yields {inputs} numbers instead of one"),
            });
        }
        Ok((weights, config))
    }
}

/// What stands before the names of the one module whose tensors these are.
fn prefix(names: &[String]) -> Result<String, ModelFileError> {
    let before =
        |name: &String| USERS.iter().find_map(|table| Some(name.strip_suffix(table)?.to_owned()));
    let mut found: BTreeSet<String> = names.iter().filter_map(before).collect();
    found.retain(|prefix| prefix.is_empty() || prefix.ends_with('.'));
    if found.len() > 1 && !found.contains("") {
        let several = found.into_iter().collect::<Vec<_>>().join(", ");
        return Err(ModelFileError::SeveralModules(several));
    }
    found.pop_first().ok_or_else(|| absent(&USERS, names))
}

fn absent(wanted: &[&str], names: &[String]) -> ModelFileError {
    let mut there: Vec<&str> = names.iter().map(String::as_str).collect();
    there.sort_unstable();
    let more = there.len().saturating_sub(LISTED);
    there.truncate(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let there = if there.is_empty() { "none".into() } else { there.join(", ") + &more };
    ModelFileError::NoTable { wanted: wanted.join(" or "), there }
}

/// A module in a state dict.
struct Module<'a, D> {
    prefix: String,
    dict: &'a D,
}

impl<D: StateDict> Module<'_, D> {
    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.dict.shape(&format!("{}{name}", self.prefix))
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelFileError> {
        let name = format!("{}{name}", self.prefix);
        match self.dict.shape(&name) {
            None => Err(ModelFileError::Missing { name }),
            Some(found) if found != shape => {
                let problem = format!("has the shape {found:?} instead of {shape:?}");
                Err(ModelFileError::Wrong { name, problem })
            }
            Some(_) => self.dict.values(&name),
        }
    }

    fn column(&self, name: &str) -> Result<Vec<f32>, ModelFileError> {
        let length = self.shape(name).and_then(|shape| shape.first().copied()).unwrap_or(0);
        self.tensor(name, &[length])
    }

    fn table(&self, name: &str, names: &[&str]) -> Result<Parameter, ModelFileError> {
        let found = names.iter().find_map(|&name| Some((name, self.shape(name)?)));
        let (found, shape) = found.ok_or_else(|| absent(names, &self.dict.names()))?;
        if shape.len() != 2 || shape.contains(&0) {
            let problem = format!("has the shape {shape:?} instead of [rows, factors]");
            return Err(ModelFileError::Wrong { name: found.to_owned(), problem });
        }
        let values = self.tensor(found, &shape)?;
        Ok(Parameter { name: name.to_owned(), shape, values })
    }

    /// The names of the linear layers, in order.
    fn layers(&self) -> Vec<String> {
        let there = |name: &String| self.shape(&format!("{name}.weight")).is_some();
        let numbered: Vec<String> =
            (0..).map(|n| format!("layers.{n}")).take_while(there).collect();
        if !numbered.is_empty() {
            return numbered;
        }
        let named = (1..).map(|n| format!("layer{n}")).take_while(there);
        named.chain(Some("out".to_owned()).filter(there)).collect()
    }
}
