//! Who would like an item, one of the model's or a new one.

use anyhow::Context as _;
use ratings::{ItemIndex, UserIndex};
use serde::Serialize;
use trainer::{Audience, Objective};

use crate::args_use::AudienceFlags;
use crate::exit::{Exit, Usage};
use crate::model::Model;
use crate::streams;
use crate::text::give_or_take;

#[derive(Serialize)]
struct Member {
    user: String,
    /// The rating that the user would give; absent of a model that ranks.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<f32>,
    /// The score of a model that ranks; absent of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
    /// Standard deviation of what the user would say; null if the model does not know it.
    deviation: Option<f32>,
}

/// An item that users are wanted for.
enum Of {
    /// One of the model's.
    Known(ItemIndex),
    /// A new one, which these users rated.
    New(Vec<(UserIndex, f32)>),
}

/// Prints the users who would like it best.
pub(crate) fn run(flags: &AudienceFlags) -> anyhow::Result<Exit> {
    let model = Model::open(&flags.model)?;
    model.check_clip(flags.clip)?;
    let rates = model.predictor.objective() == Objective::Rating;
    let audience = Audience::new(model.file());
    let (of, seen) = wanted(flags, &model)?;
    let (what, taste) = match &of {
        Of::Known(item) => (model.called(*item), audience.of(*item)),
        Of::New(rated) => ("a new item".into(), audience.of_new(rated)),
    };
    let best = audience.best(&taste, flags.n, &seen);
    let users: Vec<UserIndex> = best.iter().map(|(user, _)| *user).collect();
    let deviations: Option<Vec<f32>> = match &of {
        Of::Known(item) => {
            users.iter().map(|user| model.predictor.deviation(*user, *item)).collect()
        }
        Of::New(rated) => audience.new_deviations(rated, &users),
    };
    let member = |(at, (user, score)): (usize, (UserIndex, f32))| Member {
        user: model.file().users.name_of(user).to_owned(),
        rating: rates.then(|| if flags.clip { model.predictor.clipped(score) } else { score }),
        score: (!rates).then_some(score),
        deviation: deviations.as_ref().map(|deviations| deviations[at]),
    };
    let members: Vec<Member> = best.into_iter().enumerate().map(member).collect();
    let text = if flags.json {
        serde_json::to_string(&members)? + "\n"
    } else {
        let line = |(rank, Member { user, rating, score, deviation }): (usize, &Member)| {
            let shown = rating.or(*score).unwrap_or(f32::NAN);
            format!("{rank:4}. {shown:6.3}{}  {user}\n", give_or_take(*deviation))
        };
        format!("Users for {what}:\n{}", (1..).zip(&members).map(line).collect::<String>())
    };
    streams::print(&text).context("cannot write to standard output")?;
    Ok(Exit::Done)
}

/// The item, and who has rated it, in rising order.
fn wanted(flags: &AudienceFlags, model: &Model) -> anyhow::Result<(Of, Vec<UserIndex>)> {
    if let Some(item) = &flags.item {
        if !flags.rated_by.is_empty() {
            return Err(Usage(
                "an ITEM is the model's, --rated-by makes a new one: give one of them".into(),
            )
            .into());
        }
        let item = model.item(item)?;
        let seen = match model.data(flags.ratings.as_deref())? {
            Some(data) if !flags.seen => {
                let histories = model.histories(&data);
                let users = (0..histories.users()).map(|user| UserIndex(user as u32));
                users
                    .filter(|user| histories.items_of(*user).binary_search(&item).is_ok())
                    .collect()
            }
            _ => Vec::new(),
        };
        return Ok((Of::Known(item), seen));
    }
    let rated = model.ratings_by(&flags.rated_by)?;
    if rated.is_empty() {
        return Err(Usage(
            "give an ITEM, or a new one's ratings with --rated-by USER=RATING".into(),
        )
        .into());
    }
    let seen = rated.iter().map(|(user, _)| *user).collect();
    Ok((Of::New(rated), seen))
}
