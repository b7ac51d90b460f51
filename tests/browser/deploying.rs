//! A newer version of the page, put where the older one was.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, thread};

use super::browser;
use super::page::Page;
use super::visible::{assert_clean, drop_file, file, wait_until_ready};
use super::webdriver::NO_GPU;

/// Serves a folder until it is told to stop; gives its address.
fn serve(folder: PathBuf) -> (String, Arc<AtomicBool>) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    thread::spawn(move || {
        for stream in server.incoming().flatten() {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let folder = folder.clone();
            thread::spawn(move || answer(stream, &folder));
        }
    });
    (url, stop)
}

/// Copies the page into a folder.
fn copy(page: &Page, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for file in fs::read_dir(page.folder()).unwrap().flatten() {
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
}

/// Answers one request; a browser that has gone is no failure.
fn answer(mut stream: TcpStream, folder: &Path) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let request = lines.next().unwrap_or_default();
    lines.find(String::is_empty);
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let path = path.split('?').next().unwrap_or_default();
    let page = format!("{path}index.html");
    let path = if path.is_empty() || path.ends_with('/') { &page } else { path };
    let kind = match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html",
        "js" => "text/javascript",
        "css" => "text/css",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        _ => "application/json",
    };
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

#[test]
fn a_newer_version_is_offered_and_taken_when_the_person_says_so() {
    let test = "a_newer_version_is_offered_and_taken_when_the_person_says_so";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    let folder = tempfile::tempdir().unwrap();
    copy(&page, folder.path());
    let (url, _) = serve(folder.path().to_owned());
    browser.open(&url);
    wait_until_ready(&browser);
    browser.wait_for("return !!navigator.serviceWorker.controller");
    let is_newer = "return !!document.querySelector('meta[name=newer]')";

    let change = |file: &str, before: &str, after: &str| {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(before), "{file} has no {before}");
        fs::write(path, text.replacen(before, after, 1)).unwrap();
    };
    change("index.html", "<title>", "<meta name=\"newer\"><title>");
    change("service-worker.js", "const VERSION = \"", "const VERSION = \"newer-");
    assert_eq!(browser.run("return !!document.querySelector('#update')"), false);
    browser.run_async("await (await navigator.serviceWorker.getRegistration()).update()");
    browser.wait_for_text("#update", "A newer version of this page is ready");
    // Until it is wanted this tab, even loaded anew, stays with the version that it has.
    browser.open(&url);
    wait_until_ready(&browser);
    assert_eq!(browser.run(is_newer), false);
    browser.wait_for_text("#update", "A newer version of this page is ready");
    browser.click("#update button");
    browser.wait_for(is_newer);
    wait_until_ready(&browser);
    assert_eq!(browser.run("return !!document.querySelector('#update')"), false);
    let kept = browser.run_async("return caches.keys()");
    let kept = kept.as_array().expect("a list");
    assert!(kept.len() == 1 && kept[0].to_string().contains("newer-"), "{kept:?}");
    assert_clean(&browser);
}

#[test]
fn a_page_in_a_folder_trains_after_its_server_is_gone() {
    let test = "a_page_in_a_folder_trains_after_its_server_is_gone";
    let Some((browser, page)) = browser(test, &NO_GPU) else { return };
    let folder = tempfile::tempdir().unwrap();
    copy(&page, &folder.path().join("some/where"));
    let (url, stop) = serve(folder.path().to_owned());
    let url = format!("{url}some/where/");
    browser.open(&url);
    wait_until_ready(&browser);
    browser.wait_for("return !!navigator.serviceWorker.controller");
    stop.store(true, Ordering::Relaxed);
    browser.open(&format!("{url}?epochs=2&device=cpu"));
    wait_until_ready(&browser);
    drop_file(&browser, "ratings.dat", &file());
    browser.wait_for_text("#report", "ratings.dat");
    browser.click("#play");
    browser.wait_for_text("#play", "Train again");
}
