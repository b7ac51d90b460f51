//! A browser driven over WebDriver (<https://www.w3.org/TR/webdriver2/>): only what is needed.
//!
//! The usual client crates switch on features of dependencies that burn has too, so that Cargo
//! would build burn once for the program and once more for the tests.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::base64;

/// A browser that does not do within this time what a test waits for never will.
const PATIENCE: Duration = Duration::from_secs(240);

/// A browser that has WebGPU, on a GPU in software.
pub(crate) const SWIFTSHADER: [&str; 2] =
    ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
/// A browser without WebGPU.
pub(crate) const NO_GPU: [&str; 2] = ["--disable-gpu", "--disable-features=WebGPU"];

/// Where chromedriver is, if it is.
pub(crate) fn chromedriver() -> Option<PathBuf> {
    let file = format!("chromedriver{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
}

/// A headless Chromium with a profile of its own; it and its driver end when this is dropped.
pub(crate) struct Browser {
    driver: Child,
    address: String,
    session: String,
    profile: TempDir,
}

impl Browser {
    /// A browser with more arguments than are needed in any case, such as [`SWIFTSHADER`].
    pub(crate) fn start(chromedriver: &Path, arguments: &[&str]) -> Self {
        let (driver, port) = driver(chromedriver);
        let address = format!("127.0.0.1:{port}");
        let profile = tempfile::tempdir().expect("a temporary folder");
        let mut browser = Self { driver, address, session: String::new(), profile };
        let capabilities = browser.capabilities(arguments);
        let session = browser.call("POST", "/session", &capabilities);
        session["sessionId"].as_str().expect("a session").clone_into(&mut browser.session);
        let patience = json!({ "script": PATIENCE.as_secs() * 1000 });
        browser.command("timeouts", &patience);
        browser
    }

    fn capabilities(&self, arguments: &[&str]) -> Value {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let usual = [
            "--headless",
            "--no-sandbox",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &profile,
        ];
        let arguments = [&usual, arguments].concat();
        json!({ "capabilities": { "alwaysMatch": {
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": arguments },
        } } })
    }

    pub(crate) fn open(&self, url: &str) {
        self.command("url", &json!({ "url": url }));
    }

    /// Runs the body of a function and gives what it returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs the body of an async function and gives what it returns.
    ///
    /// # Panics
    /// With what it throws.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[0];
             (async () => {{ {script} }})().then(
                 (value) => done([value ?? null]), (error) => done(String(error)));"
        );
        match self.command("execute/async", &json!({ "script": script, "args": [] })) {
            Value::Array(mut value) => value.remove(0),
            error => panic!("{error} in {script}"),
        }
    }

    /// Clicks as a person would: the element must be visible and not covered.
    pub(crate) fn click(&self, selector: &str) {
        let id = self.element(selector);
        self.command(&format!("element/{id}/click"), &json!({}));
    }

    /// Types into an element; into a file input, a path.
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        let id = self.element(selector);
        self.command(&format!("element/{id}/value"), &json!({ "text": text }));
    }

    /// Presses a key wherever the focus is.
    pub(crate) fn press(&self, key: char) {
        let action = |kind: &str| json!({ "type": kind, "value": key });
        let keys = json!([action("keyDown"), action("keyUp")]);
        let source = json!({ "type": "key", "id": "keyboard", "actions": keys });
        self.command("actions", &json!({ "actions": [source] }));
    }

    /// The tab in front.
    pub(crate) fn tab(&self) -> String {
        let path = format!("/session/{}/window", self.session);
        let tab = self.call("GET", &path, &json!({}));
        tab.as_str().expect("a handle").to_owned()
    }

    /// Opens another tab of the same profile and turns to it.
    pub(crate) fn new_tab(&self) {
        let tab = self.command("window/new", &json!({ "type": "tab" }));
        self.turn_to(tab["handle"].as_str().expect("a handle"));
    }

    pub(crate) fn turn_to(&self, tab: &str) {
        self.command("window", &json!({ "handle": tab }));
    }

    /// Closes the tab in front; another has to be turned to.
    pub(crate) fn close_tab(&self) {
        self.call("DELETE", &format!("/session/{}/window", self.session), &json!({}));
    }

    /// Presses the mouse at one place of an element, moves it, and lets go: places count from the
    /// element's middle, in pixels.
    pub(crate) fn drag(&self, selector: &str, from: (i32, i32), to: (i32, i32)) {
        let id = self.element(selector);
        let origin = json!({ "element-6066-11e4-a52e-4f735466cecf": id });
        let at = |(x, y): (i32, i32)| json!({ "type": "pointerMove", "duration": 0, "x": x, "y": y, "origin": origin });
        let actions = json!([
            at(from),
            { "type": "pointerDown", "button": 0 },
            at(to),
            { "type": "pointerUp", "button": 0 },
        ]);
        let mouse = json!({
            "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": actions,
        });
        self.command("actions", &json!({ "actions": [mouse] }));
    }

    /// Taps the middle of an element with a finger.
    pub(crate) fn tap(&self, selector: &str) {
        let id = self.element(selector);
        let origin = json!({ "element-6066-11e4-a52e-4f735466cecf": id });
        let actions = json!([
            { "type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": origin },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ]);
        let finger = json!({
            "type": "pointer", "id": "finger", "parameters": { "pointerType": "touch" }, "actions": actions,
        });
        self.command("actions", &json!({ "actions": [finger] }));
    }

    fn element(&self, selector: &str) -> String {
        let query = json!({ "using": "css selector", "value": selector });
        let element = self.command("element", &query);
        let id = element.as_object().and_then(|object| object.values().next());
        id.and_then(Value::as_str).expect("an element has an id").to_owned()
    }

    /// The text of an element as a person sees it.
    pub(crate) fn text(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({selector:?})?.innerText ?? ''");
        self.run(&script).as_str().expect("text").to_owned()
    }

    /// Waits until an element's text has this in it.
    pub(crate) fn wait_for_text(&self, selector: &str, text: &str) {
        self.wait_for(&format!(
            "return !!document.querySelector({selector:?})?.innerText.includes({text:?})"
        ));
    }

    /// A window of this size, on a phone or not.
    pub(crate) fn resize(&self, width: u32, height: u32, mobile: bool) {
        let scale = if mobile { 2 } else { 1 };
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// What the person's system prefers, such as `prefers-color-scheme` `dark`.
    pub(crate) fn prefer(&self, feature: &str, value: &str) {
        let features = json!([{ "name": feature, "value": value }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// A command of Chromium's own protocol.
    pub(crate) fn devtools(&self, name: &str, parameters: &Value) -> Value {
        self.command("goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    /// The whole page as a PNG.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.devtools("Page.captureScreenshot", &whole);
        base64::decoded(picture["data"].as_str().expect("base64"))
    }

    /// Waits until a script returns true.
    pub(crate) fn wait_for(&self, script: &str) {
        let start = Instant::now();
        while self.run(script) != true {
            assert!(start.elapsed() < PATIENCE, "it never came true: {script}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the console holds of errors, failed downloads included.
    pub(crate) fn console_errors(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().expect("a list").iter();
        entries
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    fn command(&self, name: &str, parameters: &Value) -> Value {
        self.call("POST", &format!("/session/{}/{name}", self.session), parameters)
    }

    fn call(&self, method: &str, path: &str, parameters: &Value) -> Value {
        match exchange(&self.address, method, path, parameters) {
            Ok((200, answer)) => answer,
            Ok((status, answer)) => {
                let (error, message) = (&answer["error"], &answer["message"]);
                panic!("WebDriver {method} {path}: {status}, {error}: {message}")
            }
            Err(error) => panic!("WebDriver {method} {path}: {error}"),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // Ends the browser itself, which outlives a driver that is killed.
            let path = format!("/session/{}", self.session);
            let _ = exchange(&self.address, "DELETE", &path, &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A running chromedriver and its port.
///
/// It has the system choose a port of IPv6 and then wants that of IPv4 with the same number; when a
/// test beside this one has it, the driver ends. The next one gets another number.
fn driver(chromedriver: &Path) -> (Child, u16) {
    let mut said = String::new();
    for _ in 0..10 {
        let mut driver = Command::new(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        match port(driver.stdout.take().expect("a pipe")) {
            Ok(port) => return (driver, port),
            Err(words) => said = words,
        }
        let _ = driver.wait();
    }
    panic!("chromedriver ended ten times without serving; the last one said: {said}")
}

/// The port that chromedriver says it took, or all that it said if it ended without one. What it
/// prints later is read and dropped, so that it never waits for a full pipe.
fn port(stdout: impl Read + Send + 'static) -> Result<u16, String> {
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let mut said = String::new();
    for line in lines.by_ref() {
        let port = line.split_once("started successfully on port ");
        if let Some(port) = port.and_then(|(_, port)| port.trim_end_matches('.').parse().ok()) {
            thread::spawn(move || lines.for_each(drop));
            return Ok(port);
        }
        said += &format!("{line}; ");
    }
    Err(said)
}

/// One HTTP request and its answer: the status, and the `value` of the JSON body.
fn exchange(address: &str, method: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE + Duration::from_secs(30)))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("not HTTP: {line:?}")))?;
    let mut length = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut answer: Value = serde_json::from_slice(&body)?;
    Ok((status, answer["value"].take()))
}
