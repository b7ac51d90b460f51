//! A small server for one folder of static files, on localhost only.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::assets;
use crate::page::CONTENT_SECURITY_POLICY;

/// A file that may change under its name.
const ASK_AGAIN: &str = "no-cache";

/// Longest request line and headers that are read, in bytes.
const HEAD_LIMIT: u64 = 16 * 1024;

/// A folder behind a port of this machine.
pub(crate) struct Server {
    folder: PathBuf,
    listener: TcpListener,
}

impl Server {
    /// Takes `port` of localhost, or any free one when it is 0.
    ///
    /// # Errors
    /// The port is taken or not allowed.
    pub(crate) fn bind(folder: &Path, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("cannot listen on port {port} of localhost; choose another with --port")
        })?;
        let folder = folder.to_owned();
        Ok(Self { folder, listener })
    }

    /// The address to open.
    pub(crate) fn url(&self) -> String {
        match self.listener.local_addr() {
            Ok(address) => format!("http://{address}/"),
            Err(_) => "http://localhost/".to_owned(),
        }
    }

    /// Answers requests until the process ends.
    ///
    /// # Errors
    /// The port stops accepting connections.
    pub(crate) fn run(&self) -> Result<()> {
        for stream in self.listener.incoming() {
            let (stream, folder) = (stream?, self.folder.clone());
            // A browser opens connections ahead of need: one that idles must not hold the others.
            thread::spawn(move || answer(&folder, &stream));
        }
        Ok(())
    }
}

/// Answers the one request of a connection.
fn answer(folder: &Path, mut stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut head = BufReader::new(stream.take(HEAD_LIMIT));
    let mut request = String::new();
    head.read_line(&mut request)?;
    let mut header = String::new();
    while head.read_line(&mut header)? > 2 {
        header.clear();
    }
    let response = respond(folder, &request);
    let text = format!(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: {}\r\n\
         Content-Security-Policy: {CONTENT_SECURITY_POLICY}; frame-ancestors 'none'\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        response.status,
        response.content_type,
        response.body.len(),
        response.cache,
    );
    stream.write_all(text.as_bytes())?;
    if !request.starts_with("HEAD ") {
        stream.write_all(&response.body)?;
    }
    stream.flush()
}

struct Response {
    status: &'static str,
    content_type: &'static str,
    cache: &'static str,
    body: Vec<u8>,
}

/// The answer to a request line, `GET /path HTTP/1.1`.
fn respond(folder: &Path, request: &str) -> Response {
    let failure = |status: &'static str| Response {
        status,
        content_type: "text/plain; charset=utf-8",
        cache: ASK_AGAIN,
        body: status.into(),
    };
    let mut words = request.split_whitespace();
    let (method, target) = (words.next(), words.next());
    if !matches!(method, Some("GET" | "HEAD")) {
        return failure("405 Method Not Allowed");
    }
    let Some(file) = target.and_then(|target| file_of(folder, target)) else {
        return failure("404 Not Found");
    };
    match fs::read(&file) {
        Ok(body) => Response {
            status: "200 OK",
            content_type: content_type(&file),
            cache: cache(&file),
            body,
        },
        Err(_) => failure("404 Not Found"),
    }
}

/// The file that a request's target names; never one outside `folder`.
fn file_of(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    };
    // The page's own files have plain names: no escapes, no drive letters, no hidden files.
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.');
    let safe = path.split('/').all(plain) && !path.contains(['%', '\\', ':']);
    safe.then(|| folder.join(path))
}

/// How long a browser may keep a file: for ever where another content has another name.
fn cache(file: &Path) -> &'static str {
    let hashed = file.file_name().is_some_and(|name| assets::is_hashed(&name.to_string_lossy()));
    if hashed { "public, max-age=31536000, immutable" } else { ASK_AGAIN }
}

/// What a browser is told the file is; it refuses scripts and wasm of any other type.
fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status line and content type that `request` gets over a socket.
    fn ask(request: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("index.html"), "hello").expect("a file");
        fs::write(folder.path().join("web_bg.wasm"), [0, 97, 115, 109]).expect("a file");
        let server = Server::bind(folder.path(), 0).expect("a free port");
        let address = server.listener.local_addr().expect("an address");
        thread::spawn(move || server.run());
        let mut stream = TcpStream::connect(address).expect("a connection");
        write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    #[test]
    fn a_folder_answers_with_its_index() {
        let answer = ask("GET /?seed=1");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("Content-Type: text/html; charset=utf-8\r\n"), "{answer}");
        assert!(answer.contains("Content-Length: 5\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    }

    #[test]
    fn wasm_has_the_type_that_browsers_compile_from_a_stream() {
        let answer = ask("GET /web_bg.wasm");
        assert!(answer.contains("Content-Type: application/wasm\r\n"), "{answer}");
    }

    #[test]
    fn what_carries_its_hash_may_be_kept() {
        let kept = |file: &str| cache(Path::new(file)).contains("immutable");
        assert!(kept("dist/web-0123456789abcdef.js") && !kept("dist/index.html"));
        assert!(!kept("dist/service-worker.js"));
    }

    #[test]
    fn a_head_request_gets_no_body() {
        let answer = ask("HEAD /");
        assert!(answer.contains("Content-Length: 5\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for target in ["/../secret", "/%2e%2e/secret", "//etc/passwd", "/.git", "/a\\b", "nothing"]
        {
            assert_eq!(file_of(Path::new("dist"), target), None, "{target}");
        }
        assert!(ask("GET /missing.js").starts_with("HTTP/1.1 404 "));
        assert!(ask("POST /").starts_with("HTTP/1.1 405 "));
    }
}
