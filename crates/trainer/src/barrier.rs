//! A meeting point for threads that reach it every few microseconds.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::parallel::cores;

/// Lets nobody through until everybody is there. It spins, since a step is shorter than waking a
/// sleeping thread, and gives way to other threads when the wait grows long, or at once where there
/// are more parties than cores.
pub(crate) struct Barrier {
    parties: usize,
    spins: u32,
    arrived: AtomicUsize,
    round: AtomicUsize,
    broken: AtomicBool,
}

/// Who takes part; if it panics, it will not come, and nobody waits for it.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Party<'a>(&'a Barrier);

impl Drop for Party<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, Ordering::Release);
        }
    }
}

/// A meeting at which a thread has arrived.
#[must_use = "whoever arrives must wait before it arrives again"]
pub(crate) struct Round(usize);

const SPINS: u32 = 4_000;

impl Barrier {
    pub(crate) fn new(parties: usize) -> Self {
        let (arrived, round) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let spins = if parties <= cores() { SPINS } else { 0 };
        Self { parties, spins, arrived, round, broken: AtomicBool::new(false) }
    }

    /// To be held by a thread as long as it takes part.
    pub(crate) fn join(&self) -> Party<'_> {
        Party(self)
    }

    /// Waits for the others.
    ///
    /// # Panics
    /// If one of them has.
    #[inline(always)]
    pub(crate) fn wait(&self) {
        self.wait_for(self.arrive());
    }

    /// Lets the others know that this thread is there; it may do something else before it waits.
    #[inline(always)]
    pub(crate) fn arrive(&self) -> Round {
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.parties {
            self.arrived.store(0, Ordering::Relaxed);
            self.round.store(round.wrapping_add(1), Ordering::Release);
        }
        Round(round)
    }

    /// Waits until all have arrived.
    #[inline(always)]
    pub(crate) fn wait_for(&self, Round(round): Round) {
        let mut spins = 0;
        while self.round.load(Ordering::Acquire) == round {
            if spins < self.spins {
                spins += 1;
                std::hint::spin_loop();
            } else {
                assert!(!self.broken.load(Ordering::Acquire), "another thread of these panicked");
                std::thread::yield_now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_a_round_ahead() {
        const ROUNDS: usize = 1000;
        let (barrier, done) = (Barrier::new(3), [const { AtomicUsize::new(0) }; 3]);
        std::thread::scope(|scope| {
            for me in 0..3 {
                let (barrier, done) = (&barrier, &done);
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        done[me].store(round + 1, Ordering::Release);
                        barrier.wait();
                        for other in done {
                            let other = other.load(Ordering::Acquire);
                            assert!(other == round + 1 || other == round + 2, "{other} in {round}");
                        }
                    }
                });
            }
        });
        assert!(done.iter().all(|done| done.load(Ordering::Acquire) == ROUNDS));
    }

    #[test]
    fn nobody_waits_for_a_party_that_panicked() {
        let barrier = &Barrier::new(2);
        let outcomes = std::thread::scope(|scope| {
            let parties = [false, true].map(|stumbles| {
                scope.spawn(move || {
                    let _party = barrier.join();
                    assert!(!stumbles, "it never comes");
                    barrier.wait();
                })
            });
            parties.map(|party| party.join().is_err())
        });
        assert_eq!(outcomes, [true, true]);
    }
}
