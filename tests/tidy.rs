//! Rules about the repository itself: what the documents say is there, and what may know what.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::support;

fn root() -> PathBuf {
    support::root().canonicalize().unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files below `folder` with this ending, as paths from the root.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The parts of a text that stand between backticks on one line.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.starts_with("```"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn paths_in_the_documents_exist() {
    let folders = ["crates/", "web/", "shaders/", "tests/", "bench/", "fuzz/", ".ci/"];
    let mut checked = 0;
    for document in ["README.md", "ARCHITECTURE.md"] {
        for path in quoted(&read(document)).filter(|text| !text.contains([' ', '*', '<'])) {
            let file =
                [".md", ".toml", ".html", ".rs", ".wgsl"].iter().any(|end| path.ends_with(end));
            if folders.iter().any(|folder| path.starts_with(folder))
                || (file && path != "config.toml")
            {
                assert!(root().join(path).exists(), "{document} names {path}, which is not there");
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "only {checked} paths were found in the documents");
}

#[test]
fn every_crate_is_in_the_architecture() {
    let text = read("ARCHITECTURE.md");
    for package in packages() {
        let name = package["name"].as_str().unwrap().to_owned();
        assert!(
            quoted(&text).any(|word| word.contains(&name)),
            "ARCHITECTURE.md leaves out {name}"
        );
    }
}

/// Every row of the invariants names a file and, after it, tests that the file holds.
#[test]
fn invariants_name_tests_that_are_there() {
    let text = read("ARCHITECTURE.md");
    let (_, table) = text.split_once("## Invariants").unwrap();
    let mut checked = 0;
    for row in table.lines().filter(|line| line.starts_with('|')).skip(2) {
        let tests = row.split('|').nth(2).unwrap();
        let mut source = None;
        for word in quoted(tests) {
            if word.ends_with(".rs") {
                source = Some(read(word));
            } else {
                let source = source.as_ref().unwrap_or_else(|| panic!("no file in: {row}"));
                assert!(
                    source.contains(&format!("fn {word}(")),
                    "{word} is not in the file: {row}"
                );
                checked += 1;
            }
        }
        assert!(source.is_some(), "no test in: {row}");
    }
    assert!(checked > 15, "only {checked} tests are named");
}

/// An indented `a <- b, c` in ARCHITECTURE.md says that b and c know a.
#[test]
fn arrows_are_those_of_the_manifests() {
    let mut drawn = BTreeSet::new();
    for line in read("ARCHITECTURE.md").lines() {
        let Some(drawing) = line.strip_prefix("    ") else { continue };
        if let Some((known, knowers)) = drawing.split_once(" <- ") {
            for knower in knowers.split(',') {
                drawn.insert((known.trim().to_owned(), knower.trim().to_owned()));
            }
        }
    }
    let packages = packages();
    let mut real = BTreeSet::new();
    for package in &packages {
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["path"].is_string() && dependency["kind"].is_null() {
                let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
                real.insert((name(dependency), name(package)));
            }
        }
    }
    assert!(!real.is_empty(), "cargo metadata names no dependency inside the workspace");
    assert_eq!(drawn, real, "left: drawn in ARCHITECTURE.md; right: in the manifests");
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn only_the_trainer_knows_burn_and_wgpu_and_only_programs_know_clap() {
    let fences: [(&str, &[&str]); 5] = [
        ("burn", &["trainer"]), // and burn-wgpu, burn-flex ...
        ("cubecl", &["trainer"]),
        ("wgpu", &["trainer"]),
        ("clap", &["native", "xtask"]), // and clap_complete
        ("anyhow", &["native", "xtask"]),
    ];
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let dependency = dependency["name"].as_str().unwrap();
            if let Some((_, allowed)) =
                fences.iter().find(|(fenced, _)| dependency.starts_with(fenced))
            {
                assert!(allowed.contains(&name), "{name} depends on {dependency}");
            }
        }
    }
}

#[test]
fn libraries_neither_print_nor_open_files() {
    let forbidden = [
        "println!",
        "print!(",
        "eprint!(",
        " fs::",
        "fs::{",
        "{fs,",
        "std::fs",
        "File::open",
        "std::process",
    ];
    let mut sources = 0;
    for library in ["ratings", "trainer", "chart"] {
        for path in files(&format!("crates/{library}/src"), "rs") {
            sources += 1;
            for (number, line) in (1..).zip(read(&path).lines()) {
                let code = line.split("//").next().unwrap_or_default();
                let code = match code.contains("(\"/proc/self/task") {
                    true => code.replace("std::fs", ""), // Linux tells of threads there
                    false => code.to_owned(),
                };
                for word in forbidden {
                    assert!(!code.contains(word), "{}:{number}: {word}", path.display());
                }
            }
        }
    }
    assert!(sources > 20, "only {sources} files were looked at");
}

/// A shader has one name in three places.
#[test]
fn every_shader_has_its_launch_and_its_test() {
    let tests = fs::read_to_string(root().join("tests/kernels.rs")).unwrap_or_default();
    let table = read(root().join("shaders/README.md"));
    for shader in files("shaders", "wgsl") {
        let name = shader.file_stem().unwrap().to_str().unwrap().to_owned();
        let launch = format!("crates/trainer/src/kernels/{name}.rs");
        assert!(root().join(&launch).exists(), "{} has no {launch}", shader.display());
        assert!(tests.contains(&name), "{} has no case in tests/kernels.rs", shader.display());
        assert!(
            table.contains(&format!("| `{name}.wgsl` |")),
            "{} is not told of",
            shader.display()
        );
    }
}

#[test]
fn files_hold_one_idea() {
    let mut sources = 0;
    for folder in ["crates", "web", "tests"] {
        for path in files(folder, "rs") {
            sources += 1;
            let text = read(&path);
            let lines = text.lines().count();
            assert!(lines <= 400, "{} has {lines} lines", path.display());
            let headed = text.starts_with("//!") || path.ends_with("tests/main.rs");
            assert!(headed, "{} does not begin by saying what it is", path.display());
        }
    }
    assert!(sources > 50, "only {sources} files were looked at");
}

#[test]
fn the_changelog_begins_with_this_version() {
    let heading = read("CHANGELOG.md");
    let heading = heading.lines().find(|line| line.starts_with("## ")).unwrap().to_owned();
    assert!(heading.contains(env!("CARGO_PKG_VERSION")), "{heading}");
}

/// Every command in the README is one the program has, with flags it has.
#[test]
fn the_readmes_commands_are_those_of_help() {
    let readme = read("README.md");
    let mut checked = 0;
    for line in readme.lines().map(str::trim) {
        let Some(arguments) = line.strip_prefix("cargo run -p native -- ") else { continue };
        let words: Vec<&str> =
            arguments.split_whitespace().take_while(|word| *word != "#").collect();
        let verb = words.first().filter(|word| !word.starts_with('-')).copied();
        let help = help(verb);
        for flag in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(flag), "{line}: {verb:?} has no {flag}");
        }
        checked += 1;
    }
    assert!(checked >= 4, "only {checked} commands were found in the README");
}

/// Every flag of `train` is in the README.
#[test]
fn the_readme_knows_every_flag_of_train() {
    let readme = read("README.md");
    let help = help(Some("train"));
    let flags: BTreeSet<&str> = help
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| word.starts_with("--") && word.len() > 3 && *word != "--help")
        .collect();
    assert!(flags.len() > 12, "{flags:?}");
    for flag in flags {
        assert!(readme.contains(flag), "the README leaves out {flag} of train");
    }
}

fn help(verb: Option<&str>) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_native")).args(verb).arg("--help").output().unwrap();
    assert!(output.status.success(), "{verb:?} is no command");
    String::from_utf8(output.stdout).unwrap()
}
