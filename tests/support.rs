//! What several files of tests need.

use std::{
    env,
    io::{self, Write as _},
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use ratings::{
    Split,
    sample::{self, SampleConfig},
};
use trainer::{
    Config, Device, DeviceChoice, EngineChoice, Event, ModelKind, Run, TrainError, Trained,
};

/// The models that this project's own kernels train on a GPU, each with its usual optimiser.
pub(crate) const ON_GPU: [ModelKind; 3] = [ModelKind::Mf, ModelKind::DeepMf, ModelKind::BiasedMf];

/// The folder of the repository. Asked for at run time, since two checkouts may share a target
/// folder.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR");
    manifest.map_or(env!("CARGO_MANIFEST_DIR").into(), PathBuf::from).join("../..")
}

/// Whether a missing tool must fail the tests instead of skipping some of them.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// Says loudly that a test did not run; fails in CI, where everything must be at hand.
pub(crate) fn skip(test: &str, why: &str, remedy: &str) {
    assert!(!in_ci(), "{test} cannot run: {why}. {remedy}");
    say(&format!("SKIPPED {test}: {why}. {remedy}"));
}

/// Says something that the test runner does not swallow, as it does with what a passing test prints.
pub(crate) fn say(text: &str) {
    let mut console = io::stderr();
    writeln!(console, "\n*** {text} ***").unwrap();
}

/// burn on the CPU: the reference, always at hand.
pub(crate) fn reference() -> Device {
    cpu(EngineChoice::Autodiff)
}

/// This project's own kernels on the CPU.
pub(crate) fn fused() -> Device {
    cpu(EngineChoice::Fused)
}

/// The CPU with the engine that suits a model: burn for the neural ones.
pub(crate) fn usual() -> Device {
    cpu(EngineChoice::Auto)
}

/// Both engines on the CPU: what a run promises, it promises with each.
pub(crate) fn engines() -> [Device; 2] {
    [fused(), reference()]
}

fn cpu(engine: EngineChoice) -> Device {
    pollster::block_on(Device::open(DeviceChoice::Cpu)).unwrap().with_engine(engine)
}

/// The split as a run takes it.
pub(crate) fn shared(split: &Split) -> Arc<Split> {
    Arc::new(split.clone())
}

/// burn on a GPU.
pub(crate) fn burn_on_gpu(test: &str) -> Option<Device> {
    gpu(test).map(|device| device.with_engine(EngineChoice::Autodiff))
}

/// A GPU, a software one included, with this project's own kernels, opened once for all tests;
/// `None` after a loud skip.
pub(crate) fn gpu(test: &str) -> Option<Device> {
    static GPU: OnceLock<Result<Device, String>> = OnceLock::new();
    let gpu = GPU.get_or_init(|| {
        pollster::block_on(Device::open(DeviceChoice::Gpu)).map_err(|error| error.to_string())
    });
    gpu.clone()
        .map_err(|error| skip(test, &error, "On Debian: apt-get install mesa-vulkan-drivers"))
        .ok()
}

/// A small generated data set, split as by default.
pub(crate) fn small_split(users: usize, items: usize, ratings: usize) -> Split {
    let sample = sample::generate(&SampleConfig { users, items, ratings, seed: 7 });
    Split::random(&sample.table, 0.2, 42).unwrap()
}

/// Trains to the end.
pub(crate) fn train(
    split: &Split,
    config: &Config,
    device: &Device,
) -> Result<Trained, TrainError> {
    pollster::block_on(async {
        let mut run = Run::start(&shared(split), config, device).await?;
        while run.advance().await?.is_some() {}
        run.finish().await
    })
}

/// The events of a whole run, and its model.
pub(crate) fn events(split: &Split, config: &Config, device: &Device) -> (Vec<Event>, Trained) {
    pollster::block_on(async {
        let mut run = Run::start(&shared(split), config, device).await.unwrap();
        let mut events = Vec::new();
        while let Some(event) = run.advance().await.unwrap() {
            events.push(event);
        }
        (events, run.finish().await.unwrap())
    })
}

/// What a Python script prints in a folder; `None`, after a loud skip, where Python or a package that it
/// needs is missing: they are no part of what the tests may demand.
pub(crate) fn python(test: &str, script: &str, folder: &std::path::Path) -> Option<String> {
    let python = env::var_os("LATENT_PYTHON").unwrap_or("python3".into());
    let output =
        std::process::Command::new(python).args(["-c", script]).current_dir(folder).output();
    match &output {
        Ok(output) if output.status.success() => {
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("ModuleNotFoundError") => {
            panic!("{}", String::from_utf8_lossy(&output.stderr))
        }
        _ => {
            say(&format!(
                "SKIPPED {test}: no Python with safetensors and numpy is here; pip install \
                 safetensors numpy, or set LATENT_PYTHON"
            ));
            None
        }
    }
}
