//! A model judged on ratings that it has not seen.

mod errors; // how far its ratings are off, and for whom
mod ranking; // whether its lists hold what users liked
mod cases; // held-out items among others
mod hits; // where they stand
mod sampled; // the same, while a model trains

pub use cases::Lineup;
pub(crate) use cases::{Cases, Places};
pub use errors::{Bin, Deviations, Errors, Group, HeldOut};
pub use hits::{Candidates, Hits};
pub use ranking::{Ranking, Relevant};
pub use sampled::SampledHits;
pub(crate) use sampled::{test_cases, validation_cases};
