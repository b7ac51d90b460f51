//! The one place that knows whether there are threads: rayon natively, a plain loop in a browser.

/// More pieces than this only where there are more threads: each takes memory of its own.
#[cfg(not(target_family = "wasm"))]
const MANY_PIECES: usize = 32;

/// In how many pieces to cut work so that all threads have their share to the end.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn pieces() -> usize {
    match rayon::current_num_threads() {
        1 => 1,
        threads => (threads * 4).min(MANY_PIECES.max(threads)),
    }
}

/// `work` on every piece; the results keep the order of the pieces.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn map<T: Send, R: Send>(pieces: Vec<T>, work: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    if pieces.len() == 1 {
        return pieces.into_iter().map(work).collect(); // stays on the caller's thread
    }
    pieces.into_par_iter().map(work).collect()
}

/// In how many pieces to cut work so that all threads have their share to the end.
#[cfg(target_family = "wasm")]
pub(crate) fn pieces() -> usize {
    1
}

/// `work` on every piece; the results keep the order of the pieces.
#[cfg(target_family = "wasm")]
pub(crate) fn map<T: Send, R: Send>(pieces: Vec<T>, work: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    pieces.into_iter().map(work).collect()
}
