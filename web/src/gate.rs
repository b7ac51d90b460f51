//! A gate between two slices of work: open, closed, or open for one.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Closed,
    /// Closes behind the next slice.
    Once,
}

/// Held by the run, which passes it before every slice, and by the session, which moves it.
pub(crate) struct Gate {
    state: Cell<State>,
    waiting: RefCell<Option<Waker>>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { state: Cell::new(State::Open), waiting: RefCell::new(None) }
    }

    pub(crate) fn open(&self) {
        self.set(State::Open);
    }

    pub(crate) fn close(&self) {
        self.set(State::Closed);
    }

    pub(crate) fn open_once(&self) {
        self.set(State::Once);
    }

    /// Returns once the gate is open. While it waits, the worker is idle.
    pub(crate) async fn pass(&self) {
        poll_fn(|context| match self.state.get() {
            State::Open => Poll::Ready(()),
            State::Once => {
                self.state.set(State::Closed);
                Poll::Ready(())
            }
            State::Closed => {
                self.waiting.replace(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await;
    }

    fn set(&self, state: State) {
        self.state.set(state);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}
