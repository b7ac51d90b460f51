//! What a model is trained to tell, and so what its scores mean.

use serde::{Deserialize, Serialize};

use crate::named::named;

/// What a model is trained for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Objective {
    /// To predict ratings. A score is a rating; the model is judged by how far ratings are off.
    #[default]
    Rating,
    /// To rank, from implicit feedback: whatever was rated counts as chosen, however highly, and
    /// all else as not chosen. A score is a preference without a unit, which no rating can be
    /// compared with; the model is judged by where held-out items stand ([`SampledHits`]).
    ///
    /// [`SampledHits`]: crate::SampledHits
    Ranking,
}

named!(
    Objective, "objective",
    Rating => "rating",
    Ranking => "ranking",
);

impl Objective {
    /// The figure that an epoch is judged by, as charts and tables name it.
    pub fn figure(self) -> &'static str {
        match self {
            Self::Rating => "RMSE",
            Self::Ranking => "NDCG@10",
        }
    }

    /// Whether one such figure is better than another.
    pub fn is_better(self, figure: f64, than: f64) -> bool {
        match self {
            Self::Rating => figure < than,
            Self::Ranking => figure > than,
        }
    }
}
