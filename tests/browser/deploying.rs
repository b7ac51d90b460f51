//! A newer version of the page, put where the older one was.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::{fs, thread};

use super::browser;
use super::visible::{assert_clean, wait_until_ready};
use super::webdriver::NO_GPU;

/// Serves a folder for as long as the tests run; gives its address.
fn serve(folder: PathBuf) -> String {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    thread::spawn(move || {
        for stream in server.incoming().flatten() {
            let folder = folder.clone();
            thread::spawn(move || answer(stream, &folder));
        }
    });
    url
}

/// Answers one request; a browser that has gone is no failure.
fn answer(mut stream: TcpStream, folder: &Path) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let request = lines.next().unwrap_or_default();
    lines.find(String::is_empty);
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
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
    for file in fs::read_dir(page.folder()).unwrap().flatten() {
        fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    let url = serve(folder.path().to_owned());
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
