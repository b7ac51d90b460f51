//! Models to and from the formats of others.

use std::fs;

use serde_json::Value;

use super::{Place, quick};
use crate::support;

#[test]
fn numpy_reads_the_archive() {
    let place = Place::new();
    place.succeed(&quick("--out run --model deepmf"));
    place.succeed("export run --format npz --out model.npz");
    let script = "import numpy as np; f = np.load('model.npz'); \
                  print(sorted(f.files), f['user_factors'].shape, f['user_ids'][:2], \
                  f['layers.0.weight'].shape, float(f['user_factors'][0, 0]))";
    let folder = place.path("");
    let Some(said) = support::python("numpy_reads_the_archive", script, &folder) else { return };
    let file = fs::read(place.path("run/model.safetensors")).expect("the model");
    let weights = trainer::ModelFile::from_bytes(&file).expect("a model").trained.weights;
    let first = f64::from(weights.get("user_factors").expect("factors").values[0]);
    assert!(said.contains("'item_factors', 'item_ids', 'layers.0.bias'"), "{said}");
    assert!(said.contains("(40, 3) ['u0' 'u1'] (10, 6)"), "{said}");
    assert_eq!(said.split_whitespace().last().and_then(|word| word.parse().ok()), Some(first));
}

#[test]
fn factors_and_labels_are_written_as_text() {
    let place = Place::new();
    place.write("movies.dat", "0::Alien (1979)::Horror|Sci-Fi\n");
    place.succeed(&quick("--out run --titles movies.dat"));
    place.succeed("export run --format csv --out csv");
    let users = place.read("csv/users.csv");
    assert!(users.starts_with("id,factor0,factor1,factor2\nu0,"), "{users}");
    assert_eq!((users.lines().count(), place.read("csv/items.csv").lines().count()), (41, 26));
    place.succeed("export run --format projector --out projector");
    let vectors = place.read("projector/vectors.tsv");
    assert_eq!(vectors.lines().count(), 25);
    assert!(vectors.lines().all(|line| line.split('\t').count() == 3), "{vectors}");
    let bytes = fs::read(place.path("run/model.safetensors")).expect("a model");
    let weights = trainer::ModelFile::from_bytes(&bytes).expect("a model").trained.weights;
    let written: Vec<f32> =
        vectors.split_whitespace().filter_map(|text| text.parse().ok()).collect();
    assert_eq!(written, weights.get("item_factors").expect("factors").values);
    let labels = place.read("projector/metadata.tsv");
    assert!(labels.starts_with("id\ttitle\tgenres\n"), "{labels}");
    assert!(labels.contains("0\tAlien (1979)\tHorror|Sci-Fi\n"), "{labels}");
    place.succeed("export run --format burn --out model.bpk");
    assert!(fs::metadata(place.path("model.bpk")).expect("written").len() > 780);
    let ran = place.run("export run --format burn --out model.bpk");
    assert!(ran.code == Some(1) && ran.stderr.contains("--force"), "{}", ran.stderr);
    place.succeed("export run --format burn --out model.bpk --force");
}

#[test]
fn biases_are_written_beside_the_factors() {
    let place = Place::new();
    for (model, head) in
        [("biased-mf", "id,factor0,factor1,factor2,bias\nu0,"), ("biases", "id,bias\nu0,")]
    {
        let factors = if model == "biases" { "--factors 0" } else { "" };
        place.succeed(&quick(&format!("--out {model} --model {model} {factors}")));
        place.succeed(&format!("export {model} --format csv --out csv-{model}"));
        let users = place.read(&format!("csv-{model}/users.csv"));
        assert!(users.starts_with(head), "{users}");
        let bytes = fs::read(place.path(&format!("{model}/model.safetensors"))).expect("a model");
        let weights = trainer::ModelFile::from_bytes(&bytes).expect("a model").trained.weights;
        let biases = &weights.get("user_bias").expect("biases").values;
        let last = |line: &str| line.rsplit(',').next().and_then(|text| text.parse().ok());
        let written: Vec<f32> = users.lines().skip(1).filter_map(last).collect();
        assert_eq!(written, *biases, "{model}");
    }
    let ran = place.run("export biases --format projector --out projector");
    assert!(ran.code == Some(1) && ran.stderr.contains("has no factors"), "{}", ran.stderr);
}

/// Made by `tests/data/make_state.py`: the lab's modules in several files.
#[test]
fn pytorchs_modules_predict_the_same_here() {
    let data = support::root().join("tests/data");
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(data.join(name)).expect("a golden")).expect("JSON")
    };
    let place = Place::new();
    let ratings = read("use.json")["ratings"].as_array().expect("a list").clone();
    let line = |row: &Value| format!("{}::{}::{}\n", row[0], row[1], row[2]);
    place.write("ratings.dat", ratings.iter().map(line).collect::<String>());
    let pairs: String =
        (0..12).flat_map(|user| (0..9).map(move |item| format!("{user}::{item}\n"))).collect();
    place.write("pairs.dat", pairs);
    for name in [
        "mf.safetensors",
        "mf.pt",
        "deepmf.safetensors",
        "deepmf.pt",
        "deepmf_old.pt",
        "deepmf_checkpoint.pt",
    ] {
        let model = name.split(['.', '_']).next().expect("a first part");
        let golden = read(&format!("state_{model}.json"));
        let expected = golden["predictions"].as_array().expect("a list");
        let state = data.join(format!("state_{name}"));
        let state = state.display();
        place.succeed(&format!(
            "import {state} ratings.dat --rows sorted --out model.safetensors --test-share 0 --force"
        ));
        let ran = place.succeed("predict model.safetensors --pairs pairs.dat");
        let lines: Vec<&str> = ran.stdout.lines().skip(1).collect();
        assert_eq!(lines.len(), expected.len());
        for (line, expected) in lines.iter().zip(expected) {
            let ours = line.split(',').nth(2).and_then(|text| text.parse().ok());
            let (ours, theirs): (f64, _) = (ours.expect("number"), expected.as_f64());
            let theirs = theirs.expect("a number");
            assert!((ours - theirs).abs() < 1e-5, "{name}: {line} instead of {theirs}");
        }
    }
}

#[test]
fn a_state_dict_that_is_none_is_refused_with_a_reason() {
    let data = support::root().join("tests/data");
    let place = Place::new();
    place.write("fewer.dat", "1::2::3\n");
    place.write("bad.dat", "1::2::3\n1::2\n");
    place.write("empty.pt", "");
    let whole = fs::read(data.join("state_deepmf.pt")).expect("a golden");
    fs::write(place.path("cut.pt"), &whole[..whole.len() / 2]).expect("the folder is ours");
    let import = |state: &str| {
        let ran = place.run(&format!("import {state} fewer.dat --out other --test-share 0"));
        assert!(!place.path("other").exists(), "{state}");
        (ran.code, ran.stderr)
    };
    for name in ["state_deepmf.safetensors", "state_deepmf.pt"] {
        let (code, said) = import(&data.join(name).display().to_string());
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("has 12 users and 9 items"), "{said}");
    }
    let ran = place.run(&format!(
        "import {} bad.dat --out other --skip-bad-lines",
        data.join("state_deepmf.pt").display()
    ));
    assert!(ran.stderr.contains("bad.dat: 1 bad line skipped"), "{}", ran.stderr);
    for (file, expected) in [
        ("ratings.dat", "neither PyTorch's nor safetensors"),
        ("empty.pt", "neither PyTorch's nor safetensors"),
        ("cut.pt", "cut.pt: this is not a model file, or only a part of one: "),
    ] {
        let (code, said) = import(file);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    place.succeed(&quick("--out run"));
    place.succeed("export run --format npz --out model.npz");
    let (code, said) = import("model.npz");
    assert!(code == Some(3) && said.contains("data.pkl"), "{said}");
}

#[test]
fn a_warm_start_keeps_the_rows_of_whom_it_knows() {
    let place = Place::new();
    place.succeed(&quick("--out old --model deepmf --hidden 4,3"));
    let more = place.read("ratings.dat") + "new::3::4::0\nu1::fresh::2::0\n";
    place.write("more.dat", more);
    let flags = "train more.dat --device cpu --batch-size 64 --warm-start old --epochs 0 --out new";
    place.succeed(flags);
    let read = |run: &str| {
        let bytes = fs::read(place.path(run).join("model.safetensors")).expect("the model");
        trainer::ModelFile::from_bytes(&bytes).expect("a model")
    };
    let (old, new) = (read("old"), read("new"));
    assert_eq!((new.trained.config.factors, new.trained.config.hidden.clone()), (3, vec![4, 3]));
    assert_eq!((new.users.len(), new.items.len()), (41, 26));
    let row = |file: &trainer::ModelFile, name: &str, row: usize| {
        file.trained.weights.get(name).expect("a table").values[row * 3..][..3].to_vec()
    };
    for id in old.users.iter() {
        let at = |file: &trainer::ModelFile| file.users.index_of(id).expect("known").index();
        assert_eq!(row(&new, "user_factors", at(&new)), row(&old, "user_factors", at(&old)));
    }
    assert_eq!(
        new.trained.weights.get("layers.0.weight"),
        old.trained.weights.get("layers.0.weight")
    );
    let fresh = trainer::Weights::initial(&new.trained.config, 41, 26);
    let fresh = fresh.get("user_factors").expect("a table").values[40 * 3..].to_vec();
    assert_eq!(row(&new, "user_factors", 40), fresh, "somebody new");
    // Its settings repeat it, and if it is killed before the first checkpoint it begins there again.
    let flags = "train more.dat --device cpu --batch-size 64 --warm-start old --epochs 2 --out run";
    place.succeed(flags);
    let run = read("run").trained.weights;
    place.succeed("train --config run/config.toml --out again");
    assert_eq!(read("again").trained.weights, run);
    fs::remove_file(place.path("run/model.safetensors")).expect("it is there");
    place.succeed("train --resume run");
    assert_eq!(read("run").trained.weights, run);
    let ran = place.run("train --config run/config.toml --cv 3");
    assert!(ran.stderr.contains("--warm-start cannot go with --cv"), "{}", ran.stderr);
    let ran = place.run("train more.dat --warm-start old --factors 5");
    assert!(ran.code == Some(2) && ran.stderr.contains("of another width"), "{}", ran.stderr);
    place.write("best.toml", "preset = 'best'");
    for preset in ["--preset best", "--config best.toml"] {
        let ran = place.run(&format!("train more.dat {preset} --warm-start old"));
        let said =
            "preset best is for bayes-svdpp, and the model of --warm-start old is deepmf; leave";
        assert!(ran.code == Some(2) && ran.stderr.contains(said), "{}", ran.stderr);
    }
}
