//! Biased matrix factorisation by stochastic gradient descent, one rating at a time:
//! `r = mean + user_bias[u] + item_bias[i] + p[u] · q[i]` (Koren, Bell and Volinsky 2009, "Matrix
//! Factorization Techniques for Recommender Systems").

pub(crate) mod lanes; // rows with biases among their lanes, and the step
mod link; // from a sum to a rating
mod rate; // the learning rate from epoch to epoch
mod grid; // cells of ratings that share no rows
mod table; // rows and penalties, block by block
mod descent; // passes over the grid
mod learner; // the model as a run sees it
mod on_gpu; // its passes on a GPU

pub use link::Link;
pub use rate::{BoldDriver, Schedule};
pub use table::Penalty;

pub(crate) use grid::{RUN, counts};
pub(crate) use learner::Sgd;
pub(crate) use link::Linked;
pub(crate) use on_gpu::SgdGpu;
