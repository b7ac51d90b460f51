//! numpy's files: a header that is a Python literal, then the numbers (NEP 1, version 1.0).

/// Numbers of any shape.
pub(crate) fn floats(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    file("<f4", shape, bytes)
}

/// Texts, each as wide as the widest, in code points of four bytes.
pub(crate) fn texts(texts: &[&str]) -> Vec<u8> {
    let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    let points = texts.iter().flat_map(|text| {
        let filled = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(width);
        filled.flat_map(u32::to_le_bytes)
    });
    file(&format!("<U{width}"), &[texts.len()], points)
}

fn file(kind: &str, shape: &[usize], bytes: impl Iterator<Item = u8>) -> Vec<u8> {
    let shape: String = shape.iter().map(|size| format!("{size},")).collect();
    let head = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
    // The numbers begin at a multiple of 64 bytes, behind the end of a line.
    let length = (10 + head.len() + 1).next_multiple_of(64) - 10;
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    file.extend(format!("{head:<width$}\n", width = length - 1).bytes());
    file.extend(bytes);
    file
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_is_as_numpy_writes_it() {
        let file = super::floats(&[2, 1], &[1.0, -2.0]);
        assert!(
            file.starts_with(b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False")
        );
        assert_eq!((file.len(), file[127]), (136, b'\n'));
        assert_eq!(file[128..], [0, 0, 128, 63, 0, 0, 0, 192]);
        let texts = super::texts(&["a", "é7"]);
        assert_eq!(texts[128..], [97, 0, 0, 0, 0, 0, 0, 0, 233, 0, 0, 0, 55, 0, 0, 0]);
    }
}
