//! `cargo xtask setup`: what the tests need beside Rust and a linker.
//!
//! The wasm target is required. Software Vulkan and Chromium are not: the tests that need them
//! say loudly that they are skipped, and fail where `CI` is set.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell;

const WASM: &str = "wasm32-unknown-unknown";

/// A program or driver that a system package brings.
struct Need {
    /// What it is, for people and for the systems whose package names differ.
    about: &'static str,
    /// What is tested with it.
    tests: &'static str,
    /// Packages of Debian.
    packages: &'static [&'static str],
    /// Whether it is here.
    here: fn() -> bool,
}

const NEEDS: [Need; 2] = [
    Need {
        about: "a Vulkan driver (Mesa's lavapipe works without a GPU)",
        tests: "GPU",
        packages: &["libvulkan1", "mesa-vulkan-drivers"],
        here: vulkan,
    },
    Need {
        about: "Chromium or Chrome with its chromedriver",
        tests: "browser",
        packages: &["chromium", "chromium-driver"],
        here: || shell::on_path("chromedriver").is_some(),
    },
];

/// Adds the wasm target, and the packages where this is a container that runs as root.
///
/// # Errors
/// The wasm target is missing and cannot be added.
pub(crate) fn run() -> Result<()> {
    wasm_target()?;
    axe();
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.here)()).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    if missing.is_empty() {
        println!("Here: the wasm target, a Vulkan driver, chromedriver.");
    } else if shell::on_path("apt-get").is_none() {
        for need in &missing {
            println!("Missing for the {} tests: {}.", need.tests, need.about);
        }
    } else if shell::output("id", &["-u"]).as_deref() == Some("0") {
        println!("Installing {} with apt-get.", packages.join(", "));
        if let Err(error) = apt_get(&packages) {
            println!("{error:#}. The tests that need these packages cannot run.");
        }
    } else {
        for need in &missing {
            println!("Missing for the {} tests: {}.", need.tests, need.about);
        }
        println!("  sudo apt-get install -y {}", packages.join(" "));
    }
    Ok(())
}

/// Fetches axe-core, the rules of access that the page is held against, where npm is at hand.
fn axe() {
    const PACKAGE: &str = "axe-core@4.14.1";
    let folder = shell::root().join("target/axe");
    if folder.join("node_modules/axe-core/axe.min.js").is_file() {
        return;
    }
    let Some(npm) = shell::on_path("npm") else {
        println!("Missing for the rules of access: npm, which would fetch {PACKAGE}.");
        return;
    };
    let install = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"];
    let mut npm = Command::new(npm);
    if let Err(error) = shell::run(npm.args(install).arg(&folder).arg(PACKAGE)) {
        println!("{error:#}. The page is not held against the rules of access.");
    }
}

/// Adds the standard library for wasm32 unless it is there.
///
/// # Errors
/// It is missing, and rustup is too or cannot fetch it.
pub(crate) fn wasm_target() -> Result<()> {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let library = shell::output(&rustc, &["--print", "target-libdir", "--target", WASM]);
    if library.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    println!("Adding the target {WASM} with rustup.");
    shell::run(Command::new("rustup").args(["target", "add", WASM])).with_context(|| {
        format!(
            "the page needs Rust's standard library for {WASM}: install Rust with rustup \
             (https://rustup.rs), or your system's package of that library"
        )
    })
}

/// Whether a Vulkan driver that can work here is installed.
fn vulkan() -> bool {
    if !cfg!(target_os = "linux") {
        return true; // Metal and DirectX come with the system.
    }
    let drivers: Vec<String> = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"]
        .into_iter()
        .filter_map(|folder| Path::new(folder).read_dir().ok())
        .flat_map(|files| files.flatten())
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .collect();
    // Mesa's package also lists drivers for hardware that is not there, so a name is not enough.
    let hardware = Path::new("/dev/dri").exists() || Path::new("/dev/nvidia0").exists();
    env::var_os("VK_DRIVER_FILES").is_some()
        || drivers.iter().any(|name| name.starts_with("lvp"))
        || hardware && !drivers.is_empty()
}

fn apt_get(packages: &[&str]) -> Result<()> {
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    shell::run(apt_get().args(["update", "-q"]))?;
    let install = ["install", "-y", "-q", "--no-install-recommends"];
    shell::run(apt_get().args(install).args(packages))
}
