//! A PyTorch module of the lab as a model of this program.

use anyhow::{Context as _, bail};
use ratings::{DenseIndex, Ids, Split};
use trainer::{Config, ModelFile, ModelFileError, Parameter, Trained, Weights};

use crate::args_use::{ImportFlags, RowOrder};
use crate::atomic;
use crate::data::{Data, shown, skipping};
use crate::exit::Exit;
use crate::input;
use crate::pytorch::{self, Checkpoint};
use crate::streams;

/// Writes the model's file.
pub(crate) fn run(flags: &ImportFlags) -> anyhow::Result<Exit> {
    let place = shown(&flags.state);
    let bytes = input::read(&flags.state, input::MODEL)?;
    let (mut weights, config) = read(&bytes).with_context(|| place.clone())?;
    drop(bytes);
    let data =
        Data::read(&flags.ratings, flags.titles.as_deref(), &skipping(flags.skip_bad_lines))?;
    data.warnings().iter().for_each(|warning| streams::warn(warning));
    let [users, items] = [0, 1].map(|n| weights.parameters[n].shape[0]);
    let (known_users, known_items) = (data.table.users.len(), data.table.items.len());
    if (users, items) != (known_users, known_items) {
        bail!(
            "{place} has {users} users and {items} items, and {} has {known_users} and {known_items}; give the \
             ratings that it was trained on",
            data.name
        );
    }
    if flags.rows == RowOrder::Sorted {
        let [of_users, of_items] = &mut weights.parameters[..2] else {
            bail!("{place} has no factors");
        };
        reorder(of_users, &data.table.users);
        reorder(of_items, &data.table.items);
    }
    let cut = (flags.test_share, flags.seed);
    let split = Split::random(&data.table, cut.0, cut.1)?;
    let trained = Trained { config, history: Vec::new(), weights };
    let file = ModelFile::new(trained, None, &data.table, data.titles.as_ref(), &split, cut);
    if flags.out.exists() && !flags.force {
        bail!("{} is there already; give another --out, or --force", shown(&flags.out));
    }
    atomic::write(&flags.out, &file.to_bytes())
        .with_context(|| format!("cannot write {}", shown(&flags.out)))?;
    streams::say(&format!("Wrote {}.", shown(&flags.out)));
    Ok(Exit::Done)
}

/// The weights in a state dict's file, told by its content.
fn read(bytes: &[u8]) -> anyhow::Result<(Weights, Config)> {
    if pytorch::is_checkpoint(bytes) {
        return Ok(Weights::from_state_dict(&Checkpoint::from_bytes(bytes)?)?);
    }
    if bytes.get(8) != Some(&b'{') {
        let form = "it is in neither PyTorch's nor safetensors' form";
        return Err(ModelFileError::Unreadable(form.into()).into());
    }
    Ok(Weights::from_state_dict(&trainer::safetensors_dict(bytes)?)?)
}

/// From rows in the order of the sorted ids, numbers as numbers, to rows in the order of the file.
fn reorder<I: DenseIndex>(table: &mut Parameter, ids: &Ids<I>) {
    let names: Vec<&str> = ids.iter().collect();
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    let mut sorted: Vec<usize> = (0..names.len()).collect();
    match &numbers {
        Some(numbers) => sorted.sort_by_key(|&row| numbers[row]),
        None => sorted.sort_by_key(|&row| names[row]),
    }
    let width = table.shape[1];
    let mut values = vec![0.0; table.values.len()];
    for (from, to) in table.values.chunks(width).zip(sorted) {
        values[to * width..][..width].copy_from_slice(from);
    }
    table.values = values;
}
