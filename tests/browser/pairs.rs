//! Every engine on every device, through the page.

use super::browser;
use super::visible::{assert_clean, drop_file, wait_until_ready};
use super::webdriver::{Browser, NO_GPU, SWIFTSHADER};

/// So few ratings that a GPU in software is done in a moment.
fn tiny() -> String {
    (0..240).map(|k| format!("{}::{}::{}\n", k * 7 % 13, k * 31 % 11, 1 + k * k % 5)).collect()
}

/// Trains three epochs; gives the errors that the page shows.
fn train(browser: &Browser, url: &str, query: &str) -> [f64; 2] {
    browser.open(&format!("{url}?epochs=3&factors=4&batch-size=64&{query}"));
    wait_until_ready(browser);
    drop_file(browser, "tiny.dat", &tiny());
    browser.wait_for_text("#report", "tiny.dat");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
    ["#train-rmse", "#test-rmse"].map(|place| browser.text(place).parse().expect("a number"))
}

#[test]
fn every_engine_trains_on_every_device_through_the_page() {
    let test = "every_engine_trains_on_every_device_through_the_page";
    let Some((browser, page)) = browser(test, &SWIFTSHADER) else { return };
    for (model, pairs) in [
        ("mf", &["cpu fused", "cpu autodiff", "gpu fused", "gpu autodiff"][..]),
        ("deepmf", &["cpu fused", "cpu autodiff", "gpu fused", "gpu autodiff"]),
        ("biased-mf", &["cpu fused", "gpu fused"]),
        ("neumf", &["cpu auto", "gpu autodiff"]),
    ] {
        let mut first = None;
        for pair in pairs {
            let (device, engine) = pair.split_once(' ').unwrap();
            let query = format!("model={model}&device={device}&engine={engine}");
            let errors = train(&browser, page.url(), &query);
            let place = browser.text("#where");
            let engine = if engine == "auto" { "autodiff" } else { engine }; // burn comes by itself
            assert!(place.contains(&format!("{engine} engine")), "{pair}: {place}");
            assert_eq!(device == "cpu", place.starts_with("CPU"), "{pair}: {place}");
            let expected = *first.get_or_insert(errors);
            for (here, there) in errors.iter().zip(expected) {
                assert!(
                    (here - there).abs() < 1e-3,
                    "{model}, {pair}: {errors:?} and {expected:?}"
                );
            }
        }
    }
    assert_clean(&browser);
}

#[test]
fn a_browser_without_webgpu_says_why_and_what_it_costs() {
    let test = "a_browser_without_webgpu_says_why_and_what_it_costs";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    train(&browser, page.url(), "model=mf");
    let place = browser.text("#where");
    assert!(place.starts_with("CPU, fused engine: no WebGPU: "), "{place}");
    assert!(place.contains("about 3 times slower than the desktop program"), "{place}");
    browser.open(&format!("{}?epochs=2&device=gpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "tiny.dat", &tiny());
    browser.wait_for_text("#report", "tiny.dat");
    browser.click("#play");
    browser.wait_for_text("#notice", "Choose the CPU");
    assert_clean(&browser);
}

#[test]
fn a_browser_whose_only_gpu_is_software_takes_the_cpu() {
    let test = "a_browser_whose_only_gpu_is_software_takes_the_cpu";
    let Some((browser, page)) = browser(test, &SWIFTSHADER) else { return };
    train(&browser, page.url(), "model=mf");
    let place = browser.text("#where");
    assert!(place.starts_with("CPU, fused engine: "), "{place}");
    assert!(place.to_lowercase().contains("software"), "{place}");
    assert_clean(&browser);
}
