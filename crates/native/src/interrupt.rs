//! Ctrl-C: once asks the run to stop and keep what it has, twice ends the program.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::exit::Exit;

/// Nothing is trained that has to be kept.
const NOTHING_TO_KEEP: u8 = 0;
/// A model is being trained.
const TRAINING: u8 = 1;
/// Ctrl-C was pressed while training.
const ASKED: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(NOTHING_TO_KEEP);

/// Takes over Ctrl-C (and the polite termination signals). Where that fails, Ctrl-C ends the program as ever.
pub(crate) fn watch() {
    // There is nothing to do about a failure, and nothing is lost but the soft stop.
    let _ = ctrlc::set_handler(|| {
        let first =
            STATE.compare_exchange(TRAINING, ASKED, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !first {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
}

/// From here on there is a model to keep: the first Ctrl-C only asks.
pub(crate) fn training_begins() {
    STATE.store(TRAINING, Ordering::SeqCst);
}

/// From here on Ctrl-C ends the program again: the user is asked something and may want to leave.
pub(crate) fn let_go() {
    STATE.store(NOTHING_TO_KEEP, Ordering::SeqCst);
}

/// Whether Ctrl-C was pressed while training.
pub(crate) fn asked() -> bool {
    STATE.load(Ordering::SeqCst) == ASKED
}
