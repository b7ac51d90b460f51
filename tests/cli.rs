//! The program as its users meet it: text in, text and files out, and an exit code.
//!
//! Every run is tiny and on the CPU, in a folder of its own, so that the tests take seconds and leave nothing.

mod errors; // what is wrong, said plainly, with the exit code for it
mod files; // what a run leaves
mod output; // what is printed where
mod using; // a model at work
mod ranking; // models that rank
mod models; // every model through every command
mod runs; // runs that were made
mod sweeping; // settings tried by the dozen
mod judged; // ways to cut the ratings and to choose a model
mod exchange; // to and from the formats of others
mod replacing; // one run in place of another
#[cfg(unix)]
mod resuming; // runs stopped or killed, taken up again
#[cfg(unix)]
mod stopping; // Ctrl-C, a reader that leaves, a disk that fills up

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What `tiny_ratings` holds.
const USERS: usize = 40;
const ITEMS: usize = 25;
const RATINGS: usize = 800;

/// A folder with a small `ratings.dat`, where the program is run.
struct Place {
    folder: TempDir,
}

/// What a run of the program came to.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().expect("a temporary folder") };
        place.write("ratings.dat", tiny_ratings());
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("the folder is ours");
    }

    fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The program, about to be run here with arguments written as on a command line.
    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_native"));
        command.args(arguments.split_whitespace()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("CARGO_MANIFEST_DIR");
        // Mesa's driver complains on standard error when it is not set.
        command.env("XDG_RUNTIME_DIR", self.folder.path());
        command
    }

    fn run(&self, arguments: &str) -> Ran {
        Ran::of(self.command(arguments).output().expect("the program starts"))
    }

    /// Runs what must succeed.
    #[track_caller]
    fn succeed(&self, arguments: &str) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "native {arguments}\n{}", ran.stderr);
        ran
    }

    /// The names in a folder, sorted.
    fn list(&self, name: &str) -> Vec<String> {
        names(&self.path(name))
    }
}

impl Ran {
    fn of(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
        let ran = Ran {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        ran
    }

    /// Standard output as the one JSON object it must be.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// The flags of a run that takes an instant.
fn quick(rest: &str) -> String {
    format!(
        "train ratings.dat --device cpu --factors 3 --epochs 3 --batch-size 64 --lr 0.01 {rest}"
    )
}

/// Every user rates half of the items, by a rule that factors can find.
fn tiny_ratings() -> String {
    (0..USERS)
        .flat_map(|user| (0..ITEMS).map(move |item| (user, item)))
        .filter(|(user, item)| (user * 7 + item * 3) % 5 != 0)
        .map(|(user, item)| {
            format!("u{user}::{item}::{}::97830{user:04}\n", 1 + (user % 2 + item % 3) % 5)
        })
        .collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The keys of a JSON object, sorted.
#[track_caller]
fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("not an object: {value}"));
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}
