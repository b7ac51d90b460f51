//! The page's messages in, one after the other, and work in between.

use std::cell::Cell;

use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::desk::Desk;
use crate::device;
use crate::inbox::Inbox;
use crate::post;
use crate::turn::next_turn;

/// One worker's data, run and model, which the page commands by messages.
#[wasm_bindgen]
pub struct Session {
    inbox: Inbox,
    desk: Cell<Option<Desk>>, // taken by the loop
}

#[wasm_bindgen]
impl Session {
    /// A session without data. `page` takes the JSON of a piece of news and an `ArrayBuffer` or
    /// null.
    #[wasm_bindgen(constructor)]
    pub fn new(page: Function) -> Self {
        post::connect(page);
        Self { inbox: Inbox::default(), desk: Cell::new(Some(Desk::default())) }
    }

    /// Takes a message of the page.
    pub fn hear(&self, json: &str, attachment: JsValue) {
        match serde_json::from_str(json) {
            Ok(request) => self.inbox.put((request, attachment)),
            Err(error) => post::fail(format!("a message is not understood: {error}")),
        }
    }

    /// Does what the page asks, for as long as the worker lives.
    ///
    /// # Errors
    /// The browser refuses a message channel.
    pub async fn work(&self) -> Result<(), JsValue> {
        let Some(mut desk) = self.desk.take() else { return Ok(()) };
        desk.welcome().await;
        loop {
            let letter = if desk.is_training() {
                next_turn().await?; // messages that have arrived go into the inbox
                self.inbox.take()
            } else {
                Some(self.inbox.next().await)
            };
            match letter {
                Some(letter) => desk.answer(letter, &self.inbox).await,
                None => desk.train().await,
            }
        }
    }

    /// Gives GPUs no time to answer: for tests of what follows.
    #[doc(hidden)]
    pub fn lose_patience(&self) {
        device::lose_patience();
    }

    /// Dies as of a defect: for tests of what follows.
    ///
    /// # Panics
    /// Always.
    #[doc(hidden)]
    pub fn crash(&self) {
        panic!("the tests asked for this");
    }
}
