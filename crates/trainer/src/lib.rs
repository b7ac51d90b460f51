//! From a train/test split to a trained rating predictor.
//!
//! A training run is a value that its caller drives, one bounded slice of work at a time:
//!
//! ```
//! # use ratings::{sample::{self, SampleConfig}, Split};
//! # use trainer::{Config, Device, DeviceChoice, Event, ModelKind, Run};
//! # pollster::block_on(async {
//! # let sample = sample::generate(&SampleConfig { users: 30, items: 20, ratings: 400, seed: 1 });
//! # let split = Split::random(&sample.table, 0.2, 42)?;
//! # let split = std::sync::Arc::new(split);
//! # let config = Config { epochs: 1, ..Config::usual(ModelKind::Mf) };
//! let device = Device::open(DeviceChoice::Cpu).await?;
//! let mut run = Run::start(&split, &config, &device).await?;
//! while let Some(event) = run.advance().await? {
//!     if let Event::Epoch(report) = event {
//!         assert!(report.train_rmse.is_some_and(f64::is_finite));
//!     }
//! }
//! let trained = run.finish().await?;
//! assert_eq!(trained.history.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! Nothing here prints or opens files, and no thread outlives a call: the same code runs under a
//! desktop's `block_on` and in a browser's worker.

mod named; // choices that have names
mod objective; // what a model is trained to tell
mod model_kind; // models and optimisers, and which goes with which
mod config; // every knob, its default, its check
mod adapter; // the GPUs of this machine
mod device; // which processor trains, and why
mod gpu; // an opened GPU
mod weights; // a model's numbers on the host, and their seeded initial values
mod order; // the shuffled order of an epoch
mod gather; // what stands at its places
mod negatives; // what users did not choose
#[cfg(feature = "autodiff")]
mod model; // the models as burn modules
#[cfg(feature = "autodiff")]
mod device_burn; // a device as burn's
#[cfg(feature = "autodiff")]
mod autodiff; // a step by burn
#[cfg(not(feature = "autodiff"))]
#[path = "autodiff_absent.rs"]
mod autodiff;
mod checkpoint; // all that training needs to go on
mod barrier; // where threads meet
mod parallel; // independent parts of work
mod fused; // a step by this project's own kernels on the CPU
mod kernels; // the GPU's kernels one by one
mod fused_gpu; // a step by them
#[doc(hidden)]
pub mod floor; // what an epoch must cost, for the benchmarks
mod memory; // what a run takes of it
mod scale; // where ratings lie
mod miss; // how far predictions are off
mod held_out; // what it is judged on meanwhile
mod learner; // a model that trains itself
mod biases; // the line to beat
mod sgd; // biased factorisation, one rating at a time
mod svdpp; // the same, with what a user rated at all
mod rows; // rows of one side given the other, in closed form
mod als; // the same, one side at a time in closed form
mod gibbs; // the same, averaged over its posterior
mod ials; // what was rated at all, in closed form
mod engine; // the choice among them
mod event; // what a run says while it goes
mod run; // the loop
mod train_error; // what can end it
mod points; // predictions of the models with biases
mod trained; // the result
#[cfg(feature = "autodiff")]
mod record; // the result as burn's record
mod averages; // what is known without a model
mod model_file; // all of it in one file
mod predict; // the result at work
mod judge; // the result judged

pub use adapter::{Adapter, AdapterKind, Limits, adapters};
pub use averages::{Average, Averages};
pub use biases::Biases;
pub use config::{Config, ConfigError, Descent, Implicit, Posterior};
pub use device::{Device, DeviceChoice, DeviceError, DeviceKind};
pub use engine::{EngineChoice, EngineKind, NoKernels};
pub use event::{EpochReport, Event, Progress, Recovery};
pub use gpu::{Fault, Gpu};
pub use judge::{
    Bin, Candidates, Deviations, Errors, Group, HeldOut, Hits, Lineup, Ranking, Relevant,
    SampledHits,
};
#[doc(hidden)]
pub use kernels::cases; // for the tests
pub use memory::{Part, TooLarge};
#[cfg(feature = "autodiff")]
pub use model::{DeepMf, Gmf, Mf, NeuMf};
pub use model_file::{ModelFile, ModelFileError, Source, StateDict, safetensors_dict};
pub use model_kind::{ModelKind, Optimizer};
pub use objective::Objective;
pub use order::Order;
pub use points::Estimate;
pub use predict::{
    Audience, Catalogue, Explanation, FactorShare, Fallback, Filter, GpuLists, Histories, ItemMap,
    Pick, Prediction, Predictor, Reason, Scorer, Taste, Wanted,
};
#[cfg(feature = "autodiff")]
pub use record::RecordError;
pub use run::{OptimizerState, Pace, Run};
pub use scale::Scale;
pub use sgd::{BoldDriver, Link, Penalty, Schedule};
pub use train_error::TrainError;
pub use trained::Trained;
pub use weights::{Parameter, Weights};
