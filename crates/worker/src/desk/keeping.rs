//! Models to files and back.

use std::sync::Arc;

use protocol::{News, Opened, Settings};
use ratings::{Cut, Split};
use trainer::{DeviceChoice, EngineChoice, ModelFile, OptimizerState, Trained};
use wasm_bindgen::JsValue;

use super::Desk;
use super::training::cut;
use crate::blob::{self, Stop};
use crate::post::{self, send, send_with};
use crate::size;

/// Seconds between two checkpoints that the page is given while the run goes on.
const BETWEEN: f64 = 2.0;

/// A model that is not being trained.
pub(super) enum Model {
    /// Of the data at hand.
    AtHand { trained: Box<Trained>, optimizer: Option<OptimizerState>, split: Arc<Split>, cut: Cut },
    /// From a file.
    Opened(Box<ModelFile>),
}

impl Desk {
    /// Gives the page a checkpoint, if the last one is old or training is held now.
    pub(super) async fn keep_now_and_then(&mut self, held: bool) {
        let old = |kept: f64| post::now() - kept >= BETWEEN;
        if self.course.as_ref().is_some_and(|course| held || old(course.kept)) {
            self.keep().await;
        }
    }

    /// Gives the page a checkpoint of a run that is about to give way, unless it has one: training is
    /// held.
    pub(super) async fn keep_moved(&mut self) {
        if self.is_training() {
            self.keep().await;
        }
    }

    /// Gives the page a checkpoint. A failure is the run's, which will say so itself.
    pub(super) async fn keep(&mut self) {
        if self.course.is_none() {
            return;
        }
        let Ok(file) = self.model_file().await else { return };
        let epochs = file.trained.history.len();
        send_with(&News::Checkpoint { epochs }, &file.to_bytes());
        if let Some(course) = &mut self.course {
            course.kept = post::now();
        }
    }

    /// Hands out the model: of the run under way, or the one at hand.
    pub(super) async fn export(&mut self) -> Result<(), String> {
        let file = self.model_file().await?;
        send_with(&News::Exported { name: name(&file.trained) }, &file.to_bytes());
        Ok(())
    }

    /// The model as it is now, as a file: of the run under way, or the one at hand.
    pub(super) async fn model_file(&mut self) -> Result<ModelFile, String> {
        let (trained, optimizer, split, cut) = match (&mut self.course, &self.model) {
            (Some(course), _) => {
                let state = course.run.checkpoint().await.map_err(|error| error.to_string())?;
                let cut = cut(&course.settings);
                (state.0, Some(state.1), Arc::clone(&course.split), cut)
            }
            (None, Some(Model::AtHand { trained, optimizer, split, cut })) => {
                (Trained::clone(trained), optimizer.clone(), Arc::clone(split), *cut)
            }
            (None, Some(Model::Opened(file))) => return Ok((**file).clone()),
            (None, None) => {
                return Err("there is no model yet: train one, or open a model file".into());
            }
        };
        self.file(trained, optimizer, &split, cut).ok_or_else(|| "the model's data is gone".into())
    }

    fn file(
        &self,
        trained: Trained,
        optimizer: Option<OptimizerState>,
        split: &Split,
        cut: Cut,
    ) -> Option<ModelFile> {
        let data = self.data.as_ref()?;
        let titles = data.titles.as_ref();
        Some(ModelFile::new(trained, optimizer, &data.table, titles, split, cut))
    }

    /// Takes the attached model file as the model at hand.
    pub(super) async fn open(&mut self, name: &str, attachment: &JsValue) -> Result<(), String> {
        let file = read_model(name, attachment).await?;
        self.keep_moved().await;
        send(&News::Opened(Box::new(Opened {
            name: name.to_owned(),
            settings: Settings {
                config: file.trained.config.clone(),
                test_share: file.source.test_share,
                split_seed: file.source.split_seed,
                validation_share: file.source.validation_share,
                patience: None,
                device: DeviceChoice::Auto,
                engine: EngineChoice::Auto,
            },
            history: file.trained.history.clone(),
            users: file.users.len(),
            items: file.items.len(),
        })));
        (self.course, self.counter) = (None, None);
        self.model = Some(Model::Opened(Box::new(file)));
        Ok(())
    }
}

/// The attached file as a model.
pub(super) async fn read_model(name: &str, attachment: &JsValue) -> Result<ModelFile, String> {
    let blob = blob::of(attachment).ok_or("there is no file in the message")?;
    size::check(name, blob::size(&blob))?;
    let bytes = blob::read(&blob, |_| true).await.map_err(|stop| match stop {
        Stop::NoRoom => size::no_room(name, blob::size(&blob)),
        Stop::Failed(why) => format!("{name} cannot be read: {why}"),
        Stop::Abandoned => format!("{name} was not wanted any more"),
    })?;
    ModelFile::from_bytes(&bytes).map_err(|error| format!("{name}: {error}"))
}

/// A name to save a model under.
fn name(trained: &Trained) -> String {
    format!("{}-{}-epochs.safetensors", trained.config.model, trained.history.len())
}
