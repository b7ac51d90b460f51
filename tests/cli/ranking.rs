//! A model that ranks: no figure of it is one of ratings.

use serde_json::Value;

use super::{Place, keys, quick};

fn trained() -> Place {
    let place = Place::new();
    let flags = "train ratings.dat --model ials --factors 4 --epochs 3 --split leave-one-out";
    let ran = place.succeed(&format!("{flags} --out run"));
    assert!(ran.stdout.contains("TrnLoss") && ran.stdout.contains("TestNDCG@10"), "{}", ran.stdout);
    for said in ["NDCG@10 of ials by epoch, 99 sampled", "the most rated", "each item among 99"] {
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
    }
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("RMSE"), "{}", ran.stderr);
    place
}

fn summary(place: &Place) -> Value {
    serde_json::from_str(&place.read("run/summary.json")).expect("JSON")
}

#[test]
fn a_run_is_told_in_places_not_in_errors() {
    let place = trained();
    let summary = summary(&place);
    assert_eq!(summary["objective"], "ranking");
    for null in [&summary["test_rmse"], &summary["data"]["always_mean_rmse"]] {
        assert!(null.is_null(), "{summary}");
    }
    assert!(summary["data"]["biases_rmse"].is_null() && summary["final"]["test_mae"].is_null());
    assert!(summary["data"]["popular_hits"]["ndcg"].as_f64() > Some(0.0));
    let last = &summary["final"]["test_hits"];
    assert_eq!(keys(last), ["hit_rate", "ndcg"]);
    let metrics = place.read("run/metrics.csv");
    let lines: Vec<&str> = metrics.lines().collect();
    assert!(lines[0].starts_with("epoch,train_loss,test_hit_rate,test_ndcg,seconds"), "{metrics}");
    let ndcg: f64 = lines[3].split(',').nth(3).unwrap().parse().expect("a number");
    let told = last["ndcg"].as_f64().unwrap(); // whose last bit a reader of JSON may round
    assert!((ndcg - told).abs() < 1e-12, "{metrics} {last}");
    let curve = place.read("run/curve.svg");
    assert!(curve.contains("NDCG@10") && !curve.contains("RMSE"), "{curve}");

    let judged = place.succeed("evaluate run --json").json();
    for figure in ["hit_rate", "ndcg"] {
        let [judged, told] = [&judged["hits"], last].map(|hits| hits[figure].as_f64().unwrap());
        assert!((judged - told).abs() < 1e-12, "{figure}: {judged} {told}");
    }
    assert!(judged.get("rmse").is_none() && judged.get("calibration").is_none(), "{judged}");
    let page = place.succeed("evaluate run").stdout;
    assert!(page.contains("99 items (sampled)") && !page.contains("RMSE"), "{page}");
    for refused in
        ["evaluate run --clip", "evaluate run --plot errors.svg", "predict run u3 4 --clip"]
    {
        assert_eq!(place.run(refused).code, Some(2), "{refused}");
    }
}

#[test]
fn a_score_is_called_a_score() {
    let place = trained();
    place.write("pairs.csv", "user,item\nu3,4\nu3,absent\n");
    let ran = place.succeed("predict run --pairs pairs.csv");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "user,item,score,deviation,from");
    assert!(lines[1].starts_with("u3,4,") && lines[1].ends_with(",,model"), "{}", lines[1]);
    assert_eq!(lines[2], "u3,absent,,,unknown");
    assert!(ran.stderr.contains("they have no score"), "{}", ran.stderr);
    for command in ["recommend run u7 --json", "recommend run --rate 4=1 --json"] {
        let list = place.succeed(command).json();
        let first = &list["items"][0];
        assert!(first["score"].is_number() && first.get("rating").is_none(), "{list}");
    }
    // How highly somebody new rated makes no difference.
    let [low, high] =
        ["1", "4"].map(|stars| place.succeed(&format!("recommend run --rate 4={stars}")).stdout);
    assert_eq!(low, high);
    let members = place.succeed("audience run 4 --json").json();
    assert!(members[0]["score"].is_number() && members[0].get("rating").is_none(), "{members}");
    place.succeed("similar run 4");
    let why = place.succeed("explain run u7 4").stdout;
    assert!(why.contains("what it adds") && !why.contains("mean user"), "{why}");
    place.succeed("export run --format npz --out model.npz");
}

#[test]
fn runs_that_rank_stand_beside_others_and_go_on() {
    let place = trained();
    place.succeed(&quick("--out mf"));
    let list = place.succeed("runs list .").stdout;
    let last = summary(&place)["final"]["test_hits"]["ndcg"].as_f64().unwrap();
    assert!(list.contains(&format!("NDCG@10 {last:.4}")), "{list}");
    let compared = place.succeed("runs compare run mf").stdout;
    assert!(compared.contains("test RMSE") && compared.contains("test NDCG@10"), "{compared}");
    assert!(place.succeed("runs show run").stdout.contains("test HR@10"));
    assert_eq!(place.run("runs plot run mf --out both.svg").code, Some(2), "no common figure");
    place.succeed("runs plot run --out one.svg");
    assert!(place.read("one.svg").contains("Test NDCG@10 by epoch"));

    let whole = place
        .succeed("train ratings.dat --model ials --factors 4 --epochs 5 --split leave-one-out --json --out whole")
        .json();
    let more = place.succeed("train --resume run --epochs 5 --json").json();
    let (ours, theirs) = (&more["epochs"][4]["train_loss"], &whole["epochs"][4]["train_loss"]);
    assert!(ours.is_number() && ours == theirs, "{ours} {theirs}");
}

#[test]
fn settings_are_chosen_by_places_too() {
    let place = Place::new();
    let flags = "--model ials --factors 3 --epochs 2 --progress none --json";
    let swept = place
        .succeed(&format!(
            "sweep ratings.dat {flags} --grid unobserved-weight=0.01,0.3 --out sweep"
        ))
        .json();
    let ndcg = |trial: &Value| trial["validation_hits"]["ndcg"].as_f64().expect("a number");
    let trials = swept["trials"].as_array().expect("a list");
    assert!(trials.len() == 2 && ndcg(&trials[0]) >= ndcg(&trials[1]), "{swept}");
    assert!(swept["best"]["test_hits"]["hit_rate"].is_number(), "{swept}");
    assert!(place.read("sweep/sweep.svg").contains("validation NDCG@10"));
    let folds = place.succeed(&format!("train ratings.dat {flags} --cv 3")).json();
    assert!(folds["test_ndcg"]["mean"].is_number() && folds.get("test_rmse").is_none(), "{folds}");
    let refused = place.run("sweep ratings.dat --epochs 1 --grid model=mf,ials --out other");
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert_eq!(place.run("train ratings.dat --model mf --objective ranking").code, Some(2));
}
