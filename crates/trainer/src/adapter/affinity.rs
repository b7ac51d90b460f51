//! Which cores the threads of a program that plays a GPU may use.
//!
//! llvmpipe has a thread for every core; another one wakes them for each dispatch and waits. Linux
//! leaves threads on the cores where they last ran. On two cores both workers soon share one, and the
//! other, on which the waker ran, idles while it waits: for too short a time for the system to notice.
//! So each is pinned to a core.

#[cfg(target_os = "linux")]
use nix::{
    errno::Errno,
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::{Pid, gettid},
};

/// The threads that this process had at some time; elsewhere than on Linux nothing is known of them.
pub(crate) struct Snapshot(#[cfg(target_os = "linux")] Vec<Pid>);

#[cfg(target_os = "linux")]
impl Snapshot {
    /// Those of now.
    pub(crate) fn take() -> Self {
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let numbers = tasks.filter_map(|task| task.file_name().to_str()?.parse().ok());
        let mut threads: Vec<Pid> = numbers.map(Pid::from_raw).collect();
        threads.sort_unstable();
        Self(threads)
    }

    /// Pins every thread that llvmpipe has begun since on behalf of this one: each to the next core
    /// that this one may use; where they are more than the cores, several share one. Where the system
    /// does not allow it they stay as they are.
    pub(crate) fn pin_newer(&self) {
        let _ = pin(&self.newer()); // slower, and nothing else
    }

    /// Those that draw have a name; those that compute have none, so they bear that of the thread which
    /// began them. A thread without a name that this one begins meanwhile would be taken for one.
    fn newer(&self) -> Vec<Pid> {
        let mine = name_of(gettid());
        let theirs = |thread: &Pid| {
            let name = name_of(*thread);
            name == mine || name.is_some_and(|name| name.starts_with("llvmpipe"))
        };
        let known = |thread: &Pid| self.0.is_empty() || self.0.contains(thread);
        let Self(now) = Self::take();
        now.into_iter().filter(|thread| !known(thread) && theirs(thread)).collect()
    }
}

/// The first 15 bytes of a thread's name.
#[cfg(target_os = "linux")]
fn name_of(thread: Pid) -> Option<String> {
    std::fs::read_to_string(format!("/proc/self/task/{thread}/comm")).ok()
}

/// Pins each of these threads to the next core.
#[cfg(target_os = "linux")]
fn pin(threads: &[Pid]) -> Result<(), Errno> {
    let all = sched_getaffinity(gettid())?;
    let cores = (0..CpuSet::count()).filter(|core| all.is_set(*core) == Ok(true));
    for (thread, core) in threads.iter().zip(cores.cycle()) {
        let mut one = CpuSet::new();
        one.set(core)?;
        match sched_setaffinity(*thread, &one) {
            Err(Errno::ESRCH) => {} // it has ended
            pinned => pinned?,
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
impl Snapshot {
    pub(crate) fn take() -> Self {
        Self()
    }

    pub(crate) fn pin_newer(&self) {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{sync::mpsc::channel, thread};

    use super::*;

    fn cores_of(thread: Pid) -> Vec<usize> {
        let set = sched_getaffinity(thread).expect("a thread that lives");
        (0..CpuSet::count()).filter(|core| set.is_set(*core) == Ok(true)).collect()
    }

    /// Threads of these names, while `task` runs with their numbers.
    fn beside(names: &[Option<&str>], task: impl FnOnce(&[Pid])) {
        thread::scope(|scope| {
            let (tell, told) = channel();
            let mut ends = Vec::new();
            let mut threads = Vec::new();
            for name in names {
                let (end, until) = channel::<()>();
                let tell = tell.clone();
                let builder = match name {
                    Some(name) => thread::Builder::new().name((*name).to_owned()),
                    None => thread::Builder::new(),
                };
                let wait = move || {
                    tell.send(gettid()).expect("somebody listens");
                    let _ = until.recv();
                };
                builder.spawn_scoped(scope, wait).expect("a thread");
                threads.push(told.recv().expect("it says who it is"));
                ends.push(end);
            }
            task(&threads);
            drop(ends);
        });
    }

    #[test]
    fn a_snapshot_tells_newer_threads_from_others() {
        beside(&[None], |older| {
            let before = Snapshot::take();
            beside(&[None, Some("llvmpipe-0"), Some("somebody")], |threads| {
                let newer = before.newer();
                assert_eq!([true, true, false], [0, 1, 2].map(|n| newer.contains(&threads[n])));
                assert!(!newer.contains(&older[0]) && !newer.contains(&gettid()));
                assert_eq!(Snapshot(Vec::new()).newer(), [], "who knows nothing pins nobody");
            });
        });
    }

    #[test]
    fn threads_are_pinned_to_different_cores() {
        let free = cores_of(gettid());
        beside(&[None, None], |threads| {
            let ended = thread::spawn(gettid).join().expect("it says who it is");
            pin(&[ended, threads[0], threads[1]]).expect("threads may be pinned");
            let [first, second] = [threads[0], threads[1]].map(cores_of);
            assert_eq!([first.len(), second.len()], [1, 1]);
            assert_eq!(first == second, free.len() == 1, "{first:?}");
            assert_eq!(cores_of(gettid()), free);
        });
    }
}
