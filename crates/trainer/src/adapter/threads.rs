//! The threads of a program that plays a GPU.
//!
//! llvmpipe has a thread for every core; another one wakes them for each dispatch and waits. Linux lets
//! the waker keep its core, finds the threads on the others, and moves none for as short a time as a
//! dispatch takes: on two cores both share one while the waker's is idle. Held to a core each, they
//! train `DeepMf` a third faster and `Mf` a fourth.

#[cfg(target_os = "linux")]
use nix::{
    errno::Errno,
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

/// The threads that this process had at some time; elsewhere than on Linux nothing is known of them.
pub(crate) struct Threads(#[cfg(target_os = "linux")] Vec<Pid>);

#[cfg(target_os = "linux")]
impl Threads {
    /// Those of now, oldest first.
    pub(crate) fn now() -> Self {
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let number = |task: std::fs::DirEntry| task.file_name().to_str()?.parse().ok();
        let mut numbers: Vec<i32> = tasks.filter_map(number).collect();
        numbers.sort_unstable();
        Self(numbers.into_iter().map(Pid::from_raw).collect())
    }

    /// Holds every thread that has begun since to a core of its own, or one of few others, among those
    /// that this process may use. Where the system does not allow it, it stays free.
    pub(crate) fn hold_younger(&self) {
        let _ = hold(&self.younger()); // slower, and nothing else
    }

    fn younger(&self) -> Vec<Pid> {
        Self::now().0.into_iter().filter(|thread| !self.0.contains(thread)).collect()
    }
}

/// Holds each of these threads to the next core.
#[cfg(target_os = "linux")]
fn hold(threads: &[Pid]) -> Result<(), Errno> {
    let all = sched_getaffinity(Pid::from_raw(0))?;
    let cores = (0..CpuSet::count()).filter(|core| all.is_set(*core) == Ok(true));
    for (thread, core) in threads.iter().zip(cores.cycle()) {
        let mut one = CpuSet::new();
        one.set(core)?;
        match sched_setaffinity(*thread, &one) {
            Err(Errno::ESRCH) => {} // it has ended
            held => held?,
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
impl Threads {
    pub(crate) fn now() -> Self {
        Self()
    }

    pub(crate) fn hold_younger(&self) {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc::channel;

    use nix::unistd::gettid;

    use super::*;

    fn cores_of(thread: Pid) -> Vec<usize> {
        let set = sched_getaffinity(thread).expect("a thread that lives");
        (0..CpuSet::count()).filter(|core| set.is_set(*core) == Ok(true)).collect()
    }

    #[test]
    fn younger_threads_are_held_to_different_cores() {
        let (free, before) = (cores_of(gettid()), Threads::now());
        let (tell, told) = channel();
        std::thread::scope(|scope| {
            let (end, parked): (Vec<_>, Vec<_>) = (0..2).map(|_| channel::<()>()).unzip();
            for until in parked {
                let tell = tell.clone();
                scope.spawn(move || {
                    tell.send(gettid()).expect("somebody listens");
                    let _ = until.recv();
                });
            }
            let mut ours: Vec<Pid> = told.iter().take(2).collect();
            ours.sort_unstable();
            let younger = before.younger();
            assert!(ours.iter().all(|thread| younger.contains(thread)));
            assert!(!younger.contains(&gettid()));

            hold(&ours).expect("a thread may be held");
            let held: Vec<_> = ours.iter().map(|thread| cores_of(*thread)).collect();
            assert!(held.iter().all(|cores| cores.len() == 1), "{held:?}");
            assert_eq!(held[0] == held[1], free.len() == 1, "{held:?}");
            assert_eq!(cores_of(gettid()), free);
            drop(end);
        });
    }

    #[test]
    fn a_thread_that_has_ended_is_left_alone() {
        let ended = std::thread::spawn(gettid).join().expect("it says who it is");
        assert_eq!(hold(&[ended]), Ok(()));
    }
}
