//! `cargo xtask web`: three programs for the browser, and the page around them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::assets::Assets;
use crate::program::{Program, Recipe};
use crate::{page, setup, shell, sizes};

/// The page itself.
const PAGE: Recipe = Recipe { package: "web", features: "", name: "web" };
/// What trains, behind it.
const WORKER: Recipe = Recipe { package: "worker", features: "", name: "worker_program" };
/// The same with burn, many times as large: fetched only when it is asked for.
const AUTODIFF: Recipe =
    Recipe { package: "worker", features: "autodiff", name: "worker_autodiff_program" };

/// Writes a folder that any web server can serve from any place. Files of other names in `out` are
/// left alone.
///
/// # Errors
/// A crate does not compile, a file cannot be read or written, or, where `sizes` are to be checked,
/// a visitor would have to download too much.
pub(crate) fn build(out: &Path, sizes: bool) -> Result<()> {
    let assets = assemble()?;
    assets.write(out)?;
    if sizes { sizes::check(&assets) } else { Ok(()) }
}

fn assemble() -> Result<Assets> {
    setup::wasm_target()?;
    let root = shell::root();
    let read = |file: &str| {
        let path = root.join(file);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let mut assets = Assets::default();
    for recipe in [PAGE, WORKER, AUTODIFF] {
        let Program { parts, js, wasm } = recipe.build()?;
        for (path, text) in &parts {
            assets.add_text(path, text);
        }
        assets.add(&format!("{}_bg.wasm", recipe.name), wasm);
        assets.add_text(&format!("{}.js", recipe.name), &js);
    }
    let loader = read("crates/worker/worker.js")?;
    for (name, program) in [("worker.js", WORKER), ("worker-autodiff.js", AUTODIFF)] {
        let bytes = assets.size(&format!("{}_bg.wasm", program.name));
        assets.add_text(name, &loader_of(&loader, program.name, bytes));
    }
    let start = assets.add_text("start.js", &read("web/shell/start.js")?);
    page::add(&root, &start, &mut assets)?;
    let files: Vec<&str> = assets.files().iter().map(|file| file.name.as_str()).collect();
    let known = serde_json::to_string(&files)?;
    let service = read("web/shell/service-worker.js")?
        .replace("\"VERSION\"", &format!("\"{}\"", assets.version()))
        .replace("[\"FILES\"]", &known);
    assets.add_plain("service-worker.js", service);
    Ok(assets)
}

/// The worker's loader for a program of so many bytes.
fn loader_of(loader: &str, program: &str, bytes: usize) -> String {
    loader
        .replace(WORKER.name, program)
        .replace("const SIZE = 0;", &format!("const SIZE = {bytes};"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loader_knows_its_program_and_how_large_it_is() {
        let file = shell::root().join("crates/worker/worker.js");
        let loader = fs::read_to_string(file).expect("the loader");
        let built = loader_of(&loader, AUTODIFF.name, 1234);
        assert!(built.contains("const SIZE = 1234;"), "{built}");
        assert!(built.contains("\"./worker_autodiff_program.js\""), "{built}");
        assert!(!built.contains("worker_program"), "{built}");
    }
}
