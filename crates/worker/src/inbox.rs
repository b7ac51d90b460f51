//! Requests in the order in which they came.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use protocol::Request;
use wasm_bindgen::JsValue;

/// What has arrived and was not looked at yet. Filled by the browser's messages, emptied by the
/// session's loop.
#[derive(Default)]
pub(crate) struct Inbox {
    letters: RefCell<VecDeque<Letter>>,
    waiting: Cell<Option<Waker>>,
}

/// A request and what is attached to it: a `Blob`, or null.
pub(crate) type Letter = (Request, JsValue);

impl Inbox {
    pub(crate) fn put(&self, letter: Letter) {
        self.letters.borrow_mut().push_back(letter);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    /// The oldest letter, if there is one.
    pub(crate) fn take(&self) -> Option<Letter> {
        self.letters.borrow_mut().pop_front()
    }

    /// The oldest letter, once there is one. While it waits, the worker is idle.
    pub(crate) async fn next(&self) -> Letter {
        poll_fn(|context| match self.take() {
            Some(letter) => Poll::Ready(letter),
            None => {
                self.waiting.set(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }

    /// Whether other data is asked for, so that reading on would be for nothing.
    pub(crate) fn wants_other_data(&self) -> bool {
        let other = |(request, _): &Letter| {
            matches!(request, Request::Read { .. } | Request::Sample { .. })
        };
        self.letters.borrow().iter().any(other)
    }
}
