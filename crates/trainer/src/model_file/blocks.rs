//! Tensors to bytes and back: numbers of any width, little end first.

use std::borrow::Cow;

use bytemuck::Pod;
use safetensors::{Dtype, SafeTensors, View, tensor::TensorView};

use super::ModelFileError;

/// A tensor to be written.
pub(super) struct Block<'a> {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Cow<'a, [u8]>,
}

/// Numbers that a tensor can hold.
pub(super) trait Number: Pod {
    const DTYPE: Dtype;
}

impl Number for u8 {
    const DTYPE: Dtype = Dtype::U8;
}
impl Number for u16 {
    const DTYPE: Dtype = Dtype::U16;
}
impl Number for u32 {
    const DTYPE: Dtype = Dtype::U32;
}
impl Number for u64 {
    const DTYPE: Dtype = Dtype::U64;
}
impl Number for f32 {
    const DTYPE: Dtype = Dtype::F32;
}
impl Number for f64 {
    const DTYPE: Dtype = Dtype::F64;
}

impl<'a> Block<'a> {
    /// The values, the last dimension running fastest.
    pub(super) fn new<N: Number>(shape: &[usize], values: impl Into<Cow<'a, [N]>>) -> Self {
        let bytes = match values.into() {
            Cow::Borrowed(values) => Cow::Borrowed(bytemuck::cast_slice(values)),
            Cow::Owned(values) => Cow::Owned(bytemuck::cast_slice(&values).to_vec()),
        };
        Self { dtype: N::DTYPE, shape: shape.to_vec(), bytes: little_end_first::<N>(bytes) }
    }
}

impl View for Block<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// A tensor's values, if it has this type and shape.
///
/// # Errors
/// A tensor that is absent, or another.
pub(super) fn read<N: Number>(
    file: &SafeTensors,
    name: &str,
    shape: &[usize],
) -> Result<Vec<N>, ModelFileError> {
    let tensor = find::<N>(file, name)?;
    if tensor.shape() != shape {
        return Err(ModelFileError::Wrong {
            name: name.to_owned(),
            problem: format!("has the shape {:?} instead of {shape:?}", tensor.shape()),
        });
    }
    Ok(values(&tensor))
}

/// The values of a tensor of one dimension, however long.
///
/// # Errors
/// A tensor that is absent, or another.
pub(super) fn read_column<N: Number>(
    file: &SafeTensors,
    name: &str,
) -> Result<Vec<N>, ModelFileError> {
    let tensor = find::<N>(file, name)?;
    if tensor.shape().len() != 1 {
        return Err(ModelFileError::Wrong {
            name: name.to_owned(),
            problem: format!("has {} dimensions instead of one", tensor.shape().len()),
        });
    }
    Ok(values(&tensor))
}

fn find<'a, N: Number>(
    file: &SafeTensors<'a>,
    name: &str,
) -> Result<TensorView<'a>, ModelFileError> {
    let tensor =
        file.tensor(name).map_err(|_| ModelFileError::Missing { name: name.to_owned() })?;
    if tensor.dtype() != N::DTYPE {
        return Err(ModelFileError::Wrong {
            name: name.to_owned(),
            problem: format!("is of type {} instead of {}", tensor.dtype(), N::DTYPE),
        });
    }
    Ok(tensor)
}

/// The bytes may lie at any address, so they are copied number by number.
fn values<N: Number>(tensor: &TensorView) -> Vec<N> {
    let bytes = little_end_first::<N>(Cow::Borrowed(tensor.data()));
    bytemuck::pod_collect_to_vec(&bytes)
}

fn little_end_first<N>(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        return bytes;
    }
    Cow::Owned(
        bytes.chunks(size_of::<N>()).flat_map(|number| number.iter().rev()).copied().collect(),
    )
}
