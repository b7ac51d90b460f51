//! SVD++: a biased factorisation in which a user is also what they rated at all, whatever the rating:
//! `r = mean + user_bias[u] + item_bias[i] + q[i] · (p[u] + |N(u)|^-1/2 Σ y[j])`, over the items `j`
//! of `N(u)` that the user rated in training (Koren 2008, "Factorization Meets the Neighborhood",
//! equation 15).
//!
//! Trained by gradient descent, user by user. A visit to a user makes a step of `p` and the bias at
//! each of the user's ratings with the items held; then each of the items makes its step at the same
//! rating with the user held, and its `y` one step for the whole visit, with the sum of the slopes,
//! so an epoch takes time in proportion to the ratings. Users are visited in batches: within one they
//! do not see each other's steps of the items, so threads may take users, and then items, in any
//! order with the same bits.

mod visits; // who is visited when, and what they rated
mod tables; // rows, dealt out to shards
mod descent; // the visits of an epoch
mod learner; // the model as a run sees it

pub(crate) use learner::SvdPp;
