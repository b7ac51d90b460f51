//! How much memory this computer has left.

use sysinfo::{CGroupLimits, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Bytes that a program can still have, swap included, within the limits of its container; `None` where the
/// system does not say.
pub(crate) fn free() -> Option<u64> {
    let mut system = System::new();
    system.refresh_memory();
    let of_computer = Some(system.available_memory()).filter(|bytes| *bytes > 0)?;
    let everywhere = of_computer + system.free_swap();
    let me = Pid::from_u32(std::process::id());
    let (only_me, nothing_more) = (ProcessesToUpdate::Some(&[me]), ProcessRefreshKind::nothing());
    system.refresh_processes_specifics(only_me, false, nothing_more);
    let mine = system.process(me).and_then(sysinfo::Process::cgroup_limits);
    let limits = [mine, system.cgroup_limits()].into_iter().flatten();
    let within = limits.map(|limit| within(&limit)).min();
    Some(within.map_or(everywhere, |bytes| bytes.min(everywhere)))
}

/// Bytes left in a container. What it calls free is less: files that the system keeps at hand are not, though they
/// make way.
fn within(limit: &CGroupLimits) -> u64 {
    limit.total_memory.saturating_sub(limit.rss).saturating_add(limit.free_swap)
}

#[cfg(test)]
mod tests {
    use sysinfo::CGroupLimits;

    use super::{free, within};

    #[test]
    fn files_kept_at_hand_are_as_good_as_free() {
        let limit = CGroupLimits { total_memory: 100, free_memory: 10, free_swap: 5, rss: 30 };
        assert_eq!(within(&limit), 75);
    }

    #[test]
    fn a_computer_that_runs_this_has_some() {
        let bytes = free().expect("every system on which tests run says it");
        assert!((1 << 20..1 << 50).contains(&bytes), "{bytes} bytes");
    }
}
