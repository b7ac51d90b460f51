//! The best items for a user, for some, for all, or for somebody new.

use std::io::Write as _;
use std::time::Instant;

use anyhow::Context as _;
use ratings::{ItemIndex, UserIndex};
use serde::Serialize;
use trainer::{Catalogue, Filter, Histories, Objective, Pick, Wanted};

use crate::args_use::{FilterFlags, RecommendFlags};
use crate::exit::{Exit, Usage};
use crate::lists::{self, Lists};
use crate::model::Model;
use crate::streams;
use crate::text::{give_or_take, grouped};

/// A list as JSON gives it.
#[derive(Serialize)]
struct List<'a> {
    /// Null for somebody new.
    user: Option<&'a str>,
    items: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    rank: usize,
    item: &'a str,
    title: String,
    /// A predicted rating; absent of a model that ranks.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<f32>,
    /// The score of a model that ranks; absent of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
    /// Standard deviation of what the user would say; null if the model does not know it.
    deviation: Option<f32>,
}

/// Prints the lists.
pub(crate) fn run(flags: &RecommendFlags) -> anyhow::Result<Exit> {
    let model = Model::open(&flags.model)?;
    model.check_clip(flags.clip)?;
    let allowed = model.predictor.allowed(&filter(&model, &flags.filter)?);
    let wanted = Wanted { n: flags.n, allowed: Some(&allowed) };
    if !flags.rate.is_empty() {
        if flags.all || !flags.users.is_empty() {
            return Err(
                Usage("--rate makes a new user; leave out --all and other users".into()).into()
            );
        }
        let rated: Vec<(ItemIndex, f32)> = model.ratings(&flags.rate)?; // in rising order
        let seen: Vec<ItemIndex> = rated.iter().map(|(item, _)| *item).collect();
        let predictor = &model.predictor;
        let picks = predictor.recommend(&predictor.new_taste(&rated), wanted, &seen);
        let items: Vec<ItemIndex> = picks.iter().map(|pick| pick.item).collect();
        let deviations = predictor.new_deviations(&rated, &items);
        return print(&model, &[UserList { user: None, picks, deviations }], flags);
    }
    if flags.all && !flags.users.is_empty() {
        let what = "--all makes a list for every user; leave it out, or the users";
        return Err(Usage(what.into()).into());
    }
    let users: Vec<UserIndex> = if flags.all {
        (0..model.file().users.len())
            .filter_map(|user| u32::try_from(user).ok())
            .map(UserIndex)
            .collect()
    } else {
        flags.users.iter().map(|id| model.user(id)).collect::<Result<_, _>>()?
    };
    if users.is_empty() {
        return Err(Usage(
            "name users, or give --all, or --rate ITEM=RATING for somebody new".into(),
        )
        .into());
    }
    let seen = match flags.seen {
        true => None,
        false => model.data(flags.ratings.as_deref())?.map(|data| model.histories(&data)),
    };
    let lists = recommend(&model, &users, wanted, seen.as_ref(), flags)?;
    print(&model, &lists, flags)
}

/// What somebody would like best, best first.
struct UserList {
    user: Option<UserIndex>, // `None` for somebody new
    picks: Vec<Pick>,
    deviations: Option<Vec<f32>>, // of the picks, where the model knows them
}

/// The lists of users, best first; for all it says how long it took, where, and what of the catalogue
/// is in them.
fn recommend(
    model: &Model,
    users: &[UserIndex],
    wanted: Wanted,
    seen: Option<&Histories>,
    flags: &RecommendFlags,
) -> anyhow::Result<Vec<UserList>> {
    let began = Instant::now();
    let Lists { lists, device } = lists::make(&model.predictor, users, wanted, seen, flags.device)?;
    if flags.all {
        let seconds = began.elapsed().as_secs_f64();
        let of = Catalogue::of(lists.iter().map(Vec::as_slice), &model.file().averages);
        streams::say(&format!(
            "{} lists in {seconds:.2} s on {device}; {} of {} items are in one; Gini {:.2}, novelty \
             {:.1} bits",
            grouped(lists.len()),
            grouped(of.recommended),
            grouped(of.items),
            of.gini,
            of.novelty
        ));
    }
    let list = |(user, picks): (&UserIndex, Vec<Pick>)| {
        let deviation = |pick: &Pick| model.predictor.deviation(*user, pick.item);
        let deviations = picks.iter().map(deviation).collect();
        UserList { user: Some(*user), picks, deviations }
    };
    Ok(users.iter().zip(lists).map(list).collect())
}

/// What an item must be.
///
/// # Errors
/// A genre that no item has.
pub(crate) fn filter(model: &Model, flags: &FilterFlags) -> Result<Filter, Usage> {
    let FilterFlags { genre, from_year, to_year, min_ratings } = flags;
    genre.iter().try_for_each(|genre| model.check_genre(genre))?;
    Ok(Filter {
        genres: genre.clone(),
        from_year: *from_year,
        to_year: *to_year,
        min_ratings: *min_ratings,
    })
}

fn print(model: &Model, lists: &[UserList], flags: &RecommendFlags) -> anyhow::Result<Exit> {
    let written = if flags.json {
        json(model, lists, flags)
    } else if flags.all {
        table(model, lists, flags)
    } else {
        streams::print(&page(model, lists, flags))
    };
    written.context("cannot write to standard output")?;
    Ok(Exit::Done)
}

fn shown(model: &Model, rating: f32, flags: &RecommendFlags) -> f32 {
    if flags.clip { model.predictor.clipped(rating) } else { rating }
}

impl UserList {
    /// The picks with their ranks, and how sure the model is of each.
    fn ranked(&self) -> impl Iterator<Item = (usize, &Pick, Option<f32>)> {
        let deviation = |at: usize| self.deviations.as_ref().map(|deviations| deviations[at]);
        (1..).zip(&self.picks).map(move |(rank, pick)| (rank, pick, deviation(rank - 1)))
    }
}

/// For people.
fn page(model: &Model, lists: &[UserList], flags: &RecommendFlags) -> String {
    let mut lines = Vec::new();
    for list in lists {
        lines.push(match list.user {
            Some(user) => format!("For user {}:", model.file().users.name_of(user)),
            None => "For you:".into(),
        });
        if list.picks.is_empty() {
            lines.push("  nothing is left that was not rated and passes".into());
        }
        for (rank, pick, deviation) in list.ranked() {
            let rating = model.digits(shown(model, pick.score, flags));
            let sure = give_or_take(deviation);
            lines.push(format!("{rank:4}. {rating:>5}{sure}  {}", model.called(pick.item)));
        }
    }
    lines.join("\n") + "\n"
}

/// One object a line.
fn json(model: &Model, lists: &[UserList], flags: &RecommendFlags) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let rates = model.predictor.objective() == Objective::Rating;
    for list in lists {
        let entry = |(rank, pick, deviation): (usize, &Pick, Option<f32>)| Entry {
            rank,
            item: model.id(pick.item),
            title: model.title(pick.item),
            rating: rates.then(|| shown(model, pick.score, flags)),
            score: (!rates).then_some(pick.score),
            deviation,
        };
        let user = list.user.map(|user| model.file().users.name_of(user));
        let list = List { user, items: list.ranked().map(entry).collect() };
        writeln!(out, "{}", serde_json::to_string(&list)?)?;
    }
    out.flush()
}

/// CSV.
fn table(model: &Model, lists: &[UserList], flags: &RecommendFlags) -> std::io::Result<()> {
    let mut table = csv::Writer::from_writer(std::io::stdout().lock());
    table.write_record(["user", "rank", "item", model.score_name(), "deviation", "title"])?;
    for list in lists {
        let user = list.user.map_or("", |user| model.file().users.name_of(user));
        for (rank, pick, deviation) in list.ranked() {
            let (rank, rating) = (rank.to_string(), shown(model, pick.score, flags).to_string());
            let sure = deviation.map_or(String::new(), |of| of.to_string());
            let (item, title) = (model.id(pick.item), model.title(pick.item));
            table.write_record([user, &rank, item, &rating, &sure, &title])?;
        }
    }
    table.flush()
}
