//! Files out of the page, and into it.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use ratings::UserIndex;
use trainer::{ModelFile, Predictor, Wanted};

use super::browser;
use super::visible::{assert_clean, drop_file, drop_files, file, wait_until_ready};
use super::webdriver::{Browser, NO_GPU};
use super::working::choose;

/// A page whose run of three epochs is over, and which saves into a folder.
pub(crate) fn trained(browser: &Browser, url: &str, folder: &Path) {
    let allow = serde_json::json!({ "behavior": "allow", "downloadPath": folder });
    browser.devtools("Browser.setDownloadBehavior", &allow);
    browser.open(&format!("{url}?epochs=3&device=cpu"));
    wait_until_ready(browser);
    drop_file(browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
}

/// Clicks, and gives the file that the browser saves.
pub(crate) fn saved(browser: &Browser, button: &str, file: &Path) -> Vec<u8> {
    browser.click(button);
    let start = Instant::now();
    loop {
        match fs::read(file) {
            Ok(bytes) if !bytes.is_empty() => return bytes,
            _ => {
                assert!(start.elapsed() < Duration::from_secs(60), "{} never came", file.display())
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_chart_is_saved_as_a_picture_and_as_numbers() {
    let test = "a_chart_is_saved_as_a_picture_and_as_numbers";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    let folder = tempfile::tempdir().unwrap();
    trained(&browser, page.url(), folder.path());
    let save = |button: &str, name: &str| saved(&browser, button, &folder.path().join(name));

    let svg = String::from_utf8(save("#save-svg", "rmse.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert!(svg.contains("RMSE by epoch") && svg.contains("always the mean"), "{svg}");
    let png = save("#save-png", "rmse.png");
    assert!(png.starts_with(b"\x89PNG"), "no PNG");
    assert_eq!(png[16..24], [0, 0, 7, 8, 0, 0, 3, 192], "1800 by 960 pixels");
    let csv = String::from_utf8(save("#save-csv", "rmse.csv")).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 4, "{csv}");
    assert!(lines[0].starts_with("epoch,train_rmse,test_rmse"), "{csv}");
    let test: f64 = lines[3].split(',').nth(2).unwrap().parse().unwrap();
    assert_eq!(format!("{test:.4}"), browser.text("#test-rmse"));
    assert_clean(&browser);
}

#[test]
fn a_model_is_saved_as_the_desktops_file_and_opened_again() {
    let test = "a_model_is_saved_as_the_desktops_file_and_opened_again";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    let folder = tempfile::tempdir().unwrap();
    trained(&browser, page.url(), folder.path());
    browser.wait_for("return document.querySelectorAll('#pick-list li').length === 10");
    let path = folder.path().join("mf-3-epochs.safetensors");
    let bytes = saved(&browser, "#export", &path);
    let model = ModelFile::from_bytes(&bytes).expect("the desktop reads it");
    assert_eq!((model.trained.history.len(), model.users.len()), (3, 83));

    // In a page of its own, under a name that says nothing: it is told by its content.
    let other = folder.path().join("model.bin");
    fs::write(&other, &bytes).unwrap();
    browser.open(page.url());
    wait_until_ready(&browser);
    browser.type_into("#open-model", other.to_str().unwrap());
    browser.wait_for_text("#notice", "3 epochs trained");
    browser.wait_for("return document.querySelectorAll('#pick-list li').length === 10");
    // The data is not at hand, so what a user has rated is not left out: the numbers are those of the
    // file, for its busiest user.
    let busiest = (0..83).rev().max_by_key(|user| model.averages.users[*user].count).unwrap();
    let predictor = Predictor::new(model);
    let taste = predictor.taste_of(UserIndex(busiest as u32));
    let list = browser.text("#pick-list");
    for pick in predictor.recommend(&taste, Wanted { n: 10, allowed: None }, &[]) {
        let rating = format!("{:.2}", predictor.clipped(pick.score));
        let item = predictor.file().items.name_of(pick.item);
        assert!(list.contains(item) && list.contains(&rating), "{item}: {rating} is not in {list}");
    }
    assert_eq!(browser.text("#at-epoch"), "3 of 3");
    browser.click("#judged summary");
    browser.wait_for_text("#judged", "No ratings are kept for testing");
    assert_clean(&browser);
}

#[test]
fn a_model_of_the_command_line_says_the_same_in_the_page() {
    let test = "a_model_of_the_command_line_says_the_same_in_the_page";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ratings.dat"), file()).unwrap();
    let native = |arguments: &str| -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_native"));
        command.args(arguments.split(' ')).current_dir(folder.path());
        let ran = command.output().expect("the program starts");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    native("train ratings.dat --model svdpp --epochs 8 --device cpu --progress none --out run");
    let listed = native("recommend run 70 -n 10 --json");
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();

    browser.open(page.url());
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file()); // what the user rated is left out of both lists
    browser.wait_for_text("#report", "ratings.dat");
    let model = folder.path().join("run/model.safetensors");
    browser.type_into("#open-model", model.to_str().unwrap());
    browser.wait_for_text("#notice", "8 epochs trained");
    choose(&browser, "#user", "70");
    browser.wait_for_text("#picks", "Rated so far: 24 items");
    for (n, pick) in (1..).zip(listed["items"].as_array().unwrap()) {
        let row = browser.text(&format!("#pick-list li:nth-child({n})"));
        let (item, rating) = (pick["item"].as_str().unwrap(), pick["rating"].as_f64().unwrap());
        assert!(row.starts_with(&format!("item {item}\n")), "{n}: {row}, not {item}");
        assert!(row.ends_with(&format!("{rating:.2}")), "{n}: {row}, not {rating}");
    }
    browser.wait_for_text("#command", "train RATINGS --model svdpp");
    assert_clean(&browser);
}

#[test]
fn titles_are_told_by_their_content_and_stay_with_their_data() {
    let test = "titles_are_told_by_their_content_and_stay_with_their_data";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(page.url());
    wait_until_ready(&browser);
    drop_file(&browser, "one.txt", &file());
    browser.wait_for_text("#report", "one.txt");
    let item = first_item(&browser);
    drop_file(
        &browser,
        "two.txt",
        &format!("{item}::The First (1999)::Drama\n999::Other::Comedy\n"),
    );
    browser.wait_for_text("#notice", "2 titles");
    browser.run("document.querySelector('#report details').open = true");
    browser.wait_for_text("#report table:not(.histogram) tbody", "The First");

    // Other data with the same ids has nothing to do with those titles.
    drop_file(&browser, "three.txt", &file());
    browser.wait_for_text("#report", "three.txt");
    assert_eq!(first_item(&browser), item);
    assert_clean(&browser);
}

/// Opens the list of the first ratings; gives what it calls the first item.
fn first_item(browser: &Browser) -> String {
    browser.run("document.querySelector('#report details').open = true");
    browser.text("#report table:not(.histogram) tbody tr td:nth-child(2)")
}

#[test]
fn files_are_told_by_what_can_be_read_in_them() {
    let test = "files_are_told_by_what_can_be_read_in_them";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(page.url());
    wait_until_ready(&browser);
    // Ids may be any text, and a column may be called anything.
    drop_file(&browser, "ids.dat", "A1::B001::4\nA2::B002::5\nA1::B002::3\n");
    browser.wait_for_text("#report", "ids.dat");
    drop_file(&browser, "ids.dat", "A1::B001::4\nA2::B002::5\nA1::B002::good\n");
    browser.wait_for_text("#refused", "ids.dat:3:");
    browser.click("#skip");
    browser.wait_for_text("#skipped", "1 bad line left out");
    drop_file(
        &browser,
        "shop.csv",
        "user,item,title,rating\na,b1,Up,4\nb,b2,Brazil,2\na,b2,Brazil,1\n",
    );
    browser.wait_for_text("#report", "shop.csv");

    // Titles, packed: alone by gzip, and in a zip of nothing else.
    browser.run_async(
        "const text = new Blob(['b1::The First (1999)::Drama\\nb2::The Second (2001)::Drama\\n']);
         const stream = text.stream().pipeThrough(new CompressionStream('gzip'));
         const data = new DataTransfer();
         data.items.add(new File([await new Response(stream).blob()], 'names'));
         document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));",
    );
    browser.wait_for_text("#notice", "2 titles, 2 items of the data's");
    assert_eq!(first_item(&browser), "The First");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default();
    zip.start_file("ml/movies.csv", stored).unwrap();
    zip.write_all(b"movieId,title,genres\nb1,Number One,Drama\n").unwrap();
    let packed = zip.finish().unwrap().into_inner();
    drop_files(&browser, &[("names.zip", &packed)]);
    browser.wait_for_text("#notice", "1 title, 1 item of the data's");
    assert_eq!(first_item(&browser), "Number One");

    // A zip as MovieLens has it: ratings, their titles, and a file of words.
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let titles = "7::The Seventh (1999)::Drama\n0::The Zeroth (1998)::Drama\n";
    let ratings = file();
    let files =
        [("README", "Some words.\n"), ("movies.dat", titles), ("ratings.dat", ratings.as_str())];
    for (name, text) in files {
        zip.start_file(format!("ml-0/{name}"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let packed = zip.finish().unwrap().into_inner();
    drop_files(&browser, &[("ml-0.zip", &packed)]);
    browser.wait_for_text("#report", "ml-0.zip");
    browser.wait_for_text("#report", "2,000");
    assert_eq!(first_item(&browser), "The Zeroth");
    assert_clean(&browser);
}

#[test]
fn titles_go_with_the_ratings_that_they_are_dropped_with() {
    let test = "titles_go_with_the_ratings_that_they_are_dropped_with";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(page.url());
    wait_until_ready(&browser);
    drop_file(&browser, "one.txt", &file());
    browser.wait_for_text("#report", "one.txt");
    let item = first_item(&browser);
    let titles = format!("{item}::The First (1999)::Drama\n");
    let bad = file() + "7::8::nine::0\n";
    let readme = "Some words about the data.\nAnd more.\n";
    let together = [
        ("titles.txt", titles.as_bytes()),
        ("two.txt", bad.as_bytes()),
        ("README", readme.as_bytes()),
    ];
    drop_files(&browser, &together);
    browser.wait_for_text("#refused", "two.txt:2001:");
    assert_eq!(first_item(&browser), item, "the old data has no titles");
    browser.click("#skip");
    browser.wait_for_text("#report", "two.txt");
    browser.wait_for_text("#notice", "1 title, 1 item of the data's");
    assert_eq!(first_item(&browser), "The First");
    browser.wait_for_text("#unused", "README");
    assert_clean(&browser);
}

#[test]
fn a_file_that_cannot_fit_is_refused_with_the_numbers() {
    let test = "a_file_that_cannot_fit_is_refused_with_the_numbers";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    browser.open(page.url());
    wait_until_ready(&browser);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.csv");
    // A hole in a file takes no room on the disk.
    fs::File::create(&path).unwrap().set_len((1 << 30) + 1).unwrap();
    browser.type_into("#file", path.to_str().unwrap());
    browser.wait_for_text("#refused", "all.csv has 1,025 MB; a page has 4,096 MB of memory");
    browser.wait_for_text("#refused", "1,024 MB");
    assert_eq!(browser.run("return !!document.querySelector('#skip')"), false);
    assert_clean(&browser);
}
