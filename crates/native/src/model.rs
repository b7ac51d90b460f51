//! A trained model and what belongs to it, from a run's folder or a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::bail;
use ratings::{Fingerprint, ItemIndex, Ratings, ReadOptions, Table, Title, UserIndex};
use trainer::{Histories, ModelFile, Objective, Predictor};

use crate::checkpoints::MODEL;
use crate::config_file::ConfigFile;
use crate::data::{Data, shown};
use crate::exit::Usage;
use crate::rated;
use crate::resume::read_model;
use crate::run_files;
use crate::streams;

/// A model at work.
pub(crate) struct Model {
    pub(crate) predictor: Predictor,
    folder: Option<PathBuf>, // the run's
}

/// Items named in an error at most.
const SHOWN: usize = 5;

impl Model {
    /// Opens a run's folder or a model's file.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Model> {
        let folder = path.is_dir().then(|| path.to_owned());
        let file = match &folder {
            None => path.to_owned(),
            Some(folder) => {
                run_files::has_config(folder)?;
                let file = folder.join(MODEL);
                if !file.exists() {
                    bail!("{} holds no model: there is no {MODEL} in it", shown(folder));
                }
                file
            }
        };
        Ok(Model { predictor: Predictor::new(read_model(&file)?), folder })
    }

    /// The model's file.
    pub(crate) fn file(&self) -> &ModelFile {
        self.predictor.file()
    }

    /// Refuses to clip scores that have no scale.
    ///
    /// # Errors
    /// A model that ranks.
    pub(crate) fn check_clip(&self, clip: bool) -> Result<(), Usage> {
        match self.predictor.objective() {
            Objective::Ranking if clip => {
                Err(Usage("--clip is for ratings, and the scores of this model are none".into()))
            }
            _ => Ok(()),
        }
    }

    /// What the model's scores are called.
    pub(crate) fn score_name(&self) -> &'static str {
        match self.predictor.objective() {
            Objective::Rating => "rating",
            Objective::Ranking => "score",
        }
    }

    /// A rating or a score as people read it: scores lie closer together.
    pub(crate) fn digits(&self, score: f32) -> String {
        match self.predictor.objective() {
            Objective::Rating => format!("{score:.2}"),
            Objective::Ranking => format!("{score:.3}"),
        }
    }

    /// The ratings that the model was trained and tested on: those in `ratings`, or else those that the run's
    /// folder names. `None`, with a warning, when they are not at hand any more.
    pub(crate) fn data(&self, ratings: Option<&Path>) -> anyhow::Result<Option<Data>> {
        if let Some(path) = ratings {
            return Data::read(path, None, &self.reading(false)).map(Some);
        }
        let (data, why) = self.own_data()?;
        if let Some(why) = why {
            let what = match &data {
                None => "what users rated is not known; give it with --ratings",
                Some(_) => "it is taken as it is now",
            };
            streams::warn(&format!("{why}: {what}"));
        }
        Ok(data)
    }

    /// The ratings that the run's folder names, and why they are not at hand, or no longer those of training.
    pub(crate) fn own_data(&self) -> anyhow::Result<(Option<Data>, Option<String>)> {
        let Some(folder) = &self.folder else {
            return Ok((None, Some("a model's file holds no ratings".into())));
        };
        let config = ConfigFile::of_run(folder)?;
        let data = match &config.data {
            None => Data::sample(),
            Some(path) if path.is_file() => {
                Data::read(path, None, &self.reading(config.skip_bad_lines.unwrap_or(false)))?
            }
            Some(path) => return Ok((None, Some(format!("{} is gone", shown(path))))),
        };
        let why = (!self.is_of(&data))
            .then(|| format!("{} is not what the model was trained on any more", data.name));
        Ok((Some(data), why))
    }

    /// Whether these are the ratings that the model was cut from.
    fn is_of(&self, data: &Data) -> bool {
        Fingerprint::of(&data.table) == self.file().source.fingerprint
    }

    /// What users rated in the part that the model learnt from; of other ratings than the model's, in all of them.
    pub(crate) fn learnt(&self, data: &Data) -> anyhow::Result<Histories> {
        if !self.is_of(data) {
            return Ok(self.histories(data));
        }
        let ratings = self.file().source.cut().of(&data.table)?.train;
        Ok(self.histories_of(&Table { ratings, ..data.table.clone() }))
    }

    /// The file of tests that the run's folder names.
    pub(crate) fn test_file(&self) -> anyhow::Result<Option<PathBuf>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        Ok(ConfigFile::of_run(folder)?.test)
    }

    /// How the model's ratings are read so that they can be cut as they were.
    fn reading(&self, skip_bad_lines: bool) -> ReadOptions {
        ReadOptions { skip_bad_lines, times: self.file().source.split.wants_times() }
    }

    /// Who rated what, in the model's own indices; whom or what the model does not know is left out.
    pub(crate) fn histories(&self, data: &Data) -> Histories {
        self.histories_of(&data.table)
    }

    /// The same of a table.
    pub(crate) fn histories_of(&self, table: &Table) -> Histories {
        let ModelFile { users, items, .. } = self.file();
        let who: Vec<Option<UserIndex>> = table.users.iter().map(|id| users.index_of(id)).collect();
        let what: Vec<Option<ItemIndex>> =
            table.items.iter().map(|id| items.index_of(id)).collect();
        let mut ratings = Ratings::default();
        for row in 0..table.ratings.len() {
            let user = who[table.ratings.users[row].index()];
            let item = what[table.ratings.items[row].index()];
            if let (Some(user), Some(item)) = (user, item) {
                ratings.users.push(user);
                ratings.items.push(item);
                ratings.values.push(table.ratings.values[row]);
            }
        }
        Histories::of(&ratings, users.len())
    }

    /// The user with this id.
    pub(crate) fn user(&self, id: &str) -> Result<UserIndex, Usage> {
        let found = self.file().users.index_of(id);
        found
            .ok_or_else(|| Usage(format!("the model knows no user {id:?}; --rate makes a new one")))
    }

    /// The item with this id, or with a title that only it has in it.
    pub(crate) fn item(&self, name: &str) -> Result<ItemIndex, Usage> {
        let ModelFile { items, titles, .. } = self.file();
        if let Some(item) = items.index_of(name) {
            return Ok(item);
        }
        let wanted = name.to_lowercase();
        let titled = items.iter().filter_map(|id| Some((id, full_title(titles.get(id)?))));
        let found: Vec<(&str, String)> =
            titled.filter(|(_, title)| title.to_lowercase().contains(&wanted)).collect();
        match found.as_slice() {
            [] => Err(Usage(format!("the model knows no item {name:?}, by id or by title"))),
            [(id, _)] => Ok(items.index_of(id).expect("it was just found")),
            several => {
                let shown = several.iter().take(SHOWN).map(|(id, title)| format!("{id} ({title})"));
                let more = if several.len() > SHOWN { ", and others" } else { "" };
                let list = shown.collect::<Vec<_>>().join(", ");
                Err(Usage(format!("{name:?} may be {list}{more}; give the id")))
            }
        }
    }

    /// An item's id.
    pub(crate) fn id(&self, item: ItemIndex) -> &str {
        self.file().items.name_of(item)
    }

    /// An item's title with the year behind it, or nothing.
    pub(crate) fn title(&self, item: ItemIndex) -> String {
        self.file().titles.get(self.id(item)).map_or(String::new(), full_title)
    }

    /// An item as people know it.
    pub(crate) fn called(&self, item: ItemIndex) -> String {
        match self.title(item) {
            title if title.is_empty() => self.id(item).to_owned(),
            title => format!("{title} [{}]", self.id(item)),
        }
    }

    /// The ratings of `--rate`, as `260=5` or in a file, in rising order of the items; of two of one
    /// item the last holds.
    pub(crate) fn ratings(&self, given: &[String]) -> anyhow::Result<Vec<(ItemIndex, f32)>> {
        self.last_of_each(("--rate", "ITEM=RATING"), given, |item| self.item(item))
    }

    /// The ratings of `--rated-by`, as `12=5` or in a file, likewise.
    pub(crate) fn ratings_by(&self, given: &[String]) -> anyhow::Result<Vec<(UserIndex, f32)>> {
        self.last_of_each(("--rated-by", "USER=RATING"), given, |user| {
            let found = self.file().users.index_of(user);
            found.ok_or_else(|| Usage(format!("the model knows no user {user:?}")))
        })
    }

    fn last_of_each<Index: Ord>(
        &self,
        flag: (&str, &str),
        given: &[String],
        index: impl Fn(&str) -> Result<Index, Usage>,
    ) -> anyhow::Result<Vec<(Index, f32)>> {
        let rating = |text: &str| -> Result<(Index, f32), Usage> {
            let (who, rating) = self.valued(flag, text)?;
            Ok((index(who)?, rating))
        };
        let ratings: BTreeMap<Index, f32> = rated::each(given, rating)?.into_iter().collect();
        Ok(ratings.into_iter().collect())
    }

    /// A name and a rating within the scale.
    fn valued<'a>(
        &self,
        (flag, form): (&str, &str),
        text: &'a str,
    ) -> Result<(&'a str, f32), Usage> {
        let wrong = || Usage(format!("{flag} {text:?}: expected {form}, such as 260=5"));
        let (who, rating) = text.rsplit_once('=').ok_or_else(wrong)?;
        let rating: f32 = rating.trim().parse().map_err(|_| wrong())?;
        if who.trim().is_empty() {
            let what = "nothing is named before the rating";
            return Err(Usage(format!("{flag} {text:?}: {what}; expected {form}, such as 260=5")));
        }
        let (low, high) = self.file().source.range;
        if !(low..=high).contains(&rating) {
            return Err(Usage(format!("{flag} {text:?}: ratings go from {low} to {high}")));
        }
        Ok((who.trim(), rating))
    }

    /// Refuses a genre that no item has.
    ///
    /// # Errors
    /// Names it, and those that there are.
    pub(crate) fn check_genre(&self, genre: &str) -> Result<(), Usage> {
        let ModelFile { items, titles, .. } = self.file();
        let all: BTreeSet<&str> = items
            .iter()
            .filter_map(|id| titles.get(id))
            .flat_map(|title| title.genres.iter().map(String::as_str))
            .collect();
        if all.iter().any(|one| one.eq_ignore_ascii_case(genre)) {
            return Ok(());
        }
        let known = match all.is_empty() {
            true => "the model knows no genres; they come with --titles".into(),
            false => format!("there are {}", all.into_iter().collect::<Vec<_>>().join(", ")),
        };
        Err(Usage(format!("no item has the genre {genre:?}; {known}")))
    }
}

/// The title as MovieLens writes it, with the year behind it.
pub(crate) fn full_title(title: &Title) -> String {
    title.year.map_or(title.title.clone(), |year| format!("{} ({year})", title.title))
}
