//! What a run promises, on small generated data.

use proptest::{
    prelude::{ProptestConfig, proptest},
    sample::select,
};
use ratings::{
    ItemIndex, Ratings, Split, UserIndex,
    sample::{self, SampleConfig},
};
use trainer::{
    Config, Device, EpochReport, Event, ModelKind, Optimizer, Pace, Run, TrainError, Trained,
    Weights,
};

use crate::support;

fn quick(model: ModelKind) -> Config {
    Config { epochs: 3, factors: 5, batch_size: 256, learning_rate: 0.01, ..Config::usual(model) }
}

/// Both models with both engines.
fn cases() -> impl Iterator<Item = (ModelKind, Device)> {
    support::engines()
        .into_iter()
        .flat_map(|device| ModelKind::LAB.map(|model| (model, device.clone())))
}

#[test]
fn the_two_engines_agree() {
    let split = support::small_split(943, 1_682, 100_000);
    for model in ModelKind::LAB {
        let config = Config { epochs: 3, ..Config::usual(model) };
        let [fused, reference] =
            support::engines().map(|device| support::train(&split, &config, &device).unwrap());
        agree(&fused, &reference);
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_on_the_cpu() {
    let split = support::small_split(200, 120, 6_000);
    for (model, device) in cases() {
        let [first, second] =
            [1, 2].map(|_| support::train(&split, &quick(model), &device).unwrap());
        assert_eq!(first.weights, second.weights, "{model}");
        assert_eq!(first.history.len(), 3);
        for (a, b) in first.history.iter().zip(&second.history) {
            assert_eq!((a.train_rmse, a.test_rmse), (b.train_rmse, b.test_rmse), "{model}");
        }
        let other = Config { seed: 43, ..quick(model) };
        let other = support::train(&split, &other, &device).unwrap();
        assert_ne!(first.weights, other.weights, "{model}: the seed must matter");
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_on_the_gpu() {
    let Some(device) = support::gpu("the_same_seed_gives_the_same_bits_on_the_gpu") else { return };
    let split = support::small_split(100, 60, 2_000);
    for model in support::ON_GPU {
        let config = Config { epochs: 1, ..quick(model) };
        let [first, second] = [1, 2].map(|_| support::train(&split, &config, &device).unwrap());
        assert_eq!(first.weights, second.weights, "{model}");
    }
}

#[test]
fn burn_on_the_gpu_agrees_with_the_cpu() {
    let Some(device) = support::burn_on_gpu("burn_on_the_gpu_agrees_with_the_cpu") else { return };
    let split = support::small_split(100, 60, 2_000);
    for model in ModelKind::LAB {
        let config = Config { epochs: 2, ..quick(model) };
        let gpu = support::train(&split, &config, &device).unwrap();
        agree(&gpu, &support::train(&split, &config, &support::reference()).unwrap());
    }
}

#[test]
fn the_fused_engine_on_the_gpu_agrees_with_the_cpu() {
    let device = support::gpu("the_fused_engine_on_the_gpu_agrees_with_the_cpu");
    let Some(device) = device else { return };
    let split = support::small_split(943, 1_682, 100_000);
    for model in support::ON_GPU {
        let config = Config { epochs: 3, ..Config::usual(model) };
        let gpu = support::train(&split, &config, &device).unwrap();
        agree(&gpu, &support::train(&split, &config, &support::fused()).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_gpu_learns_what_the_cpu_learns_from_any_table(
        (users, items, ratings) in (1..80_usize, 1..80_usize, 2..500_usize),
        (factors, batch_size) in (1..20_usize, 1..200_usize),
        weight_decay in select(&[0.0, 1e-3]),
        model in select(&support::ON_GPU),
        optimizer in select(ModelKind::Mf.optimizers()),
    ) {
        let name = "the_gpu_learns_what_the_cpu_learns_from_any_table";
        let Some(device) = support::gpu(name) else { return Ok(()) };
        let split = support::small_split(users, items, ratings.min(users * items));
        let usual = quick(model);
        let optimizer = if model.is_lab() { optimizer } else { usual.optimizer };
        let epochs = 2;
        let config = Config { factors, batch_size, weight_decay, optimizer, epochs, ..usual };
        let gpu = support::train(&split, &config, &device).unwrap();
        agree(&gpu, &support::train(&split, &config, &support::fused()).unwrap());
    }
}

/// Errors of every epoch that are the same but for rounding.
pub(crate) fn agree(ours: &Trained, theirs: &Trained) {
    let model = ours.config.model;
    assert_eq!(ours.history.len(), theirs.history.len());
    for (a, b) in ours.history.iter().zip(&theirs.history) {
        assert!(
            (a.train_rmse.unwrap() - b.train_rmse.unwrap()).abs() < 1e-4,
            "{model}: {a:?} {b:?}"
        );
        let figures = |of: &EpochReport| [of.test_rmse, of.train_mae, of.test_mae];
        for (a, b) in figures(a).into_iter().zip(figures(b)) {
            let (a, b) = (a.unwrap(), b.unwrap());
            assert!((a - b).abs() < 1e-4, "{model}: {a} {b}");
        }
    }
}

#[test]
fn slices_of_any_length_give_the_same_model() {
    let split = support::small_split(100, 60, 2_000);
    if let Some(gpu) = support::gpu("slices_of_any_length_give_the_same_model") {
        support::ON_GPU.iter().for_each(|model| check_paces(&split, &quick(*model), &gpu));
    }
    for (model, device) in cases() {
        check_paces(&split, &quick(model), &device);
    }
}

fn check_paces(split: &Split, config: &Config, device: &Device) {
    let train = |pace: Pace| {
        pollster::block_on(async {
            let mut run = Run::start(&support::shared(split), config, device).await.unwrap();
            run.set_pace(pace);
            while run.advance().await.unwrap().is_some() {}
            let trained = run.finish().await.unwrap();
            let figures =
                trained.history.iter().map(|report| (report.train_rmse, report.train_mae));
            (trained.weights, figures.collect::<Vec<_>>())
        })
    };
    let whole = train(Pace::default());
    assert_eq!(train(Pace::Batches(1)), whole);
    assert_eq!(train(Pace::Batches(1000)), whole);
}

#[test]
fn a_gpu_tells_its_losses_once_an_epoch_and_in_slow_motion_at_every_batch() {
    const NAME: &str = "a_gpu_tells_its_losses_once_an_epoch_and_in_slow_motion_at_every_batch";
    let Some(gpu) = support::gpu(NAME) else { return };
    let split = support::small_split(100, 60, 2_000);
    let config = quick(ModelKind::Mf);
    let batches = split.train.len().div_ceil(config.batch_size);
    for (pace, told) in [(Pace::Seconds(1e-9), 1), (Pace::Batches(1), batches)] {
        let (mut slices, mut losses) = (0, 0);
        pollster::block_on(async {
            let mut run = Run::start(&support::shared(&split), &config, &gpu).await.unwrap();
            run.set_pace(pace);
            while let Some(event) = run.advance().await.unwrap() {
                let Event::Progress(progress) = event else { continue };
                slices += 1;
                losses += usize::from(progress.loss.is_some());
            }
        });
        assert_eq!(losses, told * config.epochs, "{pace:?}");
        assert!(slices >= batches * config.epochs, "{slices} slices at {pace:?}");
    }
}

#[test]
fn progress_counts_every_rating_once() {
    let split = support::small_split(100, 60, 2_001);
    let (events, _) = support::events(&split, &quick(ModelKind::Mf), &support::fused());
    let mut last = 0;
    let mut epochs = 0;
    for event in events {
        match event {
            Event::Progress(progress) => {
                assert_eq!(progress.epoch, epochs + 1);
                assert_eq!(progress.total, split.train.len());
                assert!(progress.done >= last && progress.done <= progress.total);
                last = progress.done;
            }
            Event::Epoch(report) => {
                epochs += 1;
                assert_eq!((report.epoch, last), (epochs, split.train.len()));
                last = 0;
            }
            Event::Recovered(recovery) => panic!("{recovery:?}"),
        }
    }
    assert_eq!(epochs, 3);
}

#[test]
fn a_run_stopped_in_the_middle_keeps_what_it_learnt() {
    let split = support::small_split(100, 60, 2_000);
    let config = quick(ModelKind::Mf);
    let start = Weights::initial(&config, split.users, split.items);
    let trained = pollster::block_on(async {
        let mut run =
            Run::start(&support::shared(&split), &config, &support::fused()).await.unwrap();
        run.set_pace(Pace::Batches(3));
        run.advance().await.unwrap();
        run.finish().await.unwrap()
    });
    assert!(trained.history.is_empty());
    assert_ne!(trained.weights, start);
    assert!(trained.weights.parameters.iter().all(|p| p.values.iter().all(|v| v.is_finite())));
}

#[test]
fn a_loss_out_of_range_is_an_error_that_keeps_the_last_good_model() {
    let split = support::small_split(100, 60, 2_000);
    let wild = Config { learning_rate: 1e6, epochs: 50, ..quick(ModelKind::DeepMf) };
    let gpu = support::gpu("a_loss_out_of_range_is_an_error_that_keeps_the_last_good_model");
    for device in support::engines().iter().chain(&gpu) {
        assert!(check_divergence(&split, &wild, device, "learning rate") < 50);
    }
    let mut huge = split; // ratings whose squares are beyond f32
    huge.train.values.iter_mut().for_each(|rating| *rating *= 1e20);
    let on_the_gpu = gpu.iter().flat_map(|gpu| ModelKind::LAB.map(|model| (model, gpu.clone())));
    for (model, device) in cases().chain(on_the_gpu) {
        let kept = check_divergence(&huge, &quick(model), &device, "smaller scale");
        assert_eq!(kept, 0, "{model}");
    }
}

#[test]
fn one_user_with_a_hundred_thousand_ratings() {
    const NAME: &str = "one_user_with_a_hundred_thousand_ratings";
    let ratings = |count: u32, step: u32| Ratings {
        users: (0..count).map(|n| UserIndex(u32::from(n % 1_000 == 7))).collect(),
        items: (0..count).map(|n| ItemIndex(n * step % 3_001)).collect(),
        values: (0..count).map(|n| 1.0 + (n % 9) as f32 / 2.0).collect(),
    };
    let split = Split {
        train: ratings(100_000, 7),
        test: ratings(500, 11),
        users: 2,
        items: 3_001,
        ..Split::default()
    };
    for model in support::ON_GPU {
        for &optimizer in model.optimizers() {
            let config = Config { epochs: 1, optimizer, ..Config::usual(model) };
            let cpu = support::train(&split, &config, &support::fused()).unwrap();
            assert!(cpu.history[0].test_rmse.unwrap() < 6.0, "{model}, {optimizer}");
            let has_kernels = optimizer != Optimizer::Als;
            if let Some(gpu) = support::gpu(NAME).filter(|_| has_kernels) {
                agree(&support::train(&split, &config, &gpu).unwrap(), &cpu);
            }
        }
    }
}

/// Trains until the loss is out of range; returns the epoch whose model is kept.
fn check_divergence(split: &Split, config: &Config, device: &Device, cause: &str) -> usize {
    pollster::block_on(async {
        let mut run = Run::start(&support::shared(split), config, device).await.unwrap();
        let error = loop {
            match run.advance().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{} survived", config.model),
                Err(error) => break error,
            }
        };
        let TrainError::Diverged { epoch, kept, .. } = error else { panic!("{error}") };
        assert_eq!(epoch, kept + 1);
        let text = error.to_string();
        assert!(text.contains(&format!("epoch {epoch}")), "{text}");
        assert!(text.contains(cause), "{text}");
        assert_eq!(run.advance().await, Ok(None), "the run is over");
        let trained = run.finish().await.unwrap();
        assert_eq!(trained.history.len(), kept);
        let finite = |p: &trainer::Parameter| p.values.iter().all(|v| v.is_finite());
        assert!(trained.weights.parameters.iter().all(finite), "{}", config.model);
        if kept == 0 {
            let start = Weights::initial(config, split.users, split.items);
            assert_eq!(trained.weights, start, "the initial model is the last good one");
        }
        kept
    })
}

#[test]
fn empty_sets_are_handled() {
    let split = support::small_split(100, 60, 2_000);
    let without_test = Split { test: Ratings::default(), ..split.clone() };
    let trained = support::train(&without_test, &quick(ModelKind::Mf), &support::fused()).unwrap();
    assert!(trained.history.iter().all(|report| report.test_rmse.is_none()));
    let without_train = Split { train: Ratings::default(), ..split };
    let error =
        support::train(&without_train, &quick(ModelKind::Mf), &support::fused()).unwrap_err();
    assert_eq!(error, TrainError::NoRatings);
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let split = support::small_split(100, 60, 2_000);
    let config = quick(ModelKind::DeepMf);
    let foreign = Weights::initial(&config, split.users + 1, split.items);
    let error = pollster::block_on(Run::start_from(
        &foreign,
        &support::shared(&split),
        &config,
        &support::fused(),
    ));
    assert_eq!(error.err(), Some(TrainError::Weights));
}

#[test]
fn predictions_are_those_of_the_test_rmse() {
    let split = support::small_split(100, 60, 2_000);
    for (model, device) in cases() {
        let trained = support::train(&split, &quick(model), &device).unwrap();
        let test = &split.test;
        let predicted = trained.predict(&test.users, &test.items);
        let squared: f64 =
            predicted.iter().zip(&test.values).map(|(p, r)| f64::from(p - r).powi(2)).sum();
        let rmse = (squared / test.len() as f64).sqrt();
        let reported = trained.history.last().unwrap().test_rmse.unwrap();
        assert!((rmse - reported).abs() < 1e-5, "{model}: {rmse} against {reported}");
    }
}

/// The promise of the built-in data: with the lab's settings both models beat always-the-mean by 0.1.
#[test]
fn both_models_beat_always_the_mean_on_the_built_in_data() {
    let sample = sample::generate(&SampleConfig::default());
    let split = Split::random(&sample.table, 0.2, 42).unwrap();
    let always_the_mean = split.test.rmse_of_always(split.train.mean());
    for model in ModelKind::LAB {
        let trained = support::train(&split, &Config::usual(model), &support::fused()).unwrap();
        let rmse = trained.history.last().unwrap().test_rmse.unwrap();
        assert!(rmse < always_the_mean - 0.1, "{model}: {rmse} against {always_the_mean}");
        assert!(rmse > sample.noise_floor, "{model}: {rmse} is below the noise");
    }
}

#[test]
fn a_pace_of_nothing_still_moves() {
    let split = support::small_split(100, 60, 2_000);
    for pace in [Pace::Batches(0), Pace::Seconds(0.0), Pace::Seconds(f64::NAN), Pace::Seconds(-1.0)]
    {
        pollster::block_on(async {
            let config = quick(ModelKind::Mf);
            let mut run =
                Run::start(&support::shared(&split), &config, &support::fused()).await.unwrap();
            run.set_pace(pace);
            run.advance().await.unwrap();
            run.set_pace(Pace::default());
            while run.advance().await.unwrap().is_some() {}
            assert_eq!(run.history().len(), config.epochs, "{pace:?}");
        });
    }
}

#[test]
fn burns_record_reads_back() {
    let split = support::small_split(50, 30, 600);
    for model in ModelKind::LAB {
        let trained = support::train(&split, &quick(model), &support::fused()).unwrap();
        let bytes = trained.to_record().unwrap();
        let read = pollster::block_on(trained.from_record(&bytes)).unwrap();
        assert_eq!(read.weights, trained.weights, "{model}");
        let torn = pollster::block_on(trained.from_record(&bytes[..bytes.len() / 2]));
        assert!(torn.is_err(), "{model}: half a record");
    }
}
