//! A worker that dies of a defect, and the page after it.

use serde_json::json;

use super::browser;
use super::keeping::{start, wait_until_kept};
use super::visible::{drop_file, file, wait_until_ready};
use super::webdriver::{Browser, NO_GPU};

/// Has the page's workers at hand as `workers`, the latest last.
fn watch_workers(browser: &Browser) {
    let source = "window.workers = [];
        const Plain = window.Worker;
        window.Worker = class extends Plain {
            constructor(...given) { super(...given); window.workers.push(this); }
        };";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": source }));
}

const CRASH: &str = "workers.at(-1).postMessage('crash');";

#[test]
fn a_worker_that_dies_is_replaced_and_its_run_goes_on() {
    let test = "a_worker_that_dies_is_replaced_and_its_run_goes_on";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    watch_workers(&browser);
    browser.open(page.url());
    wait_until_ready(&browser);
    browser.run(CRASH);
    browser.wait_for_text("#dead", "The worker stopped");
    assert!(!browser.text("#dead").contains("run"), "nothing was trained");

    start(&browser, page.url());
    wait_until_kept(&browser, 1, 1);
    browser.run(CRASH);
    browser.wait_for_text("#dead", "Training stopped");
    browser.wait_for_text("#dead", "The run is kept as it was after 1 epoch");
    browser.wait_for("return document.querySelectorAll('.unfinished').length === 1");
    browser.click("#dead button");
    wait_until_ready(&browser);
    browser.click(".resume");
    browser.wait_for_text("#play", "Pause");
    browser.wait_for_text("#at-epoch", "of 100,000");
    browser.click("#stop");
    browser.wait_for_text("#play", "Train again");
}

#[test]
fn files_are_read_after_a_worker_died_over_others() {
    let test = "files_are_read_after_a_worker_died_over_others";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    watch_workers(&browser);
    browser.open(page.url());
    wait_until_ready(&browser);
    // It dies before it has read them.
    browser.run(
        "const data = new DataTransfer();
         data.items.add(new File(['1::2::3'.repeat(4e6)], 'one.dat'));
         const plain = workers[0].postMessage.bind(workers[0]);
         workers[0].postMessage = (message) => { plain(message); plain('crash'); };
         document.body.dispatchEvent(
             new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));",
    );
    browser.wait_for("return !!document.querySelector('#dead')");
    drop_file(&browser, "two.dat", &file());
    browser.wait_for_text("#report", "two.dat");
}
