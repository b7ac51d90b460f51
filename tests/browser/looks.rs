//! The page on any screen, for anybody.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::browser;
use super::visible::{assert_clean, wait_until_ready};
use super::webdriver::{Browser, NO_GPU};
use super::working::choose;
use crate::support::{root, skip};

/// Widths of a phone, a tablet and a desk, in CSS pixels.
const SCREENS: [(u32, u32, bool); 3] = [(360, 780, true), (820, 1_180, true), (1_440, 900, false)];

/// Where screenshots go: beside what Cargo builds, since they differ from machine to machine.
fn keep_screenshot(browser: &Browser, name: &str) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.png")), browser.screenshot()).unwrap();
}

#[test]
fn the_page_fits_every_screen_in_light_and_dark_and_breaks_no_rule_of_access() {
    let test = "the_page_fits_every_screen_in_light_and_dark_and_breaks_no_rule_of_access";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.resize(1_440, 900, false);
    browser.open(&format!("{}?epochs=3&device=cpu&factors=5", page.url()));
    wait_until_ready(&browser);
    keep_screenshot(&browser, "light-empty");
    let axe = axe();
    assert_accessible(&browser, axe.as_deref(), "empty");
    browser.click("#sample");
    browser.wait_for_text("#play", "Pause");
    keep_screenshot(&browser, "light-training");
    browser.wait_for_text("#play", "Train again");

    for scheme in ["light", "dark"] {
        browser.prefer("prefers-color-scheme", scheme);
        for (width, height, mobile) in SCREENS {
            browser.resize(width, height, mobile);
            keep_screenshot(&browser, &format!("{scheme}-{width}"));
            let overflow = browser.run(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
            );
            assert_eq!(overflow, 0, "the page is wider than {width} pixels");
            assert_accessible(&browser, axe.as_deref(), &format!("{scheme}, {width}"));
        }
    }
    browser.click("#new-item summary");
    browser.wait_for("return document.querySelectorAll('#found-users li').length === 6");
    choose(&browser, "#found-users select", "5");
    browser.wait_for("return !!document.querySelector('#audience tbody tr')");
    browser.click("#map summary");
    browser.click("#judged summary");
    browser.wait_for("return !!document.querySelector('#map .mark') && !!document.querySelector('#judged table')");
    browser.click("#pick-list button");
    browser.wait_for("return document.querySelectorAll('#similar ol li').length === 10");
    assert_accessible(&browser, axe.as_deref(), "map and judgement");
    browser.resize(360, 780, true);
    assert_accessible(&browser, axe.as_deref(), "map and judgement on a phone");
    keep_screenshot(&browser, "dark-360-map");
    assert_clean(&browser);
}

/// The source of axe-core, where `cargo xtask setup` has put it.
fn axe() -> Option<String> {
    let file = root().join("target/axe/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(file).ok();
    if axe.is_none() {
        let remedy = "`cargo xtask setup` fetches it with npm";
        skip("the rules of access", "axe-core is not in target/axe", remedy);
    }
    axe
}

fn assert_accessible(browser: &Browser, axe: Option<&str>, state: &str) {
    let Some(axe) = axe else { return };
    browser.run(&format!("if (!window.axe) {{ {axe} ; window.axe ??= axe; }}"));
    let broken = browser.run_async(
        "const { violations } = await axe.run();
         return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);",
    );
    let broken: Vec<&str> =
        broken.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(broken.is_empty(), "{state}: {broken:#?}");
}
