//! What the threads of a step leave for one another.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Two sheets for every thread: while some still read those of a step, the others may already write
/// those of the next.
pub(super) struct Exchange<T>(Vec<[RwLock<T>; 2]>);

impl<T: Default> Exchange<T> {
    pub(super) fn new(threads: usize) -> Self {
        Self((0..threads).map(|_| Default::default()).collect())
    }

    /// A thread's own sheet for a step, as it left it two steps ago.
    #[inline(always)]
    pub(super) fn write(&self, me: usize, step: u32) -> RwLockWriteGuard<'_, T> {
        // A poisoned sheet belongs to a thread that panicked, and its panic ends the slice.
        self.0[me][step as usize % 2].write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sheets of all threads for a step.
    #[inline(always)]
    pub(super) fn read(&self, step: u32) -> Vec<RwLockReadGuard<'_, T>> {
        let sheets = self.0.iter().map(|sheets| &sheets[step as usize % 2]);
        sheets.map(|sheet| sheet.read().unwrap_or_else(PoisonError::into_inner)).collect()
    }
}
