//! What is printed where.

use super::{ITEMS, Place, RATINGS, USERS, keys, quick};

#[test]
fn each_epoch_is_one_line_of_standard_output_in_the_labs_form() {
    let place = Place::new();
    let ran = place.succeed(&quick(""));
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    for (i, line) in lines.iter().enumerate() {
        assert_eq!(
            shape(line),
            format!("[0.00] Epoch:   {}, TrnRMSE: 0.0000, TestRMSE: 0.0000", i + 1)
        );
    }
    assert!(rmse(lines[2]) < rmse(lines[0]), "three epochs teach nothing: {}", ran.stdout);
}

#[test]
fn the_rest_is_on_standard_error_without_colour() {
    let place = Place::new();
    let ran = place.succeed(&quick("--out run"));
    for said in [
        "ratings.dat (",
        "800 ratings of 25 items by 40 users, from 1 to 4",
        "640 to train, 160 to test (seed 42)",
        "CPU: asked for",
        "mf, K = 3; 3 epochs of batches of 64; adam, lr 0.01, weight decay 0.00001",
        "RMSE of mf by epoch",
        "always the mean",
        "Saved in run.",
        "native train ratings.dat --model deepmf",
        "native train --config run/config.toml",
    ] {
        assert!(ran.stderr.contains(said), "{said:?} is not in:\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains('\x1b') && !ran.stdout.contains('\x1b'), "{:?}", ran.stderr);
}

#[test]
fn without_a_command_it_trains_on_the_built_in_sample() {
    let place = Place::new();
    let ran = place.succeed("--device cpu --epochs 1 --factors 2 --batch-size 8192");
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    for said in [
        "built-in sample",
        "1,000,000 ratings of 3,706 items by 6,040 users",
        "native train ratings.dat",
    ] {
        assert!(ran.stderr.contains(said), "{said:?} is not in:\n{}", ran.stderr);
    }
}

#[test]
fn json_is_one_object_with_the_documented_keys() {
    let place = Place::new();
    let ran = place.succeed(&quick("--json --model deepmf --hidden 4,2"));
    let object = ran.json();
    assert_eq!(
        keys(&object),
        [
            "adapter",
            "data",
            "device",
            "engine",
            "epochs",
            "final",
            "model",
            "objective",
            "parse_seconds",
            "run",
            "test_rmse"
        ]
    );
    assert_eq!((&object["model"], &object["engine"]), (&"deepmf".into(), &"fused".into()));
    assert_eq!((&object["device"], &object["adapter"]), (&"cpu".into(), &serde_json::Value::Null));
    let data = &object["data"];
    assert_eq!(
        (data["ratings"].as_u64(), data["users"].as_u64()),
        (Some(RATINGS as u64), Some(USERS as u64))
    );
    assert_eq!(
        (data["items"].as_u64(), data["train_ratings"].as_u64()),
        (Some(ITEMS as u64), Some(640))
    );
    let epochs = object["epochs"].as_array().expect("a list");
    assert_eq!(epochs.len(), 3);
    for epoch in epochs {
        assert_eq!(
            keys(epoch),
            [
                "epoch",
                "eval_seconds",
                "seconds",
                "test_mae",
                "test_rmse",
                "train_mae",
                "train_rmse",
                "validation_rmse"
            ]
        );
    }
    assert_eq!(keys(&object["final"]), ["epoch", "test_mae", "test_rmse"]);
    assert_eq!(
        object["final"]["test_rmse"], epochs[2]["test_rmse"],
        "the last epoch, not the best"
    );
    assert!(object["parse_seconds"].as_f64() > Some(0.0));
    assert_eq!(
        ran.stderr.matches("TrnRMSE").count(),
        3,
        "the lines go to standard error:\n{}",
        ran.stderr
    );
    let folder = object["run"].as_str().expect("a path");
    let summary = std::fs::read_to_string(std::path::Path::new(folder).join("summary.json"));
    assert_eq!(summary.expect("the run's folder has it"), ran.stdout);
}

#[test]
fn always_the_mean_is_what_the_split_says() {
    let place = Place::new();
    place.write("ratings.dat", "a::1::1\na::2::1\nb::1::1\nb::2::4\nc::1::1\n");
    let run = place.succeed(&quick("--json --test-share 0.5")).json();
    // numpy's permutation of five at seed 42 begins 1, 4, 2: all the test ratings are 1, and the train mean is 2.5.
    assert_eq!(run["data"]["always_mean_rmse"].as_f64(), Some(1.5));
}

#[test]
fn progress_none_leaves_standard_error_to_warnings() {
    let place = Place::new();
    let ran = place.succeed(&quick("--progress none"));
    assert_eq!((ran.stderr.as_str(), ran.stdout.lines().count()), ("", 3));
    assert_eq!(place.succeed(&quick("--progress none --json")).stderr, "");
}

#[test]
fn without_a_test_set_there_is_no_test_rmse() {
    let place = Place::new();
    let ran = place.succeed(&quick("--test-share 0"));
    assert!(!ran.stdout.contains("TestRMSE") && ran.stdout.contains("TrnRMSE"), "{}", ran.stdout);
    let object = place.succeed(&quick("--test-share 0 --json")).json();
    assert!(object["final"]["test_rmse"].is_null(), "{object}");
}

#[test]
fn inspect_says_what_is_in_a_file() {
    let place = Place::new();
    let ran = place.succeed("inspect ratings.dat");
    for said in
        ["ratings            800", "users               40", "items               25", "80.0000 %"]
    {
        assert!(ran.stdout.contains(said), "{said:?} is not in:\n{}", ran.stdout);
    }
    let object = place.succeed("inspect ratings.dat --json").json();
    assert_eq!(keys(&object), ["data", "parse_seconds"]);
    assert_eq!(object["data"]["histogram"].as_array().map(Vec::len), Some(4));
    assert_eq!(object["data"]["ratings"].as_u64(), Some(RATINGS as u64));
}

#[test]
fn skipped_lines_are_counted_and_named() {
    let place = Place::new();
    place.write("ratings.dat", super::tiny_ratings() + "u1::2::x::0\nu1::2\n");
    for command in
        ["inspect ratings.dat --skip-bad-lines", &quick("--skip-bad-lines --progress none")]
    {
        let ran = place.succeed(command);
        for said in [
            "2 bad lines skipped",
            "ratings.dat:801:8: rating \"x\" is not a number",
            "ratings.dat:802:",
        ] {
            assert!(ran.stderr.contains(said), "{said:?} is not in:\n{}", ran.stderr);
        }
    }
    let object = place.succeed("inspect ratings.dat --skip-bad-lines --json").json();
    assert_eq!(object["data"]["skipped_lines"].as_u64(), Some(2));
}

#[test]
fn devices_says_how_fast_each_engine_is() {
    let place = Place::new();
    let object = place.succeed("devices --bench --json").json();
    let speeds = object["speeds"].as_array().unwrap();
    let on_the_cpu: Vec<&str> = speeds
        .iter()
        .filter(|speed| speed["device"] == "cpu")
        .map(|speed| speed["engine"].as_str().unwrap())
        .collect();
    assert_eq!(on_the_cpu, ["fused", "autodiff"]);
    assert!(speeds.iter().all(|speed| speed["ratings_per_second"].as_f64().unwrap() > 0.0));
}

#[test]
fn devices_says_what_auto_takes() {
    let place = Place::new();
    let object = place.succeed("devices --json").json();
    assert_eq!(keys(&object), ["adapters", "auto"]);
    let adapters = object["adapters"].as_array().expect("a list");
    let hardware = adapters.iter().any(|adapter| adapter["kind"] != "software");
    // A hardware GPU that does not open is passed over, so only one direction always holds.
    assert!(hardware || object["auto"]["device"] == "cpu", "{object}");
    let text = place.succeed("devices").stdout;
    assert!(text.contains("auto takes "), "{text}");
    for adapter in adapters {
        assert!(text.contains(adapter["name"].as_str().expect("a name")), "{text}");
    }
}

#[test]
fn every_help_names_the_exit_codes() {
    let place = Place::new();
    for command in ["", "train", "inspect", "sample", "devices", "completions"] {
        let help = place.succeed(&format!("{command} --help")).stdout;
        for code in [
            "  0  done",
            "  1  failure",
            "  2  usage",
            "  3  bad data",
            "  4  no GPU",
            "  5  diverged",
            "130  interrupted",
        ] {
            assert!(help.contains(code), "{command} --help lacks {code:?}:\n{help}");
        }
    }
}

#[test]
fn completions_know_the_flags() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.succeed(&format!("completions {shell}")).stdout;
        assert!(script.contains("test-share") && script.contains("deepmf"), "{shell}: {script}");
    }
}

/// A line with every figure turned into 0, except those of the epoch's number.
fn shape(line: &str) -> String {
    let (head, rest) =
        line.split_once("] Epoch: ").unwrap_or_else(|| panic!("not an epoch: {line:?}"));
    let (epoch, rest) = rest.split_once(',').unwrap_or_else(|| panic!("not an epoch: {line:?}"));
    let zeros = |text: &str| -> String {
        text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
    };
    format!("{}] Epoch: {epoch},{}", zeros(head), zeros(rest))
}

fn rmse(line: &str) -> f64 {
    let figure = line.rsplit(' ').next().unwrap_or_default();
    figure.parse().unwrap_or_else(|_| panic!("no RMSE at the end of {line:?}"))
}

#[test]
fn the_commands_to_try_next_are_those_of_the_way_it_was_started() {
    let place = Place::new();
    let from_cargo =
        place.command(&quick("--out run")).env("CARGO_MANIFEST_DIR", "anywhere").output();
    let ran = super::Ran::of(from_cargo.expect("the program starts"));
    assert!(
        ran.stderr.contains("cargo run -p native -- train --config run/config.toml"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_id_too_long_to_type_is_not_suggested() {
    let place = Place::new();
    let long = "u".repeat(70_000);
    place.write("long.csv", format!("user,item,rating\n{long},1,3\n{long},2,4\n2,1,5\n"));
    let ran = place.succeed("train long.csv --device cpu --factors 2 --epochs 1 --out run");
    assert!(ran.stderr.contains("Next:") && !ran.stderr.contains("uuu"), "{}", ran.stderr);
}

#[test]
fn threads_that_change_nothing_are_told_of() {
    let place = Place::new();
    let hint = "--threads makes no epoch faster here";
    for (flags, told) in [
        ("--threads 2", false),
        ("--engine autodiff", false),
        ("--engine autodiff --threads 2", true),
        ("--model biases --threads 2", true),
    ] {
        let lab = if flags.contains("--model") { "" } else { "--factors 4" };
        let ran =
            place.succeed(&format!("train ratings.dat --device cpu --epochs 1 {lab} {flags}"));
        assert_eq!(ran.stderr.contains(hint), told, "{flags}: {}", ran.stderr);
    }
    assert_eq!(place.run("train ratings.dat --threads 0").code, Some(2));
}

#[test]
fn ratings_that_are_all_alike_are_not_blamed_on_the_model() {
    let place = Place::new();
    let alike = (0..400).map(|n| format!("{}::{}::4::0\n", n / 20, n % 20)).collect::<String>();
    place.write("alike.dat", alike);
    let ran = place.succeed("train alike.dat --device cpu --epochs 1");
    assert!(ran.stderr.contains("always the mean is always right"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("it needs more epochs"), "{}", ran.stderr);
}

#[test]
fn a_samples_next_command_names_its_titles() {
    let place = Place::new();
    let ran = place.succeed("sample --out made --ratings 2000");
    let (_, command) = ran.stderr.split_once(" train ").expect("a command to try next");
    assert!(command.contains("ratings.dat") && command.contains("--titles"), "{}", ran.stderr);
    place.succeed(&format!("train {} --device cpu --epochs 1 --out run", command.trim()));
    assert!(place.read("run/ids/items.csv").starts_with("index,id,title"));
}
