//! In place of the reference engine where burn is left out: a type without values, so that the
//! choice among the engines reads the same.

use ratings::Split;

use crate::{
    Config, Device, DeviceKind, Weights, checkpoint::Checkpoint, gpu::Fault, held_out::Misses,
    memory::Need, miss::Miss,
};

/// Never made.
pub(crate) enum Autodiff {}

impl Autodiff {
    #[expect(clippy::unused_async, reason = "as the engine it stands for")]
    pub(crate) async fn open(
        _: &Split,
        _: &Config,
        _: &Checkpoint,
        _: &Device,
    ) -> Result<Self, Fault> {
        Err(Fault("this program was built without the autodiff engine".into()))
    }

    pub(crate) fn need(_: &Split, _: &Config, _: DeviceKind) -> Need {
        Need::default()
    }

    pub(crate) fn begin_epoch(&mut self, _: u32) {
        match *self {}
    }

    pub(crate) fn skip(&mut self, _: usize) {
        match *self {}
    }

    pub(crate) fn tune(&mut self, _: &Config) {
        match *self {}
    }

    pub(crate) fn trained(&self) -> usize {
        match *self {}
    }

    pub(crate) async fn train(&mut self, _: usize) -> Result<Vec<Miss>, Fault> {
        match *self {}
    }

    pub(crate) async fn evaluate(&mut self) -> Result<Option<Misses>, Fault> {
        match *self {}
    }

    pub(crate) fn keep(&mut self) {
        match *self {}
    }

    pub(crate) fn restore(&mut self) {
        match *self {}
    }

    pub(crate) async fn weights(&self) -> Result<Weights, Fault> {
        match *self {}
    }

    pub(crate) async fn checkpoint(&self) -> Result<Checkpoint, Fault> {
        match *self {}
    }
}
