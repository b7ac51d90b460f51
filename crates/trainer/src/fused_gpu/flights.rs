//! Slices under way, and the errors of their batches, which stay on the device until the epoch is
//! over, or somebody wants to know.

use std::collections::VecDeque;

use crate::{
    gpu::{Answer, Done, Fault, Gpu},
    miss::Miss,
};

/// Slices under way: the device works on one while the next waits for it.
const IN_FLIGHT: usize = 2;

/// The slices that were sent off and have not come back.
#[derive(Default)]
pub(super) struct Flights {
    under_way: VecDeque<Flight>,
    held: Held,
}

/// Ratings whose errors the device holds, batch by batch, from the beginning of its table of sums.
#[derive(Clone, Copy, Default)]
struct Held {
    ratings: usize,
}

struct Flight {
    back: Back,
    ratings: usize,
}

/// What comes back of a slice: that it is done, or with it the sums of all errors that are held.
enum Back {
    Done(Done),
    Sums(Answer<f32>, Held),
}

/// What has come back.
#[derive(Default)]
pub(super) struct Landed {
    pub(super) ratings: usize,
    /// The mean errors of batches: those of all slices since the last that told any.
    pub(super) errors: Vec<Miss>,
}

impl Held {
    fn batches(self, batch_size: usize) -> usize {
        self.ratings.div_ceil(batch_size)
    }

    /// Numbers of their sums.
    fn sums(self, batch_size: usize) -> usize {
        2 * self.batches(batch_size)
    }

    /// The mean errors of their batches, all full but perhaps the last.
    fn means(self, sums: &[f32], batch_size: usize) -> Vec<Miss> {
        let sizes = (0..self.ratings).step_by(batch_size);
        let sizes = sizes.map(|at| batch_size.min(self.ratings - at) as f64);
        let sums = sums.as_chunks().0.iter();
        sums.zip(sizes).map(|(sums, size)| Miss::from(sums.map(f64::from)) / size).collect()
    }
}

impl Flights {
    /// Whether another slice may be sent off.
    pub(super) fn have_room(&self) -> bool {
        self.under_way.len() < IN_FLIGHT
    }

    /// Batches whose errors the device holds already: those of the next slice go behind them.
    pub(super) fn held(&self, batch_size: usize) -> usize {
        self.held.batches(batch_size)
    }

    /// Sends off a slice of so many ratings, and with it a copy of all sums if they are `told`.
    pub(super) fn send(
        &mut self,
        gpu: &Gpu,
        encoder: wgpu::CommandEncoder,
        sums: &wgpu::Buffer,
        (ratings, batch_size): (usize, usize),
        told: bool,
    ) {
        self.held.ratings += ratings;
        let back = if told {
            let held = std::mem::take(&mut self.held);
            Back::Sums(gpu.submit_and_read(encoder, sums, held.sums(batch_size)), held)
        } else {
            Back::Done(gpu.submit_and_watch(encoder))
        };
        self.under_way.push_back(Flight { back, ratings });
    }

    /// Waits for the oldest slice under way; there may be none.
    pub(super) async fn land(&mut self, gpu: &Gpu, batch_size: usize) -> Result<Landed, Fault> {
        let Some(Flight { back, ratings }) = self.under_way.pop_front() else {
            return Ok(Landed::default());
        };
        let errors = match back {
            Back::Done(done) => done.wait(gpu).await.map(|()| Vec::new())?,
            Back::Sums(sums, held) => held.means(&sums.wait(gpu).await?, batch_size),
        };
        Ok(Landed { ratings, errors })
    }

    /// Whether there is a slice to wait for.
    pub(super) fn are_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Fetches the errors that the device holds; no slice may be under way.
    pub(super) async fn tell(
        &mut self,
        gpu: &Gpu,
        sums: &wgpu::Buffer,
        batch_size: usize,
    ) -> Result<Vec<Miss>, Fault> {
        let held = std::mem::take(&mut self.held);
        if held.ratings == 0 {
            return Ok(Vec::new());
        }
        Ok(held.means(&gpu.read(sums, held.sums(batch_size)).await?, batch_size))
    }

    /// Forgets them.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
