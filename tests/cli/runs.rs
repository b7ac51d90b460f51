//! Runs that were made, looked back on.

use super::{Place, quick};

#[test]
fn runs_are_listed_shown_compared_and_drawn() {
    let place = Place::new();
    place.succeed(&quick("--out runs/a"));
    place.succeed(&quick("--out runs/b --model deepmf --lr 0.02"));
    place.write("runs/a stranger.txt", "no run");
    let records = place.succeed("runs list --json").json();
    let names: Vec<&str> =
        records.as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap()).collect();
    assert_eq!(names, ["runs/a", "runs/b"]);
    let summary: serde_json::Value =
        serde_json::from_str(&place.read("runs/b/summary.json")).expect("JSON");
    let last = &records[1]["epochs"][2]["test_rmse"];
    assert_eq!(last.as_f64(), summary["final"]["test_rmse"].as_f64());
    let shown = format!("{:.4}", last.as_f64().unwrap());

    let list = place.succeed("runs list").stdout;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[2].starts_with("runs/b  deepmf  3  3 ") && lines[2].contains(&shown), "{list}");
    assert!(!list.contains("not complete"), "{list}");

    let page = place.succeed("runs show runs/b").stdout;
    for said in ["runs/b, complete", "lr = 0.02", "RMSE of runs/b by epoch", "After 3 epochs"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let compared = place.succeed("runs compare runs/a runs/b").stdout;
    let names: Vec<&str> =
        compared.lines().filter_map(|line| line.split("  ").next()).map(str::trim).collect();
    for name in ["hidden", "lr", "model", "epochs done", "test RMSE"] {
        assert!(names.contains(&name), "{name} is not in {compared}");
    }
    assert!(!names.contains(&"batch-size"), "what is the same is left out: {compared}");
    assert!(compared.contains(&shown), "{compared}");

    place.succeed("runs plot runs/a runs/b --out curves.svg");
    let picture = place.read("curves.svg");
    assert!(picture.contains("runs/a") && picture.contains("Test RMSE by epoch"), "{picture}");
    let ran = place.run("runs show absent");
    assert!(ran.code == Some(1) && ran.stderr.contains("absent holds no run"), "{}", ran.stderr);
}

/// Whatever became of a run's files, it is told, with the file; nothing is guessed.
#[test]
fn a_damaged_run_is_named_and_hides_no_other() {
    let place = Place::new();
    place.succeed(&quick("--out runs/a"));
    place.succeed(&quick("--out runs/b"));
    let [config, metrics] =
        ["config.toml", "metrics.csv"].map(|name| place.read(&format!("runs/b/{name}")));
    let looks = ["runs show runs/b", "runs compare runs/a runs/b", "runs plot runs/b --out c.svg"];
    let uses = ["recommend runs/b u1", "train --resume runs/b --epochs 4"];
    let huge = format!("\n2,{}", "9".repeat(40));
    let not_it = "runs/b/config.toml does not begin as its run wrote it";
    for (name, content, said, uses) in [
        ("config.toml", String::new(), not_it, &uses[..]),
        ("config.toml", config.replacen('#', "%", 1), not_it, &uses[..]),
        (
            "config.toml",
            config.replace("factors = 3", "factors = \"x\""),
            "expected usize",
            &uses[..],
        ),
        ("metrics.csv", "1,2,3\n".into(), "metrics.csv: it does not begin with the names", &[]),
        ("metrics.csv", metrics.replace("\n2,", "\nx,"), "metrics.csv: line 3 is not that of", &[]),
        ("metrics.csv", metrics.replace("\n2,", "\n1,"), "metrics.csv: line 3 is not that of", &[]),
        ("metrics.csv", metrics.replace("\n2,", &huge), "line 3 has a figure that is out", &[]),
    ] {
        let path = format!("runs/b/{name}");
        let whole = place.read(&path);
        place.write(&path, content);
        for command in looks.iter().chain(uses) {
            let ran = place.run(command);
            assert_eq!(ran.code, Some(3), "{command}: {}", ran.stderr);
            assert!(ran.stderr.contains(said), "{command}: {said:?} is not in {}", ran.stderr);
        }
        let ran = place.succeed("runs list");
        assert!(ran.stdout.contains("runs/a") && !ran.stdout.contains("runs/b"), "{}", ran.stdout);
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
        place.write(&path, whole);
    }
    place.write("runs/b/metrics.csv", "");
    for command in looks.iter().chain(&["runs list"]) {
        let ran = place.succeed(command);
        let said = "runs/b/metrics.csv holds nothing";
        assert!(ran.stderr.contains(said), "{command}: {said:?} is not in {}", ran.stderr);
    }
    place.write("runs/b/metrics.csv", metrics);
    std::fs::remove_file(place.path("runs/b/model.safetensors")).expect("it is there");
    let list = place.succeed("runs list").stdout;
    assert!(list.lines().nth(2).is_some_and(|line| line.ends_with("without its model")), "{list}");
    let page = place.succeed("runs show runs/b").stdout;
    assert!(page.starts_with("runs/b, without its model\n"), "{page}");
    let ran = place.run("recommend runs/b u1");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("runs/b holds no model: there is no model.safetensors"),
        "{}",
        ran.stderr
    );
    let ran = place.succeed("train --resume runs/b");
    assert!(
        ran.stderr.contains("runs/b goes on from its start, for want of a model"),
        "{}",
        ran.stderr
    );
}

/// What reads a pipe waits for whoever writes it.
#[cfg(unix)]
#[test]
fn a_run_whose_files_are_pipes_is_refused_at_once() {
    let place = Place::new();
    place.succeed(&quick("--out runs/a"));
    for name in ["config.toml", "metrics.csv", "events.jsonl", "model.safetensors", ".lock"] {
        let path = place.path(&format!("runs/a/{name}"));
        std::fs::rename(&path, place.path("aside")).expect("it is there");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo is there").success());
        for command in [
            "runs show runs/a",
            "runs compare runs/a runs/a",
            "recommend runs/a u1",
            "train --resume runs/a",
        ] {
            let ran = place.run(command);
            assert_eq!(ran.code, Some(3), "{name}: {command}: {}", ran.stderr);
            let said = format!("runs/a/{name} is not a file, as a run's is");
            assert!(ran.stderr.contains(&said), "{command}: {said:?} is not in {}", ran.stderr);
        }
        let ran = place.succeed("runs list");
        assert!(ran.stderr.contains("is not a file, as a run's is"), "{name}: {}", ran.stderr);
        let ran = place.run(&quick("--out runs/a --force"));
        assert_eq!(ran.code, Some(1), "{name}: {}", ran.stderr);
        std::fs::rename(place.path("aside"), &path).expect("it is there");
    }
}

#[test]
fn the_figures_are_those_of_the_epoch_whose_model_is_kept() {
    let place = Place::new();
    place.write("ratings.dat", super::judged::noise());
    place.succeed(&quick("--lr 0.05 --epochs 40 --patience 4 --out runs/a"));
    place.succeed(&quick("--out runs/b"));
    let summary: serde_json::Value =
        serde_json::from_str(&place.read("runs/a/summary.json")).expect("JSON");
    let chosen = &summary["chosen"];
    let records = place.succeed("runs list --json").json();
    assert_eq!(records[0]["chosen"], chosen["epoch"]);
    assert!(records[1]["chosen"].is_null());
    let [test, validation] = ["test_rmse", "validation_rmse"]
        .map(|figure| format!("{:.4}", chosen[figure].as_f64().expect("a figure")));
    let kept = format!("kept {}", chosen["epoch"]);
    for command in ["runs list", "runs compare runs/a runs/b"] {
        let said = place.succeed(command).stdout;
        for figure in [&test, &validation, &kept] {
            assert!(said.contains(figure), "{figure} is not in {said}");
        }
    }
    let page = place.succeed("runs show runs/a").stdout;
    let kept =
        format!("kept is epoch {}, the best by validation RMSE, {validation}", chosen["epoch"]);
    for said in [kept, format!("test RMSE {test}")] {
        assert!(page.contains(&said), "{said} is not in {page}");
    }
}
