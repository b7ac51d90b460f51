//! A model file from its bytes, whoever made them.

use ratings::Ids;
use safetensors::SafeTensors;

use super::{
    ModelFile, ModelFileError, Source, blocks,
    header::{Header, KEY},
    history,
    ids::{read_ids, read_titles, wrong},
};
use crate::{
    Average, Averages, BoldDriver, Config, OptimizerState, Parameter, Trained, Weights, weights,
};

/// Most bytes of a header: one with the longest history ([`Config::MAX_EPOCHS`]) takes some 28
/// million, most take a few thousand.
const MAX_HEADER: u64 = 1 << 25;

impl ModelFile {
    /// Reads a file. It takes memory in proportion to the bytes, whatever they say.
    ///
    /// # Errors
    /// Bytes that are no model file, one of a later version, or one that contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelFileError> {
        let (file, header) = open(bytes)?;
        let has_history = header.has_history();
        let history = match has_history {
            true => header.history,
            false => history::in_tensors(&file, header.config.objective)?,
        };
        let history = history::checked(history, header.config.objective)?;
        let mut config = header.config;
        let users: Ids<_> = read_ids(&file, "users.ids", "users.ends")?;
        let items: Ids<_> = read_ids(&file, "items.ids", "items.ends")?;
        let count = if has_history { 7 } else { 6 };
        let numbers = blocks::read::<f64>(&file, "numbers", &[count])?;
        let [learning_rate, weight_decay, test_share, mean, loss_sum, seconds] = numbers[..6]
        else {
            return Err(wrong("numbers", "has not six numbers"));
        };
        if !numbers[..6].iter().all(|number| number.is_finite()) {
            return Err(wrong("numbers", "has one that is not finite"));
        }
        (config.learning_rate, config.weight_decay) = (learning_rate, weight_decay);
        config.check()?;
        let fingerprint = header.data_fingerprint.parse().map_err(|_| {
            ModelFileError::Header(format!("{:?} is no fingerprint", header.data_fingerprint))
        })?;
        let source = Source {
            fingerprint,
            test_share,
            split_seed: header.split_seed,
            split: header.split,
            validation_share: header.validation_share,
            range: header.rating_range,
        };
        source.cut().check()?;
        let (low, high) = source.range;
        if !(low.is_finite() && high.is_finite() && low <= high) {
            let problem = format!("ratings do not go from {low} to {high}");
            return Err(ModelFileError::Header(problem));
        }
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
                loss_sum,
                absolute_sum: numbers.get(6).copied().filter(|sum| sum.is_finite()),
                seconds,
                bold: bold(&file)?,
            }),
        };
        Ok(Self {
            trained: Trained { config, history, weights },
            optimizer,
            source,
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
    let absent = moments && !config.model.in_batches(); // only Adam has any
    let slots = if absent { Vec::new() } else { weights::slots(config, users, items) };
    let parameters = slots.into_iter().map(|slot| {
        let values = blocks::read(file, &format!("{prefix}{}", slot.name), &slot.shape)?;
        Ok(Parameter { name: slot.name, shape: slot.shape, values })
    });
    Ok(Weights { parameters: parameters.collect::<Result<_, ModelFileError>>()? })
}

/// Where a bold driver is, if one drives.
fn bold(file: &SafeTensors) -> Result<Option<BoldDriver>, ModelFileError> {
    if file.tensor("bold").is_err() {
        return Ok(None); // another schedule, or an older file
    }
    let values = blocks::read::<f64>(file, "bold", &[2])?;
    let driver = BoldDriver { share: values[0], error: values[1] };
    if !driver.is_sound() {
        return Err(wrong("bold", "has a number that is out of range"));
    }
    Ok(Some(driver))
}

fn averages(file: &SafeTensors, kind: &str, rows: usize) -> Result<Vec<Average>, ModelFileError> {
    let counts = blocks::read::<u32>(file, &format!("{kind}.counts"), &[rows])?;
    let means = blocks::read::<f32>(file, &format!("{kind}.means"), &[rows])?;
    let spread = format!("{kind}.deviations");
    let spread = match file.tensor(&spread) {
        Ok(_) => blocks::read::<f32>(file, &spread, &[rows])?,
        Err(_) => vec![f32::NAN; rows], // an older file
    };
    let average = |((count, mean), spread): ((u32, f32), f32)| Average {
        count,
        mean,
        deviation: (!spread.is_nan()).then_some(spread),
    };
    Ok(counts.into_iter().zip(means).zip(spread).map(average).collect())
}
