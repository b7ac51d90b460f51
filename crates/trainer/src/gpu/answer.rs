//! Work under way on a GPU, and the watchdog over it: one that never answers is a fault.

use std::{fmt, marker::PhantomData};

use async_channel::{Receiver, Sender};
use bytemuck::{Pod, Zeroable};

use super::{Fault, Gpu};

/// A submission that will be done.
pub(crate) struct Done {
    ready: Receiver<Ready>,
    watchdog: Watchdog,
}

/// Numbers that a submission will bring.
pub(crate) struct Answer<T> {
    copy: wgpu::Buffer,
    done: Done,
    bytes: usize,
    numbers: PhantomData<T>,
}

type Ready = Result<(), String>;

/// Natively the wait has an end.
#[cfg(not(target_family = "wasm"))]
type Watchdog = wgpu::SubmissionIndex;
/// In a browser nobody can wait, so a clock answers in the GPU's place. It stops when dropped.
#[cfg(target_family = "wasm")]
type Watchdog = gloo_timers::callback::Timeout;

#[cfg(not(target_family = "wasm"))]
fn watch(_: &Gpu, submission: wgpu::SubmissionIndex, _: Sender<Ready>) -> Watchdog {
    submission
}

#[cfg(target_family = "wasm")]
fn watch(gpu: &Gpu, _: wgpu::SubmissionIndex, send: Sender<Ready>) -> Watchdog {
    let millis = u32::try_from(gpu.patience.as_millis()).unwrap_or(u32::MAX);
    Watchdog::new(millis, move || {
        let _ = send.try_send(Err(unfinished("no answer came"))); // too late where one is there
    })
}

impl Done {
    /// Of a submission that was just made.
    pub(super) fn of(gpu: &Gpu, submission: wgpu::SubmissionIndex) -> Self {
        let (done, send) = Self::promised(gpu, submission);
        gpu.queue.on_submitted_work_done(move || {
            let _ = send.try_send(Ok(())); // nobody waits after a fault
        });
        done
    }

    /// Done when somebody says so.
    fn promised(gpu: &Gpu, submission: wgpu::SubmissionIndex) -> (Self, Sender<Ready>) {
        let (send, ready) = async_channel::bounded(1);
        let watchdog = watch(gpu, submission, send.clone());
        (Self { ready, watchdog }, send)
    }

    /// Waits for it. A browser may call work done that was lost a moment ago; whatever is read next
    /// says so.
    ///
    /// # Errors
    /// A device that is lost or does not answer.
    pub(crate) async fn wait(self, gpu: &Gpu) -> Result<(), Fault> {
        if gpu.patience.is_zero() {
            return Err(Fault(unfinished("it was given no time"))); // though it may have needed none
        }
        #[cfg(not(target_family = "wasm"))]
        gpu.device
            .poll(wgpu::PollType::Wait {
                submission_index: Some(self.watchdog),
                timeout: Some(gpu.patience),
            })
            .map_err(|error| gpu.check().err().unwrap_or_else(|| Fault(unfinished(error))))?;
        let ready = self.ready.recv().await;
        #[cfg(target_family = "wasm")]
        drop(self.watchdog);
        gpu.check()?;
        ready.map_err(|_| "the GPU dropped an answer".into()).and_then(|ready| ready).map_err(Fault)
    }
}

impl<T: Pod + Zeroable> Answer<T> {
    /// The first `bytes` of a buffer that a submission fills.
    pub(super) fn new(
        gpu: &Gpu,
        copy: wgpu::Buffer,
        submission: wgpu::SubmissionIndex,
        bytes: usize,
    ) -> Self {
        let (done, send) = Done::promised(gpu, submission);
        copy.map_async(wgpu::MapMode::Read, .., move |result| {
            let _ = send.try_send(result.map_err(|error| error.to_string())); // nobody waits after a fault
        });
        Self { copy, done, bytes, numbers: PhantomData }
    }

    /// Whether waiting would take no time.
    pub(crate) fn is_there(&self) -> bool {
        !self.done.ready.is_empty()
    }

    /// Waits for them.
    ///
    /// # Errors
    /// A device that is lost or does not answer.
    pub(crate) async fn wait(self, gpu: &Gpu) -> Result<Vec<T>, Fault> {
        self.done.wait(gpu).await?;
        let view = self.copy.get_mapped_range(..self.bytes as u64);
        let view = view.map_err(|error| Fault(error.to_string()))?;
        Ok(bytemuck::pod_collect_to_vec(&view))
    }
}

fn unfinished(why: impl fmt::Display) -> String {
    format!("the GPU does not finish its work: {why}")
}
