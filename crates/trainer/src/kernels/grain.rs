//! How finely a GPU's work is cut.

use super::{deep_mf::MAX_GROUPS, plan::MAX_REACH};
use crate::{Adapter, gpu::LANES};

/// What a GPU likes. A step waits for its longest chain of operations, and what shortens it makes more
/// work besides: hardware does that at the same time, a program that plays a GPU one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Short pieces, for hardware.
    Fine,
    /// Long ones, for a program.
    Coarse,
}

impl Grain {
    pub(crate) fn of(adapter: &Adapter) -> Self {
        if adapter.is_hardware() { Self::Fine } else { Self::Coarse }
    }

    /// Most steps of a job: few, as long as a batch moves no more rows that are on their way than it
    /// reads.
    pub(crate) fn reach(self, rows: usize, batch: usize) -> usize {
        match self {
            Self::Fine => rows.div_ceil(2 * batch).next_power_of_two().clamp(16, MAX_REACH),
            Self::Coarse => MAX_REACH,
        }
    }

    /// Most ratings that a workgroup takes through a network at once.
    pub(crate) fn tile(self, batch: usize) -> usize {
        match self {
            Self::Fine => batch.div_ceil(MAX_GROUPS).clamp(16, LANES),
            Self::Coarse => LANES,
        }
    }
}
