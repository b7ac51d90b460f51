//! The page in a real browser: the run is asynchronous there, and gives the desktop's numbers.

mod page; // built and served
mod webdriver; // the browser

use page::Page;
use ratings::Split;
use ratings::sample::{self, SampleConfig};
use serde_json::{Value, json};
use trainer::{Config, Device, DeviceChoice, EpochReport, Event, Pace, Run};
use webdriver::{Browser, chromedriver};

use crate::support::{self, skip};

/// The fused engine gives the same bits everywhere; JSON's digits may cost the last one.
const FUSED_TOLERANCE: f64 = f64::EPSILON;
/// burn's sums take as many lanes as the processor has.
const AUTODIFF_TOLERANCE: f64 = 1e-5;

#[test]
fn the_page_trains_in_a_worker_that_hears_between_two_steps() {
    let Some(driver) = chromedriver() else {
        let remedy = "`cargo xtask setup` installs it or says how";
        return skip("the browser test", "chromedriver is not on PATH", remedy);
    };
    let page = Page::serve();
    let browser = Browser::start(&driver);
    browser.open(page.url());

    let held = news(&browser, HELD);
    assert_steps_one_by_one(&held);
    assert_same_numbers(&held, &train_here(&held, "autodiff"), AUTODIFF_TOLERANCE);

    let free = news(&browser, FREE);
    assert_heard_while_training(&free);
    let desktop = train_here(&free, "fused");
    assert_same_numbers(&free, &desktop, FUSED_TOLERANCE);

    assert_buttons_work(&browser, &desktop.0);
    assert_eq!(browser.console_errors(), Vec::<String>::new());
}

/// A worker of its own, held by "pause" from the start: `note` marks what the page did in between.
/// After each mark a silence follows in which a run that is not held would go on.
const HELD: &str = r#"
    ask("pause"); ask("train autodiff"); await heard("started");
    ask("ping"); await heard("pong"); await silence(); note("held");
    ask("step"); await heard("progress");
    ask("ping"); await heard("pong", 2); await silence(); note("stepped");
    ask("step"); await heard("progress", 2); await silence(); note("stepped");
    ask("resume"); await heard("done");
"#;

/// A run that is let go and stopped in the same breath, after its first step: a worker that does
/// not listen between two steps would run on to the end.
const FREE: &str = r#"
    ask("pause"); ask("train fused"); await heard("started");
    ask("step"); await heard("progress");
    ask("resume"); ask("pause"); ask("ping"); await heard("pong"); await silence(); note("paused");
    ask("resume"); await heard("done");
"#;

/// Runs a scenario against a new worker and gives everything that was heard, in order.
fn news(browser: &Browser, scenario: &str) -> Vec<Value> {
    let script = r#"
        const done = arguments[arguments.length - 1];
        const worker = new Worker("worker.js", { type: "module" });
        const log = [];
        let wake = () => {};
        const note = (event) => { log.push({ event }); wake(); };
        worker.onmessage = ({ data }) => { log.push(JSON.parse(data)); wake(); };
        worker.onerror = ({ message }) => done([{ event: "error", message }]);
        const ask = (command) => worker.postMessage(command);
        const silence = () => new Promise((resolve) => setTimeout(resolve, 200));
        const heard = async (event, times = 1) => {
            while (log.filter((news) => news.event === event).length < times) {
                if (log.some((news) => news.event === "failed")) return done(log);
                await new Promise((resolve) => { wake = resolve; });
            }
        };
        const scenario = async () => { SCENARIO };
        heard("ready").then(scenario).then(() => { worker.terminate(); done(log); });
    "#;
    let log = browser.run_async(&script.replace("SCENARIO", scenario));
    log.as_array().expect("the scenario gives a list").clone()
}

/// Names of what was heard, `progress` of the evaluation left out.
fn names(news: &[Value]) -> Vec<&str> {
    let counts = |news: &&Value| news["event"] != "progress" || news["mse"].is_number();
    news.iter().filter(counts).filter_map(|news| news["event"].as_str()).collect()
}

fn assert_steps_one_by_one(news: &[Value]) {
    let expected = [
        "ready", "started", "pong", "held", "progress", "pong", "stepped", "progress", "stepped",
        "progress", "epoch", "done",
    ];
    assert_eq!(names(news), expected, "{news:#?}");
}

fn assert_heard_while_training(news: &[Value]) {
    let names = names(news);
    let paused = names.iter().position(|heard| *heard == "paused").expect("the page noted it");
    let (before, after) = names.split_at(paused);
    let steps = before.iter().filter(|heard| **heard == "progress").count();
    assert!(steps < 3, "the worker was deaf while it trained: {names:?}");
    assert!(!before.contains(&"epoch"), "the worker was deaf while it trained: {names:?}");
    assert!(after.ends_with(&["epoch", "done"]), "{names:?}");
}

/// The run that the page says it makes, made by this process: its epoch, and each batch's loss.
fn train_here(news: &[Value], engine: &str) -> (EpochReport, Vec<f64>) {
    let started = news.iter().find(|news| news["event"] == "started").expect("the run started");
    assert_eq!(started["engine"], engine);
    let demo = &started["demo"];
    let count = |value: &Value| value.as_u64().expect("a whole number");
    let size = |name: &str| usize::try_from(count(&demo["sample"][name])).expect(name);
    let sample = sample::generate(&SampleConfig {
        users: size("users"),
        items: size("items"),
        ratings: size("ratings"),
        seed: count(&demo["sample"]["seed"]),
    });
    let share = demo["test_share"].as_f64().expect("test_share");
    let seed = u32::try_from(count(&demo["split_seed"])).expect("split_seed");
    let split = Split::random(&sample.table, share, seed).expect("a split");
    let config: Config = serde_json::from_value(demo["config"].clone()).expect("config");

    pollster::block_on(async {
        let device = Device::open(DeviceChoice::Cpu).await.expect("the CPU");
        let device = device.with_engine(engine.parse().expect("an engine"));
        let mut run = Run::start(&support::shared(&split), &config, &device).await.expect("a run");
        run.set_pace(Pace::Batches(1));
        let mut losses = Vec::new();
        while let Some(event) = run.advance().await.expect("training goes on") {
            match event {
                Event::Progress(progress) => losses.extend(progress.mse),
                Event::Epoch(report) => return (report, losses),
                Event::Recovered(recovery) => panic!("{recovery:?}"),
            }
        }
        panic!("the run ended without an epoch");
    })
}

fn assert_same_numbers(news: &[Value], (epoch, losses): &(EpochReport, Vec<f64>), tolerance: f64) {
    let close = |name: &str, page: f64, desktop: f64| {
        assert!(page.is_finite(), "{name}: {page}");
        let difference = (page - desktop).abs() / desktop;
        assert!(difference <= tolerance, "{name}: {page} in the page, {desktop} here");
    };
    let page_losses: Vec<f64> = news.iter().filter_map(|news| news["mse"].as_f64()).collect();
    assert_eq!(page_losses.len(), 3, "three steps: {news:#?}");
    for (page, desktop) in page_losses.iter().zip(losses) {
        close("loss of a batch", *page, *desktop);
    }
    assert_eq!(losses.len(), 3);
    let page = news.iter().find(|news| news["event"] == "epoch").expect("an epoch");
    let rmse = |name: &str| page[name].as_f64().expect(name);
    close("train RMSE", rmse("train_rmse"), epoch.train_rmse);
    let test_rmse = epoch.test_rmse.expect("a test set");
    close("test RMSE", rmse("test_rmse"), test_rmse);
}

/// What a person does: one step, then the rest; the page shows the desktop's numbers.
fn assert_buttons_work(browser: &Browser, desktop: &EpochReport) {
    let rows = "return document.querySelectorAll('#rows tr').length";
    browser.wait_for("return !document.querySelector('#step').disabled");
    browser.click("#step");
    browser.wait_for("return document.querySelectorAll('#rows tr').length === 1");
    assert_eq!(browser.run(rows), json!(1), "one step was asked for");
    browser.click("#train");
    browser.wait_for("return document.querySelector('#status').textContent.includes('learned')");
    assert_eq!(browser.run(rows), json!(3));
    let status = browser.run("return document.querySelector('#status').textContent");
    let test_rmse = desktop.test_rmse.expect("a test set");
    let shown = format!("RMSE: train {:.4}, test {test_rmse:.4}.", desktop.train_rmse);
    let status = status.as_str().expect("a text");
    assert!(status.starts_with(&shown), "{status:?} does not begin with {shown:?}");
}
