//! An epoch's ratings in its order, as the kernels take them.

use std::ops::Range;

use ratings::{Ratings, Split};

use crate::{Order, gather, kernels::Sample, parallel::cores};

/// A rating as the kernels take it.
pub(super) fn sample(ratings: &Ratings, users: usize, element: usize) -> Sample {
    Sample {
        user: ratings.users[element].0,
        item: u32::try_from(users).expect("rows fit a u32") + ratings.items[element].0,
        rating: ratings.values[element],
        slots: 0,
    }
}

/// The samples at these places of the order.
pub(super) fn gather(split: &Split, order: &Order, places: Range<usize>, to: &mut Vec<Sample>) {
    let pick = |element| sample(&split.train, split.users, element);
    gather::gather(order, places, cores(), to, pick);
}
