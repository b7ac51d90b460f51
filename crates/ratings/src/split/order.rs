//! numpy's shuffle.

use rand_mt::Mt;

/// numpy's `RandomState(seed).permutation(n)`: a Fisher-Yates shuffle from the back.
///
/// Rows are 32 bits wide: a table has at most `u32::MAX` ratings (see [`crate::read()`]).
pub(super) fn permutation(n: usize, seed: u32) -> Vec<u32> {
    let last = n.saturating_sub(1) as u32;
    let mut order: Vec<u32> = (0..=last).collect();
    let mut random = Mt::new(seed);
    for i in (1..=last).rev() {
        let j = up_to(i, &mut random);
        order.swap(i as usize, j as usize);
    }
    order
}

/// A number in `0..=max`: numpy masks and retries, so how much of the stream is used varies.
fn up_to(max: u32, random: &mut Mt) -> u32 {
    let mask = u32::MAX >> max.leading_zeros();
    loop {
        let candidate = random.next_u32() & mask;
        if candidate <= max {
            return candidate;
        }
    }
}
