//! The model at work in the page.

use trainer::{Audience, ModelFile};

use super::browser;
use super::taking::{saved, trained};
use super::visible::{assert_clean, drop_file, file, wait_until_ready};
use super::webdriver::{Browser, NO_GPU};

/// How many elements there are.
fn count(browser: &Browser, selector: &str) -> u64 {
    let script = format!("return document.querySelectorAll({selector:?}).length");
    browser.run(&script).as_u64().expect("a number")
}

/// Chooses a value as a person does.
pub(crate) fn choose(browser: &Browser, selector: &str, value: &str) {
    browser.run(&format!(
        "const field = document.querySelector({selector:?});
         field.value = {value:?};
         field.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    ));
}

#[test]
fn a_model_recommends_to_a_user_and_to_the_person_at_the_screen() {
    let test = "a_model_recommends_to_a_user_and_to_the_person_at_the_screen";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=3&device=cpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    drop_file(
        &browser,
        "movies.dat",
        "7::The Seventh (1999)::Drama\n14::Fourteen (2001)::Comedy\n",
    );
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");

    // The busiest user; then one by id, who rated less.
    browser.wait_for("return document.querySelectorAll('#pick-list li').length === 10");
    browser.wait_for_text("#picks", "Rated so far: 25 items");
    browser.click("#more-picks");
    browser.wait_for("return document.querySelectorAll('#pick-list li').length === 20");
    choose(&browser, "#user", "70");
    browser.wait_for_text("#picks", "Rated so far: 24 items");
    choose(&browser, "#user", "nobody");
    browser.wait_for_text("#notice", "nobody");

    // Somebody new: the list changes with a rating, and names it as a reason.
    browser.click("#whom-you");
    browser.wait_for("return document.querySelectorAll('#found li').length > 0");
    browser.type_into("#search", "seventh");
    browser.wait_for_text("#found li", "The Seventh");
    choose(&browser, "#found select", "5");
    browser.wait_for_text("#your-ratings", "The Seventh");
    browser.wait_for_text("#picks", "Rated so far: 1 item");

    // An item's neighbours, and a piece of the matrix with known and predicted cells.
    browser.click("#pick-list button");
    browser.wait_for("return document.querySelectorAll('#similar ol li').length === 10");
    assert!(count(&browser, "#completed td.known") > 0, "known cells are told apart");
    assert!(count(&browser, "#completed td.predicted") > 0, "predicted cells are told apart");
    // What a cell says is there for keys and fingers, too.
    browser.run("document.querySelector('#completed .scroll').focus()");
    const RIGHT: char = '\u{e014}';
    browser.press(RIGHT);
    browser.press(RIGHT);
    let [user, item] = ["#completed tbody th", "#completed thead th:nth-child(3)"];
    let said = format!("User {}, {}: ", browser.text(user), browser.text(item));
    browser.wait_for_text("#cell-text", &said);
    browser.wait_for_text("#cell-text", "the model says ");
    browser.click("#completed tbody tr:nth-child(2) td");
    browser.wait_for_text("#cell-text", &browser.text("#completed tbody tr:nth-child(2) th"));
    let first = browser.text("#completed tbody th");
    browser.click("#users-on");
    browser.wait_for(&format!(
        "return document.querySelector('#completed tbody th').innerText !== {first:?}"
    ));
    assert_clean(&browser);
}

#[test]
fn a_new_item_finds_its_audience() {
    let test = "a_new_item_finds_its_audience";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    let folder = tempfile::tempdir().unwrap();
    trained(&browser, page.url(), folder.path());
    let bytes = saved(&browser, "#export", &folder.path().join("mf-3-epochs.safetensors"));
    browser.click("#new-item summary");
    browser.wait_for("return document.querySelectorAll('#found-users li').length === 6");
    browser.type_into("#user-search", "70");
    browser.wait_for_text("#found-users li", "user 70");
    choose(&browser, "#found-users select", "5");
    browser.wait_for_text("#its-ratings", "user 70");
    browser.wait_for_text("#audience-text", "By 1 rating");
    browser.run("document.querySelector('#its-lines').closest('details').open = true");
    browser.type_into("#its-lines", "3,1\nnobody,4\n12 5\nand so on\n");
    browser.click("#take-lines");
    browser.wait_for_text("#new-item .wrong", "Line 4 is not a user and a rating");
    browser.wait_for_text("#audience-text", "By 3 ratings");
    browser.wait_for_text("#audience-text", "The model knows no user nobody");

    // The list is the desktop's, for the same model.
    let model = ModelFile::from_bytes(&bytes).expect("the desktop reads it");
    let user = |id: &str| model.users.index_of(id).expect("a user of the data");
    let rated = [(user("3"), 1.0), (user("12"), 5.0), (user("70"), 5.0)];
    let mut seen = rated.map(|(user, _)| user);
    seen.sort_unstable();
    let audience = Audience::new(&model);
    let mut by_user = rated;
    by_user.sort_by_key(|(user, _)| *user);
    let best = audience.best(&audience.of_new(&by_user), 5, &seen);
    for (n, (user, rating)) in (1..).zip(best) {
        let (low, high) = model.source.range;
        let expected = format!("{}\t{:.2}", model.users.name_of(user), rating.max(low).min(high));
        assert_eq!(browser.text(&format!("#audience tbody tr:nth-child({n})")), expected);
    }
    browser.click("#no-ratings");
    browser.wait_for("return !document.querySelector('#audience')");
    assert_clean(&browser);
}

#[test]
fn rows_keep_the_focus_while_a_run_goes_on() {
    let test = "rows_keep_the_focus_while_a_run_goes_on";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=100000&device=cpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    for place in ["#pick-list li:nth-child(3) button", "#completed .scroll", "#runs .name"] {
        if browser.text("#play") != "Pause" {
            browser.click("#play");
            browser.wait_for_text("#play", "Pause");
        }
        browser.wait_for(&format!("return !!document.querySelector({place:?})"));
        browser.run(&format!(
            "window.before = document.querySelector('#completed').innerText;
             document.querySelector({place:?}).focus();
             window.focused = document.activeElement"
        ));
        // The model has moved on, and the page has asked it again.
        browser.wait_for("return document.querySelector('#completed').innerText !== before");
        browser.wait_for("return document.querySelectorAll('#pick-list li').length === 10");
        let script = format!(
            "return document.activeElement === focused && focused === document.querySelector({place:?})"
        );
        assert_eq!(browser.run(&script), true, "{place} lost the focus");
    }
    browser.click("#stop");
    browser.wait_for_text("#play", "Train again");
    assert_clean(&browser);
}

#[test]
fn what_is_asked_stays_and_what_cannot_be_answered_is_said_once() {
    let test = "what_is_asked_stays_and_what_cannot_be_answered_is_said_once";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(&format!("{}?epochs=100000&device=cpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#epoch");
    browser.wait_for_text("#play", "Go on");
    browser.wait_for("return document.querySelectorAll('#pick-list li').length === 10");
    browser.click("#map summary");
    browser.wait_for("return !!document.querySelector('#map .mark')");
    browser.click("#pick-list button");
    browser.wait_for("return document.querySelectorAll('#similar ol li').length === 10");
    let chosen = browser.text("#similar p strong");

    // The neighbours follow the model; what was unfolded stays so when another run begins.
    browser.run("window.before = document.querySelector('#similar ol').innerText");
    browser.click("#play");
    browser.wait_for("return document.querySelector('#similar ol').innerText !== before");
    browser.click("#reset");
    browser.wait_for("return !document.querySelector('#map').checkVisibility()");
    browser.click("#play");
    browser.wait_for("return document.querySelector('#map .mark')?.checkVisibility() === true");
    browser.wait_for("return document.querySelectorAll('#similar ol li').length === 10");
    assert_eq!(browser.text("#similar p strong"), chosen);

    // A user whom the model does not know: said once, though it trains on, and nobody's list stays.
    choose(&browser, "#user", "nobody");
    browser.wait_for_text("#notice", "nobody");
    browser.wait_for("return !document.querySelector('#pick-list')");
    browser.click("#notice button");
    browser.run("window.before = document.querySelector('#completed').innerText");
    for _ in 0..2 {
        browser.wait_for("return document.querySelector('#completed').innerText !== before");
        browser.run("window.before = document.querySelector('#completed').innerText");
    }
    assert_eq!(browser.run("return !!document.querySelector('#notice, #pick-list')"), false);
    // Other data has other users.
    drop_file(&browser, "other.dat", &file());
    browser.wait_for_text("#report", "other.dat");
    assert_eq!(browser.run("return document.querySelector('#user').value"), "");
    assert_clean(&browser);
}

#[test]
fn items_lie_on_a_map_and_errors_are_told_by_tenths() {
    let test = "items_lie_on_a_map_and_errors_are_told_by_tenths";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser
        .open(&format!("{}?model=bayes-mf&epochs=30&burn-in=10&factors=3&device=cpu", page.url()));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    drop_file(
        &browser,
        "movies.dat",
        "7::The Seventh (1999)::Drama\n14::Fourteen (2001)::Comedy\n",
    );
    browser.wait_for_text("#notice", "2 titles");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
    // This model says how sure it is.
    browser.wait_for_text("#pick-list strong", " ± ");

    browser.click("#map summary");
    browser.wait_for_text("#map-text", "All 61 items");
    let dots = "return [...document.querySelectorAll('.plane .mark')]
        .reduce((sum, path) => sum + (path.getAttribute('d').match(/M/g) ?? []).length, 0)";
    assert_eq!(browser.run(dots), 61);
    browser.wait_for_text("#map .marks", "Drama");
    browser.type_into("#map-search", "seventh");
    browser.wait_for("return document.querySelectorAll('.plane .ring').length === 1");
    browser.click("#map-found button");
    browser.wait_for_text("#similar", "The Seventh");
    assert!(count(&browser, "#similar .histogram tbody tr") > 1, "how often it got each rating");
    // Near enough, and most dots are out of sight; then all are there again.
    (0..4).for_each(|_| browser.click("#map-nearer"));
    assert!(browser.run(dots).as_u64().unwrap() < 61);
    browser.click("#map-whole");
    assert_eq!(browser.run(dots), 61);

    // A finger, which is nowhere before it presses, chooses an item too.
    browser.run("document.querySelector('#map-search').value = ''");
    browser.type_into("#map-search", "fourteen");
    browser.wait_for("return document.querySelectorAll('.plane .ring').length === 1");
    browser.tap(".plane .ring");
    browser.wait_for_text("#similar", "Fourteen");

    browser.click("#judged summary");
    browser.wait_for_text("#judged-text", "On 400 ratings that it has not seen: RMSE 0.");
    assert_eq!(count(&browser, "#judged table"), 3);
    assert_clean(&browser);
}
