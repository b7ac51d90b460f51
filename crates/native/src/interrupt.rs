//! Signals. Ctrl-C: once asks the run to stop and keep what it has, twice ends the program.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::exit::Exit;

/// Nothing is trained that has to be kept.
const NOTHING_TO_KEEP: u8 = 0;
/// A run has a folder, and a model that is being trained.
const TRAINING: u8 = 1;
/// Ctrl-C was pressed while training.
const ASKED: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(NOTHING_TO_KEEP);

/// Takes over Ctrl-C (and the polite termination signals). Where that fails, Ctrl-C ends the program as ever.
pub(crate) fn watch() {
    outlive_size_limits();
    // There is nothing to do about a failure, and nothing is lost but the soft stop.
    let _ = ctrlc::set_handler(|| {
        let first =
            STATE.compare_exchange(TRAINING, ASKED, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !first {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
}

/// From here on there is a run to keep: the first Ctrl-C only asks.
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

/// A write beyond the limit on file sizes (`ulimit -f`) is an error like any other, not the end of the program:
/// the signal for it waits for ever, in this thread and in all that it starts.
#[cfg(unix)]
fn outlive_size_limits() {
    use nix::sys::signal::{SigSet, Signal};
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGXFSZ);
    // Where it cannot be blocked, the system does what it always did.
    let _ = signals.thread_block();
}

#[cfg(not(unix))]
fn outlive_size_limits() {}
