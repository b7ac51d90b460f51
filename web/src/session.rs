//! The page's commands, and the run they drive.

use std::error::Error;
use std::panic;
use std::sync::Arc;

use js_sys::Function;
use serde::Serialize;
use trainer::{Device, DeviceChoice, EngineChoice, EngineKind, Pace, Run};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::console;

use crate::demo::Demo;
use crate::gate::Gate;
use crate::turn::next_turn;

/// What the worker tells the page beside the trainer's own events.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Note<'a> {
    /// A run begins, with these settings.
    Started { demo: &'a Demo, device: &'a str, engine: EngineKind },
    /// It is over, and this many numbers were learned.
    Done { parameters: usize },
    /// It cannot go on.
    Failed { message: String },
}

/// One worker's trainer, which the page commands by messages.
#[wasm_bindgen]
pub struct Session {
    gate: Gate,
}

#[wasm_bindgen]
impl Session {
    /// A session without a run.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript makes it")]
    pub fn new() -> Self {
        // A panic ends the worker's wasm, so its reason must leave before.
        panic::set_hook(Box::new(|info| {
            console::error_1(&info.to_string().into());
        }));
        Self { gate: Gate::new() }
    }

    /// Holds a run before its next slice, also one that has yet to start.
    pub fn pause(&self) {
        self.gate.close();
    }

    /// Lets one slice pass and pauses again.
    pub fn step(&self) {
        self.gate.open_once();
    }

    /// Lets the run go on.
    pub fn resume(&self) {
        self.gate.open();
    }

    /// Trains, one batch a slice, and hands each piece of news to `post` as JSON. `engine` is
    /// `auto` unless given.
    ///
    /// # Errors
    /// The browser refuses a message; a run that fails is news like any other.
    pub async fn train(&self, post: Function, engine: Option<String>) -> Result<(), JsValue> {
        if let Err(error) = self.run(&post, engine.as_deref()).await {
            let message = error.to_string();
            send(&post, &Note::Failed { message }).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

impl Session {
    async fn run(&self, post: &Function, engine: Option<&str>) -> Result<(), Box<dyn Error>> {
        let engine: EngineChoice = engine.unwrap_or("auto").parse()?;
        let demo = Demo::three_steps();
        let device = Device::open(DeviceChoice::Cpu).await?.with_engine(engine);
        let mut run = Run::start(&Arc::new(demo.split()?), &demo.config, &device).await?;
        run.set_pace(Pace::Batches(1));
        let (engine, device) = (device.engine(&demo.config)?, device.name());
        send(post, &Note::Started { demo: &demo, device, engine })?;
        loop {
            next_turn().await.map_err(|error| format!("{error:?}"))?;
            self.gate.pass().await;
            let Some(event) = run.advance().await? else {
                break;
            };
            send(post, &event)?;
        }
        let parameters = run.finish().await?.weights.parameters;
        let parameters = parameters.iter().map(|part| part.values.len()).sum();
        send(post, &Note::Done { parameters })
    }
}

/// Posts one piece of news.
fn send(post: &Function, news: &impl Serialize) -> Result<(), Box<dyn Error>> {
    let json = serde_json::to_string(news)?;
    post.call1(&JsValue::NULL, &json.into()).map_err(|error| format!("{error:?}"))?;
    Ok(())
}
