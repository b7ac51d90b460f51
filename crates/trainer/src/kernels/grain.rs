//! How finely a GPU's work is cut.

use super::{deep_mf::MAX_GROUPS, plan::MAX_REACH};
use crate::{Adapter, gpu::LANES};

/// Fewest steps that are worth a job: on an NVIDIA H200 8 were hardly faster.
const LEAST_REACH: usize = 16;
/// Fewest ratings that are worth a workgroup's sums: on an NVIDIA H200 12 were hardly faster.
const LEAST_TILE: usize = 16;

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

    /// Most steps of a job, a power of two: few where tables are small, so that a batch moves no more
    /// rows that are on their way than it reads.
    pub(crate) fn reach(self, rows: usize, batch: usize) -> usize {
        let alike = rows.div_ceil(2 * batch).next_power_of_two();
        match self {
            Self::Fine => alike.clamp(LEAST_REACH, MAX_REACH),
            Self::Coarse => MAX_REACH,
        }
    }

    /// Most ratings that a workgroup takes through a network at once.
    pub(crate) fn tile(self, batch: usize) -> usize {
        match self {
            Self::Fine => batch.div_ceil(MAX_GROUPS).clamp(LEAST_TILE, LANES),
            Self::Coarse => LANES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_has_short_jobs_and_small_tiles_where_sizes_allow() {
        let sizes = [(9_746, 512), (9_746, 4_096), (30_000, 512), (221_000, 512), (10, 1)];
        let fine = sizes.map(|(rows, batch)| Grain::Fine.reach(rows, batch));
        assert_eq!(fine, [16, 16, 32, 64, 16]);
        let fine = [1, 512, 1_000, 4_096].map(|batch| Grain::Fine.tile(batch));
        assert_eq!(fine, [16, 16, 32, 64]);
        let coarse = sizes.map(|(rows, batch)| Grain::Coarse.reach(rows, batch));
        assert_eq!(coarse, [64; 5]);
        assert_eq!(Grain::Coarse.tile(1), 64);
    }
}
