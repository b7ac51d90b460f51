//! The lab's own data, MovieLens-1M, where `LATENT_ML1M` names it.
//!
//! With the lab's settings the curves must lie where many seeds of the lab's PyTorch program lay:
//! the first epochs with burn, the whole curves with the fused engine, which is fast enough here.

use std::{env, fs};

use ratings::{ReadOptions, Split};
use serde_json::Value;
use trainer::{Config, Device, Event, ModelKind, Pace, Run};

use crate::support;

fn split(test: &str) -> Option<Split> {
    let Some(path) = env::var_os("LATENT_ML1M") else {
        // Not even CI fails here: the ratings may not be handed on, so they cannot be demanded.
        support::say(&format!("SKIPPED {test}: set LATENT_ML1M to the path of ml-1m/ratings.dat"));
        return None;
    };
    let path = support::root().join(path); // a relative path starts at the repository's root
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let table = ratings::read("ratings.dat", &bytes, &ReadOptions::default()).unwrap().table;
    assert_eq!((table.users.len(), table.items.len()), (6_040, 3_706));
    let split = Split::random(&table, 0.2, 42).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (800_167, 200_042));
    Some(split)
}

#[test]
fn the_labs_first_epochs_on_the_cpu() {
    let Some(split) = split("the_labs_first_epochs_on_the_cpu") else { return };
    for (model, epochs) in [(ModelKind::Mf, 1), (ModelKind::DeepMf, 2)] {
        check(&split, model, epochs, &support::reference());
    }
}

#[test]
fn the_labs_whole_curves_with_the_fused_engine() {
    let Some(split) = split("the_labs_whole_curves_with_the_fused_engine") else { return };
    for model in ModelKind::LAB {
        check(&split, model, Config::usual(model).epochs, &support::fused());
    }
}

/// The ladder above the lab's models, each with its usual settings, three seeds each: those were
/// chosen on a part of the training ratings.
#[test]
fn the_ladder_stands_on_movielens() {
    let Some(split) = split("the_ladder_stands_on_movielens") else { return };
    let rungs = [
        (ModelKind::Biases, 0.9097),
        (ModelKind::BiasedMf, 0.853), // cornac's MF: 0.856
        (ModelKind::SvdPp, 0.847),
        (ModelKind::BayesMf, 0.845),
        (ModelKind::BayesSvdPp, 0.84),
    ];
    for (model, most) in rungs {
        for seed in 1..=3 {
            let config = Config { seed, ..Config::usual(model) };
            let trained = support::train(&split, &config, &support::fused()).unwrap();
            let rmse = trained.history.last().unwrap().test_rmse.unwrap();
            assert!(rmse < most, "{model}, seed {seed}: {rmse}");
        }
    }
}

/// Trains with the lab's settings and a seed that nobody chose by its curve.
fn check(split: &Split, model: ModelKind, epochs: usize, device: &Device) {
    let lab: Value = serde_json::from_str(include_str!("data/lab.json")).unwrap();
    let bands: Vec<(usize, f64, f64)> =
        serde_json::from_value(lab[model.name()]["bands"].clone()).unwrap();
    let config = Config { epochs, seed: 1, ..Config::usual(model) };
    let trained = support::train(split, &config, device).unwrap();
    assert_eq!(trained.history.len(), epochs);
    for (epoch, low, high) in bands.into_iter().filter(|(epoch, ..)| *epoch <= epochs) {
        let rmse = trained.history[epoch - 1].test_rmse.unwrap();
        assert!((low..high).contains(&rmse), "{model} epoch {epoch}: {rmse} in {low}..{high}");
    }
}

/// A hundred batches: burn's small steps are slow on a software adapter.
#[test]
fn the_gpu_starts_as_the_cpu_does() {
    const NAME: &str = "the_gpu_starts_as_the_cpu_does";
    let Some(split) = split(NAME) else { return };
    let Some(gpu) = support::burn_on_gpu(NAME) else { return };
    for model in ModelKind::LAB {
        let (on_gpu, on_cpu) =
            (first_mse(&split, model, &gpu), first_mse(&split, model, &support::reference()));
        assert!((on_gpu / on_cpu - 1.0).abs() < 1e-4, "{model}: {on_gpu} against {on_cpu}");
    }
}

/// Mean loss of the first batches.
fn first_mse(split: &Split, model: ModelKind, device: &Device) -> f64 {
    pollster::block_on(async {
        let mut run =
            Run::start(&support::shared(split), &Config::usual(model), device).await.unwrap();
        run.set_pace(Pace::Batches(100));
        match run.advance().await.unwrap() {
            Some(Event::Progress(progress)) => progress.loss.unwrap(),
            other => panic!("{other:?}"),
        }
    })
}
