//! What a run leaves.

use super::{ITEMS, Place, RATINGS, USERS, keys, quick};

#[test]
fn a_run_leaves_a_folder_with_everything() {
    let place = Place::new();
    place.write("movies.dat", b"0::Caf\xe9, \"le\" (1999)::Drama\n1::Up (2009)::Comedy\n");
    let summary = place.succeed(&quick("--json --out run --titles movies.dat")).stdout;
    assert_eq!(
        place.list("run"),
        [
            ".lock",
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
    let metrics = place.read("run/metrics.csv");
    let lines: Vec<&str> = metrics.lines().collect();
    assert_eq!(
        (lines.len(), lines[0]),
        (4, "epoch,train_rmse,test_rmse,seconds,eval_seconds,validation_rmse,test_mae,train_mae")
    );
    for (column, key) in [(1, "train_rmse"), (2, "test_rmse"), (6, "test_mae"), (7, "train_mae")] {
        let figure = lines[2].split(',').nth(column).unwrap_or_default();
        let entry = format!("\"{key}\": {figure}");
        assert!(summary.contains(&entry), "{entry} of {metrics} is not in {summary}");
    }

    let events: Vec<serde_json::Value> = place
        .read("run/events.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(kinds, ["start", "epoch", "epoch", "epoch", "end"]);
    assert_eq!(events[4]["status"], "done");

    assert_eq!(
        place.read("run/ids/users.csv").lines().take(2).collect::<Vec<_>>(),
        ["index,id", "0,u0"]
    );
    assert_eq!(place.read("run/ids/users.csv").lines().count(), 1 + USERS);
    let items = place.read("run/ids/items.csv");
    assert_eq!(items.lines().count(), 1 + ITEMS);
    assert!(items.starts_with("index,id,title\n"), "{items}");
    assert!(
        items.contains(",0,\"Café, \"\"le\"\" (1999)\"\n") && items.contains(",1,Up (2009)\n"),
        "{items}"
    );
    assert!(place.read("run/curve.svg").contains("RMSE of mf by epoch"));
    let floats = 3 * (USERS + ITEMS);
    let model = std::fs::metadata(place.path("run/model.safetensors")).expect("the model");
    assert!(
        model.len() as usize > 4 * floats,
        "{} bytes cannot hold {floats} factors",
        model.len()
    );
    let environment: serde_json::Value =
        serde_json::from_str(&place.read("run/env.json")).expect("JSON");
    assert_eq!(
        keys(&environment),
        [
            "adapter",
            "arch",
            "cores",
            "device",
            "device_reason",
            "engine",
            "os",
            "threads",
            "version"
        ]
    );
}

#[test]
fn the_folders_config_repeats_the_run_from_anywhere() {
    let place = Place::new();
    let flags = "--json --out first --model deepmf --hidden 4,3 --seed 7 --test-share 0.3 --weight-decay 0.001";
    let first = place.succeed(&quick(flags)).json();
    std::fs::create_dir(place.path("elsewhere")).expect("the folder is ours");
    let mut command = place.command("train --config ../first/config.toml --json --out again");
    let output = command.current_dir(place.path("elsewhere")).output().expect("the program starts");
    let again = super::Ran::of(output).json();
    assert_eq!(curve(&first), curve(&again));
    assert_eq!(place.read("first/config.toml"), place.read("elsewhere/again/config.toml"));
    let weights = |folder: &str| {
        let bytes = std::fs::read(place.path(folder).join("model.safetensors")).expect("the model");
        trainer::ModelFile::from_bytes(&bytes).expect("a model").trained.weights
    };
    assert_eq!(weights("first"), weights("elsewhere/again"));

    let other = place.succeed("train --config first/config.toml --json --seed 8").json();
    assert_ne!(curve(&first), curve(&other), "a flag goes before the file");
    assert_eq!(other["model"], "deepmf", "the file goes before the preset");
}

#[test]
fn runs_without_a_name_get_folders_of_their_own() {
    let place = Place::new();
    for _ in 0..2 {
        place.succeed(&quick("--progress none"));
    }
    let runs = place.list("runs");
    assert_eq!(runs.len(), 2, "{runs:?}");
    for run in &runs {
        assert!(run.contains("Z-mf-k3") && !run.contains(':'), "{run}");
        assert!(place.path("runs").join(run).join("summary.json").exists(), "{run}");
    }
}

#[test]
fn a_sample_has_the_size_asked_for_is_the_same_each_time_and_trains() {
    let place = Place::new();
    for folder in ["a", "b"] {
        place.succeed(&format!("sample --out {folder} --ratings 2000 --seed 5"));
        assert_eq!(place.list(folder), ["movies.dat", "ratings.dat"]);
    }
    place.succeed("sample --out c --ratings 2000 --seed 6");
    assert_eq!(place.read("a/ratings.dat").lines().count(), 2000);
    assert_eq!(place.read("a/ratings.dat"), place.read("b/ratings.dat"));
    assert_ne!(place.read("a/ratings.dat"), place.read("c/ratings.dat"));

    let refused = place.run("sample --out a --ratings 10");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    place.succeed("sample --out a --ratings 3000 --force");
    assert_eq!(place.read("a/ratings.dat").lines().count(), 3000);

    let object = place.succeed("inspect a/ratings.dat --titles a/movies.dat --json").json();
    assert_eq!(object["data"]["titled_items"], object["data"]["items"]);
    place.succeed("train b/ratings.dat --titles b/movies.dat --device cpu --epochs 1 --factors 2");
}

#[test]
fn nothing_is_left_out_of_the_count() {
    let place = Place::new();
    let object = place.succeed(&quick("--json")).json();
    let count = |key: &str| object["data"][key].as_u64().expect("a count");
    assert_eq!(count("train_ratings") + count("test_ratings"), RATINGS as u64);
}

/// The figures of a run that must be the same again: all but the times.
fn curve(run: &serde_json::Value) -> Vec<(String, String)> {
    let epochs = run["epochs"].as_array().expect("a list");
    epochs
        .iter()
        .map(|epoch| (epoch["train_rmse"].to_string(), epoch["test_rmse"].to_string()))
        .collect()
}
