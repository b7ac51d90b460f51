//! State dicts as `torch.save` writes them, read without Python.
//!
//! The reader is hardened against hostile files, but its bounds are those of large language models: a
//! pickle made for it takes 180 times its bytes in memory. So pickles have bounds of their own here.

use std::collections::HashMap;
use std::io::{Cursor, Write as _};

use anyhow::Context as _;
use pytorch_reader::{DType, PytorchReader, Tensor};
use tempfile::NamedTempFile;
use trainer::{ModelFileError, StateDict};
use zip::ZipArchive;

/// Most bytes of the pickle, which names the tensors; one of the lab's takes a few hundred.
const PICKLE: u64 = 2 << 20;
/// Most bytes of a file in the older format, whose pickle ends nobody knows where.
const LEGACY: usize = 8 << 20;

/// The tensors of a checkpoint.
pub(crate) struct Checkpoint {
    tensors: HashMap<String, Tensor>,
    /// Bytes of the file: `torch.save` does not compress, so no table is larger.
    size: usize,
    /// What the tensors are read from.
    _file: NamedTempFile,
}

/// Whether bytes begin as a checkpoint does: a zip, or the pickle of the magic number.
pub(crate) fn is_checkpoint(bytes: &[u8]) -> bool {
    is_zip(bytes) || bytes.starts_with(b"\x80")
}

fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

impl Checkpoint {
    /// Reads names and shapes.
    ///
    /// # Errors
    /// A file that is none of PyTorch's, or damaged, or larger inside than it should be; a temporary
    /// file that cannot be written.
    pub(crate) fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        check_size(bytes)?;
        // The reader wants a file. A copy is what was checked, even where the original came through a
        // pipe or changes meanwhile.
        let cannot = "cannot write a temporary file";
        let mut file = NamedTempFile::new().context(cannot)?;
        file.write_all(bytes).context(cannot)?;
        let reader = PytorchReader::new(file.path()).map_err(unreadable)?;
        Ok(Self { tensors: reader.into_tensors(), size: bytes.len(), _file: file })
    }
}

/// Refuses what would take much memory.
fn check_size(bytes: &[u8]) -> Result<(), ModelFileError> {
    if !is_zip(bytes) {
        return match bytes.len() <= LEGACY {
            true => Ok(()),
            false => Err(unreadable(format!(
                "a file in the format of before PyTorch 1.6 may hold {} MiB; save it again with a later one",
                LEGACY >> 20
            ))),
        };
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(unreadable)?;
        if entry.name_raw().ends_with(b"data.pkl") && entry.size() > PICKLE {
            return Err(unreadable(format!("its pickle would take {} bytes", entry.size())));
        }
    }
    Ok(())
}

fn unreadable(error: impl ToString) -> ModelFileError {
    ModelFileError::Unreadable(error.to_string())
}

impl StateDict for Checkpoint {
    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensors.get(name).map(|tensor| tensor.shape().to_vec())
    }

    fn values(&self, name: &str) -> Result<Vec<f32>, ModelFileError> {
        let wrong = |problem| ModelFileError::Wrong { name: name.to_owned(), problem };
        let tensor = self.tensors.get(name);
        let tensor = tensor.ok_or_else(|| ModelFileError::Missing { name: name.to_owned() })?;
        if tensor.dtype() != DType::F32 {
            let dtype = tensor.dtype();
            return Err(wrong(format!("is of type {dtype:?} instead of F32; save module.float()")));
        }
        if tensor.byte_len() > self.size {
            return Err(wrong(format!("would take more than the file's {} bytes", self.size)));
        }
        let bytes = tensor.read().map_err(|error| wrong(format!("cannot be read: {error}")))?;
        Ok(bytes.as_chunks().0.iter().map(|number| f32::from_ne_bytes(*number)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _, Write as _};

    use proptest::prelude::{ProptestConfig, any, prop, proptest};
    use trainer::{ModelFileError, Weights};
    use zip::write::SimpleFileOptions;
    use zip::{ZipArchive, ZipWriter};

    use super::{Checkpoint, PICKLE};

    const FILES: [&[u8]; 3] = [
        include_bytes!("../../../tests/data/state_deepmf.pt"),
        include_bytes!("../../../tests/data/state_deepmf_old.pt"),
        include_bytes!("../../../tests/data/state_deepmf_checkpoint.pt"),
    ];

    fn error(bytes: &[u8]) -> String {
        let weights = |file| Ok::<_, anyhow::Error>(Weights::from_state_dict(&file)?);
        let error = Checkpoint::from_bytes(bytes).and_then(weights).expect_err("no state dict");
        assert!(error.is::<ModelFileError>(), "{error}");
        error.to_string()
    }

    /// The first file with another pickle.
    fn with_pickle(change: impl Fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
        let mut archive = ZipArchive::new(Cursor::new(FILES[0])).expect("a zip");
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).expect("an entry");
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("a whole entry");
            let name = entry.name().expect("UTF-8").into_owned();
            if name.ends_with("data.pkl") {
                content = change(content);
            }
            writer.start_file(name, SimpleFileOptions::default()).expect("in memory");
            writer.write_all(&content).expect("in memory");
        }
        writer.finish().expect("in memory").into_inner()
    }

    fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let at = bytes.windows(from.len()).position(|window| window == from).expect("there");
        [&bytes[..at], to, &bytes[at + from.len()..]].concat()
    }

    #[test]
    fn a_table_that_says_it_is_larger_than_the_file_is_refused() {
        // 12 rows of 3, with the strides 3 and 1: now 16,777,215 rows, all of them one number.
        let file = with_pickle(|pickle| {
            let shape = replaced(&pickle, b"K\x0cK\x03\x86", b"J\xff\xff\xff\x00K\x03\x86");
            replaced(&shape, b"K\x03K\x01\x86", b"K\x00K\x00\x86")
        });
        let said = error(&file);
        assert!(said.contains("\"user_emb.weight\" would take more than the file's"), "{said}");
    }

    #[test]
    fn a_pickle_that_would_take_much_memory_is_refused() {
        let lists = usize::try_from(PICKLE).expect("a few MiB") + 1;
        let file = with_pickle(|_| b"]".repeat(lists));
        assert!(file.len() < 100_000, "deflated");
        assert!(error(&file).contains("its pickle would take 2097153 bytes"));
        let old = [FILES[1], &vec![0; super::LEGACY]].concat();
        assert!(error(&old).contains("before PyTorch 1.6 may hold 8 MiB"));
        // Each of these lists is the one before twice.
        let bomb = [&b"\x80\x02]q\x00"[..], &b"(h\x00h\x00lq\x00".repeat(60), b"."].concat();
        assert!(error(&with_pickle(|_| bomb.clone())).contains("memo bomb"));
    }

    #[test]
    fn a_type_of_another_width_is_refused_with_the_way_out() {
        let file = with_pickle(|pickle| replaced(&pickle, b"FloatStorage", b"HalfStorage"));
        // Half the bytes a number: the tables say that they end before their storage does.
        let said = error(&file);
        assert!(said.contains("is of type F16 instead of F32; save module.float()"), "{said}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_damage_is_an_error_or_other_weights_and_never_a_panic(
            which in 0..FILES.len(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<Option<prop::sample::Index>>(),
        ) {
            let mut bytes = FILES[which].to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
            if let Ok(file) = Checkpoint::from_bytes(&bytes)
                && let Ok((weights, config)) = Weights::from_state_dict(&file)
            {
                assert_eq!(weights.get("user_factors").expect("a table").shape[1], config.factors);
            }
        }
    }
}
