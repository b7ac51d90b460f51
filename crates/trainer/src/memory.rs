//! What a run takes in memory, counted before it starts, and the refusal of what does not fit.

use ratings::Split;

use crate::{
    AdapterKind, Config, Device, DeviceKind, EngineKind, autodiff::Autodiff, fused::Fused,
    fused_gpu::Sizes, learner::Learning, sgd::SgdGpu, weights,
};

/// Bytes that a run takes beside the ratings it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Need {
    /// Copies of the ratings, and what is made of them for the steps to come.
    pub(crate) ratings: u64,
    /// The model's numbers, their moments and copies, on this computer.
    pub(crate) model: u64,
    /// What a GPU holds besides; it counts where that is this computer's memory.
    pub(crate) gpu: u64,
}

/// Bytes of a model's numbers.
pub(crate) fn parameters(config: &Config, users: usize, items: usize) -> u64 {
    let slots = weights::slots(config, users, items);
    let numbers =
        slots.iter().map(|slot| slot.shape.iter().map(|side| *side as u64).product::<u64>());
    size_of::<f32>() as u64 * numbers.sum::<u64>()
}

/// Bytes of a model with both moments, as a run starts from it.
pub(crate) fn checkpoint(config: &Config, users: usize, items: usize) -> u64 {
    3 * parameters(config, users, items)
}

/// A run with batches below this takes many times as long, so they are not proposed.
const SMALL_BATCH: usize = 64;

/// Refuses a run that has no room; returns with how many threads it has.
///
/// # Errors
/// How much it needs, how much there is, and the number of factors or the size of batches that fits.
pub(crate) fn check(split: &Split, config: &Config, device: &Device) -> Result<usize, TooLarge> {
    let kind = device.engine(config).expect("asked before");
    let fused_gpu = kind == EngineKind::Fused && device.kind() == DeviceKind::Gpu;
    let need = |config: &Config| match kind {
        _ if !config.model.in_batches() && fused_gpu => SgdGpu::need(split, config),
        _ if !config.model.in_batches() => Learning::need(split, config),
        EngineKind::Fused if fused_gpu => {
            Sizes::of(split, config, device.grain()).need(device.planned_by())
        }
        EngineKind::Fused => Fused::need(split, config, fitting_threads(split, config, device)),
        EngineKind::Autodiff => Autodiff::need(split, config, device.kind()),
    };
    let with_factors = |factors| Config { factors, ..config.clone() };
    let with_batches = |batch_size| Config { batch_size, ..config.clone() };
    let shared = device.adapter().is_some_and(|adapter| {
        matches!(adapter.kind, AdapterKind::Integrated | AdapterKind::Software)
    });
    let bytes = |config: &Config| {
        let Need { ratings, model, gpu } = need(config);
        ratings + model + if shared { gpu } else { 0 }
    };
    let refuse = |what, bytes, limit, fits: &dyn Fn(&Config) -> bool| TooLarge {
        what,
        bytes,
        limit,
        users: split.users,
        items: split.items,
        factors: config.factors,
        fitting: (1..config.factors).rev().find(|factors| fits(&with_factors(*factors))),
        batch: std::iter::successors(Some(config.batch_size / 2), |size| Some(size / 2))
            .take_while(|size| *size >= SMALL_BATCH && config.model.in_batches())
            .find(|size| fits(&with_batches(*size))),
        draws: config.model.is_bayesian().then_some(config.posterior.samples).filter(|n| *n > 1),
    };
    if fused_gpu {
        let largest = |config: &Config| match config.model.in_batches() {
            true => Sizes::of(split, config, device.grain()).largest_binding(),
            false => SgdGpu::largest_table(split, config),
        };
        let bytes = largest(config);
        if bytes > Sizes::MAX_BINDING {
            let fits = |config: &Config| largest(config) <= Sizes::MAX_BINDING;
            return Err(refuse(Part::Binding, bytes, Sizes::MAX_BINDING, &fits));
        }
    }
    match device.memory() {
        Some(limit) if bytes(config) > limit => {
            let fits = |config: &Config| bytes(config) <= limit;
            Err(refuse(Part::Memory, bytes(config), limit, &fits))
        }
        _ if kind == EngineKind::Fused && !fused_gpu && config.model.in_batches() => {
            Ok(fitting_threads(split, config, device))
        }
        _ => Ok(device.threads()),
    }
}

/// Threads with which the fused engine trains on the CPU: each fills up its columns of every row to
/// a whole chunk, so where that has no room they are fewer.
fn fitting_threads(split: &Split, config: &Config, device: &Device) -> usize {
    let need = |threads| {
        let Need { ratings, model, .. } = Fused::need(split, config, threads);
        ratings + model
    };
    let mut threads = device.threads();
    while threads > 1 && device.memory().is_some_and(|limit| need(threads) > limit) {
        threads /= 2;
    }
    threads
}

/// What has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of a run in this computer's memory.
    Memory,
    /// The largest table in what a kernel can see at once.
    Binding,
}

/// A run for which there is too little memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} {users} users and {items} items with {factors} factors takes {}, and {} {}; {}{}",
    match what { Part::Memory => "training", Part::Binding => "the largest table of" },
    size(*bytes),
    match what { Part::Memory => "there is room for", Part::Binding => "a GPU's table holds" },
    size(*limit),
    match (fitting, batch) {
        (Some(factors), Some(batch)) => {
            format!("take at most {factors} factors, or batches of {batch}")
        }
        (Some(factors), None) => format!("take at most {factors} factors"),
        (None, Some(batch)) => format!("take batches of {batch}"),
        (None, None) => match what {
            Part::Memory => "train on fewer ratings".to_owned(),
            Part::Binding => "train on the CPU".to_owned(),
        },
    },
    draws.map_or_else(String::new, |draws| format!(", or keep fewer draws than {draws}"))
)]
pub struct TooLarge {
    /// What it is that has no room.
    pub what: Part,
    /// Bytes it takes, by estimate.
    pub bytes: u64,
    /// Bytes there are.
    pub limit: u64,
    /// Users of the training set.
    pub users: usize,
    /// Its items.
    pub items: usize,
    /// Factors asked for.
    pub factors: usize,
    /// Most factors that fit, if any do.
    pub fitting: Option<usize>,
    /// The largest half, quarter and so on of the size of batches asked for that fits, if one does.
    pub batch: Option<usize>,
    /// Draws that the model keeps, each a model of its own, if it keeps several.
    pub draws: Option<usize>,
}

/// Bytes in MiB or GiB.
fn size(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

/// Bytes that a program may still ask for, where the platform itself sets an end to them.
pub(crate) fn end_of_platform() -> Option<u64> {
    #[cfg(target_family = "wasm")]
    {
        const PAGE: u64 = 1 << 16;
        let taken = core::arch::wasm32::memory_size::<0>() as u64 * PAGE;
        Some((1 << 32) - taken)
    }
    #[cfg(not(target_family = "wasm"))]
    None
}

#[cfg(test)]
mod tests {
    use ratings::{ItemIndex, Ratings, UserIndex};

    use super::*;
    use crate::{DeviceChoice, ModelKind};

    #[test]
    fn where_many_threads_have_no_room_fewer_train() {
        let ratings = Ratings {
            users: vec![UserIndex(0); 600],
            items: vec![ItemIndex(0); 600],
            values: vec![1.0; 600],
        };
        let split = Split { train: ratings, users: 900, items: 100, ..Split::default() };
        let config = Config { factors: 16, batch_size: 1_024, ..Config::usual(ModelKind::Mf) };
        let device =
            pollster::block_on(Device::open(DeviceChoice::Cpu)).expect("a CPU").with_threads(8);
        let bytes = |threads| {
            let Need { ratings, model, .. } = Fused::need(&split, &config, threads);
            ratings + model
        };
        assert!(bytes(8) > bytes(4) && bytes(4) > bytes(2) && bytes(2) == bytes(3));
        for (limit, threads) in [(bytes(8), 8), (bytes(8) - 1, 4), (bytes(4) - 1, 2)] {
            let device = device.clone().with_memory(limit);
            assert_eq!(check(&split, &config, &device), Ok(threads), "{limit}");
        }
        let least = bytes(1).min(bytes(2));
        assert!(check(&split, &config, &device.with_memory(least - 1)).is_err());
    }
}
