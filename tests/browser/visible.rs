//! What a person sees and does.

use std::fs;

use ratings::{ReadOptions, Split};
use trainer::{Config, EpochReport, ModelKind};

use super::browser;
use super::webdriver::{Browser, NO_GPU};
use crate::support;

/// Some ratings as a file has them; enough that an epoch is several steps.
pub(crate) fn file() -> String {
    let line = |k: usize| format!("{}::{}::{}::0\n", k * 7 % 83, k * 31 % 61, 1 + k * k % 5);
    (0..2_000).map(line).collect()
}

/// Three epochs on that file, made by this process.
fn train_here() -> Vec<EpochReport> {
    let loaded = ratings::read("r", file().as_bytes(), &ReadOptions::default()).unwrap();
    let split = Split::random(&loaded.table, 0.2, 42).unwrap();
    let config = Config { epochs: 3, ..Config::usual(ModelKind::Mf) };
    support::train(&split, &config, &support::fused()).unwrap().history
}

/// Drops a file on the page, as a file manager does.
pub(crate) fn drop_file(browser: &Browser, name: &str, text: &str) {
    drop_files(browser, &[(name, text.as_bytes())]);
}

/// Drops files together.
pub(crate) fn drop_files(browser: &Browser, files: &[(&str, &[u8])]) {
    let files = serde_json::json!(files);
    browser.run(&format!(
        "const data = new DataTransfer();
         for (const [name, bytes] of {files}) data.items.add(new File([new Uint8Array(bytes)], name));
         const drop = new DragEvent('drop', {{ dataTransfer: data, bubbles: true, cancelable: true }});
         document.body.dispatchEvent(drop);"
    ));
}

pub(crate) fn wait_until_ready(browser: &Browser) {
    browser.wait_for("return !!document.querySelector('#sample')");
    browser.wait_for("return !document.querySelector('#loading')");
}

/// Nothing went wrong, and nothing left this machine.
pub(crate) fn assert_clean(browser: &Browser) {
    assert_eq!(browser.console_errors(), Vec::<String>::new());
    let elsewhere = browser.run(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)
             .filter((name) => !name.startsWith(location.origin) && !/^(blob|data):/.test(name))",
    );
    assert_eq!(elsewhere.as_array().map(Vec::len), Some(0), "{elsewhere}");
}

#[test]
fn a_dropped_file_trains_to_the_desktops_numbers() {
    let test = "a_dropped_file_trains_to_the_desktops_numbers";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=3&device=cpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.wait_for_text("#report", "2,000");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
    let last = train_here().pop().unwrap();
    assert_eq!(browser.text("#train-rmse"), format!("{:.4}", last.train_rmse.unwrap()));
    assert_eq!(browser.text("#test-rmse"), format!("{:.4}", last.test_rmse.unwrap()));
    assert_clean(&browser);
}

#[test]
fn a_chosen_file_with_a_bad_line_is_refused_then_read_without_it() {
    let test = "a_chosen_file_with_a_bad_line_is_refused_then_read_without_it";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.dat");
    fs::write(&path, "7::8::nine::0\n".to_owned() + &file()).unwrap();
    browser.open(page.url());
    wait_until_ready(&browser);
    browser.type_into("#file", path.to_str().unwrap());
    browser.wait_for_text("#refused", "bad.dat:1:7");
    browser.click("#skip");
    browser.wait_for_text("#report", "2,000");
    browser.wait_for_text("#skipped", "1 bad line left out");
    assert_clean(&browser);
}

/// How many epochs the run at hand has seen.
pub(crate) fn epochs(browser: &Browser) -> u64 {
    let text = browser.text("#at-epoch").replace(',', "");
    let number = text.split(' ').next().and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("no number of epochs in {text:?}"))
}

#[test]
fn a_run_is_paused_stepped_stopped_and_taken_up_after_a_reload() {
    let test = "a_run_is_paused_stepped_stopped_and_taken_up_after_a_reload";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=100000&device=cpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "1 of 100,000");
    browser.wait_for_text("#play", "Go on");
    browser.click("#play");
    browser.wait_for_text("#play", "Pause");
    browser.click("#play");
    browser.wait_for_text("#play", "Go on");
    // Another address than the run's: it goes on with its own settings, from where it was.
    let before = epochs(&browser);
    browser.open(page.url());
    browser.wait_for("return !!document.querySelector('.resume')");
    browser.click(".resume");
    browser.wait_for_text("#play", "Pause");
    browser.wait_for_text("#at-epoch", "of 100,000");
    browser.click("#stop");
    browser.wait_for_text("#play", "Train again");
    let after = epochs(&browser);
    assert!(after >= before, "{before} epochs before, {after} after");
    assert_clean(&browser);
}

#[test]
fn the_keyboard_is_enough() {
    let Some((browser, page)) = browser("the_keyboard_is_enough", &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=100000&device=cpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.run("document.activeElement?.blur()");
    const RIGHT: char = '\u{e014}';
    browser.press(RIGHT);
    browser.wait_for_text("#play", "Go on");
    browser.press(' ');
    browser.wait_for_text("#play", "Pause");
    browser.press(' ');
    browser.wait_for_text("#play", "Go on");
    browser.press('s');
    browser.wait_for_text("#play", "Train again");
    browser.press('r');
    browser.wait_for("return document.querySelector('#play').innerText === 'Train'");
    browser.press('?');
    browser.wait_for("return document.querySelector('#help').open");
    // Every control can be reached with the tab key, and shows that it has the focus.
    let unreachable = browser.run(
        "return [...document.querySelectorAll('button, select, input, a[href], summary')]
             .filter((element) => element.tabIndex < 0).map((element) => element.outerHTML)",
    );
    assert_eq!(unreachable.as_array().map(Vec::len), Some(0), "{unreachable}");
    assert_clean(&browser);
}

#[test]
fn what_only_few_want_is_kept_once_it_was_used() {
    let test = "what_only_few_want_is_kept_once_it_was_used";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    let kept = "const names = await caches.keys();
        const files = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
        return files.flat().filter(({ url }) => url.includes('/worker_autodiff_program')).length";
    browser.open(&format!("{}?epochs=1&device=cpu&engine=autodiff", page.url()));
    wait_until_ready(&browser);
    browser.run_async("await navigator.serviceWorker.ready");
    browser.wait_for("return !!navigator.serviceWorker.controller");
    assert_eq!(browser.run_async(kept), 0, "burn is not fetched before it is asked for");
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
    browser.wait_for_text("#where", "autodiff engine");
    let script = kept.replace("return files", "return 2 === files"); // its program and its wasm
    browser.wait_for(&format!("return (async () => {{ {script} }})()"));
    assert_clean(&browser);
}

#[test]
fn the_labs_printed_figure_stands_beside_a_run_on_its_own_data() {
    let test = "the_labs_printed_figure_stands_beside_a_run_on_its_own_data";
    let Some(ratings) = std::env::var_os("LATENT_ML1M") else {
        support::say(&format!("SKIPPED {test}: LATENT_ML1M names no ratings.dat"));
        return;
    };
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?model=mf&epochs=1&device=cpu", page.url()));
    wait_until_ready(&browser);
    browser.type_into("#file", ratings.to_str().unwrap());
    browser.wait_for_text("#report", "1,000,209");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
    assert_eq!(browser.run("return document.querySelectorAll('.line.printed').length"), 0);
    browser.click("#lab-curve");
    browser.wait_for("return document.querySelectorAll('circle.line.printed').length === 1");
    browser.run("document.querySelector('#curve').focus()");
    const END: char = '\u{e010}';
    browser.press(END);
    browser.wait_for_text("#curve .tip", "lab's slides 0.9292");
    assert_clean(&browser);
}

#[test]
fn the_page_opens_without_a_network() {
    let test = "the_page_opens_without_a_network";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(page.url());
    wait_until_ready(&browser);
    browser.wait_for("return navigator.serviceWorker.ready.then(({ active }) => !!active)");
    browser.devtools("Network.enable", &serde_json::json!({}));
    let offline = serde_json::json!({
        "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0,
    });
    browser.devtools("Network.emulateNetworkConditions", &offline);
    browser.run("location.reload()");
    browser.wait_for("return !!document.querySelector('#sample')");
    wait_until_ready(&browser);
}
