//! Data to a model.

use std::sync::Arc;

use protocol::{News, Settings, Started};
use ratings::Split;
use trainer::{Event, Run};
use wasm_bindgen::JsValue;

use super::Desk;
use crate::course::{Course, Go};
use crate::post::{self, send};

/// The data cut in two, as it was last asked for.
pub(super) struct Cut {
    test_share: f64,
    seed: u32,
    split: Arc<Split>,
}

impl Desk {
    /// Makes a run ready, and holds it.
    pub(super) async fn start(
        &mut self,
        settings: Settings,
        _attachment: &JsValue,
    ) -> Result<(), String> {
        (self.course, self.trained) = (None, None);
        settings.config.check().map_err(|error| error.to_string())?;
        let split = self.split(settings.test_share, settings.split_seed)?;
        let taken = self.devices.open_for(&settings).await?;
        let run = Run::start(&split, &settings.config, &taken.device).await;
        let run = run.map_err(|error| error.to_string())?;
        let engine = taken.device.engine(&settings.config).map_err(|error| error.to_string())?;
        let judged = !split.test.is_empty();
        let started = Started {
            device: taken.report(),
            engine,
            train_ratings: split.train.len(),
            test_ratings: split.test.len(),
            epochs: 0,
            mean_rmse: judged.then(|| split.test.rmse_of_always(split.train.mean())),
            biases_rmse: None,
            settings,
        };
        self.course = Some(Course::new(run));
        send(&News::Started(Box::new(started)));
        Ok(())
    }

    /// The data at hand cut in two.
    fn split(&mut self, test_share: f64, seed: u32) -> Result<Arc<Split>, String> {
        if let Some(cut) = &self.cut
            && (cut.test_share, cut.seed) == (test_share, seed)
        {
            return Ok(Arc::clone(&cut.split));
        }
        let data = self.data.as_ref().ok_or("there is no data: give a ratings file first")?;
        let split = Split::random(&data.table, test_share, seed).map_err(|e| e.to_string())?;
        let split = Arc::new(split);
        self.cut = Some(Cut { test_share, seed, split: Arc::clone(&split) });
        Ok(split)
    }

    /// Lets the run move, or holds it.
    pub(super) fn go(&mut self, go: Go) -> Result<(), String> {
        let Some(course) = &mut self.course else {
            return match go {
                Go::Hold => Ok(()), // it ended before it heard
                Go::Epoch | Go::On => Err("there is no run to go on with: start one".into()),
            };
        };
        course.go = go;
        send(&News::Held { held: go == Go::Hold });
        Ok(())
    }

    /// Whether a run wants a slice of work.
    pub(crate) fn is_training(&self) -> bool {
        self.course.as_ref().is_some_and(|course| course.go != Go::Hold)
    }

    /// Gives the run a slice of work.
    pub(crate) async fn train(&mut self) {
        let Some(course) = &mut self.course else { return };
        match course.advance().await {
            Ok(Some(event)) => {
                if matches!(event, Event::Recovered(_)) {
                    self.devices.forget();
                }
                send(&News::Event(event));
                if course.go == Go::Hold {
                    send(&News::Held { held: true });
                }
                return;
            }
            Ok(None) => {}
            Err(error) => post::fail(error.to_string()), // the last good model is kept
        }
        if let Err(error) = self.finish().await {
            post::fail(error);
        }
    }

    /// Ends the run and keeps its model.
    pub(super) async fn finish(&mut self) -> Result<(), String> {
        let Some(course) = self.course.take() else { return Ok(()) };
        let trained = course.finish().await.map_err(|error| error.to_string())?;
        let parameters = &trained.weights.parameters;
        send(&News::Finished {
            epochs: trained.history.len(),
            parameters: parameters.iter().map(|parameter| parameter.values.len()).sum(),
        });
        self.trained = Some(trained);
        Ok(())
    }
}
