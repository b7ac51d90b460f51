//! A trained model as burn's own record.

use burn::{
    module::Module,
    store::ModuleRecord,
    tensor::{Bytes, Device},
};

use crate::{Trained, model::Model};

impl Trained {
    /// The model as burn's own record, which `ModuleRecord::from_bytes` reads.
    ///
    /// # Errors
    /// If burn cannot write it, or the model is none of its modules.
    pub fn to_record(&self) -> Result<Vec<u8>, RecordError> {
        if !self.config.model.in_batches() {
            return Err(RecordError::Write(format!("{} is no burn module", self.config.model)));
        }
        let record = self.model().into_record().into_bytes();
        record.map(|bytes| bytes.to_vec()).map_err(|error| RecordError::Write(error.to_string()))
    }

    /// The same model with the numbers of a record that [`to_record`](Self::to_record) wrote.
    ///
    /// # Errors
    /// Bytes that are no record, or one of another model or other sizes.
    pub async fn from_record(&self, bytes: &[u8]) -> Result<Self, RecordError> {
        let failed = |error: String| RecordError::Read(error);
        if !self.config.model.in_batches() {
            return Err(failed(format!("{} is no burn module", self.config.model)));
        }
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes.to_vec()))
            .map_err(|error| failed(error.to_string()))?;
        let model = self.model().try_load_record(record);
        let model = model.map_err(|error| failed(error.to_string()))?;
        let weights = model.weights().await.map_err(failed)?;
        Ok(Self { weights, ..self.clone() })
    }

    fn model(&self) -> Model {
        Model::load(&self.config, &self.weights, &Device::flex())
    }
}

/// A record that burn cannot write or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Writing failed.
    #[error("the model could not be written as a burn record: {0}")]
    Write(String),
    /// Reading failed.
    #[error("this is not a burn record of this model: {0}")]
    Read(String),
}
