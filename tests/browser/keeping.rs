//! Runs and settings that are kept, in this tab and in others.

use super::browser;
use super::visible::{assert_clean, drop_file, epochs, file, wait_until_ready};
use super::webdriver::{Browser, NO_GPU};

/// Opens the page and starts a run that takes long.
pub(crate) fn start(browser: &Browser, url: &str) {
    browser.open(&format!("{url}?epochs=100000&device=cpu"));
    wait_until_ready(browser);
    drop_file(browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#epoch");
    browser.wait_for_text("#play", "Go on");
}

/// Waits until a run is kept as it is after so many epochs: a tab that is closed before loses more.
pub(crate) fn wait_until_kept(browser: &Browser, run: u32, epochs: usize) {
    let is_kept = browser.run_async(&format!(
        "for (let tries = 0; tries < 200; tries++) {{
             const open = indexedDB.open('latent');
             await new Promise((done, fail) => {{ open.onsuccess = done; open.onerror = fail; }});
             const get = open.result.transaction('under-way').objectStore('under-way').get({run});
             await new Promise((done) => {{ get.onsuccess = done; }});
             open.result.close();
             if (get.result && JSON.parse(get.result).record.history.length >= {epochs}) return true;
             await new Promise((done) => setTimeout(done, 100));
         }}
         return false"
    ));
    assert_eq!(is_kept, true, "run {run} is not kept");
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
    wait_until_kept(&browser, 2, 2);
    let second = browser.tab();

    // The first tab goes: its run is offered here, and goes on.
    browser.turn_to(&first);
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "2 of 100,000");
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "3 of 100,000");
    browser.wait_for_text("#play", "Go on");
    wait_until_kept(&browser, 1, 3);
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
fn a_tab_leaves_its_run_to_those_opened_before_it_began() {
    let test = "a_tab_leaves_its_run_to_those_opened_before_it_began";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(page.url());
    wait_until_ready(&browser);
    let first = browser.tab();
    browser.new_tab();
    start(&browser, page.url());
    wait_until_kept(&browser, 1, 1);
    browser.close_tab();
    browser.turn_to(&first);
    browser.wait_for_text(".unfinished", "1 epoch");
    browser.click(".resume");
    browser.wait_for_text("#play", "Pause");
    browser.wait_for_text("#at-epoch", "of 100,000");
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

/// What lies in the browser's storage: stores, values in them, and keys beside them.
const LEFT: &str = "
    const open = indexedDB.open('latent');
    await new Promise((done, fail) => { open.onsuccess = done; open.onerror = fail; });
    const stores = [...open.result.objectStoreNames];
    const counts = stores.map((store) => new Promise((done) => {
        const count = open.result.transaction(store).objectStore(store).count();
        count.onsuccess = () => done(count.result);
    }));
    const left = await Promise.all(counts);
    open.result.close();
    return [left.length, left.reduce((sum, count) => sum + count, 0), Object.keys(localStorage)]";

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
    // How many runs there were stays, so that no two tabs give one number twice.
    assert_eq!(browser.run_async(LEFT), serde_json::json!([4, 0, ["latent-runs"]]));

    // What begins then is kept with its data, and goes on after a reload.
    browser.click("#epoch");
    browser.wait_for_text("#play", "Go on");
    browser.wait_for_text("#runs", "lr");
    let name = browser.run("return document.querySelector('#runs .name').value");
    assert_eq!(name, "run 3");
    wait_until_kept(&browser, 3, 1);
    browser.open(page.url());
    browser.wait_for("return !!document.querySelector('.resume')");
    browser.click(".resume");
    browser.wait_for_text("#play", "Pause");
    browser.click("#reset");
    browser.wait_for("return document.querySelector('#play').innerText === 'Train'");
    browser.click("#delete");
    browser.click("#delete-surely");
    browser.wait_for_text("#notice", "is deleted");
    browser.open(page.url());
    wait_until_ready(&browser);
    assert_eq!(browser.run("return !!document.querySelector('.unfinished, #runs')"), false);
    assert_clean(&browser);
}

#[test]
fn storage_of_an_older_version_is_tidied_and_does_not_stand_in_the_way() {
    let test = "storage_of_an_older_version_is_tidied_and_does_not_stand_in_the_way";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    // Version 1, which kept ratings elsewhere, still open in this tab.
    browser.open(&page.blank());
    let old = browser.tab();
    browser.run_async(
        "const open = indexedDB.open('latent', 1);
         open.onupgradeneeded = () => open.result.createObjectStore('ratings').put('1::2::3', 1);
         await new Promise((done, fail) => { open.onsuccess = done; open.onerror = fail; });
         window.open_database = open.result;",
    );
    browser.new_tab();
    start(&browser, page.url());
    // Each who wants the storage is told, not the first alone, and training goes on without it.
    browser.wait_for_text("#notice", "This run cannot be kept in this browser: another tab");
    browser.click("#delete");
    browser.click("#delete-surely");
    browser.wait_for_text("#notice", "This browser keeps nothing for this page: another tab");
    // Who leaves the page while it waits for the storage, by a link or the address, may come back to it:
    // it is frozen meanwhile, and takes the storage from nobody.
    start(&browser, page.url());
    let new = browser.tab();
    browser.turn_to(&old);
    browser.run("window.open_database.close()");
    browser.turn_to(&new);
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "2 of 100,000");
    let [stores, values] =
        [0, 1].map(|n| format!("return (await (async () => {{ {LEFT} }})())[{n}]"));
    assert_eq!(browser.run_async(&stores), 4, "the old store is gone");
    assert_eq!(browser.run_async(&values), 3, "the run, its model and its data are kept");
    // The tab without a page looked for an icon in vain.
    let errors = browser.console_errors();
    assert!(errors.iter().all(|error| error.contains("favicon.ico")), "{errors:?}");
}

#[test]
fn a_run_that_cannot_go_on_is_offered_again() {
    let test = "a_run_that_cannot_go_on_is_offered_again";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    start(&browser, page.url());
    wait_until_kept(&browser, 1, 1);
    // Its model is damaged: the worker refuses it.
    browser.run_async(
        "const open = indexedDB.open('latent');
         await new Promise((done, fail) => { open.onsuccess = done; open.onerror = fail; });
         const change = open.result.transaction('models', 'readwrite');
         change.objectStore('models').put(new Uint8Array(20).buffer, 1);
         await new Promise((done) => { change.oncomplete = done; });
         open.result.close();",
    );
    browser.open(&format!("{}?epochs=100000&device=cpu", page.url()));
    wait_until_ready(&browser);
    // Another run is under way here; it gives way, and trains no further.
    drop_file(&browser, "other.dat", &file());
    browser.wait_for_text("#report", "other.dat");
    browser.click("#play");
    browser.wait_for_text("#play", "Pause");
    browser.wait_for("return document.querySelectorAll('.unfinished').length === 1");
    browser.click(".resume");
    browser.wait_for_text("#notice", "the model");
    browser.wait_for("return document.querySelectorAll('.unfinished').length === 2");
    assert_eq!(browser.text("#play"), "Train");

    // Its data is gone, too.
    browser.run_async(
        "const open = indexedDB.open('latent');
         await new Promise((done, fail) => { open.onsuccess = done; open.onerror = fail; });
         const change = open.result.transaction('data', 'readwrite');
         change.objectStore('data').clear();
         await new Promise((done) => { change.oncomplete = done; });
         open.result.close();",
    );
    browser.click(".resume");
    browser.wait_for_text("#notice", "is gone; drop it again");
    browser.wait_for("return document.querySelectorAll('.unfinished').length === 2");
    assert_clean(&browser);
}

/// Opens the page where run 1, under way, and run 7, which is over, are in words that it does not know.
fn open_unreadable(browser: &Browser, url: &str) {
    start(browser, url);
    wait_until_kept(browser, 1, 1);
    browser.run_async(
        "const open = indexedDB.open('latent');
         await new Promise((done, fail) => { open.onsuccess = done; open.onerror = fail; });
         const change = open.result.transaction(['runs', 'under-way'], 'readwrite');
         change.objectStore('under-way').put('{}', 1);
         change.objectStore('runs').put('{}', 7);
         await new Promise((done) => { change.oncomplete = done; });
         open.result.close();",
    );
    browser.open(&format!("{url}?epochs=100000&device=cpu"));
    wait_until_ready(browser);
    browser.wait_for_text("#unreadable", "2 runs that another version of this page kept");
}

#[test]
fn what_another_version_kept_and_nobody_can_read_may_be_deleted() {
    let test = "what_another_version_kept_and_nobody_can_read_may_be_deleted";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    open_unreadable(&browser, page.url());
    browser.click("#unreadable button");
    browser.wait_for("return !document.querySelector('#unreadable')");
    // The button is gone: the focus is not.
    browser.wait_for("return document.activeElement.id === 'train-title'");
    let values = format!("return (await (async () => {{ {LEFT} }})())[1] === 0");
    browser.wait_for(&format!("return (async () => {{ {values} }})()"));
    assert_clean(&browser);
}

/// Waits until this tab, the only one, has these runs and no other.
fn wait_until_held(browser: &Browser, runs: &[u32]) {
    let names: Vec<String> = runs.iter().map(|run| format!("latent-run-{run}")).collect();
    browser.wait_for(&format!(
        "return navigator.locks.query().then(({{ held }}) =>
             held.map((lock) => lock.name).filter((name) => name.startsWith('latent-run')).join() === {:?})",
        names.join(",")
    ));
}

#[test]
fn what_another_version_kept_is_left_to_a_tab_that_can_read_it() {
    let test = "what_another_version_kept_is_left_to_a_tab_that_can_read_it";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    open_unreadable(&browser, page.url());
    wait_until_held(&browser, &[1]);
    browser.click("#unreadable .plain");
    browser.wait_for("return !document.querySelector('#unreadable')");
    wait_until_held(&browser, &[]);
    // It was said once: who turns to this tab again does not hear it again.
    browser.run("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))");
    // Nor does a run of this tab take the number of one that is left, even if nobody counts.
    browser.run("localStorage.removeItem('latent-runs')");
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#epoch");
    browser.wait_for_text("#play", "Go on");
    wait_until_kept(&browser, 8, 1);
    wait_until_held(&browser, &[8]);
    assert_eq!(browser.run("return !!document.querySelector('#unreadable')"), false);

    // With all else that is deleted, it is gone, and nothing is said of it any more.
    browser.open(page.url());
    browser.wait_for_text("#unreadable", "2 runs that another version of this page kept");
    browser.click("#delete");
    browser.click("#delete-surely");
    browser.wait_for_text("#notice", "is deleted");
    assert_eq!(browser.run("return !!document.querySelector('#unreadable')"), false);
    wait_until_held(&browser, &[]);
    assert_clean(&browser);
}
