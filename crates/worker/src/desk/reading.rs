//! Files to data.

use js_sys::Array;
use protocol::{BadData, News};
use ratings::sample::{self, SampleConfig};
use ratings::{Fingerprint, Titles};
use wasm_bindgen::JsValue;
use web_time::Instant;

use super::Desk;
use crate::blob::{self, Stop};
use crate::data::{self, Content, Data};
use crate::inbox::Inbox;
use crate::post::send;
use crate::size;

/// Seconds between two pieces of news while a file is read.
const BREATH: f64 = 0.1;

impl Desk {
    /// Reads the attached files, each for what it holds. Files without a good one among them change
    /// nothing.
    pub(super) async fn read(
        &mut self,
        names: &[String],
        attachment: &JsValue,
        skip_bad_lines: bool,
        inbox: &Inbox,
    ) {
        let started = Instant::now();
        let (mut ratings, mut titles, mut refused) = (None, None, Vec::new());
        let files = Array::from(attachment);
        for (file, (name, blob)) in names.iter().zip(files.iter()).enumerate() {
            let content = match fetch(name, &blob, started, inbox).await {
                Ok(Some((bytes, size))) => {
                    data::read(name, &bytes, skip_bad_lines).map(|content| (content, size))
                }
                Ok(None) => return, // other data is asked for
                Err(bad) => Err(bad),
            };
            match content {
                Ok((Content::Ratings(_), _)) if ratings.is_some() => {
                    refused.push(data::bad_data(name, format!("{name} holds ratings too")));
                }
                Ok((Content::Ratings(data), size)) => {
                    ratings = Some((Data { file, ..*data }, size))
                }
                Ok((Content::Titles(found), _)) => titles = Some((name, found)),
                Err(bad) => refused.push(bad),
            }
        }
        // Of files without ratings the one that leaving lines out would make usable says the most.
        refused.sort_by_key(|bad| bad.bad_lines.is_none());
        let has_ratings = ratings.is_some();
        if let Some((mut data, size)) = ratings {
            data.unused.extend(refused.drain(..).map(|bad| bad.message));
            self.take(data, size, started).await;
        }
        match (refused.into_iter().next(), titles) {
            (Some(bad), _) => send(&News::BadData(bad)),
            (None, Some((name, titles))) => self.name_items(name, titles),
            (None, None) if has_ratings => {}
            (None, None) => send(&News::BadData(data::bad_data("", "there is no file".into()))),
        }
    }

    /// Makes ratings up.
    pub(super) async fn make_up(&mut self, config: &SampleConfig) {
        let started = Instant::now();
        let made = sample::generate(config);
        let name = "sample data".to_owned();
        let fingerprint = Fingerprint::of(&made.table);
        let (table, titles, unused) = (made.table, Some(made.titles), Vec::new());
        self.take(Data { name, file: 0, table, titles, unused, fingerprint }, 0, started).await;
    }

    /// Gives titles to the data at hand.
    pub(super) fn name_items(&mut self, name: &str, titles: Titles) {
        let (name, count) = (name.to_owned(), titles.len());
        let Some(data) = &mut self.data else {
            let (matched, first_rows) = (None, Vec::new());
            return send(&News::Titles { name, titles: count, matched, first_rows });
        };
        self.counter = None; // it has the old ones
        let matched = Some(data.titled(&titles));
        data.titles = Some(titles);
        send(&News::Titles { name, titles: count, matched, first_rows: data.first_rows() });
    }

    /// Puts data in the place of what was at hand. A run gives way to it.
    async fn take(&mut self, data: Data, bytes: u64, started: Instant) {
        self.keep_moved().await;
        (self.halves, self.course, self.model, self.counter) = (None, None, None, None);
        let report = data.report(bytes, started.elapsed().as_secs_f64());
        self.data = Some(data);
        send(&News::Data(Box::new(report)));
    }
}

/// A file's bytes and their number; `None` when other data is asked for meanwhile.
async fn fetch(
    name: &str,
    attachment: &JsValue,
    started: Instant,
    inbox: &Inbox,
) -> Result<Option<(Vec<u8>, u64)>, BadData> {
    let refused = |message| data::bad_data(name, message);
    let Some(blob) = blob::of(attachment) else {
        return Err(refused("there is no file in the message".to_owned()));
    };
    let total = blob::size(&blob);
    size::check(name, total).map_err(refused)?;
    let mut said = f64::NEG_INFINITY;
    let progress = |done| {
        let seconds = started.elapsed().as_secs_f64();
        if seconds - said > BREATH || done == total {
            said = seconds;
            send(&News::Reading { done, total, seconds });
        }
        !inbox.wants_other_data()
    };
    match blob::read(&blob, progress).await {
        Ok(bytes) => Ok(Some((bytes, total))),
        Err(Stop::Abandoned) => Ok(None),
        Err(Stop::NoRoom) => Err(refused(size::no_room(name, total))),
        Err(Stop::Failed(why)) => Err(refused(format!(
            "{name} cannot be read: {why}; choose it again, for it may have changed on disk"
        ))),
    }
}
