//! The lab's own data, MovieLens-1M, where `LATENT_ML1M` names it.
//!
//! With the lab's settings the curves must lie where many seeds of the lab's PyTorch program lay:
//! the first epochs with burn, the whole curves with the fused engine, which is fast enough here.

use std::{env, fs, ops::Range};

use ratings::{ReadOptions, Split};
use trainer::{Config, Device, Event, ModelKind, Pace, Run};

use crate::support;

fn split(test: &str) -> Option<Split> {
    let Some(path) = env::var_os("LATENT_ML1M") else {
        // Not even CI fails here: the ratings may not be handed on, so they cannot be demanded.
        eprintln!("\n*** SKIPPED {test}: set LATENT_ML1M to the path of ml-1m/ratings.dat ***\n");
        return None;
    };
    let bytes = fs::read(path).unwrap();
    let table = ratings::read("ratings.dat", &bytes, &ReadOptions::default()).unwrap().table;
    assert_eq!((table.users.len(), table.items.len()), (6_040, 3_706));
    let split = Split::random(&table, 0.2, 42).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (800_167, 200_042));
    Some(split)
}

#[test]
fn the_labs_first_epochs_on_the_cpu() {
    let Some(split) = split("the_labs_first_epochs_on_the_cpu") else { return };
    let [mf, deep_mf] = [vec![4.40..4.51], vec![1.01..1.09, 0.96..1.00]];
    check(&split, ModelKind::Mf, &mf, &support::reference());
    check(&split, ModelKind::DeepMf, &deep_mf, &support::reference());
}

#[test]
fn the_labs_whole_curves_with_the_fused_engine() {
    let Some(split) = split("the_labs_whole_curves_with_the_fused_engine") else { return };
    let any = 0.0..9.0;
    let mut mf = vec![any.clone(); 30];
    (mf[0], mf[4], mf[9], mf[19], mf[29]) =
        (4.40..4.51, 2.3..4.0, 1.01..1.14, 0.89..0.93, 0.87..0.905);
    let mut deep_mf = vec![any; 20];
    (deep_mf[0], deep_mf[1], deep_mf[4], deep_mf[9], deep_mf[19]) =
        (1.01..1.09, 0.96..1.00, 0.905..0.94, 0.90..0.92, 0.895..0.918);
    check(&split, ModelKind::Mf, &mf, &support::fused());
    check(&split, ModelKind::DeepMf, &deep_mf, &support::fused());
}

/// Trains an epoch a band, with the lab's settings and a seed that nobody chose by its curve.
fn check(split: &Split, model: ModelKind, bands: &[Range<f64>], device: &Device) {
    let config = Config { epochs: bands.len(), seed: 1, ..Config::lab(model) };
    let trained = support::train(split, &config, device).unwrap();
    assert_eq!(trained.history.len(), bands.len());
    for (report, band) in trained.history.iter().zip(bands) {
        let rmse = report.test_rmse.unwrap();
        assert!(band.contains(&rmse), "{model} epoch {}: {rmse} in {band:?}", report.epoch);
    }
}

/// A hundred batches: burn's small steps are slow on a software adapter.
#[test]
fn the_gpu_starts_as_the_cpu_does() {
    const NAME: &str = "the_gpu_starts_as_the_cpu_does";
    let Some(split) = split(NAME) else { return };
    let Some(gpu) = support::gpu(NAME) else { return };
    for model in ModelKind::ALL {
        let (on_gpu, on_cpu) =
            (first_mse(&split, model, gpu), first_mse(&split, model, &support::reference()));
        assert!((on_gpu / on_cpu - 1.0).abs() < 1e-4, "{model}: {on_gpu} against {on_cpu}");
    }
}

/// Mean loss of the first batches.
fn first_mse(split: &Split, model: ModelKind, device: &Device) -> f64 {
    pollster::block_on(async {
        let mut run = Run::start(split, &Config::lab(model), device).await.unwrap();
        run.set_pace(Pace::Batches(100));
        match run.advance().await.unwrap() {
            Some(Event::Progress(progress)) => progress.mse.unwrap(),
            other => panic!("{other:?}"),
        }
    })
}
