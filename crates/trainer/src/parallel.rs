//! Parts of work on as many threads as there are.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

/// Whether there can be a second thread. In a browser there is none, and what would only ever run on
/// one is not built for it.
pub(crate) const THREADS: bool = cfg!(not(target_family = "wasm"));

/// Threads that run at once here.
pub(crate) fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new(); // the system is slow to say
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// What `task` makes of every part, in the order of the parts. Whichever thread is free takes the next
/// one, so none may wait for another.
pub(crate) fn map<T: Sync, R: Send>(
    parts: &[T],
    threads: usize,
    task: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let threads = threads.min(parts.len());
    if threads <= 1 || !THREADS {
        return parts.iter().map(task).collect();
    }
    let next = AtomicUsize::new(0);
    let work = |_thread| {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(at) else { return done };
            done.push((at, task(part)));
        }
    };
    let mut done: Vec<_> = each((0..threads).collect(), work).into_iter().flatten().collect();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What `work` makes of every part, each on a thread of its own, the first on the caller's: they may
/// wait for one another. In a browser they run one after the other, so whoever waits must be alone.
pub(crate) fn each<T: Send, R: Send>(parts: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    if parts.len() <= 1 || !THREADS {
        return parts.into_iter().map(work).collect();
    }
    std::thread::scope(|scope| {
        let (work, mut parts) = (&work, parts.into_iter());
        let first = parts.next();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let mut results: Vec<R> = first.into_iter().map(work).collect();
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use super::{AtomicUsize, Ordering, each, map};

    #[test]
    fn every_part_has_a_thread_of_its_own() {
        for parts in [0, 1, 2, 5] {
            let (there, began) = (AtomicUsize::new(0), std::time::Instant::now());
            let meet = |part| {
                there.fetch_add(1, Ordering::Relaxed);
                while there.load(Ordering::Relaxed) < parts {
                    assert!(began.elapsed().as_secs() < 60, "a part waits for its thread");
                    std::thread::yield_now();
                }
                part
            };
            assert_eq!(each((0..parts).collect(), meet), (0..parts).collect::<Vec<_>>());
        }
    }

    #[test]
    fn results_stand_in_the_order_of_the_parts() {
        let parts: Vec<u64> = (0..1000).collect();
        for threads in [0, 1, 3, 2000] {
            let squares = map(&parts, threads, |part| part * part);
            assert_eq!(squares, parts.iter().map(|part| part * part).collect::<Vec<_>>());
        }
        assert!(map(&[], 2, |part: &u8| *part).is_empty());
    }
}
