//! How far predicted ratings are off: in all, for more and less active users, for more and less
//! popular items, and over the scale.

use ratings::{ItemIndex, UserIndex};

use crate::{Average, Objective, Predictor, held_out::Misses};

/// A held-out rating; `None` is a user or item that the model's tables have not.
pub type HeldOut = (Option<UserIndex>, Option<ItemIndex>, f32);

/// Groups of users, or of items.
const GROUPS: usize = 10;
/// Parts of the scale.
const BINS: usize = 10;

/// What the errors come to.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Errors {
    /// How many ratings were predicted.
    pub ratings: usize,
    /// Root mean squared error.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// Part of the variance that is explained; below 0 the mean of these ratings would do better.
    pub r2: f64,
    /// Share of the ratings that the model predicted itself; the others are fall-backs.
    pub coverage: f64,
    /// By the user's number of training ratings, a tenth of the users each, the least active first.
    pub by_user_activity: Vec<Group>,
    /// By the item's number of training ratings, a tenth of the items each, the least popular first.
    pub by_item_popularity: Vec<Group>,
    /// Predicted against actual, by tenths of the scale, the lowest predictions first; those beyond
    /// the scale are in the outer ones.
    pub calibration: Vec<Bin>,
    /// Whether the model knows how sure it is; `None` for one that does not say.
    pub deviations: Option<Deviations>,
}

/// How the errors compare with the standard deviations that the model gives with its ratings. Of a
/// normal distribution 68.3 % lie within one and 95.4 % within two.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Deviations {
    /// Ratings that came with one.
    pub ratings: usize,
    /// Their mean.
    pub mean: f64,
    /// Share of errors that are at most one deviation.
    pub within_one: f64,
    /// Share of errors that are at most two.
    pub within_two: f64,
}

impl Deviations {
    fn add(&mut self, error: f64, deviation: f64) {
        self.ratings += 1;
        self.mean += deviation;
        self.within_one += f64::from(u8::from(error.abs() <= deviation));
        self.within_two += f64::from(u8::from(error.abs() <= 2.0 * deviation));
    }

    /// Means of what was added up; `None` if nothing was.
    fn means(self) -> Option<Self> {
        let n = self.ratings as f64;
        (self.ratings > 0).then(|| Self {
            mean: self.mean / n,
            within_one: self.within_one / n,
            within_two: self.within_two / n,
            ..self
        })
    }
}

/// A tenth of the users, or of the items.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Group {
    /// The fewest training ratings of one of them.
    pub fewest: u32,
    /// The most.
    pub most: u32,
    /// Their held-out ratings.
    pub ratings: usize,
    /// Root mean squared error; `None` without a rating.
    pub rmse: Option<f64>,
}

/// A tenth of the scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bin {
    /// Predictions in it.
    pub ratings: usize,
    /// Their mean; 0 without one.
    pub predicted: f64,
    /// The mean of what was really rated; 0 without one.
    pub actual: f64,
}

impl Errors {
    /// Predicts every held-out rating; with `clip` within the scale. `None` without one,
    /// and of a model that ranks: its scores are no ratings.
    pub fn of(predictor: &Predictor, held_out: &[HeldOut], clip: bool) -> Option<Self> {
        if held_out.is_empty() || predictor.objective() == Objective::Ranking {
            return None;
        }
        let averages = &predictor.file().averages;
        let (users, items) = (Groups::of(&averages.users), Groups::of(&averages.items));
        let (mut by_user, mut by_item) = (users.sums(), items.sums());
        let mut bins = [Bin::default(); BINS];
        let mut deviations = Deviations::default();
        let (mut misses, mut sum, mut own) = (Misses::default(), 0.0, 0);
        for &(user, item, rating) in held_out {
            let prediction = predictor.predict(user, item, clip);
            own += usize::from(prediction.fallback.is_none());
            let (predicted, rating) = (f64::from(prediction.rating?), f64::from(rating));
            let error = predicted - rating;
            misses.add(error);
            sum += rating;
            if let Some(deviation) = prediction.deviation {
                deviations.add(error, f64::from(deviation));
            }
            if let Some(group) = user.and_then(|user| users.group(user.index())) {
                by_user[group].add(error);
            }
            if let Some(group) = item.and_then(|item| items.group(item.index())) {
                by_item[group].add(error);
            }
            let bin = &mut bins[bin(predicted, predictor.file().source.range)];
            bin.ratings += 1;
            bin.predicted += predicted;
            bin.actual += rating;
        }
        let n = held_out.len() as f64;
        let away = |&(_, _, rating): &HeldOut| (f64::from(rating) - sum / n).powi(2);
        let variance: f64 = held_out.iter().map(away).sum();
        for bin in &mut bins {
            let n = bin.ratings.max(1) as f64;
            (bin.predicted, bin.actual) = (bin.predicted / n, bin.actual / n);
        }
        Some(Self {
            ratings: held_out.len(),
            rmse: (misses.sums.squared / n).sqrt(),
            mae: misses.sums.absolute / n,
            r2: if variance > 0.0 { 1.0 - misses.sums.squared / variance } else { 0.0 },
            coverage: own as f64 / n,
            by_user_activity: users.groups(&by_user),
            by_item_popularity: items.groups(&by_item),
            calibration: bins.to_vec(),
            deviations: deviations.means(),
        })
    }
}

fn bin(predicted: f64, (low, high): (f32, f32)) -> usize {
    let (low, high) = (f64::from(low), f64::from(high));
    let place = (predicted - low) / (high - low) * BINS as f64;
    (0..BINS - 1).find(|bin| place < (bin + 1) as f64).unwrap_or(BINS - 1)
}

/// Rows that have a training rating, in tenths by how many they have; of equals the lower index is
/// in the lower tenth.
struct Groups {
    of_row: Vec<Option<usize>>,
    bounds: Vec<(u32, u32)>,
}

impl Groups {
    fn of(averages: &[Average]) -> Self {
        let mut rows: Vec<usize> =
            (0..averages.len()).filter(|row| averages[*row].count > 0).collect();
        rows.sort_by_key(|row| averages[*row].count);
        let mut of_row = vec![None; averages.len()];
        let mut bounds: Vec<(u32, u32)> = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let (group, count) = (place * GROUPS / rows.len(), averages[*row].count);
            if bounds.len() <= group {
                bounds.resize(group + 1, (count, count));
            }
            bounds[group].1 = count;
            of_row[*row] = Some(group);
        }
        Self { of_row, bounds }
    }

    fn group(&self, row: usize) -> Option<usize> {
        self.of_row.get(row).copied().flatten()
    }

    fn sums(&self) -> Vec<Misses> {
        vec![Misses::default(); self.bounds.len()]
    }

    fn groups(&self, sums: &[Misses]) -> Vec<Group> {
        let group = |(&(fewest, most), sum): (&(u32, u32), &Misses)| Group {
            fewest,
            most,
            ratings: sum.ratings,
            rmse: sum.rmse(),
        };
        self.bounds.iter().zip(sums).map(group).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Deviations;

    #[test]
    fn errors_are_counted_within_one_and_two_deviations() {
        let mut deviations = Deviations::default();
        for (error, deviation) in [(0.5, 1.0), (-1.5, 1.0), (3.0, 1.0), (-0.5, 0.25)] {
            deviations.add(error, deviation);
        }
        let expected = Deviations { ratings: 4, mean: 0.8125, within_one: 0.25, within_two: 0.75 };
        assert_eq!(deviations.means(), Some(expected));
        assert_eq!(Deviations::default().means(), None);
    }
}
