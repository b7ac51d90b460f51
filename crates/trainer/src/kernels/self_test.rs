//! Each kernel once, on a small known case, before a GPU is trusted.

use super::{
    cases::{self, Size, Slice},
    grain::Grain,
};
use crate::{
    Link,
    gpu::{Fault, Gpu},
};

const SMALL: Size = Size { users: 7, items: 5, samples: 80, factors: 3 };

/// Compares the answers of the kernels that the lab's models use with their twins', in work cut as this
/// GPU likes it.
///
/// # Errors
/// The first kernel that is wrong or does not run.
pub(crate) async fn self_test(gpu: &Gpu, grain: Grain) -> Result<(), Fault> {
    let slice = Slice { size: SMALL, batch: 9, from: 3, every_row: true, grain };
    cases::shuffle(gpu, slice).await?;
    cases::sort(gpu, slice).await?;
    let long = Slice { size: Size { samples: 700, ..SMALL }, batch: 600, ..slice };
    cases::sort(gpu, long).await?; // of several blocks
    cases::mark(gpu, slice).await?;
    cases::schedule(gpu, slice).await?;
    cases::mf(gpu, SMALL).await?;
    cases::deep_mf(gpu, SMALL, [4, 2], grain).await?;
    cases::update(gpu, 12, 3, 5).await?;
    cases::squares(gpu, 200, 64, 3).await
}

/// The same for the kernel of one model, before that model uses it.
///
/// # Errors
/// A kernel that is wrong or does not run.
pub(crate) async fn self_test_sgd(gpu: &Gpu, link: Link) -> Result<(), Fault> {
    cases::sgd(gpu, SMALL, link).await
}
