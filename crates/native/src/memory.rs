//! How much memory this computer has left.

use std::fs;

/// Bytes that a program can still have, swap included; `None` where the system does not say.
pub(crate) fn free() -> Option<u64> {
    read(&fs::read_to_string("/proc/meminfo").ok()?)
}

fn read(meminfo: &str) -> Option<u64> {
    let kib = |key: &str| -> Option<u64> {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
        line.strip_prefix(':')?.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some((kib("MemAvailable")? + kib("SwapFree").unwrap_or(0)) << 10)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn linux_is_understood() {
        let text = "MemTotal:       16384 kB\nMemAvailable:    1000 kB\nSwapFree:          24 kB\n";
        assert_eq!(read(text), Some(1 << 20));
        assert_eq!(read("MemAvailable:    1 kB\n"), Some(1024));
        assert_eq!(read("MemTotal: 5 kB\n"), None);
        assert_eq!(read("MemAvailable: many\n"), None);
    }
}
