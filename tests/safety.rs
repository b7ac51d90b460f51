//! What a run does when it has no room, and when its GPU fails.

use std::time::Duration;

use ratings::Split;
use trainer::{
    Config, Device, Event, ModelKind, Pace, Part, Recovery, Run, TrainError, Trained, Weights,
};

use crate::support;

fn quick(model: ModelKind) -> Config {
    Config { epochs: 3, factors: 5, batch_size: 256, learning_rate: 0.01, ..Config::usual(model) }
}

#[test]
fn a_run_without_room_is_refused_with_the_way_out() {
    let split = support::small_split(1_000, 2_000, 6_000);
    let gpu = support::gpu("a_run_without_room_is_refused_with_the_way_out");
    let engines = support::engines().map(|device| (device, &ModelKind::LAB[..]));
    let gpu = gpu.map(|device| (device, &support::ON_GPU[..]));
    for (device, models) in engines.into_iter().chain(gpu) {
        for &model in models {
            let config = Config { factors: 128, ..quick(model) };
            let limit = if model.is_lab() { 12 << 20 } else { 6 << 20 }; // no moments
            let small = device.clone().with_memory(limit);
            let refused = support::train(&split, &config, &small).unwrap_err();
            let TrainError::TooLarge(why) = &refused else { panic!("{refused}") };
            assert_eq!((why.what, why.limit), (Part::Memory, limit));
            let factors = why.fitting.unwrap();
            assert!(refused.to_string().contains(&format!("at most {factors} factors")));
            let fitting = Config { factors, epochs: 0, ..config.clone() };
            assert_eq!(support::train(&split, &fitting, &small).err(), None);
            let beyond = Config { factors: factors + 1, ..fitting };
            assert!(support::train(&split, &beyond, &small).is_err(), "{model}, {factors}");
            let tiny = device.clone().with_memory(1 << 10);
            let hopeless = support::train(&split, &config, &tiny).unwrap_err().to_string();
            assert!(hopeless.contains("train on fewer ratings"), "{hopeless}");
        }
    }
}

/// burn keeps what a wide network makes of every rating of a batch.
#[test]
fn batches_without_room_are_refused_with_those_that_have_it() {
    let split = support::small_split(400, 300, 20_000);
    let wide = Config { hidden: vec![512, 512], batch_size: 65_536, ..quick(ModelKind::DeepMf) };
    let limited = support::reference().with_memory(64 << 20);
    let Err(refused) = support::train(&split, &wide, &limited) else { panic!("it has no room") };
    let TrainError::TooLarge(why) = &refused else { panic!("{refused}") };
    assert!(why.bytes > 128 << 20, "{why:?}");
    let batch_size = why.batch.unwrap();
    assert!(refused.to_string().contains(&format!("batches of {batch_size}")), "{refused}");
    let fitting = Config { batch_size, epochs: 0, ..wide };
    assert_eq!(support::train(&split, &fitting, &limited).err(), None);
    let twice = Config { batch_size: 2 * batch_size, ..fitting };
    assert!(support::train(&split, &twice, &limited).is_err());
}

/// Else these weights, eight terabytes, would end the program.
#[test]
fn a_run_without_room_is_refused_before_it_takes_any() {
    let split = Split { users: 2_000_000_000, ..support::small_split(100, 60, 2_000) };
    let config = Config { factors: 1_000, ..quick(ModelKind::Mf) };
    let refused = support::train(&split, &config, &support::fused().with_memory(1 << 30));
    assert!(matches!(refused, Err(TrainError::TooLarge(_))));
}

/// Every thread fills up its columns of all rows.
#[test]
fn where_many_threads_have_no_room_fewer_train() {
    let split = support::small_split(20_000, 9_000, 6_000);
    let config = Config { factors: 16, batch_size: 1_024, epochs: 1, ..quick(ModelKind::Mf) };
    let one = support::fused().with_threads(1);
    let refused = support::train(&split, &config, &one.clone().with_memory(1)).unwrap_err();
    let TrainError::TooLarge(why) = &refused else { panic!("{refused}") };
    let eight = support::fused().with_threads(8).with_memory(why.bytes);
    let same = support::train(&split, &config, &eight).expect("one of eight threads has room");
    assert_eq!(same.weights, support::train(&split, &config, &one).unwrap().weights);
    let less = eight.with_memory(why.bytes - 1);
    assert!(support::train(&split, &config, &less).is_err());
}

#[test]
fn tables_beyond_a_gpus_are_refused_with_the_way_out() {
    let Some(gpu) = support::gpu("tables_beyond_a_gpus_are_refused_with_the_way_out") else {
        return;
    };
    let split = Split { users: 900_000, items: 100_000, ..support::small_split(100, 60, 2_000) };
    // MF has moments; the descent fills its rows up, and has a table for either side.
    for (model, fitting, mib) in [(ModelKind::Mf, 16, 763), (ModelKind::BiasedMf, 30, 357)] {
        let config = Config { factors: 100, ..Config::usual(model) };
        let refused = support::train(&split, &config, &gpu).unwrap_err();
        let TrainError::TooLarge(why) = &refused else { panic!("{refused}") };
        assert_eq!((why.what, why.limit, why.fitting), (Part::Binding, 128 << 20, Some(fitting)));
        let text = refused.to_string();
        assert!(text.contains(&format!("{mib} MiB")) && text.contains("128 MiB"), "{text}");
    }
}

#[test]
fn tables_beyond_a_gpus_send_a_run_of_the_programs_choice_to_the_cpu() {
    let name = "tables_beyond_a_gpus_send_a_run_of_the_programs_choice_to_the_cpu";
    let Some(gpu) = support::gpu(name) else { return };
    let chosen = gpu.impatient(Duration::from_secs(60)).with_threads(1);
    let split = Split { users: 900_000, items: 100_000, ..support::small_split(100, 60, 2_000) };
    let config = Config { factors: 17, ..quick(ModelKind::Mf) };
    let event = pollster::block_on(async {
        let mut run = Run::start(&support::shared(&split), &config, &chosen).await.unwrap();
        run.advance().await.unwrap()
    });
    let Some(Event::Recovered(recovery)) = event else { panic!("{event:?}") };
    assert_eq!(recovery.device, "CPU");
    assert!(recovery.cause.contains("128 MiB"), "{}", recovery.cause);
}

#[test]
fn a_lost_gpu_does_not_change_the_result() {
    let Some(device) = support::gpu("a_lost_gpu_does_not_change_the_result") else { return };
    let split = support::small_split(100, 60, 2_000);
    for model in support::ON_GPU {
        let config = Config { epochs: 4, ..quick(model) };
        let undisturbed = support::train(&split, &config, &device).unwrap();
        let (trained, recoveries) = losing(&split, &config, &device, 2);
        let trained = trained.unwrap();
        assert_eq!(recoveries.len(), 2);
        assert!(recoveries.iter().all(|of| of.cause.contains("lost")), "{recoveries:?}");
        let epochs: Vec<usize> = recoveries.iter().map(|of| of.epochs).collect();
        assert_eq!(epochs, [1, 2], "it goes on from the copy of the epoch before, moments and all");
        assert_eq!(trained.weights, undisturbed.weights, "{model}");
        assert_eq!(trained.history.len(), 4);
        let rmse = |trained: &Trained| {
            trained.history.iter().map(|report| report.test_rmse).collect::<Vec<_>>()
        };
        assert_eq!(rmse(&trained), rmse(&undisturbed), "{model}");
    }
}

#[test]
fn a_gpu_lost_too_often_stops_the_run_and_leaves_the_model() {
    const NAME: &str = "a_gpu_lost_too_often_stops_the_run_and_leaves_the_model";
    let Some(device) = support::gpu(NAME) else { return };
    let split = support::small_split(100, 60, 2_000);
    for model in [ModelKind::Mf, ModelKind::BiasedMf] {
        let config = Config { epochs: 6, ..quick(model) };
        let (stopped, recoveries) = losing(&split, &config, &device, 3);
        assert_eq!(recoveries.len(), 2);
        let trained = stopped.unwrap_err();
        let start = Weights::initial(&config, split.users, split.items);
        assert!(trained.history.len() < 4);
        assert_eq!(trained.weights == start, trained.history.is_empty());
    }
}

/// Loses the GPU after each of the first `times` epochs. The model of a run that stops is the error.
fn losing(
    split: &Split,
    config: &Config,
    device: &Device,
    times: usize,
) -> (Result<Trained, Trained>, Vec<Recovery>) {
    pollster::block_on(async {
        let mut run = Run::start(&support::shared(split), config, device).await.unwrap();
        // Else an epoch may be over before its GPU is lost, and nothing notices.
        run.set_pace(Pace::Batches(1));
        let mut recoveries = Vec::new();
        let mut lost = 0;
        loop {
            match run.advance().await {
                Ok(Some(Event::Epoch(_))) if lost < times => {
                    lost += 1;
                    run.advance().await.unwrap(); // a slice of the next epoch
                    run.lose_device();
                }
                Ok(Some(Event::Recovered(recovery))) => recoveries.push(recovery),
                Ok(Some(_)) => {}
                Ok(None) => return (Ok(run.finish().await.unwrap()), recoveries),
                Err(TrainError::Device(_)) => {
                    return (Err(run.finish().await.unwrap()), recoveries);
                }
                Err(error) => panic!("{error}"),
            }
        }
    })
}

#[test]
fn a_gpu_that_never_answers_is_given_up_for_the_cpu() {
    let name = "a_gpu_that_never_answers_is_given_up_for_the_cpu";
    let Some(device) = support::gpu(name) else { return };
    let device = device.impatient(Duration::ZERO);
    let split = support::small_split(943, 1_682, 100_000);
    // An epoch at once, which takes a GPU longer than no time, and slices that bring nothing back.
    let whole = Pace::Batches(1_000);
    let cases =
        [(ModelKind::Mf, whole), (ModelKind::BiasedMf, whole), (ModelKind::Mf, Pace::default())];
    for (model, pace) in cases {
        let config = Config { epochs: 1, factors: 32, ..quick(model) };
        let mut recoveries = Vec::new();
        let trained = pollster::block_on(async {
            let mut run = Run::start(&support::shared(&split), &config, &device).await.unwrap();
            run.set_pace(pace);
            while let Some(event) = run.advance().await.unwrap() {
                if let Event::Recovered(recovery) = event {
                    recoveries.push(recovery);
                }
            }
            run.finish().await.unwrap()
        });
        let gpu = device.name();
        let devices: Vec<&str> = recoveries.iter().map(|of| of.device.as_str()).collect();
        let expected: &[&str] = match model {
            ModelKind::BiasedMf => &["CPU"], // its kernel's test is not answered either
            _ => &[gpu, gpu, "CPU"],
        };
        assert_eq!(devices, expected, "{model}: two new connections, then the CPU");
        for recovery in &recoveries {
            assert!(recovery.cause.contains("does not finish its work"), "{}", recovery.cause);
            assert_eq!(recovery.epochs, 0);
        }
        let on_the_cpu = support::train(&split, &config, &support::fused()).unwrap();
        assert_eq!(trained.weights, on_the_cpu.weights, "{model}");
    }
}
