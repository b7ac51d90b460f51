//! Gradient descent, one rating at a time, on a GPU: what it has beside the other kernels.

use std::time::Duration;

use ratings::{ItemIndex, Ratings, Split, UserIndex};
use trainer::{
    Config, Descent, DeviceKind, EngineChoice, EngineKind, Link, ModelKind, NoKernels, Optimizer,
    Penalty, Run, Schedule, TrainError, Weights,
};

use crate::{support, training::agree};

fn config(descent: Descent) -> Config {
    Config { epochs: 3, factors: 7, descent, ..Config::usual(ModelKind::BiasedMf) }
}

/// Every link, schedule and penalty.
fn descents() -> impl Iterator<Item = Descent> {
    let links = Link::ALL.into_iter();
    let all = links.flat_map(|link| Schedule::ALL.map(|schedule| (link, schedule)));
    let all = all.flat_map(|(link, schedule)| Penalty::ALL.map(|of| (link, schedule, of)));
    all.map(|(link, schedule, penalty)| Descent { link, schedule, penalty })
}

#[test]
fn a_gpu_descends_as_the_cpu_does_in_every_way() {
    let Some(gpu) = support::gpu("a_gpu_descends_as_the_cpu_does_in_every_way") else { return };
    let split = support::small_split(300, 200, 10_000);
    let mut last = None;
    for descent in descents() {
        let ours = support::train(&split, &config(descent), &gpu).unwrap();
        let cpu = support::train(&split, &config(descent), &support::fused()).unwrap();
        agree(&ours, &cpu);
        let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
        for (ours, cpu) in ours.weights.parameters.iter().zip(&cpu.weights.parameters) {
            assert!(close(&ours.values, &cpu.values), "{descent:?}: {}", ours.name);
        }
        assert!(last.replace(ours.weights.clone()) != Some(ours.weights), "{descent:?}");
    }
}

/// One cell holds all of them, in more dispatches than one.
#[test]
fn one_user_who_rates_one_item_again_and_again() {
    let Some(gpu) = support::gpu("one_user_who_rates_one_item_again_and_again") else { return };
    let ratings = |count: u32| Ratings {
        users: vec![UserIndex(0); count as usize],
        items: vec![ItemIndex(0); count as usize],
        values: (0..count).map(|n| 1.0 + (n * 7 % 9) as f32 / 2.0).collect(),
    };
    let train = ratings(40_000);
    let split = Split { train, test: ratings(9), users: 1, items: 1, ..Split::default() };
    let config = config(Descent::default());
    let cpu = support::train(&split, &config, &support::fused()).unwrap();
    agree(&support::train(&split, &config, &gpu).unwrap(), &cpu);
}

#[test]
fn a_descent_out_of_range_keeps_the_last_good_model() {
    const NAME: &str = "a_descent_out_of_range_keeps_the_last_good_model";
    let Some(gpu) = support::gpu(NAME) else { return };
    let split = support::small_split(100, 60, 2_000);
    let split = support::shared(&split);
    let tame = config(Descent::default());
    pollster::block_on(async {
        let mut run = Run::start(&split, &tame, &gpu).await.unwrap();
        while run.history().is_empty() {
            run.advance().await.unwrap();
        }
        let (good, _) = run.checkpoint().await.unwrap();
        run.tune(1e6, 0.0).unwrap();
        let error = loop {
            match run.advance().await {
                Ok(event) => assert!(event.is_some(), "it survived"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, TrainError::Diverged { epoch: 2, kept: 1, .. }), "{error}");
        let left = run.finish().await.unwrap();
        assert_eq!((left.weights, left.history), (good.weights, good.history));
    });
}

/// The numbers in the middle of an epoch, which the device alone has, are handed over.
#[test]
fn a_descent_stopped_in_the_middle_of_an_epoch_keeps_what_it_learnt() {
    const NAME: &str = "a_descent_stopped_in_the_middle_of_an_epoch_keeps_what_it_learnt";
    let Some(gpu) = support::gpu(NAME) else { return };
    let split = support::small_split(100, 60, 2_000);
    let config = config(Descent::default());
    let stopped = |device| {
        pollster::block_on(async {
            let mut run = Run::start(&support::shared(&split), &config, device).await.unwrap();
            run.set_pace(trainer::Pace::Batches(5));
            run.advance().await.unwrap();
            run.finish().await.unwrap().weights
        })
    };
    let (ours, cpu) = (stopped(&gpu), stopped(&support::fused()));
    let start = Weights::initial(&config, split.users, split.items);
    assert_ne!(ours.parameters[0], start.parameters[0]);
    for (ours, cpu) in ours.parameters.iter().zip(&cpu.parameters) {
        let mut pairs = ours.values.iter().zip(&cpu.values);
        assert!(pairs.all(|(a, b)| (a - b).abs() < 1e-5), "{}", ours.name);
    }
}

#[test]
fn a_gpu_is_taken_for_it_where_one_is_asked_for_and_for_nothing_else_that_trains_itself() {
    const NAME: &str =
        "a_gpu_is_taken_for_it_where_one_is_asked_for_and_for_nothing_else_that_trains_itself";
    let Some(gpu) = support::gpu(NAME) else { return };
    let usual = Config::usual(ModelKind::BiasedMf);
    assert_eq!(gpu.engine(&usual), Ok(EngineKind::Fused));
    assert_eq!(gpu.clone().suited_to(&usual).kind(), DeviceKind::Gpu);
    let auto = gpu.clone().impatient(Duration::from_secs(60)).suited_to(&usual);
    assert_eq!(auto.kind(), DeviceKind::Cpu);
    assert_eq!(auto.reason(), "a GPU trains this model only where it is asked for");

    let wide = Config { factors: 129, ..usual.clone() };
    assert_eq!(gpu.engine(&wide), Err(NoKernels::Sizes));
    let by_burn = gpu.clone().with_engine(EngineChoice::Autodiff);
    assert_eq!(by_burn.engine(&usual), Err(NoKernels::Model));
    let others = ModelKind::ALL.into_iter().filter(|model| !model.in_batches());
    let others = others.flat_map(|model| model.optimizers().iter().map(move |by| (model, *by)));
    for (model, optimizer) in others.filter(|of| *of != (usual.model, Optimizer::Sgd)) {
        let config = Config { optimizer, ..Config::usual(model) };
        assert_eq!(gpu.engine(&config), Err(NoKernels::Model), "{model} by {optimizer}");
        let auto = gpu.clone().impatient(Duration::from_secs(60)).suited_to(&config);
        assert_eq!(auto.reason(), "only the CPU trains this model");
    }
}
