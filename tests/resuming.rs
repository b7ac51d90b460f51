//! Runs that are left and taken up again, and runs whose settings change under way.

use ratings::Split;
use trainer::{
    Config, Descent, Device, Event, ModelKind, Objective, Optimizer, OptimizerState, Pace,
    Posterior, Run, Schedule, TrainError, Trained,
};

use crate::support;

fn config(model: ModelKind, optimizer: Optimizer) -> Config {
    let usual = Config::usual(model);
    Config {
        epochs: 6,
        factors: usual.factors.min(5),
        batch_size: 64,
        learning_rate: 0.01,
        optimizer,
        ..usual
    }
}

/// Every engine that is at hand, with every model and optimiser that it has.
fn cases(test: &str) -> Vec<(Device, Config)> {
    let on = |device: &Device, optimizer| {
        ModelKind::LAB.map(|model| (device.clone(), config(model, optimizer))).to_vec()
    };
    let fused = [Some(support::fused()), support::gpu(test)];
    let sparse = fused.iter().flatten().flat_map(|device| on(device, Optimizer::SparseAdam));
    let dense = fused
        .iter()
        .flatten()
        .chain([&support::reference()])
        .flat_map(|device| on(device, Optimizer::Adam))
        .collect::<Vec<_>>();
    let neural =
        ModelKind::NEURAL.map(|model| (support::reference(), config(model, Optimizer::Adam)));
    let ranking = neural
        .clone()
        .map(|(device, config)| (device, Config { objective: Objective::Ranking, ..config }));
    let descent = fused[1].iter().flat_map(|gpu| {
        Schedule::ALL.map(|schedule| {
            let descent = Descent { schedule, ..Descent::default() };
            (gpu.clone(), Config { descent, ..config(ModelKind::BiasedMf, Optimizer::Sgd) })
        })
    });
    sparse.chain(dense).chain(neural).chain(ranking).chain(descent).chain(learners()).collect()
}

/// Every model that trains itself, with every optimiser and schedule that it has; chains that keep
/// so few draws that some go for others.
fn learners() -> impl Iterator<Item = (Device, Config)> {
    let posterior = Posterior { burn_in: 1, samples: 3 };
    let models = ModelKind::ALL.into_iter().filter(|model| !model.in_batches());
    let optimized = models.flat_map(move |model| {
        let of = |optimizer| Config { posterior, ..config(model, optimizer) };
        model.optimizers().iter().map(|optimizer| of(*optimizer)).collect::<Vec<_>>()
    });
    let scheduled = optimized.flat_map(|config| {
        let schedules = match config.optimizer {
            Optimizer::Sgd => &Schedule::ALL[..],
            _ => &[Schedule::Constant],
        };
        let descent = config.descent;
        let of = |schedule| Config { descent: Descent { schedule, ..descent }, ..config.clone() };
        schedules.iter().map(|schedule| of(*schedule)).collect::<Vec<_>>()
    });
    scheduled.map(|config| (support::fused(), config))
}

/// The numbers on which a later bit may depend, and those that are reported.
fn outcome(trained: &Trained) -> (&trainer::Weights, Vec<[Option<f64>; 3]>) {
    let figures = |of: &trainer::EpochReport| [of.train(), of.test(), of.train_mae];
    (&trained.weights, trained.history.iter().map(figures).collect())
}

#[test]
fn three_epochs_and_three_more_are_six() {
    let split = support::small_split(100, 60, 2_000);
    for (device, config) in cases("three_epochs_and_three_more_are_six") {
        let whole = support::train(&split, &config, &device).unwrap();
        let three = Config { epochs: 3, ..config.clone() };
        let (mut trained, optimizer) = left_after(&split, &three, &device, usize::MAX);
        assert_eq!(trained.history.len(), 3);
        trained.config.epochs = 6;
        let again = resumed(trained, optimizer, &split, &device);
        assert!(outcome(&again) == outcome(&whole), "{} {config:?}", device.name());
    }
}

#[test]
fn a_run_left_in_the_middle_of_an_epoch_goes_on_with_the_same_bits() {
    let split = support::small_split(100, 60, 2_000);
    const NAME: &str = "a_run_left_in_the_middle_of_an_epoch_goes_on_with_the_same_bits";
    for (device, config) in cases(NAME) {
        let config = Config { epochs: 3, ..config };
        let whole = support::train(&split, &config, &device).unwrap();
        // An epoch is 25 batches: in the first, before and after its test, in the second.
        for slices in [1, 4, 8, 9, 10, 13] {
            let (trained, optimizer) = left_after(&split, &config, &device, slices);
            let again = resumed(trained, optimizer, &split, &device);
            assert!(outcome(&again) == outcome(&whole), "{slices} {} {config:?}", device.name());
        }
    }
}

/// Between the ends of epochs a GPU keeps the errors of its batches to itself.
#[test]
fn what_a_gpu_holds_is_told_at_a_checkpoint_and_when_the_pace_changes() {
    const NAME: &str = "what_a_gpu_holds_is_told_at_a_checkpoint_and_when_the_pace_changes";
    let Some(gpu) = support::gpu(NAME) else { return };
    let split = support::small_split(100, 60, 2_000);
    for model in ModelKind::LAB {
        let config = Config { epochs: 2, ..config(model, Optimizer::Adam) };
        let whole = support::train(&split, &config, &gpu).unwrap();
        // An epoch is 25 batches, each a slice.
        for slices in [1, 7, 24, 25, 30] {
            let (left, went_on) = pollster::block_on(async {
                let mut run = Run::start(&support::shared(&split), &config, &gpu).await.unwrap();
                run.set_pace(Pace::Seconds(1e-9));
                for _ in 0..slices {
                    run.advance().await.unwrap();
                }
                let left = run.checkpoint().await.unwrap();
                run.advance().await.unwrap();
                run.set_pace(Pace::Batches(3));
                while run.advance().await.unwrap().is_some() {}
                (left, run.finish().await.unwrap())
            });
            assert!(outcome(&went_on) == outcome(&whole), "{model} after {slices}");
            let again = resumed(left.0, left.1, &split, &gpu);
            assert!(outcome(&again) == outcome(&whole), "{model} resumed after {slices}");
        }
    }
}

#[test]
fn a_checkpoint_changes_no_bit() {
    let split = support::small_split(100, 60, 2_000);
    for (device, config) in cases("a_checkpoint_changes_no_bit") {
        let whole = support::train(&split, &config, &device).unwrap();
        let watched = pollster::block_on(async {
            let mut run = started(&split, &config, &device).await;
            while run.advance().await.unwrap().is_some() {
                run.checkpoint().await.unwrap();
            }
            run.finish().await.unwrap()
        });
        assert!(outcome(&watched) == outcome(&whole), "{} {config:?}", device.name());
    }
}

#[test]
fn threads_may_change_between_two_parts() {
    let split = support::small_split(100, 60, 2_000);
    for model in ModelKind::LAB {
        // Enough for each of four threads.
        let config = Config { batch_size: 512, factors: 10, ..config(model, Optimizer::Adam) };
        let whole = support::train(&split, &config, &support::fused().with_threads(1)).unwrap();
        let (trained, optimizer) =
            left_after(&split, &config, &support::fused().with_threads(4), 3);
        let again = resumed(trained, optimizer, &split, &support::fused().with_threads(2));
        assert!(outcome(&again) == outcome(&whole), "{model}");
    }
}

#[test]
fn a_checkpoint_of_other_ratings_is_refused() {
    let split = support::small_split(100, 60, 2_000);
    let config = config(ModelKind::Mf, Optimizer::Adam);
    let device = support::fused();
    let (trained, optimizer) = left_after(&split, &config, &device, 10);
    let fewer = support::small_split(100, 60, 1_000);
    let more = support::small_split(120, 60, 2_000);
    for (other, steps) in [(&fewer, true), (&more, false)] {
        let other = support::shared(other);
        let run = Run::resume(trained.clone(), optimizer.clone(), &other, &device);
        let error = pollster::block_on(run).err().unwrap();
        assert_eq!(matches!(error, TrainError::OtherSplit { .. }), steps, "{error}");
        assert_eq!(matches!(error, TrainError::Weights), !steps, "{error}");
    }
}

/// Without it, an epoch that is over would be one under way, or not be counted.
#[test]
fn a_history_that_was_lost_is_refused() {
    let split = support::shared(&support::small_split(100, 60, 2_000));
    let device = support::fused();
    for (model, optimizer) in
        [(ModelKind::Mf, Optimizer::Adam), (ModelKind::BiasedMf, Optimizer::Sgd)]
    {
        for epochs in [1, 2] {
            let config = Config { epochs, ..config(model, optimizer) };
            let (mut trained, optimizer) = left_after(&split, &config, &device, usize::MAX);
            assert_eq!((trained.history.len(), optimizer.steps > 0), (epochs, true));
            trained.history.clear();
            let run = pollster::block_on(Run::resume(trained, optimizer, &split, &device));
            let error = run.err().expect("no epoch is known");
            assert!(matches!(error, TrainError::OtherSplit { .. }), "{error}");
        }
    }
}

#[test]
fn a_checkpoint_after_a_divergence_is_the_last_good_model() {
    let split = support::small_split(100, 60, 2_000);
    let wild = Config { learning_rate: 1e6, ..config(ModelKind::DeepMf, Optimizer::Adam) };
    for device in support::engines() {
        let (trained, optimizer) = pollster::block_on(async {
            let mut run = started(&split, &wild, &device).await;
            while run.advance().await.is_ok_and(|event| event.is_some()) {}
            run.checkpoint().await.unwrap()
        });
        let finite = |of: &trainer::Parameter| of.values.iter().all(|value| value.is_finite());
        assert!(trained.weights.parameters.iter().all(finite));
        assert_eq!(optimizer.steps, 25 * trained.history.len() as u64);
    }
}

#[test]
fn tuning_to_the_same_values_changes_no_bit() {
    let split = support::small_split(100, 60, 2_000);
    for (device, config) in cases("tuning_to_the_same_values_changes_no_bit") {
        let whole = support::train(&split, &config, &device).unwrap();
        let Config { learning_rate, weight_decay, .. } = config;
        let tuned = tuning(&split, &config, &device, |_| (learning_rate, weight_decay));
        assert!(outcome(&tuned) == outcome(&whole), "{} {config:?}", device.name());
    }
}

/// Rows that wait have steps of both values before them.
#[test]
fn tuning_gives_the_same_bits_for_any_number_of_threads() {
    let split = support::small_split(100, 60, 2_000);
    let values = |slice: usize| (0.01 / (1 + slice) as f64, 1e-4 * slice as f64);
    for model in ModelKind::LAB {
        for &optimizer in model.optimizers() {
            let config = Config { batch_size: 512, factors: 10, ..config(model, optimizer) };
            let [one, four] = [1, 4].map(|threads| {
                tuning(&split, &config, &support::fused().with_threads(threads), values)
            });
            assert!(outcome(&one) == outcome(&four), "{model} {optimizer}");
            let untuned = support::train(&split, &config, &support::fused()).unwrap();
            assert!(outcome(&one) != outcome(&untuned), "{model} {optimizer}: it must matter");
        }
    }
}

#[test]
fn engines_agree_on_a_run_that_is_tuned() {
    let split = support::small_split(100, 60, 2_000);
    // At the ends of epochs, where no slice is under way on a GPU.
    let tuned = |device: &Device, config: &Config| {
        pollster::block_on(async {
            let mut run = started(&split, config, device).await;
            while let Some(event) = run.advance().await.unwrap() {
                if let Event::Epoch(report) = event {
                    run.tune(0.02 / report.epoch as f64, 1e-3 * report.epoch as f64).unwrap();
                }
            }
            run.finish().await.unwrap()
        })
    };
    let test = "engines_agree_on_a_run_that_is_tuned";
    for model in ModelKind::LAB {
        let config = Config { epochs: 3, ..config(model, Optimizer::Adam) };
        let fused = tuned(&support::fused(), &config);
        for device in [Some(support::reference()), support::gpu(test)].iter().flatten() {
            for (a, b) in tuned(device, &config).history.iter().zip(&fused.history) {
                assert!(
                    (a.train_rmse.unwrap() - b.train_rmse.unwrap()).abs() < 1e-4,
                    "{model}: {a:?} {b:?}"
                );
            }
        }
        assert_eq!((fused.config.learning_rate, fused.config.weight_decay), (0.02 / 3.0, 3e-3));
    }
}

#[test]
fn a_value_out_of_range_is_refused_and_changes_nothing() {
    let split = support::small_split(100, 60, 2_000);
    let config = config(ModelKind::Mf, Optimizer::Adam);
    pollster::block_on(async {
        let mut run = started(&split, &config, &support::fused()).await;
        for (rate, decay, setting) in [
            (f64::NAN, 0.0, "learning rate"),
            (0.0, 0.0, "learning rate"),
            (0.1, -1.0, "weight decay"),
        ] {
            assert_eq!(run.tune(rate, decay).unwrap_err().setting, setting);
        }
        assert_eq!(run.finish().await.unwrap().config, config);
    });
}

async fn started(split: &Split, config: &Config, device: &Device) -> Run {
    let mut run = Run::start(&support::shared(split), config, device).await.unwrap();
    run.set_pace(Pace::Batches(4));
    run
}

/// Trains with other values in every slice.
fn tuning(
    split: &Split,
    config: &Config,
    device: &Device,
    values: impl Fn(usize) -> (f64, f64),
) -> Trained {
    pollster::block_on(async {
        let mut run = started(split, config, device).await;
        for slice in 0.. {
            let (learning_rate, weight_decay) = values(slice);
            run.tune(learning_rate, weight_decay).unwrap();
            if run.advance().await.unwrap().is_none() {
                break;
            }
        }
        run.finish().await.unwrap()
    })
}

/// A checkpoint after so many slices, or at the end.
fn left_after(
    split: &Split,
    config: &Config,
    device: &Device,
    slices: usize,
) -> (Trained, OptimizerState) {
    pollster::block_on(async {
        let mut run = started(split, config, device).await;
        for _ in 0..slices {
            if run.advance().await.unwrap().is_none() {
                break;
            }
        }
        run.checkpoint().await.unwrap()
    })
}

fn resumed(trained: Trained, optimizer: OptimizerState, split: &Split, device: &Device) -> Trained {
    pollster::block_on(async {
        let split = support::shared(split);
        let mut run = Run::resume(trained, optimizer, &split, device).await.unwrap();
        while run.advance().await.unwrap().is_some() {}
        run.finish().await.unwrap()
    })
}
