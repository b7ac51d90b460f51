//! The model at work: questions of the page, answered by the model as it is now.

mod audience; // who would like a new item
mod overview; // all of the model at once

use std::cell::OnceCell;

use protocol::{
    Answer, Because, Cell, Found, Item, Neighbour, News, Pick, Picks, Question, Similar, Who,
    Window,
};
use ratings::{Bar, ItemIndex, UserIndex};
use trainer::{Audience, Histories, ModelFile, Objective, Predictor, Taste, Wanted};

use super::Desk;
use super::keeping::Model;
use crate::post::send;

/// Items or users that a search gives.
const MOST_SHOWN: usize = 20;
/// Rated items that are told of one user.
const MOST_KNOWN: usize = 1_000;
/// Ratings that are named as the reason of a pick.
const REASONS: usize = 2;
/// Largest side of a window on the matrix.
const LARGEST_WINDOW: usize = 50;

/// A model ready to answer, and what its data says.
pub(super) struct Counter {
    predictor: Predictor,
    /// The model turned round, once it was asked for.
    audience: OnceCell<Audience>,
    /// Ratings user by user; none when the data at hand is not the model's.
    histories: Histories,
    /// Users and items, those with the most ratings first.
    users: Vec<UserIndex>,
    items: Vec<ItemIndex>,
    /// Epochs that the model has seen: another number, another model.
    epochs: usize,
}

impl Desk {
    /// Answers a question, or refuses it. An error passes: the same question may be answered later.
    pub(super) async fn use_model(&mut self, question: Question) -> Result<(), String> {
        self.set_up().await?;
        let answer = self.answer_of(question.clone());
        let answer = answer.unwrap_or_else(|why| Answer::Refused { question, why });
        send(&News::Answer(Box::new(answer)));
        Ok(())
    }

    fn answer_of(&self, question: Question) -> Result<Answer, String> {
        let counter = self.counter.as_ref().ok_or("there is no model yet: train one first")?;
        Ok(match question {
            Question::Search { text } => Answer::Found(counter.search(text)),
            Question::Users { text } => Answer::Users(counter.users_like(text.trim())),
            Question::Audience { rated, most } => Answer::Audience(counter.audience(&rated, most)?),
            Question::Picks { who, most } => Answer::Picks(counter.picks(who, most)?),
            Question::Similar { item, most } => {
                let similar = counter.similar(&item, most)?;
                Answer::Similar(Similar { histogram: self.histogram(&item), ..similar })
            }
            Question::Window { first_user, users, first_item, items } => {
                Answer::Window(counter.window((first_user, users), (first_item, items)))
            }
            Question::Map { most } => Answer::Map(counter.map(most)),
            Question::Judge => Answer::Judged(counter.judged(self.held_out())),
        })
    }

    /// Makes the model at hand ready, unless it is.
    async fn set_up(&mut self) -> Result<(), String> {
        let epochs = match (&self.course, &self.model) {
            (Some(course), _) => course.run.history().len(),
            (None, Some(Model::AtHand { trained, .. })) => trained.history.len(),
            (None, Some(Model::Opened(file))) => file.trained.history.len(),
            (None, None) => return Err("there is no model yet: train one first".into()),
        };
        if self.counter.as_ref().is_some_and(|counter| counter.epochs == epochs) {
            return Ok(());
        }
        let file = self.model_file().await?;
        let (mut histories, fingerprint) = (Histories::default(), file.source.fingerprint);
        if let Some(data) = self.data.as_ref().filter(|data| data.fingerprint == fingerprint) {
            // Reading them took a while, and they are the data's, not the model's.
            histories = match self.counter.take() {
                Some(counter) if counter.histories.users() > 0 => counter.histories,
                _ => Histories::of(&data.table.ratings, data.table.users.len()),
            };
        }
        self.counter = Some(Counter::new(file, histories, epochs));
        Ok(())
    }

    /// How often each rating was given to an item of the data at hand.
    fn histogram(&self, item: &str) -> Vec<Bar> {
        let Some(data) = &self.data else { return Vec::new() };
        let Some(index) = data.table.items.index_of(item) else { return Vec::new() };
        let ratings = &data.table.ratings;
        let mut values: Vec<f32> = ratings
            .items
            .iter()
            .zip(&ratings.values)
            .filter_map(|(item, &value)| (*item == index).then_some(value))
            .collect();
        values.sort_by(f32::total_cmp);
        let bar = |bars: &[f32]| Bar { value: bars[0], count: bars.len() };
        values.chunk_by(|a, b| a == b).map(bar).collect()
    }
}

impl Counter {
    fn new(file: ModelFile, histories: Histories, epochs: usize) -> Self {
        let by_count = |counts: Vec<u32>| {
            let mut order: Vec<u32> = (0..counts.len() as u32).collect();
            order.sort_by_key(|&row| std::cmp::Reverse(counts[row as usize]));
            order
        };
        let users = by_count(file.averages.users.iter().map(|user| user.count).collect());
        let items = by_count(file.averages.items.iter().map(|item| item.count).collect());
        Self {
            predictor: Predictor::new(file),
            audience: OnceCell::new(),
            histories,
            users: users.into_iter().map(UserIndex).collect(),
            items: items.into_iter().map(ItemIndex).collect(),
            epochs,
        }
    }

    fn item(&self, index: ItemIndex) -> Item {
        let file = self.predictor.file();
        let id = file.items.name_of(index);
        let average = file.averages.items[index.index()];
        Item {
            item: id.to_owned(),
            title: file.titles.get(id).map(|title| title.title.clone()),
            ratings: average.count as usize,
            mean: average.mean,
            spread: average.deviation,
        }
    }

    fn index(&self, id: &str) -> Result<ItemIndex, String> {
        let index = self.predictor.file().items.index_of(id);
        index.ok_or_else(|| format!("the model does not know the item {id:?}"))
    }

    /// Items whose title or id holds every word.
    fn search(&self, text: String) -> Found {
        let file = self.predictor.file();
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let holds = |index: &&ItemIndex| {
            let id = file.items.name_of(**index);
            let title = file.titles.get(id).map(|title| title.title.to_lowercase());
            let title = title.unwrap_or_default();
            words.iter().all(|word| title.contains(word) || id.to_lowercase() == *word)
        };
        let found = self.items.iter().filter(holds).take(MOST_SHOWN);
        Found { items: found.map(|index| self.item(*index)).collect(), text }
    }

    /// What somebody would rate highest, and why.
    fn picks(&self, who: Who, most: usize) -> Result<Picks, String> {
        let (taste, rated) = self.taste(&who)?;
        let mut seen: Vec<ItemIndex> = rated.iter().map(|rating| rating.0).collect();
        seen.sort_unstable();
        let wanted = Wanted { n: most.min(LARGEST_WINDOW), allowed: None };
        let best = self.predictor.recommend(&taste, wanted, &seen);
        let items: Vec<ItemIndex> = best.iter().map(|pick| pick.item).collect();
        let deviations = self.deviations(&who, &rated, &items);
        let picks = best.into_iter().enumerate().map(|(at, pick)| Pick {
            item: self.item(pick.item),
            predicted: self.predictor.clipped(pick.score),
            deviation: deviations.as_ref().map(|deviations| deviations[at]),
            because: self.because(&taste, &rated, pick.item),
        });
        let picks = picks.collect();
        let ratings = rated.len();
        let mut known = rated;
        known.sort_by(|a, b| b.1.total_cmp(&a.1));
        known.truncate(MOST_KNOWN);
        let known = known.into_iter().map(|(index, rating)| (self.item(index), rating)).collect();
        Ok(Picks { who, picks, known, ratings })
    }

    /// The taste of somebody, and the ratings it rests on.
    fn taste(&self, who: &Who) -> Result<(Taste, Vec<(ItemIndex, f32)>), String> {
        match who {
            Who::New { stars } => {
                let rated = stars.iter().map(|(id, rating)| Ok((self.index(id)?, *rating)));
                let rated = rated.collect::<Result<Vec<_>, String>>()?;
                Ok((self.predictor.new_taste(&rated), rated))
            }
            Who::User { user } => {
                let index = self.user(user);
                let index =
                    index.ok_or_else(|| format!("the model does not know the user {user:?}"))?;
                let rated = self.histories.of_user(index).collect();
                Ok((self.predictor.taste_of(index), rated))
            }
        }
    }

    /// The user of an id; the busiest for an empty one.
    fn user(&self, id: &str) -> Option<UserIndex> {
        match id {
            "" => self.users.first().copied(),
            id => self.predictor.file().users.index_of(id),
        }
    }

    fn because(&self, taste: &Taste, rated: &[(ItemIndex, f32)], item: ItemIndex) -> Vec<Because> {
        let reasons = self.predictor.explain(taste, rated, item).reasons;
        let reasons = reasons.into_iter().filter(|reason| reason.share > 0.0).take(REASONS);
        reasons
            .map(|reason| Because { item: self.item(reason.item), rating: reason.rating })
            .collect()
    }

    /// The items closest to one; the histogram is the data's to fill in.
    fn similar(&self, id: &str, most: usize) -> Result<Similar, String> {
        let index = self.index(id)?;
        let wanted = Wanted { n: most.min(LARGEST_WINDOW), allowed: None };
        let near = self.predictor.similar_items(index, wanted).into_iter();
        let neighbours =
            near.map(|pick| Neighbour { item: self.item(pick.item), cosine: pick.score });
        Ok(Similar {
            item: self.item(index),
            histogram: Vec::new(),
            neighbours: neighbours.collect(),
        })
    }

    /// A piece of the completed matrix; what lies beyond its edge is left out.
    fn window(
        &self,
        (first_user, users): (usize, usize),
        (first_item, items): (usize, usize),
    ) -> Window {
        fn part<T: Copy>(order: &[T], first: usize, len: usize) -> Vec<T> {
            order.iter().skip(first).take(len.min(LARGEST_WINDOW)).copied().collect()
        }
        let file = self.predictor.file();
        let (rows, columns) =
            (part(&self.users, first_user, users), part(&self.items, first_item, items));
        let mut cells = Vec::with_capacity(rows.len() * columns.len());
        for &user in &rows {
            let taste = self.predictor.taste_of(user);
            cells.extend(columns.iter().map(|&item| Cell {
                known:
                    self.histories.of_user(user).find(|known| known.0 == item).map(|known| known.1),
                predicted: self.predictor.clipped(self.predictor.rate(&taste, item)),
                deviation: self.predictor.deviation(user, item),
            }));
        }
        Window {
            first_user,
            first_item,
            users: rows.iter().map(|user| file.users.name_of(*user).to_owned()).collect(),
            items: columns.iter().map(|item| self.item(*item)).collect(),
            cells,
            scale: match self.predictor.objective() {
                Objective::Rating => file.source.range,
                Objective::Ranking => (0.0, 1.0), // not chosen, chosen
            },
        }
    }
}
