//! An epoch's ratings in its order, as the kernels take them.

use ratings::{Ratings, Split};

use crate::{Order, kernels::Sample};

/// A rating as the kernels take it.
pub(super) fn sample(ratings: &Ratings, users: usize, element: usize) -> Sample {
    Sample {
        user: ratings.users[element].0,
        item: u32::try_from(users).expect("rows fit a u32") + ratings.items[element].0,
        rating: ratings.values[element],
        slots: 0,
    }
}

/// The samples at these positions of the order.
pub(crate) fn gather(
    split: &Split,
    order: &Order,
    positions: std::ops::Range<usize>,
    to: &mut Vec<Sample>,
) {
    let mut elements = [0; 1024];
    to.clear();
    to.reserve(positions.len());
    for begin in positions.clone().step_by(elements.len()) {
        let elements = &mut elements[..(positions.end - begin).min(1024)];
        order.fill(u32::try_from(begin).expect("positions are below a u32 count"), elements);
        to.extend(elements.iter().map(|&e| sample(&split.train, split.users, e as usize)));
    }
}
