//! Which GPUs there are, and which device `auto` takes.

use pollster::block_on;
use serde::Serialize;
use trainer::{Adapter, Device, DeviceChoice, DeviceKind, Limits, adapters};

use crate::exit::Exit;
use crate::speed::{self, Speed};
use crate::streams;

/// The object of `devices --json`.
#[derive(Serialize)]
struct Devices {
    adapters: Vec<Adapter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speeds: Option<Vec<Speed>>,
    auto: Auto,
}

/// What `auto` takes.
#[derive(Serialize)]
struct Auto {
    device: DeviceKind,
    name: String,
    reason: String,
}

/// Lists the adapters, best first, and opens what `auto` takes.
pub(crate) fn run(bench: bool, json: bool) -> anyhow::Result<Exit> {
    let adapters = block_on(adapters());
    let device = block_on(Device::open(DeviceChoice::Auto))?;
    let auto =
        Auto { device: device.kind(), name: device.name().into(), reason: device.reason().into() };
    let speeds = bench.then(|| block_on(speed::of_all())).transpose()?;
    let devices = Devices { adapters, speeds, auto };
    if json {
        streams::print(&(serde_json::to_string_pretty(&devices)? + "\n"))?;
    } else {
        streams::print(&page(&devices))?;
    }
    Ok(Exit::Done)
}

fn page(devices: &Devices) -> String {
    let mut page: String = devices.adapters.iter().map(entry).collect();
    if devices.adapters.is_empty() {
        page.push_str("no GPU was found (Vulkan, Metal or DX12)\n");
    }
    page.extend(devices.speeds.iter().flatten().map(Speed::line));
    let Auto { device, name, reason } = &devices.auto;
    let name = if *device == DeviceKind::Cpu { "the CPU" } else { name };
    page + &format!("auto takes {name}: {reason}\n")
}

fn entry(adapter: &Adapter) -> String {
    let Adapter { name, backend, kind, driver, driver_info, limits, timestamp_query } = adapter;
    let Limits {
        max_storage_buffers_per_stage,
        max_buffer_bytes,
        max_binding_bytes,
        max_invocations,
        workgroup_bytes,
    } = limits;
    let kind = format!("{kind:?}").to_lowercase();
    let clock = if *timestamp_query { "yes" } else { "no" };
    let driver = format!("{driver} {driver_info}");
    let driver = if driver.trim().is_empty() { "unknown" } else { driver.trim() };
    format!(
        "{name}: {kind}, {backend}, driver {driver}
  largest buffer            {}
  largest binding           {}
  storage buffers a stage   {max_storage_buffers_per_stage}
  invocations a workgroup   {max_invocations}
  memory of a workgroup     {}
  timestamp queries         {clock}
",
        bytes(*max_buffer_bytes),
        bytes(*max_binding_bytes),
        bytes(u64::from(*workgroup_bytes)),
    )
}

/// Bytes in the largest unit that leaves at least 1.
fn bytes(count: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("EiB", 60), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = UNITS.into_iter().find(|(_, shift)| count >> shift > 0);
    match unit {
        Some((unit, shift)) => {
            format!("{} {unit}", (count as f64 / (1_u64 << shift) as f64 * 10.0).round() / 10.0)
        }
        None => format!("{count} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_read_well() {
        for (count, expected) in [
            (0, "0 bytes"),
            (1_023, "1023 bytes"),
            (16_384, "16 KiB"),
            (u64::from(u32::MAX), "4 GiB"),
            (1_500_000, "1.4 MiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(bytes(count), expected);
        }
    }
}
