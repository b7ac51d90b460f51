//! All of a model at once: its items as a map, its errors as a table, and how sure it is.

use std::cmp::Reverse;

use protocol::{Dot, Judged, Map, Who};
use ratings::{ItemIndex, Ratings};
use trainer::{Errors, HeldOut, Hits, Objective, SampledHits};

use super::{Counter, Desk, Model};

/// Most items on a map.
const MOST_DOTS: usize = 5_000;

impl Desk {
    /// The ratings kept for testing; `None` of a model from a file.
    pub(super) fn held_out(&self) -> Option<&Ratings> {
        match (&self.course, &self.model) {
            (Some(course), _) => Some(&course.split.test),
            (None, Some(Model::AtHand { split, .. })) => Some(&split.test),
            _ => None,
        }
    }
}

impl Counter {
    /// The most rated items as points of a plane.
    pub(super) fn map(&self, most: usize) -> Map {
        let file = self.predictor.file();
        let known = |index: &&ItemIndex| file.averages.items[index.index()].count > 0;
        let items = self.items.iter().filter(known).count();
        let Some(map) = self.predictor.item_map() else {
            return Map { dots: Vec::new(), genres: Vec::new(), shares: [0.0; 2], items };
        };
        let mut genres = Genres::default();
        let mut dots: Vec<Dot> = Vec::new();
        for &index in self.items.iter().filter(known).take(most.min(MOST_DOTS)) {
            let id = file.items.name_of(index);
            let title = file.titles.get(id);
            dots.push(Dot {
                item: id.to_owned(),
                title: title.map(|title| title.title.clone()),
                place: map.places[index.index()],
                genre: title.and_then(|title| title.genres.first()).map(|name| genres.of(name)),
            });
        }
        let (genres, rank) = genres.sorted();
        dots.iter_mut().for_each(|dot| dot.genre = dot.genre.map(|genre| rank[genre]));
        Map { dots, genres, shares: map.shares, items }
    }

    /// How far predictions of these ratings, in the model's own indices, are off, or where their items
    /// stand.
    pub(super) fn judged(&self, held_out: Option<&Ratings>) -> Judged {
        let held_out: Vec<HeldOut> = held_out.map_or(Vec::new(), |ratings| {
            let pairs = ratings.users.iter().zip(&ratings.items).zip(&ratings.values);
            pairs.map(|((user, item), value)| (Some(*user), Some(*item), *value)).collect()
        });
        Judged {
            errors: Errors::of(&self.predictor, &held_out, true),
            hits: match self.predictor.objective() {
                Objective::Rating => None,
                Objective::Ranking => self.hits(&held_out),
            },
        }
    }

    /// Where held-out items stand; `None` without one.
    fn hits(&self, held_out: &[HeldOut]) -> Option<SampledHits> {
        let seen = Some(&self.histories).filter(|histories| histories.users() > 0);
        let seed = u64::from(self.predictor.file().source.split_seed);
        let (candidates, n) = (SampledHits::candidates(seed), SampledHits::PLACES);
        let hits = Hits::of(&self.predictor, held_out, seen, candidates, n, 1);
        let Hits { cases, hit_rate, ndcg, .. } = hits;
        (cases > 0).then_some(SampledHits { hit_rate, ndcg })
    }

    /// The standard deviations of predictions for somebody who rated these items.
    pub(super) fn deviations(
        &self,
        who: &Who,
        rated: &[(ItemIndex, f32)],
        of: &[ItemIndex],
    ) -> Option<Vec<f32>> {
        match who {
            Who::New { .. } => self.predictor.new_deviations(rated, of),
            Who::User { user } => {
                let user = self.user(user)?;
                of.iter().map(|item| self.predictor.deviation(user, *item)).collect()
            }
        }
    }
}

/// Names of genres, and how many items have each of them first.
#[derive(Default)]
struct Genres(Vec<(String, usize)>);

impl Genres {
    /// The place of a name, which has one more item.
    fn of(&mut self, name: &str) -> usize {
        let place = self.0.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.0.push((name.to_owned(), 0));
            self.0.len() - 1
        });
        self.0[place].1 += 1;
        place
    }

    /// The names, that of the most items first, and where each went.
    fn sorted(self) -> (Vec<String>, Vec<usize>) {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|&genre| Reverse(self.0[genre].1)); // stable
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &genre)| rank[genre] = place);
        (order.into_iter().map(|genre| self.0[genre].0.clone()).collect(), rank)
    }
}
