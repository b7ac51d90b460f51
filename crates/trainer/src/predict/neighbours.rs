//! Items or users alike: by the cosine of their factors, exactly.

use ratings::ItemIndex;

use super::top::{Best, Pick};
use crate::Parameter;

/// The `n` rows of a table that are nearest to row `of`, itself left out, by their first `factors`
/// numbers: behind those are biases, and what is alike of all. A row of zeros is near to none.
pub(super) fn nearest(
    table: &Parameter,
    factors: usize,
    of: usize,
    n: usize,
    allowed: Option<&[bool]>,
) -> Vec<Pick> {
    let width = table.shape[1];
    let target = &table.values[of * width..][..factors];
    let length = norm(target);
    let mut best = Best::new(n.min(table.shape[0]));
    for (index, row) in (0..).zip(table.values.chunks(width)) {
        if index as usize != of && allowed.is_none_or(|allowed| allowed[index as usize]) {
            let score = cosine(target, &row[..factors], length);
            best.offer(Pick { item: ItemIndex(index), score });
        }
    }
    best.into_picks()
}

/// The cosine of two rows; not a number if one of them is zero.
pub(super) fn cosine(a: &[f32], b: &[f32], length_of_a: f64) -> f32 {
    let product = a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + f64::from(*a) * f64::from(*b));
    #[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest f32 is wanted")]
    let cosine = (product / (length_of_a * norm(b))) as f32;
    cosine
}

pub(super) fn norm(row: &[f32]) -> f64 {
    row.iter().fold(0.0, |sum, x| sum + f64::from(*x) * f64::from(*x)).sqrt()
}
