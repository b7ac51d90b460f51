//! What the threads of a step leave for one another.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Some sheets for every owner, a thread or what it plans for, each used again after so many steps.
/// Where all meet once between writing and reading, some still read those of a step while others
/// already write those of the next, on sheets of their own; where all meet once more after reading,
/// one sheet is enough.
pub(super) struct Exchange<T, const SHEETS: usize>(Vec<[RwLock<T>; SHEETS]>);

impl<T: Default, const SHEETS: usize> Exchange<T, SHEETS> {
    pub(super) fn new(owners: usize) -> Self {
        let sheets = || std::array::from_fn(|_| RwLock::default());
        Self((0..owners).map(|_| sheets()).collect())
    }

    /// An owner's sheet for a step, as it was left when it was last used.
    #[inline(always)]
    pub(super) fn write(&self, owner: usize, step: u32) -> RwLockWriteGuard<'_, T> {
        // A poisoned sheet belongs to a thread that panicked, and the barrier tells the others.
        self.0[owner][step as usize % SHEETS].write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sheets of all owners for a step.
    #[inline(always)]
    pub(super) fn read(&self, step: u32) -> Vec<RwLockReadGuard<'_, T>> {
        let sheets = self.0.iter().map(|sheets| &sheets[step as usize % SHEETS]);
        sheets.map(|sheet| sheet.read().unwrap_or_else(PoisonError::into_inner)).collect()
    }
}
