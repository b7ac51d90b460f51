//! The page and its worker in a real browser.

mod page; // built and served
mod webdriver; // the browser
mod base64; // bytes from it
mod link; // a worker without its page
mod worker; // what a worker promises
mod visible; // what a person sees and does
mod working; // the model at work
mod seeing; // the chart
mod keeping; // runs, in this tab and in others
mod dying; // a worker that dies
mod taking; // files out and in
mod settings; // what a run is told beforehand and on its way
mod deploying; // a newer version of the page
mod pairs; // every engine on every device
mod looks; // on any screen, for anybody

use std::sync::Arc;

use page::Page;
use webdriver::{Browser, chromedriver};

use crate::support::skip;

/// The page, and a browser that has it open; `None` after a loud skip.
fn browser(test: &str, arguments: &[&str]) -> Option<(Browser, Arc<Page>)> {
    let Some(driver) = chromedriver() else {
        let remedy = "`cargo xtask setup` installs it or says how";
        skip(test, "chromedriver is not on PATH", remedy);
        return None;
    };
    let page = Page::shared();
    Some((Browser::start(&driver, arguments), page))
}
