//! The chart: what it shows, and how the person looks at it.

use super::browser;
use super::visible::{assert_clean, drop_file, file, wait_until_ready};
use super::webdriver::{Browser, NO_GPU};

/// The first and the last epoch in sight.
fn span(browser: &Browser) -> (f64, f64) {
    let number = |name: &str| {
        let script = format!("return Number(document.querySelector('#curve').{name})");
        browser.run(&script).as_f64().expect("a number")
    };
    (number("ariaValueMin"), number("ariaValueMax"))
}

/// Scrolls a long table to its end; gives the third cell of its last row, which begins with this.
fn last_row(browser: &Browser, table: &str, begins: &str) -> String {
    browser.run(&format!(
        "const frame = document.querySelector('{table}').closest('.scroll');
         frame.scrollTop = frame.scrollHeight"
    ));
    let cell = format!("{table} tbody tr:last-child td:first-child");
    browser.wait_for(&format!("return document.querySelector('{cell}')?.innerText === '{begins}'"));
    browser.text(&format!("{table} tbody tr:last-child td:nth-child(3)"))
}

fn path(browser: &Browser, selector: &str) -> String {
    let script = format!("return document.querySelector({selector:?}).getAttribute('d')");
    browser.run(&script).as_str().expect("a path").to_owned()
}

#[test]
fn the_chart_is_read_zoomed_smoothed_and_seen_whole_again() {
    let test = "the_chart_is_read_zoomed_smoothed_and_seen_whole_again";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=40&device=cpu", page.url()));
    browser.resize(1_440, 900, false);
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
    assert_eq!(span(&browser), (1.0, 40.0));

    // Values under the pointer are those of the table.
    browser.drag("#curve", (0, 0), (2, 0));
    browser.wait_for_text("#curve .tip", "test ");
    browser.run("document.querySelector('#curve').focus()");
    const HOME: char = '\u{e011}';
    browser.press(HOME);
    browser.wait_for_text("#curve .tip", "epoch 1");
    browser.run("document.querySelector('#epoch-table').closest('details').open = true");
    browser.wait_for_text("#epoch-table tbody tr:first-child", "40");
    let first = last_row(&browser, "#epoch-table", "1");
    assert!(browser.text("#curve .tip").contains(&format!("test {first}")), "{first}");

    // Smoothing changes the line.
    let before = path(&browser, "path.line.test");
    browser.run(
        "const field = document.querySelector('#smoothing');
         field.value = 0.9; field.dispatchEvent(new Event('input', { bubbles: true }));",
    );
    let after = path(&browser, "path.line.test");
    assert_ne!(before, after);

    // A drag zooms, by the mouse; then the keyboard; then all of it again.
    browser.drag("#curve", (-150, 20), (50, 20));
    let (low, high) = span(&browser);
    assert!(1.0 < low && high < 40.0 && low < high, "{low} to {high}");
    browser.click("#whole");
    assert_eq!(span(&browser), (1.0, 40.0));
    browser.run("document.querySelector('#curve').focus()");
    browser.press(HOME);
    browser.press('+');
    let (low, high) = span(&browser);
    assert!(low == 1.0 && high < 20.0, "{low} to {high}");
    browser.press('0');
    assert_eq!(span(&browser), (1.0, 40.0));

    // Linear in place of logarithmic.
    let before = path(&browser, "path.line.test");
    browser.click("#log");
    assert_ne!(before, path(&browser, "path.line.test"));
    assert_clean(&browser);
}

#[test]
fn of_a_long_table_only_the_rows_in_sight_are_drawn() {
    let test = "of_a_long_table_only_the_rows_in_sight_are_drawn";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=3000&device=cpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
    browser.run("document.querySelector('#epoch-table').closest('details').open = true");
    browser.wait_for_text("#epoch-table tbody tr:first-child", "3,000");
    let drawn = "return document.querySelectorAll('#epoch-table tbody tr').length";
    assert!(browser.run(drawn).as_u64().unwrap() < 50);
    assert!(last_row(&browser, "#epoch-table", "1").starts_with(char::is_numeric));
    assert!(browser.run(drawn).as_u64().unwrap() < 50);
    // Of a curve too long to be drawn whole, every epoch has its values.
    browser.run("document.querySelector('#curve').focus()");
    const HOME: char = '\u{e011}';
    const RIGHT: char = '\u{e014}';
    browser.press(HOME);
    for epoch in 2..=4 {
        browser.press(RIGHT);
        browser.wait_for_text("#curve .tip", &format!("epoch {epoch}"));
        assert!(browser.text("#curve .tip").contains("test "), "no value at epoch {epoch}");
    }
    // The table of the next run unfolds as well.
    browser.click("#reset");
    browser.click("#epoch");
    browser.wait_for_text("#play", "Go on");
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "2 of");
    browser.wait_for_text("#play", "Go on");
    browser.run("document.querySelector('#epoch-table').closest('details').open = true");
    browser.wait_for("return document.querySelectorAll('#epoch-table tbody tr').length === 2");
    assert_clean(&browser);
}

#[test]
fn runs_are_renamed_hidden_and_deleted() {
    let test = "runs_are_renamed_hidden_and_deleted";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=2&device=cpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    for runs in 1..=2 {
        browser.click("#play");
        browser.wait_for(&format!(
            "return document.querySelectorAll('#runs tbody tr').length === {runs}
                 && document.querySelector('#play').innerText === 'Train again'"
        ));
    }
    let rows = "return document.querySelectorAll('#runs tbody tr').length";
    let earlier = "return document.querySelectorAll('path.line.earlier').length";
    assert_eq!(browser.run(earlier), 1);
    browser.click("#runs tbody tr:nth-child(2) input[type=checkbox]");
    assert_eq!(browser.run(earlier), 0);
    browser.click("#runs tbody tr:nth-child(2) input[type=checkbox]");
    browser.run(
        "const field = document.querySelector('#runs tbody tr:nth-child(2) .name');
         field.value = 'the first'; field.dispatchEvent(new Event('change', { bubbles: true }));",
    );
    browser.wait_for_text("#curve", "the first");

    // All of it survives a reload; what is deleted does not come back.
    browser.open(page.url());
    wait_until_ready(&browser);
    browser.wait_for("return document.querySelectorAll('#runs tbody tr').length === 2");
    let name = "return [...document.querySelectorAll('#runs .name')].map((field) => field.value)";
    assert_eq!(browser.run(name), serde_json::json!(["run 2", "the first"]));
    browser.click("#runs tbody tr:nth-child(2) button");
    assert_eq!(browser.run(rows), 1);
    browser.open(page.url());
    wait_until_ready(&browser);
    browser.wait_for("return document.querySelectorAll('#runs tbody tr').length === 1");
    assert_eq!(browser.run(name), serde_json::json!(["run 2"]));
    assert_clean(&browser);
}
