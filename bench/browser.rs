//! What the browser costs: the same work in Chromium and in this process, one thread each.
//! `cargo xtask bench browser ratings.dat` runs it.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement talks and may stop")]
#![allow(dead_code, reason = "the tests need more of what they share with it")]

#[path = "../tests/browser/base64.rs"]
mod base64;
#[path = "../tests/browser/link.rs"]
mod link;
#[path = "../tests/browser/page.rs"]
mod page;
#[path = "../tests/browser/webdriver.rs"]
mod webdriver;

use std::{env, fs, path::PathBuf, sync::Arc, time::Instant};

use protocol::{News, Request, Settings};
use ratings::{ReadOptions, Split, Table};
use trainer::{Config, Device, DeviceChoice, EngineChoice, EpochReport, Event, ModelKind, Run};

use link::Link;
use webdriver::{Browser, NO_GPU};

const EPOCHS: usize = 5;
/// Times a file is read; the fastest counts.
const READS: usize = 5;

mod support {
    /// The folder of the repository.
    pub(crate) fn root() -> std::path::PathBuf {
        std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
    }
}

fn main() {
    let file = PathBuf::from(env::args_os().nth(1).expect("the path of a ratings file"));
    let bytes = fs::read(&file).expect("a ratings file");
    let driver = webdriver::chromedriver().expect("chromedriver on PATH");
    let page = page::Page::shared();
    let browser = Browser::start(&driver, &NO_GPU);

    let (usable, longest) = visit(&browser, page.url(), &file);
    println!(
        "page usable after {usable:.0} ms; longest task while it read and trained {longest:.0} ms"
    );

    let stars = rate(&browser);
    println!(
        "a star changes the list after {:.0} ms, at most {:.0} (mf at rest, {} stars)",
        stars[stars.len() / 2],
        stars[stars.len() - 1],
        stars.len()
    );

    browser.open(&page.blank());
    let there = in_browser(&browser, &file);
    let here = on_desktop(&bytes);
    for (what, there, here) in [
        ("reading", there.reading, here.reading),
        ("an epoch of mf", there.epochs[0], here.epochs[0]),
        ("an epoch of deepmf", there.epochs[1], here.epochs[1]),
    ] {
        println!(
            "{what}: {there:.3} s in the browser, {here:.3} s here on one thread: {:.2} times",
            there / here
        );
    }
}

/// Seconds.
struct Times {
    reading: f64,
    epochs: [f64; 2], // mf, deepmf
}

/// Milliseconds until the page can be used, and of the longest task of its thread while it reads
/// and trains.
fn visit(browser: &Browser, url: &str, file: &std::path::Path) -> (f64, f64) {
    browser.open(&format!("{url}?epochs=15&device=cpu"));
    let usable = "return document.querySelector('#sample') && performance.now()";
    let start = Instant::now();
    let mut at = browser.run(usable);
    while !at.is_number() {
        assert!(start.elapsed().as_secs() < 60, "the page does not come up");
        at = browser.run(usable);
    }
    browser.wait_for("return !document.querySelector('#loading')");
    browser.run(
        "window.tasks = [0];
         new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => e.duration)))
             .observe({ type: 'longtask' });",
    );
    browser.type_into("#file", file.to_str().unwrap());
    browser.wait_for("return !!document.querySelector('#report')");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
    let longest = browser.run("return Math.max(...window.tasks)");
    (at.as_f64().unwrap(), longest.as_f64().unwrap())
}

/// Milliseconds from each star that somebody new gives to the list that follows from it, in order.
fn rate(browser: &Browser) -> Vec<f64> {
    browser.click("#whom-you");
    browser.wait_for("return document.querySelectorAll('#found li').length > 0");
    browser.wait_for("return document.querySelectorAll('#pick-list li').length === 10");
    let times = browser.run_async(
        "const list = document.querySelector('#pick-list');
         const times = [];
         for (const star of ['5', '1', '5', '4', '2', '5', '3', '5', '1', '5', '4']) {
             await new Promise((done) => setTimeout(done, 300));
             const field = document.querySelector('#found select');
             const changed = new Promise((done) => {
                 const watch = new MutationObserver(() => { watch.disconnect(); done(performance.now()); });
                 watch.observe(list, { subtree: true, childList: true, characterData: true });
             });
             const start = performance.now();
             field.value = star;
             field.dispatchEvent(new Event('change', { bubbles: true }));
             times.push(await changed - start);
         }
         return times",
    );
    let mut times: Vec<f64> =
        times.as_array().unwrap().iter().map(|time| time.as_f64().unwrap()).collect();
    times.sort_by(f64::total_cmp);
    times
}

fn in_browser(browser: &Browser, file: &std::path::Path) -> Times {
    browser.run(
        "const input = document.createElement('input'); input.type = 'file';
         document.documentElement.append(input);",
    );
    browser.type_into("input", file.to_str().unwrap());
    let mut link = Link::open(browser, "worker");
    let read = Request::Read { names: vec!["ratings.dat".into()], skip_bad_lines: false };
    let mut reading = f64::INFINITY;
    for _ in 0..READS {
        link.send(&read, "[document.querySelector('input').files[0]]");
        let seconds = link.wait(|news| match news {
            News::Data(report) => Some(report.seconds),
            _ => None,
        });
        reading = reading.min(seconds);
    }
    let epochs = ModelKind::LAB.map(|model| {
        let settings = settings(model);
        link.ask(&Request::Start { settings });
        link.ask(&Request::Play);
        let reports = [0; EPOCHS].map(|_| {
            link.wait(|news| match news {
                News::Event(Event::Epoch(report)) => Some(report.clone()),
                _ => None,
            })
        });
        median(&reports)
    });
    Times { reading, epochs }
}

fn on_desktop(bytes: &[u8]) -> Times {
    let read = || ratings::read("ratings.dat", bytes, &ReadOptions::default()).unwrap().table;
    let mut reading = f64::INFINITY;
    for _ in 0..READS {
        let start = Instant::now();
        let _: Table = read();
        reading = reading.min(start.elapsed().as_secs_f64());
    }
    let split = Arc::new(Split::random(&read(), 0.2, 42).unwrap());
    let epochs = ModelKind::LAB.map(|model| {
        pollster::block_on(async {
            let device = Device::open(DeviceChoice::Cpu).await.unwrap();
            let device = device.with_engine(EngineChoice::Fused).with_threads(1);
            let config = settings(model).config;
            let mut run = Run::start(&split, &config, &device).await.unwrap();
            while run.advance().await.unwrap().is_some() {}
            median(run.history())
        })
    });
    Times { reading, epochs }
}

fn settings(model: ModelKind) -> Settings {
    Settings {
        config: Config { epochs: EPOCHS, ..Config::usual(model) },
        test_share: 0.2,
        split_seed: 42,
        validation_share: 0.0,
        patience: None,
        device: DeviceChoice::Cpu,
        engine: EngineChoice::Fused,
    }
}

/// Seconds of training in an epoch.
fn median(reports: &[EpochReport]) -> f64 {
    let mut seconds: Vec<f64> = reports.iter().map(|report| report.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
