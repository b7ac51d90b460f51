//! Every model through every command: none is forgotten where one is added.

use serde_json::Value;
use trainer::{ModelKind, Objective};

use super::{ITEMS, Place, quick};

fn trained(model: ModelKind) -> Place {
    let place = Place::new();
    let own = match model {
        ModelKind::Biases => "--factors 0",
        ModelKind::BayesMf | ModelKind::BayesSvdPp => "--burn-in 1",
        ModelKind::Mlp | ModelKind::NeuMf => "--hidden 6,4",
        _ => "",
    };
    place.succeed(&quick(&format!("--out run --model {model} {own}")));
    place
}

#[test]
fn every_model_recommends_explains_judges_is_saved_and_goes_on() {
    for model in ModelKind::ALL {
        let place = trained(model);
        let list = |arguments: &str| -> Vec<Value> {
            let ran = place.succeed(&format!("recommend run {arguments} -n 100 --json")).json();
            ran["items"].as_array().expect("a list").clone()
        };
        let own = list("u3 --seen");
        assert_eq!(own.len(), ITEMS, "{model}");
        assert_eq!(list("--rate 2=4 --rate 5=1").len(), ITEMS - 2, "{model}");
        let told = place.succeed("explain run u3 4 -n 100 --json").json();
        assert!(!told["reasons"].as_array().expect("a list").is_empty(), "{model}: {told}");
        let page = place.succeed("explain run 4 --rate 2=4 --rate 5=1").stdout;
        assert!(page.contains("it rests on") && page.contains("2 ratings (mean 2.50"), "{page}");
        for command in ["audience run 4", "audience run --rated-by u1=4 --rated-by u2=1"] {
            assert!(place.succeed(command).stdout.contains("   1. "), "{model}: {command}");
        }
        let judged = place.succeed("evaluate run --json").json();
        let rates = model.objectives()[0] == Objective::Rating;
        assert_eq!(judged["rmse"].is_number(), rates, "{model}: {judged}");
        let before = place.succeed("predict run u3 4").stdout;
        assert_eq!(place.succeed("predict run/model.safetensors u3 4").stdout, before, "{model}");
        for format in ["npz", "csv"] {
            place.succeed(&format!("export run --format {format} --out {format}.out"));
        }
        let has_record = model.is_lab() || model.is_neural();
        let record = place.run("export run --format burn --out model.bpk");
        assert_eq!(record.code == Some(0), has_record, "{model}: {}", record.stderr);
        place.succeed("train --resume run --epochs 4");
        assert_eq!(place.read("run/metrics.csv").lines().count(), 5, "{model}");
    }
}

#[test]
fn somebody_new_may_bring_a_file_of_ratings() {
    let place = trained(ModelKind::Mf);
    place.write("mine.csv", "item,rating\n2,4\n5,1\n");
    place.write("theirs.csv", "u1,4\nu2,1\n");
    for (one_by_one, in_a_file) in [
        ("recommend run --rate 2=4 --rate 5=1", "recommend run --rate @mine.csv"),
        ("explain run 4 --rate 2=4 --rate 5=1", "explain run 4 --rate @mine.csv"),
        ("audience run --rated-by u1=4 --rated-by u2=1", "audience run --rated-by @theirs.csv"),
    ] {
        assert_eq!(place.succeed(one_by_one).stdout, place.succeed(in_a_file).stdout);
    }
    place.write("mine.csv", "2,4\n5\n");
    for (file, said) in [("@mine.csv", "mine.csv: line 2: expected"), ("@none", "cannot read none")]
    {
        let ran = place.run(&format!("recommend run --rate {file}"));
        assert!(ran.code != Some(0) && ran.stderr.contains(said), "{}", ran.stderr);
    }
}

#[test]
fn a_run_within_its_burn_in_says_that_it_keeps_no_draw() {
    let place = Place::new();
    for (epochs, said) in [
        (2, "2 epochs, all within the burn-in of 2, so the model is the last draw"),
        (3, "3 epochs, 2 of them burn-in; gibbs, at most 64 draws kept"),
    ] {
        let flags = format!("--model bayes-mf --burn-in 2 --epochs {epochs} --out {epochs}");
        let ran = place.succeed(&format!("train ratings.dat {flags}"));
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

/// A table with twelve ratings for each user and item, and one in which everybody rated two items.
#[test]
fn the_best_preset_is_another_where_ratings_are_few() {
    let place = Place::new();
    let few: String =
        (0..60).map(|n| format!("u{}::i{}::{}\n", n / 2, n * 7 % 40, 1 + n % 5)).collect();
    place.write("few.dat", &few);
    let train = |arguments: &str| {
        let ran = place.succeed(&format!("train {arguments} --preset best --epochs 25 --json"));
        let settings = ran.json()["model"].as_str().expect("a name").to_owned();
        (settings, ran.stderr.contains("fewer than three ratings for each user and item"))
    };
    assert_eq!(train("few.dat --out few"), ("bayes-mf".into(), true));
    let settings = place.read("few/config.toml");
    assert!(settings.contains("factors = 1\n") && !settings.contains("preset"), "{settings}");
    assert_eq!(train("few.dat --factors 3 --out three"), ("bayes-mf".into(), true));
    assert_eq!(train("few.dat --model bayes-svdpp --out named"), ("bayes-svdpp".into(), false));
    assert_eq!(train("ratings.dat --out many"), ("bayes-svdpp".into(), false));
    place.succeed("train --config few/config.toml --out again");
    assert_eq!(place.read("again/metrics.csv").lines().count(), 26);
}
