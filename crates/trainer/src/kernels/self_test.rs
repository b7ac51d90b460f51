//! Each kernel once, on a small known case, before a GPU is trusted.

use super::cases::{self, Size};
use crate::{
    Link,
    gpu::{Fault, Gpu},
};

/// Compares every kernel's answer with its twin's.
///
/// # Errors
/// The first kernel that is wrong or does not run.
pub(crate) async fn self_test(gpu: &Gpu) -> Result<(), Fault> {
    let size = Size { users: 7, items: 5, samples: 80, factors: 3 };
    cases::mf(gpu, size).await?;
    cases::deep_mf(gpu, size, [4, 2]).await?;
    cases::update(gpu, 12, 3, 5).await?;
    cases::squares(gpu, 200, 64, 3).await?;
    cases::sgd(gpu, size, Link::Logistic).await
}
