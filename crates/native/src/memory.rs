//! How much memory this computer has left.

use sysinfo::{CGroupLimits, Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System};

/// Bytes that this program can still have: memory and swap, or what the limits of its container, without swap, and of
/// its addresses leave; `None` where the system does not say.
pub(crate) fn free() -> Option<u64> {
    let mut system = System::new();
    system.refresh_memory();
    let of_computer = Some(system.available_memory()).filter(|bytes| *bytes > 0)?;
    let everywhere = of_computer + system.free_swap();
    let me = Pid::from_u32(std::process::id());
    let memory_too = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[me]), false, memory_too);
    let process = system.process(me);
    let containers = [process.and_then(Process::cgroup_limits), system.cgroup_limits()];
    // One that may have all there is sets no limit, and its swap is the computer's.
    let limits =
        containers.iter().flatten().filter(|limit| limit.total_memory < system.total_memory());
    let limits = limits.map(within);
    let of_addresses =
        process.and_then(|process| Some(addresses()?.saturating_sub(process.virtual_memory())));
    Some(limits.chain(of_addresses).fold(everywhere, u64::min))
}

/// Bytes that this program may give addresses to (`ulimit -v`).
#[cfg(all(target_pointer_width = "64", any(target_os = "linux", target_os = "macos")))]
fn addresses() -> Option<u64> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
    let (limit, _) = getrlimit(Resource::RLIMIT_AS).ok()?;
    (limit != RLIM_INFINITY).then_some(limit)
}

#[cfg(not(all(target_pointer_width = "64", any(target_os = "linux", target_os = "macos"))))]
fn addresses() -> Option<u64> {
    None
}

/// Bytes left in a container. What it calls free is less: files that the system keeps at hand are not, though they
/// make way. Whether it may swap is not said.
fn within(limit: &CGroupLimits) -> u64 {
    limit.total_memory.saturating_sub(limit.rss)
}

#[cfg(test)]
mod tests {
    use sysinfo::CGroupLimits;

    use super::{free, within};

    #[test]
    fn files_kept_at_hand_are_as_good_as_free() {
        let limit = CGroupLimits { total_memory: 100, free_memory: 10, free_swap: 5, rss: 30 };
        assert_eq!(within(&limit), 70);
    }

    #[test]
    fn a_computer_that_runs_this_has_some() {
        let bytes = free().expect("every system on which tests run says it");
        assert!((1 << 20..1 << 50).contains(&bytes), "{bytes} bytes");
    }
}
