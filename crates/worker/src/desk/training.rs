//! Data to a model.

use std::sync::Arc;

use protocol::{News, Settings, Started};
use ratings::{Cut, Split, SplitKind};
use trainer::{Biases, Device, Event, Objective, Run, SampledHits, TrainError};
use wasm_bindgen::JsValue;

use super::Desk;
use super::keeping::Model;
use crate::course::{Course, Go};
use crate::post::{self, send};

/// The data cut in two, as it was last asked for.
pub(super) struct Halves {
    cut: Cut,
    split: Arc<Split>,
}

/// How these settings cut the data.
pub(super) fn cut(settings: &Settings) -> Cut {
    let Settings { test_share, validation_share, split_seed: seed, .. } = *settings;
    Cut { kind: SplitKind::Random, test_share, validation_share, seed }
}

impl Desk {
    /// Makes a run ready, and holds it. With a model file attached it goes on from that.
    pub(super) async fn start(
        &mut self,
        mut settings: Settings,
        attachment: &JsValue,
    ) -> Result<(), String> {
        (self.course, self.model, self.counter) = (None, None, None);
        settings.config.check().map_err(|error| error.to_string())?;
        let split = self.split(cut(&settings))?;
        let taken = self.devices.open_for(&settings).await?;
        let engine = taken.device.engine(&settings.config).map_err(|error| error.to_string())?;
        let run = if attachment.is_null() || attachment.is_undefined() {
            Run::start(&split, &settings.config, &taken.device).await
        } else {
            self.resumed(attachment, &mut settings, &split, &taken.device).await?
        };
        let mut run = run.map_err(|error| error.to_string())?;
        run.set_patience(settings.patience);
        let rates = settings.config.objective == Objective::Rating;
        let judged = rates && !split.test.is_empty();
        send(&News::Started(Box::new(Started {
            settings: settings.clone(),
            device: taken.report(),
            engine,
            train_ratings: split.train.len(),
            test_ratings: split.test.len(),
            epochs: run.history().len(),
            mean_rmse: judged.then(|| split.test.rmse_of_always(split.train.mean())),
            biases_rmse: judged.then(|| Biases::of(&split).rmse(&split.test)).flatten(),
            popular_hits: match rates {
                true => None,
                false => SampledHits::of_popularity(&split, settings.config.seed, 1),
            },
        })));
        self.course = Some(Course { run, go: Go::Hold, settings, split, kept: post::now() });
        Ok(())
    }

    /// The run that a model file left, with these settings' number of epochs. The step size and the
    /// penalty stay as they were last tuned.
    async fn resumed(
        &mut self,
        attachment: &JsValue,
        settings: &mut Settings,
        split: &Arc<Split>,
        device: &Device,
    ) -> Result<Result<Run, TrainError>, String> {
        let file = super::keeping::read_model("the model", attachment).await?;
        let known = self.data.as_ref().map(|data| data.fingerprint);
        if known != Some(file.source.fingerprint) {
            return Err("the model was trained on other ratings: give those to go on".into());
        }
        if file.source.cut() != cut(settings) {
            return Err("the model was trained on another part of these ratings; choose its test \
                        share and seed to go on"
                .into());
        }
        let optimizer = file.optimizer.ok_or(
            "the model file has no state of an optimiser, so training cannot go on from it",
        )?;
        if self.data.as_ref().is_some_and(|data| data.titles.is_none()) && !file.titles.is_empty() {
            self.name_items("the model", file.titles); // they were given beside the data
        }
        let mut trained = file.trained;
        trained.config.epochs = settings.config.epochs;
        settings.config.learning_rate = trained.config.learning_rate;
        settings.config.weight_decay = trained.config.weight_decay;
        if trained.config != settings.config {
            return Err("the model file is of a run with other settings; choose its own to go on \
                        with it"
                .into());
        }
        Ok(Run::resume(trained, optimizer, split, device).await)
    }

    /// The data at hand cut in two.
    fn split(&mut self, cut: Cut) -> Result<Arc<Split>, String> {
        if let Some(halves) = self.halves.as_ref().filter(|halves| halves.cut == cut) {
            return Ok(Arc::clone(&halves.split));
        }
        let data = self.data.as_ref().ok_or("there is no data: give a ratings file first")?;
        let split = Arc::new(cut.of(&data.table).map_err(|error| error.to_string())?);
        self.halves = Some(Halves { cut, split: Arc::clone(&split) });
        Ok(split)
    }

    /// Lets the run move, or holds it.
    pub(super) async fn go(&mut self, go: Go) -> Result<(), String> {
        let Some(course) = &mut self.course else {
            return match go {
                Go::Hold => Ok(()), // it ended before it heard
                Go::Epoch | Go::On => Err("there is no run to go on with: start one".into()),
            };
        };
        course.go = go;
        send(&News::Held { held: go == Go::Hold });
        if go == Go::Hold {
            self.keep().await;
        }
        Ok(())
    }

    /// Changes the step size and the penalty.
    pub(super) fn tune(&mut self, learning_rate: f64, weight_decay: f64) -> Result<(), String> {
        let Some(course) = &mut self.course else { return Ok(()) };
        course.run.tune(learning_rate, weight_decay).map_err(|error| error.to_string())?;
        let config = &mut course.settings.config;
        (config.learning_rate, config.weight_decay) = (learning_rate, weight_decay);
        Ok(())
    }

    /// Whether a run wants a slice of work.
    pub(crate) fn is_training(&self) -> bool {
        self.course.as_ref().is_some_and(|course| course.go != Go::Hold)
    }

    /// Gives the run a slice of work.
    pub(crate) async fn train(&mut self) {
        let Some(course) = &mut self.course else { return };
        match course.run.advance().await {
            Ok(Some(event)) => self.tell(event).await,
            Ok(None) => self.end().await,
            Err(error) => {
                post::fail(error.to_string()); // the last good model is kept
                self.end().await;
            }
        }
    }

    async fn tell(&mut self, event: Event) {
        let epoch_ends = matches!(event, Event::Epoch(_));
        if matches!(event, Event::Recovered(_)) {
            self.devices.forget();
        }
        send(&News::Event(event));
        if !epoch_ends {
            return;
        }
        send(&News::Memory { bytes: post::memory() });
        let held = self.course.as_mut().is_some_and(|course| {
            let is_last = course.run.history().len() >= course.settings.config.epochs;
            let held = course.go == Go::Epoch && !is_last; // else the next turn ends it
            if held {
                course.go = Go::Hold;
            }
            held
        });
        if held {
            send(&News::Held { held });
        }
        self.keep_now_and_then(held).await;
    }

    async fn end(&mut self) {
        if let Err(error) = self.finish().await {
            post::fail(error);
        }
    }

    /// Ends the run and keeps its model.
    pub(super) async fn finish(&mut self) -> Result<(), String> {
        let Some(mut course) = self.course.take() else { return Ok(()) };
        self.counter = None; // the model may have moved since
        let state = course.run.checkpoint().await.ok();
        let (trained, optimizer) = match state {
            Some((trained, optimizer)) => (trained, Some(optimizer)),
            None => (course.run.finish().await.map_err(|error| error.to_string())?, None),
        };
        let parameters = &trained.weights.parameters;
        send(&News::Finished {
            epochs: trained.history.len(),
            parameters: parameters.iter().map(|parameter| parameter.values.len()).sum(),
        });
        let cut = cut(&course.settings);
        self.model =
            Some(Model::AtHand { trained: Box::new(trained), optimizer, split: course.split, cut });
        Ok(())
    }
}
