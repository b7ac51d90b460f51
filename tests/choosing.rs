//! Which epoch's model is kept: the best on a part of the training ratings.

use ratings::{Ratings, Split};
use trainer::{
    Config, Device, EpochReport, Event, ModelFile, ModelKind, Pace, Posterior, Run, Trained,
    Weights,
};

use crate::support;

/// Settings with which a model soon learns too much by heart.
fn greedy(model: ModelKind) -> Config {
    let posterior = Posterior { burn_in: 2, samples: 4 };
    let usual = Config { epochs: 12, posterior, ..Config::usual(model) };
    match model {
        ModelKind::Mf | ModelKind::DeepMf => {
            Config { factors: 6, batch_size: 32, learning_rate: 0.03, ..usual }
        }
        ModelKind::Gmf | ModelKind::Mlp | ModelKind::NeuMf => {
            Config { batch_size: 32, learning_rate: 0.02, weight_decay: 0.0, ..usual }
        }
        ModelKind::BiasedMf => {
            Config { factors: 8, learning_rate: 0.1, weight_decay: 0.001, ..usual }
        }
        _ => usual,
    }
}

/// Every model on the CPU, the lab's with burn, and on a GPU those that have kernels there.
fn cases(test: &str) -> Vec<(Device, Config)> {
    let fused = ModelKind::ALL.map(|model| (support::usual(), greedy(model)));
    let burn = ModelKind::LAB.map(|model| (support::reference(), greedy(model)));
    let gpu = support::gpu(test).into_iter();
    let gpu = gpu.flat_map(|on| support::ON_GPU.map(|model| (on.clone(), greedy(model))));
    fused.into_iter().chain(burn).chain(gpu).collect()
}

fn split() -> Split {
    support::small_split(80, 60, 2_000).with_validation(0.15, 42).unwrap()
}

async fn started(split: &Split, config: &Config, device: &Device) -> Run {
    let mut run = Run::start(&support::shared(split), config, device).await.unwrap();
    run.set_pace(Pace::Batches(20));
    run
}

/// A whole run.
fn train(split: &Split, config: &Config, device: &Device, patience: Option<usize>) -> Trained {
    pollster::block_on(async {
        let mut run = started(split, config, device).await;
        run.set_patience(patience);
        while run.advance().await.unwrap().is_some() {}
        run.finish().await.unwrap()
    })
}

/// The model after so many epochs.
fn after(split: &Split, config: &Config, device: &Device, epochs: usize) -> Trained {
    pollster::block_on(async {
        let mut run = started(split, config, device).await;
        while run.history().len() < epochs {
            run.advance().await.unwrap();
        }
        run.finish().await.unwrap()
    })
}

type Outcome = (Weights, Vec<[Option<f64>; 4]>);

/// All on which no clock has a bearing.
fn outcome(trained: &Trained) -> Outcome {
    let errors = |report: &EpochReport| {
        [report.train(), report.test(), report.test_mae, report.validation()]
    };
    (trained.weights.clone(), trained.history.iter().map(errors).collect())
}

/// RMSE and MAE of a model's predictions.
fn errors(trained: &Trained, ratings: &Ratings) -> (f64, f64) {
    let predicted = trained.predict(&ratings.users, &ratings.items);
    let errors = predicted.iter().zip(&ratings.values).map(|(p, r)| f64::from(p - r));
    let n = ratings.len() as f64;
    let squared: f64 = errors.clone().map(|error| error * error).sum();
    ((squared / n).sqrt(), errors.map(f64::abs).sum::<f64>() / n)
}

#[test]
fn the_model_is_that_of_the_epoch_with_the_lowest_validation_error() {
    const NAME: &str = "the_model_is_that_of_the_epoch_with_the_lowest_validation_error";
    let (split, mut early) = (split(), 0);
    for (device, config) in cases(NAME) {
        let what = format!("{} on {}", config.model, device.name());
        let trained = train(&split, &config, &device, None);
        assert_eq!(trained.history.len(), config.epochs, "{what}");
        let figures = trained.history.iter().filter_map(EpochReport::validation);
        let is_better = |a: &f64, b: &f64| config.objective.is_better(*a, *b);
        let best = figures.reduce(|best, of| if is_better(&of, &best) { of } else { best });
        let chosen = EpochReport::chosen(&trained.history).expect("a validation part");
        assert_eq!((chosen.validation(), best.is_some()), (best, true), "{what}");
        early += usize::from(chosen.epoch < config.epochs);
        let Some(least) = chosen.validation_rmse else { continue }; // it ranks

        let (rmse, _) = errors(&trained, &split.validation);
        assert!((rmse - least).abs() < 1e-5, "{what}: {rmse} and {least}");
        let (rmse, mae) = errors(&trained, &split.test);
        assert!((rmse - chosen.test_rmse.unwrap()).abs() < 1e-5, "{what}: {rmse}");
        assert!((mae - chosen.test_mae.unwrap()).abs() < 1e-5, "{what}: {mae}");
    }
    assert!(early >= 4, "only {early} models were best before their last epoch");
}

/// Who chooses is not trained on, and changes nothing for those who are.
#[test]
fn a_validation_part_changes_no_bit_of_training() {
    let split = split();
    let without = Split { validation: Ratings::default(), ..split.clone() };
    for (device, config) in cases("a_validation_part_changes_no_bit_of_training") {
        let what = format!("{} on {}", config.model, device.name());
        let trained = train(&split, &config, &device, None);
        let chosen = EpochReport::chosen(&trained.history).expect("a validation part").epoch;
        let plain = after(&without, &config, &device, chosen);
        assert!(plain.weights == trained.weights, "{what}: epoch {chosen}");
        for (with, without) in trained.history.iter().zip(&plain.history) {
            assert_eq!(with.train(), without.train(), "{what}");
            // A model that ranks has other candidates where less is known to be rated.
            assert_eq!(with.test_rmse, without.test_rmse, "{what}");
            assert_eq!(with.test_mae, without.test_mae, "{what}");
        }
    }
}

/// Wherever a run is left, its best epoch and its patience survive, in a model's file too.
#[test]
fn patience_ends_a_run_and_survives_its_being_left() {
    const NAME: &str = "patience_ends_a_run_and_survives_its_being_left";
    let (split, mut ended) = (split(), 0);
    let sample = ratings::sample::generate(&ratings::sample::SampleConfig {
        users: 80,
        items: 60,
        ratings: 2_000,
        seed: 7,
    });
    for (device, config) in cases(NAME) {
        let what = format!("{} on {}", config.model, device.name());
        let whole = train(&split, &config, &device, Some(2));
        let chosen = EpochReport::chosen(&whole.history).expect("a validation part").epoch;
        assert_eq!(whole.history.len(), config.epochs.min(chosen + 2), "{what}");
        ended += usize::from(whole.history.len() < config.epochs);
        for slices in [3, 17, 29, 1_000] {
            let again = pollster::block_on(async {
                let mut run = started(&split, &config, &device).await;
                run.set_patience(Some(2));
                for _ in 0..slices {
                    run.advance().await.unwrap();
                }
                let (trained, optimizer) = run.checkpoint().await.unwrap();
                let cut = (0.2, 42);
                let optimizer = Some(optimizer);
                let file = ModelFile::new(trained, optimizer, &sample.table, None, &split, cut);
                let file = ModelFile::from_bytes(&file.to_bytes()).unwrap();
                let (trained, optimizer) = (file.trained, file.optimizer.unwrap());
                let split = support::shared(&split);
                let mut run = Run::resume(trained, optimizer, &split, &device).await.unwrap();
                run.set_patience(Some(2));
                while run.advance().await.unwrap().is_some() {}
                run.finish().await.unwrap()
            });
            assert!(outcome(&again) == outcome(&whole), "{what}, left after {slices} slices");
        }
    }
    assert!(ended >= 3, "only {ended} runs ended early");
}

#[test]
fn without_a_validation_part_nothing_is_chosen() {
    let split = support::small_split(80, 60, 2_000);
    let config = greedy(ModelKind::Mf);
    let trained = train(&split, &config, &support::fused(), Some(1));
    assert_eq!(trained.history.len(), config.epochs, "patience has nothing to go by");
    assert_eq!(EpochReport::chosen(&trained.history), None);
    let (events, plain) = support::events(&split, &config, &support::fused());
    assert!(plain.weights == trained.weights);
    let last = events.iter().rev().find_map(|event| match event {
        Event::Epoch(report) => Some(report.validation_rmse),
        _ => None,
    });
    assert_eq!(last, Some(None));
}

/// One draw of a chain that has not settled is no better than the one before it, as a rule.
#[test]
fn patience_does_not_end_a_burn_in() {
    let split = split();
    let posterior = Posterior { burn_in: 12, ..Posterior::default() };
    let config = Config { epochs: 40, posterior, ..Config::usual(ModelKind::BayesMf) };
    let trained = train(&split, &config, &support::fused(), Some(1));
    assert!(trained.history.len() > 12, "{} epochs", trained.history.len());
    let figures = trained.history.iter().map(|report| report.validation().unwrap());
    let figures: Vec<f64> = figures.take(12).collect();
    assert!(!figures.is_sorted_by(|a, b| a > b), "patience had no reason to end it: {figures:?}");
}
