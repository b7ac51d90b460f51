//! A slice in parts that are sent off one by one, so that the device does not idle while its host
//! encodes the whole: on an NVIDIA H200 a batch takes the one 10 µs and the other 4.

use std::ops::Range;

/// Records of the first part.
const FIRST: usize = 64;

/// The places of so many records, cut into parts each of which is as long as all before it.
pub(super) fn parts(records: usize) -> impl Iterator<Item = Range<usize>> {
    let ends = std::iter::successors(Some(FIRST), |end| Some(2 * end));
    let begins = std::iter::once(0).chain(ends.clone());
    let parts = begins.zip(ends).take_while(move |(begin, _)| *begin < records);
    parts.map(move |(begin, end)| begin..end.min(records))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_through_all_records_once() {
        for records in [1, 63, 64, 65, 128, 1_000, 4_097] {
            let parts: Vec<_> = parts(records).collect();
            assert!(parts.iter().cloned().flatten().eq(0..records), "{parts:?}");
            assert!(parts.iter().all(|part| part.len() <= part.start.max(FIRST)), "{parts:?}");
        }
    }
}
