//! What a model learns from, in the order of its steps: pairs of user and item, each with a target.

use burn::tensor::{Device, Int, Tensor, TensorData};
use ratings::{ItemIndex, UserIndex};

/// Examples on the host, rating after rating.
#[derive(Default)]
pub(super) struct Examples {
    users: Vec<i32>,
    items: Vec<i32>,
    targets: Vec<f32>,
    ends: Vec<usize>, // [ratings]: where the examples of each end
}

impl Examples {
    /// Adds those of a rating.
    pub(super) fn push(
        &mut self,
        user: UserIndex,
        items: impl IntoIterator<Item = (ItemIndex, f32)>,
    ) {
        #[expect(clippy::cast_possible_wrap, reason = "a catalogue of 2^31 rows fits no device")]
        for (item, target) in items {
            self.users.push(user.0 as i32);
            self.items.push(item.0 as i32);
            self.targets.push(target);
        }
        self.ends.push(self.users.len());
    }
}

/// Examples on the device, handed out in order.
#[derive(Default)]
pub(super) struct Chunk {
    columns: Option<(Tensor<1, Int>, Tensor<1, Int>, Tensor<1>)>, // [examples] each
    ends: Vec<usize>,
    taken: usize, // ratings
}

impl Chunk {
    pub(super) fn upload(examples: Examples, device: &Device) -> Self {
        let Examples { users, items, targets, ends } = examples;
        let len = targets.len();
        let int = |values| Tensor::<1, Int>::from_data(TensorData::new(values, [len]), device);
        let targets = Tensor::from_data(TensorData::new(targets, [len]), device);
        Self { columns: Some((int(users), int(items), targets)), ends, taken: 0 }
    }

    /// Ratings whose examples were not handed out.
    pub(super) fn left(&self) -> usize {
        self.ends.len() - self.taken
    }

    /// The examples of the next `len` ratings; `len` is at least 1 and at most [`left`](Self::left).
    pub(super) fn take(&mut self, len: usize) -> (Tensor<1, Int>, Tensor<1, Int>, Tensor<1>) {
        let (users, items, targets) =
            self.columns.clone().expect("a chunk is uploaded before it is read");
        let start = self.taken.checked_sub(1).map_or(0, |last| self.ends[last]);
        self.taken += len;
        let range = start..self.ends[self.taken - 1];
        (users.slice([range.clone()]), items.slice([range.clone()]), targets.slice([range]))
    }
}
