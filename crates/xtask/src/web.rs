//! `cargo xtask web`: the crate `web` to wasm, its JavaScript, and the page around both.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::{page, setup, shell};

/// Writes a folder that any web server can serve: `index.html`, what it names, `web.js` and
/// `web_bg.wasm`. Files of other names in `out` are left alone.
///
/// # Errors
/// The crate does not compile, or a file cannot be read or written.
pub(crate) fn build(out: &Path) -> Result<()> {
    setup::wasm_target()?;
    let wasm = compile()?;
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    Bindgen::new()
        .input_path(&wasm)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false) // web.js itself finds web_bg.wasm beside it
        .generate(out)
        .with_context(|| format!("wasm-bindgen cannot turn {} into a module", wasm.display()))?;
    page::write(&shell::root(), out)
}

/// Compiles `web` for wasm32 and says where Cargo left it.
fn compile() -> Result<PathBuf> {
    let mut cargo = shell::cargo([
        "build",
        "--package=web",
        "--lib",
        "--target=wasm32-unknown-unknown",
        "--message-format=json-render-diagnostics",
    ]);
    let mut child = cargo.stdout(Stdio::piped()).spawn().context("cargo cannot be started")?;
    let messages = child.stdout.take().context("cargo has no stdout")?;
    let mut wasm = None;
    for line in BufReader::new(messages).lines() {
        wasm = wasm_file(&line?).or(wasm);
    }
    if !child.wait()?.success() {
        bail!("the crate `web` does not compile for wasm32; see the messages above");
    }
    wasm.context("cargo named no .wasm file for the crate `web`")
}

/// The `.wasm` file that a message of Cargo reports for the crate `web`, if it does.
fn wasm_file(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["reason"] != "compiler-artifact" || message["target"]["name"] != "web" {
        return None;
    }
    let files = message["filenames"].as_array()?.iter();
    files.filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wasm_of_the_crate_web_is_taken() {
        let artifact = |crate_name: &str, file: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"name":"{crate_name}"}},"filenames":["{file}"]}}"#
            )
        };
        let found = wasm_file(&artifact("web", "/t/web.wasm"));
        assert_eq!(found, Some(PathBuf::from("/t/web.wasm")));
        assert_eq!(wasm_file(&artifact("web", "/t/libweb.rlib")), None);
        assert_eq!(wasm_file(&artifact("trainer", "/t/trainer.wasm")), None);
        assert_eq!(wasm_file("warning: not a message"), None);
    }
}
