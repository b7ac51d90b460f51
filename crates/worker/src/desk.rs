//! What is at hand, and what is done with it on request.

mod reading; // files to data
mod training; // data to a model
mod keeping; // models to files and back
mod using; // what a model says

use protocol::{News, Request};
use trainer::DeviceChoice;

use crate::course::{Course, Go};
use crate::data::Data;
use crate::device::Devices;
use crate::inbox::{Inbox, Letter};
use crate::post;

use self::keeping::Model;
use self::training::Halves;
use self::using::Counter;

/// Data, run and model.
#[derive(Default)]
pub(crate) struct Desk {
    devices: Devices,
    data: Option<Data>,
    halves: Option<Halves>,
    course: Option<Course>,
    model: Option<Model>,
    counter: Option<Counter>, // the model, ready to answer
}

impl Desk {
    /// Tells the page that the worker listens, and what it would train on.
    pub(crate) async fn welcome(&mut self) {
        match self.devices.open(DeviceChoice::Auto).await {
            Ok(taken) => post::send(&News::Ready { device: taken.report() }),
            Err(error) => post::fail(error),
        }
    }

    /// Does what the page asks. While a file is being read, `inbox` may ask for another.
    pub(crate) async fn answer(&mut self, (request, attachment): Letter, inbox: &Inbox) {
        let done = match request {
            Request::Read { names, skip_bad_lines } => {
                self.read(&names, &attachment, skip_bad_lines, inbox).await;
                Ok(())
            }
            Request::Sample { config } => {
                self.make_up(&config).await;
                Ok(())
            }
            Request::Start { settings } => self.start(settings, &attachment).await,
            Request::Play => self.go(Go::On).await,
            Request::Pause => self.go(Go::Hold).await,
            Request::Epoch => self.go(Go::Epoch).await,
            Request::Stop => self.finish().await,
            Request::Reset => {
                (self.course, self.model, self.counter) = (None, None, None);
                Ok(())
            }
            Request::Tune { learning_rate, weight_decay } => self.tune(learning_rate, weight_decay),
            Request::Use(question) => self.use_model(question).await,
            Request::Export => self.export().await,
            Request::Open { name } => self.open(&name, &attachment).await,
        };
        if let Err(message) = done {
            post::fail(message);
        }
    }
}
