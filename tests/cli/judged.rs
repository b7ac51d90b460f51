//! Ways to cut the ratings, and the epoch that is chosen.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::{Place, quick};

fn summary(place: &Place, run: &str) -> Value {
    serde_json::from_str(&place.read(&format!("{run}/summary.json"))).expect("JSON")
}

/// All of a summary but the clock's share.
fn timeless(place: &Place, run: &str) -> Value {
    let mut summary = summary(place, run);
    summary["parse_seconds"].take();
    summary["run"].take();
    for epoch in summary["epochs"].as_array_mut().expect("a list") {
        epoch["seconds"].take();
        epoch["eval_seconds"].take();
    }
    summary
}

/// Ratings in which there is nothing to find.
pub(super) fn noise() -> String {
    let pairs = (0..40_u32).flat_map(|user| (0..20_u32).map(move |item| (user, item)));
    let hash = |user: u32, item: u32| (user * 7_919 + item * 104_729 + user * item * 31) / 7 % 5;
    pairs.map(|(user, item)| format!("u{user}::{item}::{}\n", 1 + hash(user, item))).collect()
}

#[test]
fn the_chosen_epoch_is_delivered_and_reported() {
    let place = Place::new();
    place.write("ratings.dat", noise());
    let flags = quick("--lr 0.05 --epochs 60 --patience 4 --out run");
    let ran = place.succeed(&flags);
    assert!(ran.stdout.contains("ValRMSE"), "{}", ran.stdout);
    for said in ["576 to train, 64 to choose by, 160 to test", "the best by validation"] {
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
    }
    let run = summary(&place, "run");
    let (chosen, last) = (&run["chosen"], &run["final"]);
    assert_eq!(chosen["epoch"].as_u64().unwrap() + 4, last["epoch"].as_u64().unwrap());
    assert_eq!(run["test_rmse"], chosen["test_rmse"]);
    assert!(chosen["validation_rmse"].as_f64() < last["validation_rmse"].as_f64());
    let judged = place.succeed("evaluate run --json").json();
    for error in ["rmse", "mae"] {
        let apart = judged[error].as_f64().unwrap()
            - chosen[format!("test_{error}").as_str()].as_f64().unwrap();
        assert!(apart.abs() < 1e-6, "{error}: {judged} against {chosen}");
    }
    assert!(place.read("run/curve.svg").contains("validation"));
    assert!(
        place.succeed("runs show run").stdout.starts_with("run, complete"),
        "patience is an end"
    );
    let again = place.succeed("train --config run/config.toml --out again --json").json();
    assert_eq!(again["chosen"], *chosen);
    let more = place.succeed("train --resume run --epochs 90");
    assert_eq!(more.stdout, "", "patience came to its end before");
    assert_eq!(summary(&place, "run")["chosen"], *chosen);
}

#[test]
fn a_run_with_patience_that_is_killed_goes_on_as_if_it_had_not_been() {
    let place = Place::new();
    place.succeed("sample --out big --ratings 20000");
    let flags = "train big/ratings.dat --device cpu --factors 8 --batch-size 32 --lr 0.01 \
                 --progress none --epochs 12 --validation 0.1 --patience 3";
    place.succeed(&format!("{flags} --out whole"));
    let mut cut_short = 0;
    for epochs in [0, 1, 3, 5] {
        let run = format!("run{epochs}");
        let mut command = place.command(&format!("{flags} --out {run}"));
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = quiet.spawn().expect("it starts");
        let metrics = place.path(&run).join("metrics.csv");
        let lines = || fs::read_to_string(&metrics).map_or(0, |text| text.lines().count());
        while lines() <= epochs && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = child.kill(); // it may be over
        child.wait().expect("it ends");
        cut_short += usize::from(!place.path(&run).join("summary.json").exists());
        place.succeed(&format!("train --resume {run} --progress none"));
        assert_eq!(timeless(&place, &run), timeless(&place, "whole"), "killed after {epochs}");
    }
    assert!(cut_short > 0, "every run was over before it was killed");
}

#[test]
fn ratings_are_cut_by_time_and_one_of_each_user() {
    let place = Place::new();
    // `tiny_ratings` dates a rating by its user.
    let run = place.succeed(&quick("--split time --test-share 0.25 --json")).json();
    assert_eq!(run["data"]["test_ratings"], 200);
    let ran = place.succeed(&quick("--split leave-one-out --out run"));
    assert!(ran.stderr.contains("760 to train, 40 to test (one of each user"), "{}", ran.stderr);
    let judged = place.succeed("evaluate run --json").json();
    assert_eq!(judged["ratings"], 40, "the same are left out again");
    assert!(place.read("run/config.toml").contains("split = \"leave-one-out\""));
    let run = place.succeed(&quick("--split time-per-user --test-share 0.1 --json")).json();
    assert_eq!(run["data"]["test_ratings"], 80);
}

#[test]
fn what_cannot_be_cut_or_chosen_is_named() {
    let place = Place::new();
    place.write("untimed.dat", "a::1::1\na::2::2\nb::1::3\n");
    place.write("odd.dat", "a::1::1::5\na::2::2::noon\n");
    for (arguments, code, said) in [
        (quick("--patience 3 --validation 0"), 2, "patience needs ratings to choose by"),
        (quick("--validation 1"), 2, "a validation share of 1 is not between 0 and 1"),
        ("train untimed.dat --split time".into(), 3, "the ratings have no timestamps"),
        ("train --split time".into(), 3, "the ratings have no timestamps"),
        ("train odd.dat --split time".into(), 3, "odd.dat:2:10: time \"noon\" is not a number"),
        (quick("--split late"), 2, "[possible values: random, time, time-per-user, leave-one-out]"),
    ] {
        let ran = place.run(&arguments);
        assert_eq!(ran.code, Some(code), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
    }
    place
        .succeed("train untimed.dat --split leave-one-out --epochs 1 --device cpu --progress none");
    place.succeed("train odd.dat --epochs 1 --device cpu --progress none");
}

#[test]
fn folds_give_mean_and_deviation_whatever_runs_side_by_side() {
    let place = Place::new();
    let one = place.succeed(&quick("--cv 4 --json")).json();
    let folds = one["folds"].as_array().expect("a list");
    let tests = |fold: &Value| fold["test_ratings"].as_u64().unwrap();
    assert_eq!(folds.iter().map(tests).collect::<Vec<_>>(), [200; 4]);
    let errors: Vec<f64> = folds.iter().map(|fold| fold["test_rmse"].as_f64().unwrap()).collect();
    let mean = errors.iter().sum::<f64>() / 4.0;
    assert!((one["test_rmse"]["mean"].as_f64().unwrap() - mean).abs() < 1e-12, "{one}");
    assert!(one["test_mae"]["deviation"].as_f64() > Some(0.0));

    let mut many = place.succeed(&quick("--cv 4 --jobs 3 --json")).json();
    for (many, one) in many["folds"].as_array_mut().unwrap().iter_mut().zip(folds) {
        many["seconds"] = one["seconds"].clone();
    }
    assert_eq!(many, one);
    let table = place.succeed(&quick("--cv 4 --jobs 2 --patience 1")).stdout;
    for said in ["fold", "RMSE", "mean", "deviation"] {
        assert!(table.contains(said), "{said:?} is not in {table}");
    }
    assert!(!place.path("runs").exists(), "a cross-validation leaves no run");
    place.write("tested.toml", "test = 'ratings.dat'\n");
    place.write("timed.toml", "split = 'time'\n");
    for (flags, said) in [
        ("--cv 3 --config tested.toml", "a file of tests (--test) cannot go with --cv"),
        ("--cv 3 --config timed.toml", "--split time cannot go with --cv"),
        ("--cv 3 --test ratings.dat", "a file of tests (--test) cannot go with --cv"),
        ("--cv 1", "--cv is 1; it must be from 2 to 100"),
        ("--cv 101", "--cv is 101; it must be from 2 to 100"),
        ("--cv 3 --epochs 0", "epochs is 0: there is nothing to judge"),
        ("--cv 3 --out run", "--out cannot go with --cv"),
        ("--cv 3 --split time", "--split time cannot go with --cv"),
        ("--jobs 3", "--jobs is for --cv"),
    ] {
        let ran = place.run(&quick(flags));
        assert_eq!(ran.code, Some(2), "{flags}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
    }
}

#[test]
fn a_given_file_tests_and_whom_only_it_knows_get_a_mean() {
    let place = Place::new();
    // Every user and item of `tiny_ratings`, and some that it has not.
    place.write("test.dat", "u1::2::4\nu2::3::1\nu9::9::2\nnobody::4::5\nu3::999::1\nx::y::3\n");
    let ran = place.succeed(&quick("--test test.dat --out run"));
    for said in ["800 to train, 3 to test", "3 more test ratings of unknown users or items"] {
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
    }
    let run = summary(&place, "run");
    let counts = ["test_ratings", "unknown_test_ratings"].map(|key| run["data"][key].as_u64());
    assert_eq!(counts, [Some(6), Some(3)]);
    for judged in ["evaluate run --json", "evaluate run test.dat --json"] {
        let judged = place.succeed(judged).json();
        assert_eq!((judged["ratings"].as_u64(), judged["coverage"].as_f64()), (Some(6), Some(0.5)));
        for error in ["rmse", "mae"] {
            let ours = run["final"][format!("test_{error}").as_str()].as_f64().unwrap();
            let apart = judged[error].as_f64().unwrap() - ours;
            assert!(apart.abs() < 1e-6, "{error}: {judged} against {ours}");
        }
    }
    place.succeed("train --resume run --epochs 5");
    let again = place.succeed("train --config run/config.toml --out again --json").json();
    assert_eq!(again["test_rmse"], summary(&place, "run")["test_rmse"]);
    let ran = place.run(&quick("--test test.dat --test-share 0.1"));
    assert!(ran.code == Some(2) && ran.stderr.contains("leave --test-share"), "{}", ran.stderr);
    // Whatever a file says of parts, the named ratings test and all others train; a file that says both is wrong.
    for parts in ["split = 'leave-one-out'", "split = 'time'\ntest-share = 0.3"] {
        place.write("parts.toml", parts);
        let ran = place.succeed(&quick("--config parts.toml --test test.dat"));
        assert!(ran.stderr.contains("800 to train, 3 to test"), "{parts}: {}", ran.stderr);
        place.write("parts.toml", format!("test = 'test.dat'\n{parts}"));
        let ran = place.run(&quick("--config parts.toml"));
        assert!(ran.code == Some(2) && ran.stderr.contains("leave --test-share"), "{}", ran.stderr);
    }
    let ran = place.run(&quick("--test absent.dat"));
    assert!(ran.code == Some(1) && ran.stderr.contains("absent.dat"), "{}", ran.stderr);
}

#[test]
fn figures_of_the_ratings_it_was_trained_on_are_told_apart() {
    let place = Place::new();
    place.succeed(&quick("--out run"));
    place.write("other.dat", "1::2::3::0\n");
    let warning = "the model was trained on ratings.dat, or on most of it";
    let instead = "without a file, evaluate takes the part that was kept for testing";
    for (file, told) in [("", false), ("other.dat", false), ("ratings.dat", true)] {
        let said = place.succeed(&format!("evaluate run {file}")).stderr;
        assert_eq!([warning, instead].map(|words| said.contains(words)), [told; 2], "{said}");
    }
}
