//! Bytes that a browser hands out as text.

/// Base64 to bytes.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let value = |digit: u8| match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|&digit| digit != b'=').map(value).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for four in digits.chunks(4) {
        let word = (0..4).fold(0_u32, |word, i| word << 6 | u32::from(*four.get(i).unwrap_or(&0)));
        bytes.extend_from_slice(&word.to_be_bytes()[1..four.len()]);
    }
    bytes
}

#[test]
fn base64_is_read() {
    assert_eq!(decoded("TGF0ZW50"), b"Latent");
    assert_eq!(decoded("TGF0ZW4="), b"Laten");
    assert_eq!(decoded("/+8A"), [255, 239, 0]);
}
