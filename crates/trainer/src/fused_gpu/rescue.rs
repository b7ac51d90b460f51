//! Copies of the model on the host, made off the critical path, from which a run goes on when the
//! device is lost.

use web_time::{Duration, Instant};

use super::layout::Layout;
use crate::{
    checkpoint::Checkpoint,
    gpu::{Answer, Fault, Gpu},
};

/// Time between two copies.
const PAUSE: Duration = Duration::from_secs(1);

/// The copy under way, if there is one.
#[derive(Default)]
pub(super) struct Rescue {
    under_way: Option<Copy>,
    began: Option<Instant>,
}

struct Copy {
    values: Answer<f32>,
    moments: Answer<f32>,
    steps: u64,
}

impl Rescue {
    /// Starts a copy of the model after so many steps, unless the last one is too recent.
    pub(super) fn begin(
        &mut self,
        gpu: &Gpu,
        layout: &Layout,
        [values, moments]: [&wgpu::Buffer; 2],
        steps: u64,
    ) {
        let recent = self.began.is_some_and(|began| began.elapsed() < PAUSE);
        if recent || self.under_way.is_some() {
            return;
        }
        let numbers = layout.rows() * layout.row();
        self.under_way = Some(Copy {
            values: gpu.submit_and_read(gpu.encoder(), values, numbers),
            moments: gpu.submit_and_read(gpu.encoder(), moments, 2 * numbers),
            steps,
        });
        self.began = Some(Instant::now());
    }

    /// The copy, once it has arrived.
    ///
    /// # Errors
    /// A device that was lost on the way.
    pub(super) async fn arrived(
        &mut self,
        gpu: &Gpu,
        layout: &Layout,
    ) -> Result<Option<Checkpoint>, Fault> {
        let there = |copy: &mut Copy| copy.values.is_there() && copy.moments.is_there();
        let Some(Copy { values, moments, steps }) = self.under_way.take_if(there) else {
            return Ok(None);
        };
        let weights = layout.weights(&values.wait(gpu).await?);
        let [first, second] = layout.split_moments(&moments.wait(gpu).await?);
        Ok(Some(Checkpoint { weights, first, second, steps, bold: None }))
    }
}
