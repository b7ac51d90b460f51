//! A crate to a program that browsers run: its wasm, and the JavaScript that loads it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::shell;

/// Which crate is built, how, and what it is called.
pub(crate) struct Recipe {
    pub(crate) package: &'static str,
    pub(crate) features: &'static str,
    /// The program is `NAME.js` and `NAME_bg.wasm`.
    pub(crate) name: &'static str,
}

/// A program that has been built.
pub(crate) struct Program {
    /// JavaScript that its crates bring: the path by which `js` asks for it, and its text.
    pub(crate) parts: Vec<(String, String)>,
    pub(crate) js: String,
    pub(crate) wasm: Vec<u8>,
}

impl Recipe {
    /// Compiles the crate with the profile `web`.
    ///
    /// # Errors
    /// It does not compile, or cannot be turned into a module.
    pub(crate) fn build(&self) -> Result<Program> {
        let wasm = self.compile()?;
        let failed = || format!("wasm-bindgen cannot turn {} into a module", wasm.display());
        let mut output = Bindgen::new()
            .input_path(&wasm)
            .out_name(self.name)
            .web(true)?
            .typescript(false)
            .remove_name_section(true) // names of functions: a third of the bytes
            .remove_producers_section(true)
            .omit_default_module_path(false) // the JavaScript itself finds the wasm beside it
            .generate_output()
            .with_context(failed)?;
        let inline = output.snippets().iter().flat_map(|(folder, texts)| {
            let name = move |i| format!("snippets/{folder}/inline{i}.js");
            texts.iter().enumerate().map(move |(i, text)| (name(i), text.clone()))
        });
        let modules = output.local_modules().iter();
        let modules = modules.map(|(path, text)| (format!("snippets/{path}"), text.clone()));
        let mut parts: Vec<_> = inline.chain(modules).collect();
        parts.sort();
        Ok(Program { parts, js: output.js().to_owned(), wasm: output.wasm_mut().emit_wasm() })
    }

    /// Compiles for wasm32 and says where Cargo left it.
    fn compile(&self) -> Result<PathBuf> {
        let mut cargo = shell::cargo([
            "build",
            "--package",
            self.package,
            "--features",
            self.features,
            "--lib",
            "--target=wasm32-unknown-unknown",
            "--profile=web",
            "--message-format=json-render-diagnostics",
        ]);
        let mut child = cargo.stdout(Stdio::piped()).spawn().context("cargo cannot be started")?;
        let messages = child.stdout.take().context("cargo has no stdout")?;
        let mut wasm = None;
        for line in BufReader::new(messages).lines() {
            wasm = wasm_file(&line?, self.package).or(wasm);
        }
        if !child.wait()?.success() {
            bail!("the crate `{}` does not compile for wasm32; see above", self.package);
        }
        wasm.with_context(|| format!("cargo named no .wasm file for the crate `{}`", self.package))
    }
}

/// The `.wasm` file that a message of Cargo reports for a crate, if it does.
fn wasm_file(message: &str, package: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let folder = manifest.parent()?.file_name()?;
    if message["reason"] != "compiler-artifact" || folder != package {
        return None;
    }
    let files = message["filenames"].as_array()?.iter();
    files.filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wasm_of_the_crate_is_taken() {
        let artifact = |folder: &str, file: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/r/{folder}/Cargo.toml","filenames":["{file}"]}}"#
            )
        };
        let found = wasm_file(&artifact("web", "/t/web.wasm"), "web");
        assert_eq!(found, Some(PathBuf::from("/t/web.wasm")));
        assert_eq!(wasm_file(&artifact("web", "/t/libweb.rlib"), "web"), None);
        assert_eq!(wasm_file(&artifact("trainer", "/t/trainer.wasm"), "web"), None);
        assert_eq!(wasm_file("warning: not a message", "web"), None);
    }
}
