//! The page, built and served by the command that the README names.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::root;

/// `cargo xtask web` on a free port, ended when dropped.
pub(crate) struct Page {
    server: Child,
    url: String,
    _folder: TempDir,
}

impl Page {
    /// Builds the page into a temporary folder and serves it.
    pub(crate) fn serve() -> Self {
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
        let mut page = Self { server, url: String::new(), _folder: folder };
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
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
