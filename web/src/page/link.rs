//! The worker: messages there and back.

use js_sys::Array;
use leptos::prelude::*;
use protocol::{News, Request, Settings};
use trainer::EngineChoice;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, HtmlMetaElement, MessageEvent, WorkerOptions, WorkerType};

use super::state::{Left, Page, Worker};
use super::{news, update};

/// Which program the worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// The fused engine alone: small, so there at once.
    Fused,
    /// With burn too.
    Autodiff,
}

impl Program {
    /// The program that these settings take: burn alone trains the neural models.
    pub(crate) fn for_run(settings: &Settings) -> Self {
        match settings.engine {
            EngineChoice::Autodiff => Self::Autodiff,
            EngineChoice::Auto if settings.config.model.is_neural() => Self::Autodiff,
            EngineChoice::Auto | EngineChoice::Fused => Self::Fused,
        }
    }

    /// The `meta` element of the page that names the program's file.
    fn name(self) -> &'static str {
        match self {
            Self::Fused => "worker",
            Self::Autodiff => "worker-autodiff",
        }
    }
}

/// A worker that listens, or will.
pub(crate) struct Link {
    worker: web_sys::Worker,
    program: Program,
    /// Kept as long as the worker may call.
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// Starts a worker in the place of the one there is.
pub(crate) fn open(page: Page, program: Program) {
    page.worker.set(Worker::Loading(program, 0, 0));
    page.link.set_value(None);
    match start(page, program) {
        Ok(link) => page.link.set_value(Some(link)),
        Err(error) => {
            let cause = format!("the worker cannot start: {error:?}");
            page.worker.set(Worker::Dead { cause, left: Left::Nothing });
        }
    }
}

fn start(page: Page, program: Program) -> Result<Link, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = web_sys::Worker::new_with_options(&file(program), &options)?;
    let on_message = Closure::new(move |event: MessageEvent| {
        let message = Array::from(&event.data());
        let json = message.get(0).as_string().unwrap_or_default();
        match serde_json::from_str::<News>(&json) {
            Ok(news) => news::hear(page, program, news, message.get(1)),
            Err(error) => page.complain(format!("the worker said what is not understood: {error}")),
        }
    });
    // A program that cannot be fetched is a plain event, without a message.
    let on_error = Closure::new(move |event: Event| {
        let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
        let is_missing = message.is_empty();
        if is_missing {
            update::look();
        }
        let missing = "its program cannot be loaded: there is no network, or a newer version of \
                       this page has taken its place, which is offered here in a moment";
        news::died(page, if is_missing { missing.into() } else { message });
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    Ok(Link { worker, program, _on_message: on_message, _on_error: on_error })
}

/// The program's file, whose name the build writes into the page.
fn file(program: Program) -> String {
    let name = program.name();
    let meta = document().query_selector(&format!("meta[name={name}]")).ok().flatten();
    let content = meta.and_then(|meta| meta.dyn_into::<HtmlMetaElement>().ok());
    content.map(|meta| meta.content()).unwrap_or_else(|| format!("{name}.js"))
}

/// Sends a request, with what is too large to be text beside it.
pub(crate) fn ask(page: Page, request: &Request, attachment: Option<&JsValue>) {
    let json = serde_json::to_string(request).expect("requests are plain data");
    let message = Array::of2(&json.into(), attachment.unwrap_or(&JsValue::NULL));
    let sent =
        page.link.with_value(|link| link.as_ref().map(|link| link.worker.post_message(&message)));
    match sent {
        Some(Ok(())) => {}
        Some(Err(error)) => page.complain(format!("the browser refuses a message: {error:?}")),
        None => page.complain("There is no worker; reload the page."),
    }
}

/// The program that the worker runs.
pub(crate) fn program(page: Page) -> Option<Program> {
    page.link.with_value(|link| link.as_ref().map(|link| link.program))
}
