//! Which cores the threads of a software GPU may use.

use std::{collections::BTreeSet, fs, thread};

use crate::support;

#[test]
fn the_threads_of_a_software_gpu_are_pinned() {
    const NAME: &str = "affinity::the_threads_of_a_software_gpu_are_pinned";
    let Some(device) = support::gpu(NAME) else { return };
    if !device.name().contains("llvmpipe") {
        return support::say(&format!("SKIPPED {NAME}: {} is not llvmpipe", device.name()));
    }
    let cores = thread::available_parallelism().unwrap().get();
    let line = |status: &str, name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.expect("a line of a status").trim().to_owned()
    };
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let statuses = tasks.flat_map(|task| fs::read_to_string(task.path().join("status")));
    let threads: Vec<(String, String)> = statuses
        .map(|status| (line(&status, "Name:"), line(&status, "Cpus_allowed_list:")))
        .collect();
    // One thread a core draws, which has a name, and one computes, which has none of its own.
    let drawing = threads.iter().filter(|(name, _)| name.starts_with("llvmpipe-")).count();
    let pinned: Vec<&String> =
        threads.iter().map(|(_, cores)| cores).filter(|list| list.parse::<u32>().is_ok()).collect();
    if cores > 1 {
        assert!(drawing > 0 && pinned.len() >= 2 * drawing, "{threads:?}");
        let different: BTreeSet<_> = pinned.into_iter().collect();
        assert!(different.len() >= drawing.min(cores), "{threads:?}");
    }
}
