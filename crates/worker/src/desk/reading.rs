//! Files to data.

use protocol::{BadData, News};
use ratings::sample::{self, SampleConfig};
use ratings::{Fingerprint, Titles};
use wasm_bindgen::JsValue;
use web_sys::Blob;
use web_time::Instant;

use super::Desk;
use crate::blob::{self, Stop};
use crate::data::{self, Data};
use crate::inbox::Inbox;
use crate::post::send;
use crate::size;

/// Seconds between two pieces of news while a file is read.
const BREATH: f64 = 0.1;

impl Desk {
    /// Reads the attached file as ratings, or, where it holds titles, as those. One that is refused
    /// changes nothing.
    pub(super) async fn read(
        &mut self,
        name: &str,
        attachment: &JsValue,
        skip_bad_lines: bool,
        inbox: &Inbox,
    ) -> Result<(), String> {
        let blob = file(attachment)?;
        let started = Instant::now();
        let bytes = match fetch(name, &blob, started, inbox).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(()), // other data is asked for
            Err(refused) => {
                send(&News::BadData(refused));
                return Ok(());
            }
        };
        match data::read(name, &bytes, skip_bad_lines) {
            Ok(read) => {
                drop(bytes); // training needs the room
                self.take(read, blob::size(&blob), started);
            }
            Err(refused) => match Titles::parse(name, &bytes) {
                Ok(titles) if data::holds_titles(name, &bytes) => self.name_items(name, titles),
                _ => send(&News::BadData(refused)),
            },
        }
        Ok(())
    }

    /// Makes ratings up.
    pub(super) fn make_up(&mut self, config: &SampleConfig) {
        let started = Instant::now();
        let made = sample::generate(config);
        let name = "sample data".to_owned();
        let fingerprint = Fingerprint::of(&made.table);
        let (table, titles) = (made.table, Some(made.titles));
        self.take(Data { name, table, titles, titles_error: None, fingerprint }, 0, started);
    }

    /// Reads the attached file as titles.
    pub(super) async fn read_titles(
        &mut self,
        name: &str,
        attachment: &JsValue,
    ) -> Result<(), String> {
        let blob = file(attachment)?;
        size::check(name, blob::size(&blob))?;
        let bytes = match blob::read(&blob, |_| true).await {
            Ok(bytes) => bytes,
            Err(Stop::NoRoom) => return Err(size::no_room(name, blob::size(&blob))),
            Err(Stop::Failed(why)) => return Err(unreadable(name, &why)),
            Err(Stop::Abandoned) => return Ok(()),
        };
        let titles = Titles::parse(name, &bytes).map_err(|error| error.to_string())?;
        self.name_items(name, titles);
        Ok(())
    }

    /// Gives titles to the data at hand, or, where there is none, to the next.
    pub(super) fn name_items(&mut self, name: &str, titles: Titles) {
        self.counter = None; // it has the old ones
        let name = name.to_owned();
        let count = titles.len();
        let Some(data) = &mut self.data else {
            self.given_titles = Some(titles);
            send(&News::Titles { name, titles: count, matched: None, first_rows: Vec::new() });
            return;
        };
        let matched = Some(data.titled(&titles));
        data.titles = Some(titles);
        send(&News::Titles { name, titles: count, matched, first_rows: data.first_rows() });
    }

    /// Puts data in the place of what was at hand.
    fn take(&mut self, mut data: Data, bytes: u64, started: Instant) {
        (self.cut, self.course, self.model, self.counter) = (None, None, None, None);
        let given = self.given_titles.take(); // they are this data's, not the next one's
        data.titles = data.titles.or(given);
        let report = data.report(bytes, started.elapsed().as_secs_f64());
        self.data = Some(data);
        send(&News::Data(Box::new(report)));
    }
}

/// A file's bytes; `None` when other data is asked for meanwhile.
async fn fetch(
    name: &str,
    blob: &Blob,
    started: Instant,
    inbox: &Inbox,
) -> Result<Option<Vec<u8>>, BadData> {
    let total = blob::size(blob);
    size::check(name, total).map_err(|message| data::bad_data(name, message))?;
    let mut said = f64::NEG_INFINITY;
    let progress = |done| {
        let seconds = started.elapsed().as_secs_f64();
        if seconds - said > BREATH || done == total {
            said = seconds;
            send(&News::Reading { done, total, seconds });
        }
        !inbox.wants_other_data()
    };
    match blob::read(blob, progress).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Stop::Abandoned) => Ok(None),
        Err(Stop::NoRoom) => Err(data::bad_data(name, size::no_room(name, total))),
        Err(Stop::Failed(why)) => Err(data::bad_data(name, unreadable(name, &why))),
    }
}

fn file(attachment: &JsValue) -> Result<Blob, String> {
    blob::of(attachment).ok_or_else(|| "there is no file in the message".to_owned())
}

fn unreadable(name: &str, why: &str) -> String {
    format!("{name} cannot be read: {why}; choose it again, for it may have changed on disk")
}
