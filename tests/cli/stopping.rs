//! Ctrl-C, a reader that leaves, a disk that fills up: what was trained is kept.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::{Place, Ran, names, quick};

/// A run that goes on until it is stopped.
pub(super) const ENDLESS: &str = "--epochs 100000";

/// Starts a run and waits for its first epoch.
pub(super) fn started(command: &mut Command) -> (Child, BufReader<ChildStdout>) {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("text");
    assert!(line.contains("Epoch:   1,"), "{line:?}");
    (child, lines)
}

/// Reads what is left until the program ends.
pub(super) fn ended(child: Child, mut lines: BufReader<ChildStdout>) -> Ran {
    let reader = std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    let ran = Ran::of(child.wait_with_output().expect("the program ends"));
    reader.join().expect("the reader does not panic").expect("text");
    ran
}

/// Sends a signal to a program that is still running.
pub(super) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success(), "the program is still running");
}

fn interrupt(child: &Child) {
    signal(child, "INT");
}

fn endless(place: &Place, rest: &str) -> Command {
    place.command(&quick(&format!("{ENDLESS} {rest}")))
}

#[test]
fn ctrl_c_saves_what_is_trained_and_says_where() {
    let place = Place::new();
    let (child, lines) = started(&mut endless(&place, "--out run"));
    interrupt(&child);
    let ran = ended(child, lines);
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("Interrupted; what was trained so far is saved in run."),
        "{}",
        ran.stderr
    );
    let summary: serde_json::Value =
        serde_json::from_str(&place.read("run/summary.json")).expect("JSON");
    let epochs = summary["epochs"].as_array().expect("a list").len();
    assert!(epochs >= 1, "the first epoch was done");
    assert_eq!(place.read("run/metrics.csv").lines().count(), 1 + epochs);
    assert!(place.read("run/events.jsonl").contains(r#""status":"interrupted""#));
    assert!(place.path("run/model.safetensors").exists());
}

#[test]
fn an_interrupted_summary_says_how_far_the_model_is_beyond_its_last_epoch() {
    let place = Place::new();
    // An epoch of many steps: Ctrl-C comes in the middle of the second.
    place.succeed("sample --out big --ratings 400000");
    let flags =
        "train big/ratings.dat --device cpu --factors 16 --batch-size 16 --epochs 1000 --out run";
    let (child, lines) = started(&mut place.command(flags));
    interrupt(&child);
    let ran = ended(child, lines);
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    let summary: serde_json::Value =
        serde_json::from_str(&place.read("run/summary.json")).expect("JSON");
    let last = summary["final"]["epoch"].as_u64().expect("an epoch");
    match summary["trained_beyond_final"].as_u64() {
        Some(beyond) => {
            assert!((1..=320_000).contains(&beyond), "{beyond} of an epoch of 320,000 ratings");
            let said = format!("more than epoch {last}, the last that was tested");
            assert!(ran.stderr.contains(&said), "{said:?} is not in:\n{}", ran.stderr);
        }
        // Between two epochs there is nothing to say.
        None => assert!(!ran.stderr.contains("the last that was tested"), "{}", ran.stderr),
    }
}

#[test]
fn ctrl_c_before_the_first_slice_leaves_a_whole_folder() {
    let place = Place::new();
    let mut command = endless(&place, "--out run --progress none");
    let child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    while !place.path("run").exists() {
        std::thread::yield_now();
    }
    interrupt(&child);
    let ran = Ran::of(child.wait_with_output().expect("the program ends"));
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("Interrupted; what was trained so far is saved in run."),
        "{}",
        ran.stderr
    );
    assert!(
        place.path("run/model.safetensors").exists() && place.path("run/summary.json").exists()
    );
}

#[test]
fn ctrl_c_twice_ends_with_the_same_code() {
    let place = Place::new();
    let (child, lines) = started(&mut endless(&place, "--out run"));
    interrupt(&child);
    // The first may have ended it by now.
    let _ =
        Command::new("kill").args(["-INT", &child.id().to_string()]).stderr(Stdio::null()).status();
    assert_eq!(ended(child, lines).code, Some(130));
}

#[test]
fn a_reader_that_leaves_ends_the_run_quietly_and_it_is_kept() {
    let place = Place::new();
    let (child, lines) = started(&mut endless(&place, "--out run --progress none"));
    drop(lines);
    let ran = Ran::of(child.wait_with_output().expect("the program ends"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(place.path("run/model.safetensors").exists());
    assert!(place.read("run/events.jsonl").contains(r#""status":"stopped""#));
}

#[test]
fn no_command_minds_a_reader_that_left() {
    let place = Place::new();
    for command in [
        "inspect ratings.dat",
        "completions bash",
        "devices",
        "--help",
        "sample --out s --ratings 500",
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = place.command(command).stdout(writer).stderr(Stdio::piped()).output();
        let ran = Ran::of(output.expect("the program starts"));
        assert_eq!(ran.code, Some(0), "native {command}: {}", ran.stderr);
        assert!(!ran.stderr.contains("error"), "native {command}: {}", ran.stderr);
    }
}

#[test]
fn a_folder_that_vanished_does_not_take_the_model_with_it() {
    let place = Place::new();
    let spare = place.path("spare");
    fs::create_dir(&spare).expect("the folder is ours");
    let (child, lines) = started(endless(&place, "--out run").env("TMPDIR", &spare));
    while !place.path("run/model.safetensors").exists() {
        std::thread::sleep(Duration::from_millis(5)); // the next checkpoint is seconds away
    }
    fs::remove_dir_all(place.path("run")).expect("the run's folder");
    place.write("run", "a file in its place");
    interrupt(&child);
    let ran = ended(child, lines);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let rescued = names(&spare);
    assert_eq!(rescued.len(), 1, "{rescued:?}");
    assert!(ran.stderr.contains(&format!("spare/{}", rescued[0])), "{}", ran.stderr);
    let folder = spare.join(&rescued[0]);
    assert_eq!(
        names(&folder),
        [
            "config.toml",
            "curve.svg",
            "env.json",
            "events.jsonl",
            "ids",
            "metrics.csv",
            "model.safetensors",
            "summary.json"
        ]
    );
    assert_eq!(place.read("run"), "a file in its place");
    let summary = fs::read_to_string(folder.join("summary.json")).expect("the summary");
    assert!(summary.contains(&rescued[0]), "the summary names the folder that holds it: {summary}");
}

#[test]
fn a_limit_on_file_sizes_is_an_error_and_no_end_to_training() {
    let place = Place::new();
    let native = env!("CARGO_BIN_EXE_native");
    let flags = quick("--out run --factors 500 --epochs 200");
    // Blocks are 512 or 1,024 bytes.
    let script = format!("ulimit -f 8; exec {native} {flags}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(place.folder.path()).stdin(Stdio::null());
    shell.env("HOME", place.path("")).env("TMPDIR", place.path(""));
    let ran = Ran::of(shell.output().expect("a shell"));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 200, "training goes on\n{}", ran.stderr);
    for said in ["training goes on", "could not be saved anywhere", "model.safetensors"] {
        assert!(ran.stderr.contains(said), "{said:?} is not in:\n{}", ran.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error_but_the_run_is_kept() {
    let place = Place::new();
    for flags in ["--out run", "--out run --force --json"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let output = place.command(&quick(flags)).stdout(full).stderr(Stdio::piped()).output();
        let ran = Ran::of(output.expect("the program starts"));
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains("error: cannot write to standard output"), "{}", ran.stderr);
        assert!(place.read("run/summary.json").contains("\"epoch\": 3"), "all epochs are done");
    }
}

#[cfg(target_os = "linux")]
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn a_full_disk_moves_the_run_elsewhere() {
    let place = Place::new();
    for folder in ["full", "spare"] {
        fs::create_dir(place.path(folder)).expect("the folder is ours");
    }
    let native = env!("CARGO_BIN_EXE_native");
    let flags = quick("--out full/run --factors 500");
    let script = format!("mount -t tmpfs -o size=64k tmpfs full || exit 77; {native} {flags}");
    let mut shell = Command::new("unshare");
    shell.args(["-rm", "sh", "-c", &script]).current_dir(place.folder.path()).stdin(Stdio::null());
    let Ok(output) = shell.env("TMPDIR", place.path("spare")).output() else {
        eprintln!("SKIPPED a_full_disk_moves_the_run_elsewhere: there is no unshare here");
        return;
    };
    let ran = Ran::of(output);
    if ran.code == Some(77) || ran.stderr.contains("unshare") {
        eprintln!("SKIPPED a_full_disk_moves_the_run_elsewhere: no small disk may be mounted here");
        return;
    }
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let rescued = names(&place.path("spare"));
    assert_eq!(rescued.len(), 1, "{rescued:?}\n{}", ran.stderr);
    assert!(place.path("spare").join(&rescued[0]).join("model.safetensors").exists());
    for said in ["No space left on device", "the run is saved in ", &rescued[0]] {
        assert!(ran.stderr.contains(said), "{said:?} is not in:\n{}", ran.stderr);
    }
}
