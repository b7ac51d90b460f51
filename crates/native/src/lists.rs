//! Lists for many users, on the GPU or on the CPU.

use anyhow::anyhow;
use pollster::block_on;
use ratings::UserIndex;
use trainer::{Device, DeviceChoice, DeviceKind, Histories, Pick, Predictor, Wanted};

use crate::{exit::Usage, streams};

/// Products from which on a GPU is worth opening: a second or two of one core.
const WORTH: u64 = 1 << 33;

/// Lists, and where they were made.
pub(crate) struct Lists {
    pub(crate) lists: Vec<Vec<Pick>>,
    pub(crate) device: String,
}

/// Makes a list for each of these users.
///
/// # Errors
/// A GPU that was asked for and cannot be used, or cannot make such lists.
pub(crate) fn make(
    predictor: &Predictor,
    users: &[UserIndex],
    wanted: Wanted,
    seen: Option<&Histories>,
    choice: DeviceChoice,
) -> anyhow::Result<Lists> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let able = predictor.lists_on_gpu(wanted.n);
    let gpu = match choice {
        DeviceChoice::Gpu if !able => {
            return Err(Usage(
                "a GPU makes lists of at most 32 items, of models whose rating is an inner product (no \
                 network, no logistic link) and whose items take at most 128 MiB; leave out --device"
                    .into(),
            )
            .into());
        }
        DeviceChoice::Gpu => Some(block_on(Device::open(choice))?),
        DeviceChoice::Auto if able && predictor.products(users.len()) >= WORTH => {
            let device = block_on(Device::open(choice))?;
            (device.kind() == DeviceKind::Gpu).then_some(device)
        }
        _ => None,
    };
    if let Some(device) = gpu {
        let on_gpu = async {
            let gpu = device.connect().await?;
            predictor.recommend_all_on(&gpu, users, wanted, seen, threads).await
        };
        match (block_on(on_gpu), choice) {
            (Ok(made), _) => {
                return Ok(Lists { lists: made.lists, device: device.name().into() });
            }
            (Err(fault), DeviceChoice::Auto) => {
                streams::say(&format!("{}: {fault}; the CPU makes the lists", device.name()));
            }
            (Err(fault), _) => return Err(anyhow!("{}: {fault}", device.name())),
        }
    }
    let lists = predictor.recommend_all(users, wanted, seen, threads);
    Ok(Lists { lists, device: "the CPU".into() })
}
