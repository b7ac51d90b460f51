//! What the worker promises, asked as the page asks it.

use protocol::{DataReport, News, Request, Settings, Started};
use ratings::Split;
use ratings::sample::{self, SampleConfig};
use trainer::{
    Config, DeviceChoice, DeviceKind, EngineChoice, EngineKind, EpochReport, Event, ModelFile,
    ModelKind, Trained,
};

use super::browser;
use super::link::Link;
use super::webdriver::{NO_GPU, SWIFTSHADER};
use crate::support;

const SMALL: SampleConfig = SampleConfig { users: 80, items: 60, ratings: 1_920, seed: 7 };

fn settings(model: ModelKind, epochs: usize, device: DeviceChoice) -> Settings {
    Settings {
        config: Config { epochs, ..Config::usual(model) },
        test_share: 0.2,
        split_seed: 42,
        validation_share: 0.0,
        patience: None,
        device,
        engine: EngineChoice::Auto,
    }
}

fn make_up(link: &mut Link, config: SampleConfig) -> DataReport {
    link.ask(&Request::Sample { config });
    link.wait(|news| match news {
        News::Data(report) => Some((**report).clone()),
        _ => None,
    })
}

fn started(link: &mut Link) -> Started {
    link.wait(|news| match news {
        News::Started(started) => Some((**started).clone()),
        _ => None,
    })
}

fn start(link: &mut Link, settings: &Settings) -> Started {
    link.ask(&Request::Start { settings: settings.clone() });
    started(link)
}

fn next_epoch(link: &mut Link) -> EpochReport {
    link.wait(|news| match news {
        News::Event(Event::Epoch(report)) => Some(report.clone()),
        News::Event(Event::Recovered(recovery)) => panic!("{recovery:?}"),
        _ => None,
    })
}

/// Waits for news that holds the run; gives the number of slices before.
fn held(link: &mut Link) -> usize {
    let mut slices = 0;
    link.wait(|news| {
        slices += usize::from(matches!(news, News::Event(Event::Progress(_))));
        matches!(news, News::Held { held: true }).then_some(())
    });
    slices
}

fn finished(link: &mut Link) -> usize {
    link.wait(|news| match news {
        News::Finished { epochs, .. } => Some(*epochs),
        _ => None,
    })
}

fn exported(link: &mut Link) -> ModelFile {
    link.ask(&Request::Export);
    link.wait(|news| matches!(news, News::Exported { .. }).then_some(()));
    ModelFile::from_bytes(&link.attached()).expect("a model file")
}

/// The same run, made by this process.
fn train_here(sample: SampleConfig, settings: &Settings) -> Trained {
    let table = sample::generate(&sample).table;
    let split = Split::random(&table, settings.test_share, settings.split_seed).unwrap();
    let engine = settings.engine;
    let device = support::fused().with_engine(engine);
    support::train(&split, &settings.config, &device).unwrap()
}

fn assert_close(there: &[EpochReport], here: &[EpochReport], tolerance: f64) {
    assert_eq!(there.len(), here.len());
    for (there, here) in there.iter().zip(here) {
        let test = |report: &EpochReport| report.test_rmse.expect("a test set");
        let pairs =
            [(there.train_rmse.unwrap(), here.train_rmse.unwrap()), (test(there), test(here))];
        for (there, here) in pairs {
            let difference = (there - here).abs();
            assert!(difference <= tolerance * here, "{there} in the browser, {here} here");
        }
    }
}

#[test]
fn the_fused_engine_gives_the_desktops_bits_on_the_cpu() {
    let test = "the_fused_engine_gives_the_desktops_bits_on_the_cpu";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&page.blank());
    let mut link = Link::open(&browser, "worker");
    let reason = link.wait(|news| match news {
        News::Ready { device } => Some((device.kind, device.reason.clone())),
        _ => None,
    });
    assert_eq!(reason.0, DeviceKind::Cpu);
    assert!(reason.1.starts_with("no WebGPU: "), "{reason:?}");
    let (done, total) = link.loaded();
    assert!(done == total && total > 1 << 20, "{done} of {total} bytes");

    let sample = SampleConfig::of_size(100_000, SampleConfig::SEED);
    let report = make_up(&mut link, sample);
    assert_eq!((report.statistics.ratings, report.first_rows.len()), (100_000, 10));
    for model in ModelKind::LAB {
        let settings = settings(model, 10, DeviceChoice::Auto);
        let started = start(&mut link, &settings);
        assert_eq!(started.device.kind, DeviceKind::Cpu);
        assert_eq!(started.engine, EngineKind::Fused);
        let mean = started.mean_rmse.expect("a test set");
        let biases = started.biases_rmse.expect("a test set");
        assert!(0.5 < biases && biases < mean, "{biases} by biases alone, {mean} by the mean");
        link.ask(&Request::Play);
        assert_eq!(finished(&mut link), 10);
        let there = exported(&mut link);
        let here = train_here(sample, &settings);
        assert!(there.trained.weights == here.weights, "{model}: other bits than the desktop's");
        assert_close(&there.trained.history, &here.history, 0.0);
    }
}

#[test]
fn burn_trains_on_the_cpu_of_a_browser() {
    let Some((browser, page)) = browser("burn_trains_on_the_cpu_of_a_browser", &NO_GPU) else {
        return;
    };
    browser.open(&page.blank());
    let mut link = Link::open(&browser, "worker-autodiff");
    make_up(&mut link, SMALL);
    let mut settings = settings(ModelKind::Mf, 3, DeviceChoice::Cpu);
    settings.engine = EngineChoice::Autodiff;
    assert_eq!(start(&mut link, &settings).engine, EngineKind::Autodiff);
    link.ask(&Request::Play);
    let there = [0; 3].map(|_| next_epoch(&mut link));
    assert_close(&there, &train_here(SMALL, &settings).history, 1e-5);

    // The program without burn says so.
    let mut link = Link::open(&browser, "worker");
    make_up(&mut link, SMALL);
    link.ask(&Request::Start { settings });
    let message = link.wait(|news| match news {
        News::Failed { message } => Some(message.clone()),
        _ => None,
    });
    assert!(message.contains("without the autodiff engine"), "{message}");
}

#[test]
fn both_engines_train_on_webgpu() {
    let Some((browser, page)) = browser("both_engines_train_on_webgpu", &SWIFTSHADER) else {
        return;
    };
    browser.open(&page.blank());
    for (program, engine) in
        [("worker", EngineChoice::Fused), ("worker-autodiff", EngineChoice::Autodiff)]
    {
        let mut link = Link::open(&browser, program);
        make_up(&mut link, SMALL);
        let mut settings = settings(ModelKind::Mf, 3, DeviceChoice::Gpu);
        settings.engine = engine;
        let started = start(&mut link, &settings);
        assert_eq!(started.device.kind, DeviceKind::Gpu);
        assert_eq!(started.engine.to_string(), engine.to_string());
        assert!(started.device.warning.is_some(), "a GPU in software is slow: {started:?}");
        link.ask(&Request::Play);
        let there = [0; 3].map(|_| next_epoch(&mut link));
        settings.engine = EngineChoice::Fused;
        assert_close(&there, &train_here(SMALL, &settings).history, 1e-3);
    }
}

#[test]
fn a_gpu_that_never_answers_a_browser_is_given_up_for_the_cpu() {
    let test = "a_gpu_that_never_answers_a_browser_is_given_up_for_the_cpu";
    let Some((browser, page)) = browser(test, &SWIFTSHADER) else { return };
    browser.open(&page.blank());
    let mut link = Link::open(&browser, "worker");
    link.lose_patience();
    make_up(&mut link, SMALL);
    let settings = settings(ModelKind::Mf, 2, DeviceChoice::Gpu);
    assert_eq!(start(&mut link, &settings).device.kind, DeviceKind::Gpu);
    link.ask(&Request::Play);
    let recovered = link.wait(|news| match news {
        News::Event(Event::Recovered(recovery)) if recovery.device == "CPU" => {
            Some(recovery.clone())
        }
        News::Finished { .. } => panic!("the GPU answered in no time"),
        _ => None,
    });
    assert!(recovered.cause.contains("does not finish its work"), "{}", recovered.cause);
    assert_eq!(finished(&mut link), 2);
    let here = train_here(SMALL, &settings);
    assert!(exported(&mut link).trained.weights == here.weights, "the CPU's own bits");
}

#[test]
fn a_run_in_a_browser_is_held_stepped_tuned_and_stopped() {
    let test = "a_run_in_a_browser_is_held_stepped_tuned_and_stopped";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&page.blank());
    let mut link = Link::open(&browser, "worker");
    let sample = SampleConfig::of_size(100_000, 1);
    make_up(&mut link, sample);
    let settings = settings(ModelKind::Mf, 400, DeviceChoice::Cpu);
    start(&mut link, &settings);

    // One epoch, and no more.
    link.ask(&Request::Epoch);
    assert_eq!(next_epoch(&mut link).epoch, 1);
    held(&mut link);

    // A run that is let go hears "pause" long before its end.
    link.ask(&Request::Play);
    link.ask(&Request::Pause);
    let slices = held(&mut link);
    assert!(slices < 50, "the worker was deaf for {slices} slices");

    // Without decay and with a tiny step the model all but stands still.
    link.ask(&Request::Tune { learning_rate: 1e-9, weight_decay: 0.0 });
    for _ in 0..2 {
        link.ask(&Request::Epoch);
        held(&mut link);
    }
    let still = exported(&mut link);
    link.ask(&Request::Epoch);
    held(&mut link);
    let later = exported(&mut link);
    let factor = |file: &ModelFile| file.trained.weights.parameters[0].values[0];
    assert!((factor(&still) - factor(&later)).abs() < 1e-4, "it moved though it was tuned");
    assert_eq!(later.trained.config.learning_rate, 1e-9);

    link.ask(&Request::Stop);
    assert_eq!(finished(&mut link), later.trained.history.len());
    assert!(exported(&mut link).trained.weights == later.trained.weights);
    link.ask(&Request::Play);
    let message = link.wait(|news| match news {
        News::Failed { message } => Some(message.clone()),
        _ => None,
    });
    assert!(message.contains("no run"), "{message}");
}

#[test]
fn a_browser_reads_good_files_and_refuses_bad_ones() {
    let test = "a_browser_reads_good_files_and_refuses_bad_ones";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&page.blank());
    let mut link = Link::open(&browser, "worker");
    let read =
        |name: &str, skip_bad_lines| Request::Read { names: vec![name.into()], skip_bad_lines };
    let refused = |link: &mut Link| {
        link.wait(|news| match news {
            News::BadData(bad) => Some(bad.clone()),
            _ => None,
        })
    };
    let text = b"1::10::4::0\n1::11::good::0\n2::10::3::0\n3::12::5::0\n";
    link.ask_with_files(&read("r.dat", false), &[text]);
    let bad = refused(&mut link);
    assert!(bad.message.starts_with("r.dat:2:"), "{bad:?}");
    assert_eq!((bad.bad_lines, bad.examples.len()), (Some(1), 1));

    link.ask_with_files(&read("r.dat", true), &[text]);
    let report = link.wait(|news| match news {
        News::Data(report) => Some(report.clone()),
        _ => None,
    });
    assert_eq!((report.statistics.ratings, report.skipped, report.bytes), (3, 1, 51));
    assert_eq!((report.matrix.rows, report.matrix.columns), (3, 2));
    link.ask_with_files(&read("movies.dat", false), &[b"10::Up (2009)::Animation\n"]);
    let titles = link.wait(|news| match news {
        News::Titles { titles, matched, first_rows, .. } => {
            Some((*titles, *matched, first_rows[0].title.clone()))
        }
        _ => None,
    });
    assert_eq!(titles, (1, Some(1), Some("Up".into())));

    let zeros = "[new Blob(Array(80).fill(new Blob([new Uint8Array(1 << 24)])))]";
    link.send(&read("all.csv", false), zeros);
    let bad = refused(&mut link);
    assert!(bad.message.starts_with("all.csv has 1,280 MB; a page has 4,096 MB"), "{bad:?}");

    // The data before is still there.
    let mut settings = settings(ModelKind::Mf, 1, DeviceChoice::Cpu);
    settings.test_share = 0.4;
    assert_eq!(start(&mut link, &settings).train_ratings, 1);
}

#[test]
fn a_run_goes_on_from_what_a_dead_worker_left() {
    let test = "a_run_goes_on_from_what_a_dead_worker_left";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&page.blank());
    let mut link = Link::open(&browser, "worker");
    make_up(&mut link, SMALL);
    let settings = settings(ModelKind::DeepMf, 6, DeviceChoice::Cpu);
    start(&mut link, &settings);
    link.ask(&Request::Epoch);
    link.wait(|news| matches!(news, News::Checkpoint { epochs: 1 }).then_some(()));
    let checkpoint = link.attached();
    link.crash();
    let message = loop {
        if let News::Panicked { message } = link.next() {
            break message;
        }
    };
    assert!(message.contains("the tests asked for this"), "{message}");

    let mut link = Link::open(&browser, "worker");
    make_up(&mut link, SMALL);
    link.ask_with(&Request::Start { settings: settings.clone() }, &checkpoint);
    assert_eq!(started(&mut link).epochs, 1);
    link.ask(&Request::Play);
    assert_eq!(finished(&mut link), 6);
    let here = train_here(SMALL, &settings);
    assert!(exported(&mut link).trained.weights == here.weights, "not as if nothing had been");

    // Other ratings are not what it was trained on.
    make_up(&mut link, SampleConfig { seed: 8, ..SMALL });
    link.ask_with(&Request::Start { settings }, &checkpoint);
    let message = link.wait(|news| match news {
        News::Failed { message } => Some(message.clone()),
        _ => None,
    });
    assert!(message.contains("other ratings"), "{message}");
}

#[test]
fn a_worker_does_not_grow_while_it_trains() {
    let test = "a_worker_does_not_grow_while_it_trains";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&page.blank());
    let mut link = Link::open(&browser, "worker");
    make_up(&mut link, SampleConfig::of_size(20_000, 1));
    start(&mut link, &settings(ModelKind::DeepMf, 50, DeviceChoice::Cpu));
    link.ask(&Request::Play);
    let memory = [0; 50].map(|_| {
        link.wait(|news| match news {
            News::Memory { bytes } => Some(*bytes),
            _ => None,
        })
    });
    // An epoch's ratings alone take 200 KB: kept forty times they would show.
    assert!(memory[49] - memory[9] < 1 << 20, "{memory:?}");
}
