//! A model judged on ratings that it has not seen.

mod errors; // how far its ratings are off, and for whom
mod ranking; // whether its lists hold what users liked
mod hits; // where held-out items stand among others

pub use errors::{Bin, Deviations, Errors, Group, HeldOut};
pub use hits::{Candidates, Hits};
pub use ranking::{Ranking, Relevant};
