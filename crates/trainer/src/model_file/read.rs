//! A model file from its bytes, whoever made them.

use ratings::Ids;
use safetensors::SafeTensors;

use super::{
    ModelFile, ModelFileError, Source, blocks,
    header::{Header, KEY},
    ids::{read_ids, read_titles, wrong},
};
use crate::{
    Average, Averages, Config, EpochReport, OptimizerState, Parameter, Trained, Weights, weights,
};

/// Most bytes of a header. Those that are written here take a few thousand.
const MAX_HEADER: u64 = 1 << 20;

impl ModelFile {
    /// Reads a file. It takes memory in proportion to the bytes, whatever they say.
    ///
    /// # Errors
    /// Bytes that are no model file, one of a later version, or one that contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelFileError> {
        let (file, header) = open(bytes)?;
        let mut config = header.config;
        let users: Ids<_> = read_ids(&file, "users.ids", "users.ends")?;
        let items: Ids<_> = read_ids(&file, "items.ids", "items.ends")?;
        let numbers = blocks::read::<f64>(&file, "numbers", &[6])?;
        if !numbers.iter().all(|number| number.is_finite()) {
            return Err(wrong("numbers", "has one that is not finite"));
        }
        let [learning_rate, weight_decay, test_share, mean, mse_sum, seconds] = numbers[..] else {
            return Err(wrong("numbers", "has not six numbers"));
        };
        (config.learning_rate, config.weight_decay) = (learning_rate, weight_decay);
        config.check()?;
        let rows = (users.len(), items.len());
        let weights = read_weights(&file, "", &config, rows)?;
        let optimizer = match header.steps {
            None => None,
            Some(steps) => Some(OptimizerState {
                last: match file.names().iter().any(|name| name.starts_with("last.")) {
                    true => Some(read_weights(&file, "last.", &config, rows)?),
                    false => None,
                },
                first: read_weights(&file, "first.", &config, rows)?,
                second: read_weights(&file, "second.", &config, rows)?,
                steps,
                mse_sum,
                seconds,
            }),
        };
        let fingerprint = header.data_fingerprint.parse().map_err(|_| {
            ModelFileError::Header(format!("{:?} is no fingerprint", header.data_fingerprint))
        })?;
        Ok(Self {
            trained: Trained { config, history: history(&file)?, weights },
            optimizer,
            source: Source {
                fingerprint,
                test_share,
                split_seed: header.split_seed,
                split: header.split,
                validation_share: header.validation_share,
                range: header.rating_range,
            },
            titles: read_titles(&file, &items)?,
            averages: Averages {
                mean,
                users: averages(&file, "users", rows.0)?,
                items: averages(&file, "items", rows.1)?,
            },
            users,
            items,
        })
    }
}

fn open(bytes: &[u8]) -> Result<(SafeTensors<'_>, Header), ModelFileError> {
    let damaged = |error: String| ModelFileError::Unreadable(error);
    check_header(bytes)?;
    let (_, metadata) =
        SafeTensors::read_metadata(bytes).map_err(|error| damaged(error.to_string()))?;
    let text = metadata.metadata().as_ref().and_then(|entries| entries.get(KEY));
    let header = Header::parse(text.ok_or(ModelFileError::Foreign)?)?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
    Ok((file, header))
}

/// Refuses a header that would take much memory.
pub(super) fn check_header(bytes: &[u8]) -> Result<(), ModelFileError> {
    let length = bytes.first_chunk().map_or(0, |length| u64::from_le_bytes(*length));
    if length > MAX_HEADER {
        let problem = format!("its header would take {length} bytes");
        return Err(ModelFileError::Unreadable(problem));
    }
    Ok(())
}

/// The parameters of this configuration, their names behind `prefix`.
fn read_weights(
    file: &SafeTensors,
    prefix: &str,
    config: &Config,
    (users, items): (usize, usize),
) -> Result<Weights, ModelFileError> {
    let moments = ["first.", "second."].contains(&prefix);
    let absent = moments && !config.model.is_lab(); // only Adam has any
    let slots = if absent { Vec::new() } else { weights::slots(config, users, items) };
    let parameters = slots.into_iter().map(|slot| {
        let values = blocks::read(file, &format!("{prefix}{}", slot.name), &slot.shape)?;
        Ok(Parameter { name: slot.name, shape: slot.shape, values })
    });
    Ok(Weights { parameters: parameters.collect::<Result<_, ModelFileError>>()? })
}

fn averages(file: &SafeTensors, kind: &str, rows: usize) -> Result<Vec<Average>, ModelFileError> {
    let counts = blocks::read::<u32>(file, &format!("{kind}.counts"), &[rows])?;
    let means = blocks::read::<f32>(file, &format!("{kind}.means"), &[rows])?;
    Ok(counts.into_iter().zip(means).map(|(count, mean)| Average { count, mean }).collect())
}

fn history(file: &SafeTensors) -> Result<Vec<EpochReport>, ModelFileError> {
    let epochs = file.tensor("history").map_or(0, |of| of.shape().first().copied().unwrap_or(0));
    let rows = blocks::read::<f64>(file, "history", &[epochs, 4])?;
    let judged = match file.tensor("judgement") {
        Ok(_) => blocks::read::<f64>(file, "judgement", &[epochs, 2])?,
        Err(_) => vec![f64::NAN; 2 * epochs], // an older file
    };
    let known = |error: f64| (!error.is_nan()).then_some(error);
    let report = |(epoch, (row, judged)): (usize, (&[f64; 4], &[f64; 2]))| {
        let [train_rmse, test_rmse, seconds, eval_seconds] = *row;
        let [validation_rmse, test_mae] = judged.map(known);
        let test_rmse = known(test_rmse);
        EpochReport {
            epoch,
            train_rmse,
            test_rmse,
            test_mae,
            validation_rmse,
            seconds,
            eval_seconds,
        }
    };
    let rows = rows.as_chunks::<4>().0.iter().zip(judged.as_chunks::<2>().0);
    Ok((1..).zip(rows).map(report).collect())
}
