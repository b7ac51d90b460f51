//! Runs and settings that are kept, in this tab and in others.

use super::browser;
use super::visible::{assert_clean, drop_file, epochs, file, wait_until_ready};
use super::webdriver::{Browser, NO_GPU};

/// Opens the page and starts a run that takes long.
fn start(browser: &Browser, url: &str) {
    browser.open(&format!("{url}?epochs=100000&device=cpu"));
    wait_until_ready(browser);
    drop_file(browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#epoch");
    browser.wait_for_text("#play", "Go on");
}

#[test]
fn two_tabs_keep_their_runs_apart() {
    let Some((browser, page)) = browser("two_tabs_keep_their_runs_apart", &NO_GPU) else { return };
    start(&browser, page.url());
    let first = browser.tab();
    browser.new_tab();
    start(&browser, page.url());
    // The first tab's run is under way: it is not called cut off here, nor taken away.
    assert_eq!(browser.run("return !!document.querySelector('.unfinished')"), false);
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "2 of 100,000");
    let second = browser.tab();

    // The first tab goes: its run is offered here, and goes on.
    browser.turn_to(&first);
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "2 of 100,000");
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "3 of 100,000");
    browser.wait_for_text("#play", "Go on");
    browser.close_tab();
    browser.turn_to(&second);
    browser.wait_for_text(".unfinished", "3 epochs");
    browser.click(".resume");
    browser.wait_for_text("#play", "Pause");
    browser.click("#play");
    browser.wait_for_text("#play", "Go on");
    assert!(epochs(&browser) >= 3);
    // The second tab's own run gave way to it and can go on in turn.
    browser.wait_for_text(".unfinished", "2 epochs");
    browser.click(".discard");
    browser.wait_for("return !document.querySelector('.unfinished')");
    assert_clean(&browser);
}

#[test]
fn settings_go_back_with_the_browser_and_a_link_repeats_them() {
    let test = "settings_go_back_with_the_browser_and_a_link_repeats_them";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?factors=7&device=cpu", page.url()));
    wait_until_ready(&browser);
    let set = |name: &str, value: &str| {
        browser.run(&format!(
            "const field = document.querySelector('#{name}');
             field.value = {value:?}; field.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        ));
        browser.wait_for(&format!("return location.search.includes('{name}={value}')"));
    };
    set("factors", "12");
    set("epochs", "4");
    browser.run("history.back()");
    browser.wait_for("return document.querySelector('#epochs').value !== '4'");
    browser.wait_for("return document.querySelector('#factors').value === '12'");
    browser.run("history.back()");
    browser.wait_for("return document.querySelector('#factors').value === '7'");
    browser.run("history.forward()");
    browser.wait_for("return document.querySelector('#factors').value === '12'");

    let grant =
        serde_json::json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    browser.devtools("Browser.grantPermissions", &grant);
    browser.click("#copy-link");
    browser.wait_for_text("#notice", "on the clipboard");
    let link = browser.run_async("return navigator.clipboard.readText()");
    let link = link.as_str().expect("a link").to_owned();
    assert!(link.starts_with(page.url()) && link.contains("factors=12"), "{link}");
    browser.open(&link);
    wait_until_ready(&browser);
    browser.wait_for("return document.querySelector('#factors').value === '12'");
    assert_clean(&browser);
}

#[test]
fn everything_that_was_kept_can_be_deleted() {
    let test = "everything_that_was_kept_can_be_deleted";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    start(&browser, page.url());
    browser.click("#stop");
    browser.wait_for_text("#play", "Train again");
    browser.click("#epoch");
    browser.wait_for_text("#play", "Go on");
    browser.click("#delete");
    browser.click("#delete-surely");
    browser.wait_for_text("#notice", "is deleted");
    let left = browser.run_async(
        "const open = indexedDB.open('latent');
         await new Promise((done) => { open.onsuccess = done; });
         const stores = [...open.result.objectStoreNames];
         const counts = stores.map((store) => new Promise((done) => {
             const count = open.result.transaction(store).objectStore(store).count();
             count.onsuccess = () => done(count.result);
         }));
         const left = await Promise.all(counts);
         open.result.close();
         return [left.length, left.reduce((sum, count) => sum + count, 0), localStorage.length]",
    );
    assert_eq!(left, serde_json::json!([4, 0, 0]));
    browser.open(page.url());
    wait_until_ready(&browser);
    assert_eq!(browser.run("return !!document.querySelector('.unfinished, #runs')"), false);
    assert_clean(&browser);
}
