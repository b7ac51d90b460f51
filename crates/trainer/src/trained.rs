//! What a run leaves: the model, its settings and its history.

use burn::{
    module::Module,
    store::ModuleRecord,
    tensor::{Bytes, Device, Int, Tensor, TensorData},
};
use ratings::{ItemIndex, UserIndex};

use crate::{Config, EpochReport, Weights, model::Model};

/// A trained model on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The settings it was trained with.
    pub config: Config,
    /// Every epoch it saw.
    pub history: Vec<EpochReport>,
    /// Its numbers.
    pub weights: Weights,
}

impl Trained {
    /// Predicted ratings, not clipped to the scale. Computed on the CPU.
    ///
    /// # Panics
    /// If the lengths differ or an index is beyond the model's tables.
    pub fn predict(&self, users: &[UserIndex], items: &[ItemIndex]) -> Vec<f32> {
        assert_eq!(users.len(), items.len(), "one item for each user");
        if users.is_empty() {
            return Vec::new();
        }
        let device = Device::flex();
        let column = |indices: Vec<i64>| -> Tensor<1, Int> {
            let len = indices.len();
            Tensor::from_data(TensorData::new(indices, [len]), &device)
        };
        let users = column(users.iter().map(|user| i64::from(user.0)).collect());
        let items = column(items.iter().map(|item| i64::from(item.0)).collect());
        let ratings = self.model(&device).forward(users, items); // [pairs]
        ratings.into_data().try_into_vec_as::<f32>().expect("a forward pass yields f32 values")
    }

    /// The model as burn's own record, which `ModuleRecord::from_bytes` reads.
    ///
    /// # Errors
    /// If burn cannot write it.
    pub fn to_record(&self) -> Result<Vec<u8>, RecordError> {
        let record = self.model(&Device::flex()).into_record().into_bytes();
        record.map(|bytes| bytes.to_vec()).map_err(|error| RecordError::Write(error.to_string()))
    }

    /// The same model with the numbers of a record that [`to_record`](Self::to_record) wrote.
    ///
    /// # Errors
    /// Bytes that are no record, or one of another model or other sizes.
    pub async fn from_record(&self, bytes: &[u8]) -> Result<Self, RecordError> {
        let failed = |error: String| RecordError::Read(error);
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes.to_vec()))
            .map_err(|error| failed(error.to_string()))?;
        let model = self.model(&Device::flex()).try_load_record(record);
        let model = model.map_err(|error| failed(error.to_string()))?;
        let weights = model.weights().await.map_err(failed)?;
        Ok(Self { weights, ..self.clone() })
    }

    fn model(&self, device: &Device) -> Model {
        Model::load(&self.config, &self.weights, device)
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
