//! Settings tried by the dozen.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::{Place, keys};

/// A sweep that takes an instant.
fn quick(rest: &str) -> String {
    format!(
        "sweep ratings.dat --device cpu --factors 3 --epochs 4 --batch-size 64 --progress none {rest}"
    )
}

/// Values and errors of the trials, without the clock's share.
fn judged(sweep: &Value) -> Vec<(String, u64, Option<f64>)> {
    let trials = sweep["trials"].as_array().expect("a list");
    let one = |trial: &Value| {
        let epochs = trial["epochs"].as_u64().expect("a count");
        (trial["values"].to_string(), epochs, trial["validation_rmse"].as_f64())
    };
    trials.iter().map(one).collect()
}

#[test]
fn a_grid_is_tried_and_the_best_is_tested() {
    let place = Place::new();
    let flags = "--grid lr=0.001,0.02 --grid factors=2,5 --out sweep";
    let sweep = place.succeed(&quick(&format!("{flags} --json"))).json();
    assert_eq!(keys(&sweep), ["best", "data", "model", "objective", "sweep", "trials"]);
    let trials = judged(&sweep);
    assert_eq!(trials.len(), 4);
    assert!(trials.iter().is_sorted_by_key(|trial| trial.2), "the best first: {trials:?}");
    let best = &sweep["best"];
    assert_eq!(
        (best["values"].to_string(), best["validation_rmse"].as_f64()),
        (trials[0].0.clone(), trials[0].2)
    );
    assert_eq!(best["values"]["lr"], 0.02, "the smaller one does not get far in four epochs");
    assert!(place.read("sweep/sweep.svg").starts_with("<svg"));
    assert_eq!(serde_json::from_str::<Value>(&place.read("sweep/sweep.json")).unwrap(), sweep);

    // The winner is trained again by its file, to the same figures.
    let run =
        place.succeed("train --config sweep/best.toml --out run --json --progress none").json();
    for figure in ["epoch", "validation_rmse", "test_rmse", "test_mae"] {
        assert_eq!(run["chosen"][figure], best[figure], "{figure}");
    }
    // Trials never see a test rating.
    assert!(!place.read("sweep/trials.jsonl").contains(r#""test_rmse":0"#));
    for line in place.read("sweep/trials.jsonl").lines() {
        assert!(line.contains(r#""test_rmse":null"#), "{line}");
    }
    let table = place.succeed(&quick("--grid lr=0.001,0.02 --jobs 2 --out other")).stdout;
    assert!(table.contains("validation RMSE") && table.contains("Best: lr 0.02"), "{table}");
}

#[test]
fn a_sweep_that_is_killed_goes_on_with_what_it_has() {
    let place = Place::new();
    place.succeed("sample --out big --ratings 20000");
    let flags = "sweep big/ratings.dat --device cpu --epochs 3 --progress none --json --random 6 \
                 --range lr=0.001..0.05 --range factors=2..12";
    let whole = place.succeed(&format!("{flags} --out whole")).json();
    let mut child = place
        .command(&format!("{flags} --jobs 2 --out parts"))
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let trials = place.path("parts/trials.jsonl");
    let lines = || fs::read_to_string(&trials).map_or(0, |text| text.lines().count());
    for _ in 0..2_000 {
        if lines() >= 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill(); // it may be over
    child.wait().expect("it ends");
    let before = lines();
    assert!(before >= 2, "nothing was kept");
    let cut_short = place.read("parts/trials.jsonl") + "{\"values\":{\"lr\"";
    place.write("parts/trials.jsonl", cut_short);
    let parts = place.succeed(&format!("{flags} --out parts")).json();
    assert_eq!(judged(&parts), judged(&whole));
    assert_eq!(parts["best"]["test_rmse"], whole["best"]["test_rmse"]);
    assert_eq!(lines(), 6, "no trial is made twice");
    place.succeed(&format!("{flags} --out parts"));
    assert_eq!(lines(), 6);
}

#[test]
fn trials_that_cannot_be_read_are_not_thrown_away() {
    let place = Place::new();
    place.succeed(&quick("--grid lr=0.01 --out sweep"));
    let damaged = [place.read("sweep/trials.jsonl").as_bytes(), b"\xFF\n"].concat();
    place.write("sweep/trials.jsonl", &damaged);
    let ran = place.run(&quick("--grid lr=0.01 --out sweep"));
    assert!(ran.code == Some(1) && ran.stderr.contains("trials.jsonl"), "{}", ran.stderr);
    assert_eq!(fs::read(place.path("sweep/trials.jsonl")).expect("it is there"), damaged);
}

#[test]
fn halving_gives_the_better_half_more_epochs() {
    let place = Place::new();
    let flags = quick("--grid lr=0.0001,0.001,0.005,0.02 --halving --json");
    let sweep = place.succeed(&format!("{flags} --jobs 3")).json();
    let epochs: Vec<u64> = judged(&sweep).into_iter().map(|trial| trial.1).collect();
    assert_eq!(epochs, [4, 2, 2, 1, 1, 1, 1]);
    assert_eq!(sweep["best"]["values"]["lr"], 0.02);
    assert_eq!(place.list("sweeps").len(), 1, "a folder of its own where none is named");
}

#[test]
fn a_trial_that_diverges_loses_and_the_others_go_on() {
    let place = Place::new();
    let flags =
        "--model biased-mf --factors 3 --epochs 3 --grid lr=1000000,0.02 --json --out sweep";
    let sweep = place.succeed(&format!("sweep ratings.dat --progress none {flags}")).json();
    assert_eq!(sweep["best"]["values"]["lr"], 0.02);
    let trials = sweep["trials"].as_array().expect("a list");
    assert_eq!(trials.len(), 2);
    let lost = trials.iter().find(|trial| trial["values"]["lr"] == 1e6).expect("it is told of");
    assert!(lost["score"].is_null() && lost["failure"].is_string(), "{lost}");
}

#[test]
fn a_sweep_over_ratings_that_changed_is_refused() {
    let place = Place::new();
    let flags = quick("--grid lr=0.01,0.02 --out sweep");
    place.succeed(&flags);
    let ratings = place.read("ratings.dat");
    place.write("ratings.dat", ratings.clone() + "u1::999::4::978300001\n");
    let ran = place.run(&flags);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("the ratings are not those that the sweep in sweep began with"));
    place.write("ratings.dat", ratings);
    place.succeed(&flags);
}

#[test]
fn what_makes_no_sweep_is_named() {
    let place = Place::new();
    fs::create_dir(place.path("other")).expect("the folder is ours");
    place.write("other/mine.txt", "mine");
    place.write("tested.toml", "test = 'ratings.dat'\n");
    place.succeed(&quick("--grid lr=0.01 --out sweep"));
    for (flags, code, said) in [
        ("", 2, "give settings to try, as --grid lr=0.01,0.02"),
        ("--grid lr", 2, "expected a setting and its values"),
        ("--grid lrr=1,2", 2, "unknown field `lrr`"),
        ("--grid lr=a,b", 2, "lr \"a\": invalid type"),
        ("--grid lr=0.1,-1", 2, "learning rate is -1; it must be"),
        ("--grid seed=1,2", 2, "seed is the same in all trials"),
        ("--grid epochs=1,2 --halving", 2, "--halving gives out the epochs itself"),
        ("--grid link=linear,logistic", 2, "link is for biased-mf and svdpp, and the model is mf"),
        (
            "--model ials --grid lr=0.1,0.2",
            2,
            "lr is for models that descend, and the model is ials",
        ),
        ("--model gmf --grid objective=rating,ranking", 2, "objective is the same in all trials"),
        ("--grid lr=0.1 --cv 3", 2, "sweep knows no --cv"),
        ("--grid lr=0.1 --test ratings.dat", 2, "sweep knows no file of tests"),
        ("--grid lr=0.1 --config tested.toml", 2, "sweep knows no file of tests"),
        ("--grid test=a.dat,b.dat", 2, "test is the same in all trials"),
        ("--grid epochs=0,2", 2, "epochs 0: epochs is 0: there is nothing to judge"),
        ("--range lr=0.1..0.2", 2, "--random"),
        ("--grid lr=0.02 --out sweep", 1, "sweep holds another sweep"),
        ("--grid lr=0.02 --out other", 1, "other is not empty and holds no sweep"),
    ] {
        let ran = place.run(&quick(flags));
        assert_eq!(ran.code, Some(code), "{flags}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
    }
}
