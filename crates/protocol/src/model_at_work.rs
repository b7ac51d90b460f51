//! Questions to a trained model, and their answers. Users and items go by the ids that the file gives
//! them.

use ratings::Bar;
use serde::{Deserialize, Serialize};
use trainer::{Errors, SampledHits};

/// What the page asks of the model at hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Items whose title or id has these words; the most rated ones for an empty text.
    Search {
        /// What was typed.
        text: String,
    },
    /// Users whose id holds this text; the busiest for an empty one.
    Users {
        /// What was typed.
        text: String,
    },
    /// The users who would rate a new item highest, without those who rated it.
    Audience {
        /// Ids of users and how they rated it.
        rated: Vec<(String, f32)>,
        /// How many.
        most: usize,
    },
    /// The items that somebody would rate highest, without those already rated.
    Picks {
        /// For whom.
        who: Who,
        /// How many.
        most: usize,
    },
    /// The items closest to one.
    Similar {
        /// Its id.
        item: String,
        /// How many.
        most: usize,
    },
    /// A piece of the completed matrix, users and items sorted by their number of ratings.
    Window {
        /// The first user, counted from the busiest.
        first_user: usize,
        /// How many users.
        users: usize,
        /// The first item, counted from the most rated.
        first_item: usize,
        /// How many items.
        items: usize,
    },
    /// The most rated items as points of a plane.
    Map {
        /// At most so many.
        most: usize,
    },
    /// How far its predictions of the ratings kept for testing are off.
    Judge,
}

/// For whom the model predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// A user of the data.
    User {
        /// The user's id.
        user: String,
    },
    /// Somebody new, by a few ratings.
    New {
        /// Ids of items and how they were rated.
        stars: Vec<(String, f32)>,
    },
}

/// What the model says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Items that were searched for.
    Found(Found),
    /// Users that were searched for.
    Users(Vec<User>),
    /// Who would rate a new item highest.
    Audience(Audience),
    /// What somebody would rate highest.
    Picks(Picks),
    /// The items closest to one.
    Similar(Similar),
    /// A piece of the completed matrix.
    Window(Window),
    /// Items as points of a plane.
    Map(Map),
    /// How far predictions are off.
    Judged(Judged),
    /// The question cannot be answered.
    Refused {
        /// The question.
        question: Question,
        /// Why, and what to do.
        why: String,
    },
}

/// An item, and what the data says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub item: String,
    /// Its title, where there is one.
    pub title: Option<String>,
    /// How many ratings it has.
    pub ratings: usize,
    /// Their mean; 0 without any.
    pub mean: f32,
    /// Their standard deviation, which takes two; an older model's file has none.
    pub spread: Option<f32>,
}

/// A user, and what the data says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub user: String,
    /// How many ratings it gave.
    pub ratings: usize,
    /// Their mean; 0 without any.
    pub mean: f32,
}

/// Who would rate a new item highest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audience {
    /// On how many users' ratings this rests.
    pub rated: usize,
    /// Ids that the model does not know; their ratings count for nothing.
    pub unknown: Vec<String>,
    /// The users and the ratings that they would give, on the data's scale, or of a model that ranks
    /// their scores; the highest first.
    pub users: Vec<(String, f32)>,
}

/// Items that were searched for, the most rated first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// What was typed.
    pub text: String,
    /// The first of them.
    pub items: Vec<Item>,
}

/// What somebody would rate highest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picks {
    /// Who.
    pub who: Who,
    /// The items, the highest prediction first.
    pub picks: Vec<Pick>,
    /// What this user rated, the highest rating first: the first of them.
    pub known: Vec<(Item, f32)>,
    /// How many ratings this user gave.
    pub ratings: usize,
}

/// One item that somebody would rate highly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pick {
    /// The item.
    pub item: Item,
    /// The predicted rating, on the data's scale; of a model that ranks the score.
    pub predicted: f32,
    /// Its standard deviation, where the model knows one.
    pub deviation: Option<f32>,
    /// What of the user's own ratings speaks for it most.
    pub because: Vec<Because>,
}

/// A rated item that speaks for another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Because {
    /// The rated item.
    pub item: Item,
    /// How it was rated.
    pub rating: f32,
}

/// The items closest to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Similar {
    /// The one.
    pub item: Item,
    /// How often each rating was given to it.
    pub histogram: Vec<Bar>,
    /// The others, the closest first.
    pub neighbours: Vec<Neighbour>,
}

/// An item close to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// The item.
    pub item: Item,
    /// Cosine of the angle between their factors, -1 to 1.
    pub cosine: f32,
}

/// A piece of the completed matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The first user, counted from the busiest, as asked for.
    pub first_user: usize,
    /// The first item, counted from the most rated, as asked for.
    pub first_item: usize,
    /// Ids of the users: the rows.
    pub users: Vec<String>,
    /// The items: the columns.
    pub items: Vec<Item>,
    /// `[users, items]`, row by row.
    pub cells: Vec<Cell>,
    /// The lowest and the highest rating of the data; of a model that ranks the scores of what was not
    /// chosen and of what was.
    pub scale: (f32, f32),
}

/// A cell of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The rating in the data, if there is one.
    pub known: Option<f32>,
    /// The model's prediction, on the data's scale; of a model that ranks the score.
    pub predicted: f32,
    /// Its standard deviation, where the model knows one.
    pub deviation: Option<f32>,
}

/// The most rated items as points of a plane, the most rated first: the two directions in which their
/// factors differ most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// The items; none where the model has fewer than two factors.
    pub dots: Vec<Dot>,
    /// Genres that `Dot::genre` counts in, the one of the most items first.
    pub genres: Vec<String>,
    /// The part of the factors' variance along each axis.
    pub shares: [f64; 2],
    /// Items that the model knows.
    pub items: usize,
}

/// An item on the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dot {
    /// Its id.
    pub item: String,
    /// Its title, where there is one.
    pub title: Option<String>,
    /// Where it lies.
    pub place: [f64; 2],
    /// Its first genre, where it is known.
    pub genre: Option<usize>,
}

/// How far predictions of the ratings kept for testing are off, or where their items stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// `None` without such ratings, as of a model from a file, and of a model that ranks.
    pub errors: Option<Errors>,
    /// Of a model that ranks; `None` without such ratings.
    pub hits: Option<SampledHits>,
}
