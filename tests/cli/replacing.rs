//! One run in place of another: the old one stays until the new one is complete.

use std::fs;

use super::{Place, names, quick};

/// A folder `run` with a run of three epochs in it.
fn with_a_run() -> Place {
    let place = Place::new();
    place.succeed(&quick("--out run"));
    place
}

/// Every file of a folder with its content.
fn content(place: &Place, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for name in place.list(folder) {
        let path = format!("{folder}/{name}");
        if place.path(&path).is_dir() {
            files.extend(content(place, &path));
        } else {
            files.push((path.clone(), fs::read(place.path(&path)).expect("a readable file")));
        }
    }
    files
}

#[test]
fn a_run_is_never_overwritten_without_force() {
    let place = with_a_run();
    place.write("run/mine.txt", "mine");
    let before = content(&place, "run");
    let again = quick("--out run --epochs 1");
    let refused = place.run(&again);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("run holds a run") && refused.stderr.contains("--force"),
        "{}",
        refused.stderr
    );
    assert!(content(&place, "run") == before, "the run is left as it is");

    let forced = place.succeed(&format!("{again} --force --json"));
    assert_eq!(place.read("run/metrics.csv").lines().count(), 2);
    assert_eq!(place.read("run/mine.txt"), "mine", "what is not the run's own stays");
    assert_eq!(place.list("."), ["ratings.dat", "run"], "nothing else is left");
    assert!(forced.stderr.contains("Saved in run."), "{}", forced.stderr);
    assert_eq!(place.read("run/summary.json"), forced.stdout);
    let run = forced.json()["run"].as_str().expect("a path").to_owned();
    assert!(run.ends_with("/run") || run.ends_with("\\run"), "{run}");
}

#[test]
fn force_replaces_nothing_but_a_run() {
    let place = Place::new();
    fs::create_dir(place.path("photos")).expect("the folder is ours");
    place.write("photos/model.safetensors", "not a run's");
    for force in ["", "--force"] {
        let refused = place.run(&quick(&format!("--out photos {force}")));
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{}", refused.stderr);
        assert!(refused.stderr.contains("photos is not empty"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("--force"), "{}", refused.stderr);
    }
    assert_eq!(place.read("photos/model.safetensors"), "not a run's");
    place.succeed(&quick("--out fresh --force"));
    assert!(place.path("fresh/summary.json").exists(), "force is no obstacle to a new folder");
}

#[test]
fn a_diverging_run_leaves_the_one_it_should_replace() {
    let place = with_a_run();
    let before = content(&place, "run");
    // Nine layers of weights near a million multiply to more than f32 holds.
    let layers = "--model deepmf --hidden 8,8,8,8,8,8,8,8 --lr 1e6";
    let ran = place.run(&quick(&format!("--out run --force {layers}")));
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    for said in ["saved in run.new.", "The run in run is left as it was.", "hint: --lr 100000"] {
        assert!(ran.stderr.contains(said), "{said:?} is not in:\n{}", ran.stderr);
    }
    assert!(content(&place, "run") == before, "the old run is as it was");
    assert!(place.path("run.new/model.safetensors").exists());
    let summary = place.read("run.new/summary.json");
    assert!(summary.contains("run.new\""), "the summary names the folder that holds it: {summary}");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_or_interrupted_leaves_the_one_it_should_replace() {
    use super::stopping::{ENDLESS, ended, signal, started};
    let place = with_a_run();
    let before = content(&place, "run");
    let flags = quick(&format!("{ENDLESS} --out run --force"));

    let (child, lines) = started(&mut place.command(&flags));
    signal(&child, "KILL");
    assert_eq!(ended(child, lines).code, None, "a signal ended it");
    assert!(content(&place, "run") == before, "killed: the old run is as it was");

    let (child, lines) = started(&mut place.command(&flags));
    signal(&child, "INT");
    let ran = ended(child, lines);
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(content(&place, "run") == before, "interrupted: the old run is as it was");
    // The killed one left what it had in the first free name.
    for said in ["saved in run.new-2.", "The run in run is left as it was."] {
        assert!(ran.stderr.contains(said), "{said:?} is not in:\n{}", ran.stderr);
    }
    assert!(names(&place.path("run.new-2")).contains(&"model.safetensors".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_run_that_was_to_replace_another_does_so_once_it_is_resumed() {
    use super::stopping::{ENDLESS, ended, signal, started};
    let place = with_a_run();
    let flags = quick(&format!("{ENDLESS} --out run --force"));
    let (child, lines) = started(&mut place.command(&flags));
    signal(&child, "INT");
    ended(child, lines);
    let done = place.read("run.new/metrics.csv").lines().count() - 1;
    place.succeed(&format!("train --resume run.new --epochs {}", done + 1));
    assert_eq!(place.list("."), ["ratings.dat", "run"]);
    assert_eq!(place.read("run/metrics.csv").lines().count(), done + 2);
    assert!(!place.list("run").contains(&".replaces".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_run_that_was_to_replace_another_does_not_replace_a_newer_one() {
    use super::stopping::{ENDLESS, ended, signal, started};
    let place = with_a_run();
    let (child, lines) =
        started(&mut place.command(&quick(&format!("{ENDLESS} --out run --force"))));
    signal(&child, "INT");
    ended(child, lines);
    let newer = place.succeed(&quick("--out run --force"));
    let said = "run.new is left of a run that was to replace run and did not end";
    assert!(newer.stderr.contains(said), "{}", newer.stderr);

    let before = content(&place, "run");
    let done = place.read("run.new/metrics.csv").lines().count() - 1;
    let resumed = place.succeed(&format!("train --resume run.new --epochs {}", done + 1));
    let said = "run has changed since this run was to replace it, and stays";
    assert!(resumed.stderr.contains(said), "{}", resumed.stderr);
    assert!(content(&place, "run") == before, "the newer run is as it was");
    assert_eq!(place.read("run.new/metrics.csv").lines().count(), done + 2);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_run_stays_a_link() {
    let place = with_a_run();
    std::os::unix::fs::symlink("run", place.path("link")).expect("the folder is ours");
    place.succeed(&quick("--out link --force --epochs 1"));
    assert!(place.path("link").is_symlink());
    assert_eq!(place.read("run/metrics.csv").lines().count(), 2);
    assert_eq!(place.list("."), ["link", "ratings.dat", "run"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_found_out_before_the_data_is_read() {
    let place = Place::new();
    std::os::unix::fs::symlink("absent", place.path("link")).expect("the folder is ours");
    let ran = place.run(&quick("--out link"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("link") && ran.stderr.contains("--out"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("800 ratings"), "{}", ran.stderr);
}
