//! A trained model at work, in plain Rust: predictions, lists, neighbours, reasons, new users.

mod tables; // rows whose inner product is the rating
mod columns; // the items' numbers, block by block
mod scorer; // one user against many items
mod histories; // who rated what
mod filter; // which items may be recommended
mod top; // the best items for a user, or for all
mod neighbours; // items or users alike
mod solve; // small symmetric systems
mod fold_in; // a user whom the model has not seen
mod draws; // the same in each draw of a model that averages
mod network_row; // the same for a network, and an item
mod explain; // why an item is predicted so
mod catalogue; // what is recommended at all
mod map; // items as points of a plane
mod predictor; // all of it together
mod on_gpu; // lists for many users on a GPU
mod audience; // the users for an item

pub use audience::Audience;
pub use catalogue::Catalogue;
pub use explain::{Explanation, FactorShare, Reason};
pub use filter::Filter;
pub use histories::Histories;
pub use map::ItemMap;
pub use on_gpu::GpuLists;
pub use predictor::{Fallback, Prediction, Predictor, Taste};
pub use scorer::Scorer;
pub(crate) use tables::Tables;
pub use top::{Pick, Wanted};
