//! What a run is told: presets, a validation part, changes on the way; and what the page says of them.

use super::browser;
use super::keeping::start;
use super::visible::{assert_clean, drop_file, file, wait_until_ready};
use super::webdriver::{Browser, NO_GPU};
use super::working::choose;

fn value(browser: &Browser, field: &str) -> String {
    let value = browser.run(&format!("return document.querySelector('{field}').value"));
    value.as_str().expect("a value").to_owned()
}

#[test]
fn a_validation_part_chooses_the_epoch_and_patience_ends_the_run() {
    let test = "a_validation_part_chooses_the_epoch_and_patience_ends_the_run";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!(
        "{}?model=biased-mf&epochs=400&lr=0.05&weight-decay=0&device=cpu&patience=3",
        page.url()
    ));
    browser.resize(1_440, 900, false);
    wait_until_ready(&browser);
    assert_eq!(value(&browser, "#validation"), "0.1", "patience takes something to judge by");
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
    let text = browser.text("#runs .current td:nth-child(4)");
    let chosen = text.split(" at ").nth(1).and_then(|rest| rest.strip_suffix(", chosen"));
    let chosen: u32 = chosen.and_then(|epoch| epoch.parse().ok()).expect(&text);
    let epochs: u32 = browser.text("#runs .current td:nth-child(6)").parse().expect("a number");
    assert_eq!(epochs, chosen + 3, "it waited for three more");
    browser.wait_for_text("#curve", &format!("epoch {chosen} is chosen"));
    browser.wait_for_text("#curve", "validation");
    assert!(browser.text("#validation-figure").starts_with(char::is_numeric));
    assert!(browser.text("#command").contains("--validation 0.1 --patience 3"));
    assert_clean(&browser);
}

#[test]
fn a_change_on_the_way_is_marked_and_said() {
    let test = "a_change_on_the_way_is_marked_and_said";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    start(&browser, page.url());
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "2 of");
    browser.wait_for_text("#play", "Go on");
    choose(&browser, "#lr", "0.0005");
    browser.click("#epoch");
    browser.wait_for_text("#at-epoch", "3 of");
    browser.wait_for_text("#curve", "learning rate 0.0005");
    browser.wait_for_text("#tuned", "What was changed while it trained");
    assert_clean(&browser);
}

#[test]
fn presets_models_and_reasons_are_told() {
    let test = "presets_models_and_reasons_are_told";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=2", page.url()));
    wait_until_ready(&browser);
    browser.click("#preset-best");
    browser.wait_for("return document.querySelector('[name=model]:checked').value !== 'mf'");
    browser.click("#preset-lab");
    browser.wait_for("return document.querySelector('[name=model]:checked').value === 'mf'");
    assert_eq!([value(&browser, "#factors"), value(&browser, "#epochs")], ["10", "30"]);
    // Why no GPU, and what that costs.
    browser.wait_for_text("#where", "no WebGPU: ");
    browser.wait_for_text("#where", "Training on the CPU");

    // Once a model is clicked, keys and paste work as before.
    browser.click("[name=model][value=biases]");
    browser.run(
        "const data = new DataTransfer();
         data.setData('text/plain', 'a,b,4\\na,c,5\\nb,b,3\\nb,c,1\\nc,b,2\\n');
         document.activeElement.dispatchEvent(
             new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));",
    );
    browser.wait_for_text("#report", "pasted text");
    browser.wait_for_text("#report", "5");
    choose(&browser, "#test-share", "0");
    browser.run("document.querySelector('[name=model]:checked').focus()");
    browser.press(' ');
    browser.wait_for_text("#play", "Train again");
    browser.press('r');
    browser.wait_for("return document.querySelector('#play').innerText === 'Train'");
    assert_clean(&browser);
}
