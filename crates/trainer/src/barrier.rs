//! A meeting point for threads that reach it every few microseconds.

use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use crate::parallel::{THREADS, cores};

/// Lets nobody through until everybody is there. It spins, since a step is shorter than waking a
/// sleeping thread, and sleeps when the wait grows long, or at once where there are more parties than
/// cores. It does not yield: a thread that yields waits for the time slices of other programs, one
/// that is woken runs almost at once.
pub(crate) struct Barrier {
    parties: usize,
    spins: u32,
    arrived: AtomicUsize,
    round: AtomicUsize,
    sleepers: AtomicUsize,
    broken: AtomicBool,
    bed: Mutex<()>,
    bell: Condvar,
}

/// Who takes part; if it panics, or the thread that was to give it one, it will not come, and nobody
/// waits for it.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Party<'a>(&'a Barrier);

impl Drop for Party<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.broken.store(true, SeqCst);
            self.0.wake();
        }
    }
}

/// A meeting at which a thread has arrived.
#[must_use = "whoever arrives must wait before it arrives again"]
pub(crate) struct Round(usize);

/// A tenth of a millisecond where it was measured; a step of MovieLens-1M takes a third of that.
const SPINS: u32 = 4_000;

impl Barrier {
    pub(crate) fn new(parties: usize) -> Self {
        debug_assert!(THREADS || parties == 1, "nobody else would come");
        Self {
            parties,
            spins: if parties <= cores() { SPINS } else { 0 },
            arrived: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
            sleepers: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            bed: Mutex::new(()),
            bell: Condvar::new(),
        }
    }

    /// To be held by a thread as long as it takes part, and by whoever begins it until then.
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
        let round = self.round.load(SeqCst);
        if self.arrived.fetch_add(1, SeqCst) + 1 == self.parties {
            self.arrived.store(0, SeqCst);
            self.round.store(round.wrapping_add(1), SeqCst);
            if self.sleepers.load(SeqCst) > 0 {
                self.wake();
            }
        }
        Round(round)
    }

    /// Waits until all have arrived.
    #[inline(always)]
    pub(crate) fn wait_for(&self, Round(round): Round) {
        for _ in 0..=self.spins {
            if self.round.load(SeqCst) != round {
                return;
            }
            std::hint::spin_loop();
        }
        self.sleep(round);
    }

    /// This counts itself, then looks at the round; [`arrive`](Self::arrive) ends the round, then looks
    /// at the count. In the one order of all four that `SeqCst` gives, one sees the other.
    #[cold]
    fn sleep(&self, round: usize) {
        self.sleepers.fetch_add(1, SeqCst);
        let mut bed = self.bed();
        while self.round.load(SeqCst) == round {
            // Nobody counts sleepers of a broken barrier any more.
            assert!(!self.broken.load(SeqCst), "another thread of these panicked");
            bed = self.bell.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, SeqCst);
    }

    #[cold]
    fn wake(&self) {
        drop(self.bed()); // who is on the way to sleep is asleep then
        self.bell.notify_all();
    }

    fn bed(&self) -> MutexGuard<'_, ()> {
        self.bed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeps_three_together(barrier: &Barrier) {
        const ROUNDS: usize = 1000;
        let done = [const { AtomicUsize::new(0) }; 3];
        std::thread::scope(|scope| {
            for me in 0..3 {
                let done = &done;
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        done[me].store(round + 1, SeqCst);
                        barrier.wait();
                        for other in done {
                            let other = other.load(SeqCst);
                            assert!(other == round + 1 || other == round + 2, "{other} in {round}");
                        }
                    }
                });
            }
        });
        assert!(done.iter().all(|done| done.load(SeqCst) == ROUNDS));
    }

    #[test]
    fn nobody_is_a_round_ahead() {
        for spins in [0, 10, SPINS] {
            keeps_three_together(&Barrier { spins, ..Barrier::new(3) });
        }
    }

    #[test]
    fn nobody_waits_for_a_party_that_panicked() {
        for spins in [0, SPINS] {
            let barrier = &Barrier { spins, ..Barrier::new(2) };
            let outcomes = std::thread::scope(|scope| {
                let parties = [false, true].map(|stumbles| {
                    scope.spawn(move || {
                        let _party = barrier.join();
                        while stumbles && barrier.sleepers.load(SeqCst) == 0 {
                            std::thread::yield_now();
                        }
                        drop(barrier.bed()); // the other one is asleep then
                        assert!(!stumbles, "it never comes");
                        barrier.wait();
                    })
                });
                parties.map(|party| party.join().is_err())
            });
            assert_eq!(outcomes, [true, true]);
        }
    }
}
