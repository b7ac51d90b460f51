//! Independent parts of work on as many threads as there are.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What `task` makes of every part, in the order of the parts; whichever thread is free takes the
/// next one.
pub(crate) fn map<T: Sync, R: Send>(
    parts: &[T],
    threads: usize,
    task: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let threads = threads.min(parts.len());
    if threads <= 1 {
        return parts.iter().map(task).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(at) else { return done };
            done.push((at, task(part)));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(part) => done.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::map;

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
