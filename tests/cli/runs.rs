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
