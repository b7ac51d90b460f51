//! A worker that a test talks to in the words of `protocol`, with no page between them.

use protocol::{News, Request};
use serde_json::{Value, json};

use super::base64;
use super::webdriver::Browser;

/// A worker of its own in a browser. What it says is kept in the order in which it comes.
pub(crate) struct Link<'a> {
    browser: &'a Browser,
    heard: usize, // pieces of news that were looked at
}

/// Everything the worker says, and what it attaches, kept by the browser.
const OPEN: &str = r#"
    window.link?.worker.terminate();
    const link = window.link = { log: [], attached: [], wake: () => {} };
    const hear = (json, attachment) => {
        link.log.push(json); link.attached.push(attachment); link.wake();
    };
    const html = await (await fetch("./")).text();
    const [, file] = html.match(/<meta name="PROGRAM" content="([^"]+)"/);
    link.worker = new Worker(file, { type: "module" });
    link.worker.onmessage = ({ data: [json, attachment] }) => hear(json, attachment);
    link.worker.onerror = ({ message }) => {
        hear(JSON.stringify({ panicked: { message: `not loaded: ${message}` } }), null);
    };
"#;

/// Waits for the piece of news `AT`, counted from 0.
const HEAR: &str = "
    while (link.log.length <= AT) await new Promise((wake) => { link.wake = wake; });
    return link.log[AT];
";

/// What was attached to the piece of news `AT`, in base64.
const ATTACHED: &str = "
    let text = '';
    for (const byte of new Uint8Array(link.attached[AT])) text += String.fromCharCode(byte);
    return btoa(text);
";

impl<'a> Link<'a> {
    /// Starts the page's program of this name: `worker` or `worker-autodiff`.
    pub(crate) fn open(browser: &'a Browser, program: &str) -> Self {
        browser.run_async(&OPEN.replace("PROGRAM", program));
        Self { browser, heard: 0 }
    }

    pub(crate) fn ask(&self, request: &Request) {
        self.send(request, "null");
    }

    /// Asks with a file of these bytes attached.
    pub(crate) fn ask_with(&self, request: &Request, file: &[u8]) {
        let bytes = json!(file);
        self.send(request, &format!("new Blob([new Uint8Array({bytes})])"));
    }

    /// Asks with files of these bytes attached.
    pub(crate) fn ask_with_files(&self, request: &Request, files: &[&[u8]]) {
        let files = json!(files);
        self.send(request, &format!("{files}.map((bytes) => new Blob([new Uint8Array(bytes)]))"));
    }

    /// Asks with a file attached that the browser makes up.
    pub(crate) fn send(&self, request: &Request, attachment: &str) {
        let request = Value::String(serde_json::to_string(request).unwrap());
        self.browser.run(&format!("link.worker.postMessage([{request}, {attachment}])"));
    }

    /// Has the worker die as of a defect.
    pub(crate) fn crash(&self) {
        self.browser.run("link.worker.postMessage('crash')");
    }

    /// Has the worker find that GPUs never answer.
    pub(crate) fn lose_patience(&self) {
        self.browser.run("link.worker.postMessage('lose patience')");
    }

    /// The next piece of news; those of the program's own download are passed over.
    pub(crate) fn next(&mut self) -> News {
        loop {
            let at = self.heard.to_string();
            let news = self.browser.run_async(&HEAR.replace("AT", &at));
            let news = news.as_str().expect("news is text");
            self.heard += 1;
            match serde_json::from_str(news).unwrap_or_else(|error| panic!("{error}: {news}")) {
                News::Loading { .. } => {}
                news => return news,
            }
        }
    }

    /// Bytes of the program that have come, and bytes in all, as the worker said last.
    pub(crate) fn loaded(&self) -> (u64, u64) {
        let script = "const all = link.log.map((json) => JSON.parse(json));
                      return all.filter((news) => news.loading).pop().loading";
        let last = self.browser.run(script);
        let number = |name: &str| last[name].as_u64().expect("a number of bytes");
        (number("done"), number("total"))
    }

    /// Waits for news that `wanted` takes, and passes over the others.
    ///
    /// # Panics
    /// When a request fails or the worker dies on the way, unless that is what is wanted.
    pub(crate) fn wait<T>(&mut self, mut wanted: impl FnMut(&News) -> Option<T>) -> T {
        loop {
            let news = self.next();
            match (wanted(&news), news) {
                (Some(found), _) => return found,
                (None, News::Failed { message } | News::Panicked { message }) => {
                    panic!("the worker: {message}")
                }
                (None, _) => {}
            }
        }
    }

    /// What was attached to the news that [`next`](Self::next) gave last.
    pub(crate) fn attached(&self) -> Vec<u8> {
        let at = (self.heard - 1).to_string();
        let text = self.browser.run_async(&ATTACHED.replace("AT", &at));
        base64::decoded(text.as_str().expect("base64"))
    }
}
