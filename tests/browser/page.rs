//! The page, built and served by the command that the README names.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use crate::support::root;

/// `cargo xtask web` on a free port, ended when dropped.
pub(crate) struct Page {
    server: Child,
    url: String,
    folder: TempDir,
}

impl Page {
    /// The page that all tests of the moment share, built when there is none.
    pub(crate) fn shared() -> Arc<Self> {
        static PAGE: Mutex<Weak<Page>> = Mutex::new(Weak::new());
        let mut page = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
        page.upgrade().unwrap_or_else(|| {
            let served = Arc::new(Self::serve());
            *page = Arc::downgrade(&served);
            served
        })
    }

    /// Builds the page into a temporary folder and serves it.
    fn serve() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut server = Command::new(cargo)
            .args(["xtask", "web", "--no-open", "--port", "0", "--out"])
            .arg(folder.path())
            .current_dir(root())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo starts");
        let stdout = server.stdout.take().expect("a pipe");
        let mut page = Self { server, url: String::new(), folder };
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        for line in lines {
            let url = line.strip_prefix("The page is at ").and_then(|rest| rest.split(' ').next());
            if let Some(url) = url {
                page.url = url.to_owned();
                return page;
            }
        }
        panic!("`cargo xtask web` ended without serving the page; its messages stand above");
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An address of the page's server at which no program runs, for tests that bring their own.
    pub(crate) fn blank(&self) -> String {
        format!("{}service-worker.js", self.url)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
