//! What is recommended at all: whether everyone gets the same popular items.

use super::top::Pick;
use crate::Averages;

/// Lists of recommendations, seen from the catalogue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Catalogue {
    /// Items that have a training rating.
    pub items: usize,
    /// Of them, those that are in a list.
    pub recommended: usize,
    /// How unevenly recommendations are spread over the items, Gini's coefficient: 0 if all are
    /// recommended equally often, almost 1 if one gets all.
    pub gini: f64,
    /// How unknown the recommended items are: the mean of `-log2` of the share of users who rated
    /// them, in bits (Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender
    /// systems", 2010).
    pub novelty: f64,
}

impl Catalogue {
    /// Of these lists, for a model trained on ratings with these averages.
    pub fn of<'a>(lists: impl IntoIterator<Item = &'a [Pick]>, averages: &Averages) -> Self {
        let mut counts = vec![0u64; averages.items.len()];
        for pick in lists.into_iter().flatten() {
            counts[pick.item.index()] += 1;
        }
        let users = averages.users.iter().filter(|user| user.count > 0).count().max(1) as f64;
        let total: u64 = counts.iter().sum();
        let bits = |(count, item): (&u64, &crate::Average)| {
            // An item may have several ratings of one user.
            let share = (f64::from(item.count.max(1)) / users).min(1.0);
            -libm::log2(share) * *count as f64
        };
        let novelty = counts.iter().zip(&averages.items).map(bits).sum::<f64>();
        let known = counts.iter().zip(&averages.items).filter(|(_, item)| item.count > 0);
        let known: Vec<u64> = known.map(|(count, _)| *count).collect();
        Self {
            items: known.len(),
            recommended: known.iter().filter(|count| **count > 0).count(),
            novelty: if total == 0 { 0.0 } else { novelty / total as f64 },
            gini: gini(known),
        }
    }
}

/// `Σ (2i - n - 1) x_i / (n Σ x)`, the counts sorted.
fn gini(mut counts: Vec<u64>) -> f64 {
    counts.sort_unstable();
    let n = counts.len() as f64;
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return 0.0;
    }
    let weighted = (1..).zip(&counts).map(|(i, x)| (2.0 * f64::from(i) - n - 1.0) * *x as f64);
    weighted.sum::<f64>() / (n * total as f64)
}

#[cfg(test)]
mod tests {
    use super::gini;

    #[test]
    fn gini_is_between_even_and_all_for_one() {
        assert_eq!(gini(vec![3, 3, 3]), 0.0);
        assert_eq!(gini(vec![0, 8, 0, 0]), 0.75);
        assert_eq!(gini(vec![0, 0]), 0.0);
        assert!((gini(vec![1, 2, 3, 4]) - 0.25).abs() < 1e-12);
    }
}
