//! What a file is for, as far as the page itself tells.

/// How much of a file is looked at, in bytes.
pub(crate) const LOOKED_AT: u32 = 16;

/// Longest header of a model file, in bytes: the format's own limit.
const LONGEST_HEADER: u64 = 100_000_000;

/// Whether a file begins as safetensors do: the length of a JSON object, and the object. What is no
/// model is ratings or titles: the worker tells them apart, by reading them.
pub(crate) fn is_model(start: &[u8]) -> bool {
    let Some((length, header)) = start.split_first_chunk::<8>() else { return false };
    u64::from_le_bytes(*length) <= LONGEST_HEADER && header.first() == Some(&b'{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_told_by_its_header() {
        let model = [&300_u64.to_le_bytes()[..], br#"{"__metadata__":{}}"#].concat();
        assert!(is_model(&model[..LOOKED_AT as usize]));
        assert!(!is_model(&[&u64::MAX.to_le_bytes()[..], b"{"].concat()));
        for other in [&b"1::10::4::978300760\n"[..], b"\x1f\x8b\x08\0\0\0\0\0\0", b"{}", b""] {
            assert!(!is_model(other), "{other:?}");
        }
    }
}
