//! A PyTorch module's weights, from a file of safetensors.
//!
//! | name | other names | shape | becomes |
//! | --- | --- | --- | --- |
//! | `user_emb.weight` | `user_factors`, `user_factors.weight`, `user_embedding.weight` | `[users, K]` | `user_factors` |
//! | `item_emb.weight` | `item_factors`, `item_factors.weight`, `item_embedding.weight` | `[items, K]` | `item_factors` |
//! | `layer1.weight`, `layer2.weight`, ... `out.weight` | `layers.0.weight`, ... | `[outputs, inputs]` | `layers.N.weight` |
//! | their `.bias` | | `[outputs]` | `layers.N.bias` |

use safetensors::SafeTensors;

use super::{ModelFileError, blocks, read::check_header};
use crate::{Config, ModelKind, Parameter, Weights};

const USERS: [&str; 4] =
    ["user_emb.weight", "user_factors", "user_factors.weight", "user_embedding.weight"];
const ITEMS: [&str; 4] =
    ["item_emb.weight", "item_factors", "item_factors.weight", "item_embedding.weight"];

impl Weights {
    /// Reads a state dict of one of the lab's two modules, and the configuration that it has: model,
    /// factors and hidden layers; the rest is the lab's. Rows are in the module's order.
    ///
    /// # Errors
    /// Bytes that are not in the form of safetensors, or whose tensors are not such a module's.
    pub fn from_state_dict(bytes: &[u8]) -> Result<(Self, Config), ModelFileError> {
        check_header(bytes)?;
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| ModelFileError::NotSafetensors(error.to_string()))?;
        let user_factors = table(&file, "user_factors", &USERS)?;
        let item_factors = table(&file, "item_factors", &ITEMS)?;
        let (factors, mut parameters) = (user_factors.shape[1], vec![user_factors, item_factors]);
        let mut inputs = 2 * factors;
        let mut hidden = Vec::new();
        for (n, module) in modules(&file).iter().enumerate() {
            let bias = blocks::read_column::<f32>(&file, &format!("{module}.bias"))?;
            let shape = vec![bias.len(), inputs];
            let weight = blocks::read(&file, &format!("{module}.weight"), &shape)?;
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
                name: "the last layer".into(),
                problem: format!("yields {inputs} numbers instead of one"),
            });
        }
        Ok((weights, config))
    }
}

/// The names of the linear layers, in order.
fn modules(file: &SafeTensors) -> Vec<String> {
    let there = |name: &String| file.tensor(&format!("{name}.weight")).is_ok();
    let numbered: Vec<String> = (0..).map(|n| format!("layers.{n}")).take_while(there).collect();
    if !numbered.is_empty() {
        return numbered;
    }
    let named = (1..).map(|n| format!("layer{n}")).take_while(there);
    named.chain(Some("out".to_owned()).filter(there)).collect()
}

fn table(file: &SafeTensors, name: &str, names: &[&str]) -> Result<Parameter, ModelFileError> {
    let found = names.iter().find(|name| file.tensor(name).is_ok());
    let found = found.ok_or_else(|| ModelFileError::Missing { name: names.join(" or ") })?;
    let shape = file.tensor(found).map_or(Vec::new(), |tensor| tensor.shape().to_vec());
    if shape.len() != 2 || shape.contains(&0) {
        let problem = format!("has the shape {shape:?} instead of [rows, factors]");
        return Err(ModelFileError::Wrong { name: (*found).to_owned(), problem });
    }
    let values = blocks::read(file, found, &shape)?;
    Ok(Parameter { name: name.to_owned(), shape, values })
}
