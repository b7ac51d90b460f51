//! Data on its way into the worker: what was given, and what it turned out to be.

use std::sync::Arc;

use js_sys::Array;
use leptos::prelude::*;
use protocol::{BadData, DataReport, Request, Row};
use ratings::sample::SampleConfig;

use super::actions;
use super::link::{self, Program};
use super::state::{Begin, Go, Named, Next, Page, Reading, Source, Stage, Worker};
use super::unfinished;
use crate::numbers::counted;

/// Ratings of the built-in data, as many as the desktop's.
const SAMPLE: usize = 1_000_000;

/// Makes ratings and trains on them at once.
pub(crate) fn try_sample(page: Page) {
    if page.reading.get_untracked().is_none() {
        read(page, Source::Sample(SampleConfig::of_size(SAMPLE, SampleConfig::SEED), Vec::new()));
        page.next.set_value(Next { begin: Some(Begin::Fresh), go: Some(Go::Play) });
    }
}

/// Takes files that were given together: ratings, titles of their items, or both. While others are
/// read they wait, since they may be titles of those.
pub(crate) fn give(page: Page, mut files: Vec<Named>) {
    if page.sent.with_value(Option::is_some) {
        page.waiting.update_value(|waiting| waiting.append(&mut files));
    } else if !files.is_empty() {
        let titles = page.titles.get_value(); // they wait for the first data
        let files = titles.into_iter().chain(files).collect();
        read(page, Source::Files { files, skip_bad_lines: false });
    }
}

/// Has the worker read files, or make ratings. What waited for other data waits no more.
pub(crate) fn read(page: Page, source: Source) {
    unfinished::put_back(page);
    page.waiting.set_value(Vec::new());
    page.refused.set(None);
    page.notice.set(None);
    page.reading.set(Some(Reading { name: source.name(), done: 0, total: 0, seconds: 0.0 }));
    page.sent.set_value(Some(source.clone()));
    if matches!(page.worker.get_untracked(), Worker::Dead { .. }) {
        link::open(page, Program::Fused);
    }
    if actions::is_ready(page) {
        send(page, &source);
    } // else it is sent when the worker is ready
}

/// Sends what the worker is to read.
pub(crate) fn send(page: Page, source: &Source) {
    let read = |files: &[Named], skip_bad_lines| {
        let names = files.iter().map(|file| file.name.clone()).collect();
        let blobs: Array = files.iter().map(|file| &file.blob).collect();
        link::ask(page, &Request::Read { names, skip_bad_lines }, Some(&blobs));
    };
    match source {
        Source::Sample(config, titles) => {
            link::ask(page, &Request::Sample { config: *config }, None);
            if !titles.is_empty() {
                read(titles, false);
            }
        }
        Source::Files { files, skip_bad_lines } => read(files, *skip_bad_lines),
    }
}

/// Reads the refused files again without their bad lines.
pub(crate) fn skip_bad_lines(page: Page) {
    let refused = page.refused_source.try_update_value(Option::take).flatten();
    if let Some(Source::Files { files, .. }) = refused {
        read(page, Source::Files { files, skip_bad_lines: true });
    }
}

/// Data is at hand.
pub(crate) fn took(page: Page, report: DataReport) {
    if page.stage.get_untracked() != Stage::Idle {
        actions::set_aside(page); // the worker dropped the run with the data it had
    }
    page.reading.set(None);
    if let Some(mut sent) = page.sent.try_update_value(Option::take).flatten() {
        sent.put_first(report.file);
        page.source.set_value(Some(sent));
        page.titles.set_value(Vec::new());
    }
    let size = (report.statistics.users, report.statistics.items);
    page.data.set(Some(Arc::new(report)));
    page.using.begin(size);
    let next = page.next.get_value();
    if let Some(begin) = next.begin {
        actions::begin(page, begin, next.go);
    }
    next_files(page);
}

/// Files were refused; what is at hand stays.
pub(crate) fn refused(page: Page, bad: BadData) {
    page.reading.set(None);
    page.refused_source.set_value(page.sent.try_update_value(Option::take).flatten());
    unfinished::put_back(page);
    page.refused.set(Some(bad));
    next_files(page);
}

/// Titles came, for the data at hand or, without any, for the first that will be.
pub(crate) fn named(
    page: Page,
    (name, titles): (&str, usize),
    matched: Option<usize>,
    first_rows: Vec<Row>,
) {
    let is_answer = page.sent.with_value(|sent| match sent {
        Some(Source::Files { files, .. }) => files.iter().any(|file| file.name == name),
        _ => false,
    });
    if is_answer && let Some(sent) = page.sent.try_update_value(Option::take).flatten() {
        page.reading.set(None);
        match page.source.with_value(Option::is_some) {
            true => page.source.update_value(|source| source.iter_mut().for_each(|s| s.add(&sent))),
            false => page.titles.set_value(sent.into_files()),
        }
    }
    page.data.update(|data| {
        if let Some(data) = data {
            *data = Arc::new(DataReport { titles, first_rows, ..DataReport::clone(data) });
        }
    });
    page.using.ask_anew();
    let matched = matched.map(|n| format!(", {} of the data's", counted(n, "item")));
    page.say(format!("{}{}.", counted(titles, "title"), matched.unwrap_or_default()));
    next_files(page);
}

/// Reads what was given meanwhile.
fn next_files(page: Page) {
    if page.sent.with_value(Option::is_none) {
        give(page, page.waiting.try_update_value(std::mem::take).unwrap_or_default());
    }
}
