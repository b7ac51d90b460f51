//! Items or users alike.

use anyhow::Context as _;
use serde::Serialize;
use trainer::Wanted;

use crate::args_use::SimilarFlags;
use crate::exit::Exit;
use crate::model::Model;
use crate::recommend::filter;
use crate::streams;

#[derive(Serialize)]
struct Neighbour {
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    cosine: f32,
}

/// Prints the nearest items, or users.
pub(crate) fn run(flags: &SimilarFlags) -> anyhow::Result<Exit> {
    let model = Model::open(&flags.model)?;
    let (head, neighbours): (String, Vec<Neighbour>) = if flags.users {
        let user = model.user(&flags.of)?;
        let near = model.predictor.similar_users(user, flags.n).into_iter();
        let near = near.map(|(user, cosine)| Neighbour {
            id: model.file().users.name_of(user).to_owned(),
            title: String::new(),
            cosine,
        });
        (format!("Users like {}:", flags.of), near.collect())
    } else {
        let item = model.item(&flags.of)?;
        let allowed = model.predictor.allowed(&filter(&model, &flags.filter)?);
        let wanted = Wanted { n: flags.n, allowed: Some(&allowed) };
        let near = model.predictor.similar_items(item, wanted).into_iter();
        let near = near.map(|pick| Neighbour {
            id: model.id(pick.item).to_owned(),
            title: model.title(pick.item),
            cosine: pick.score,
        });
        (format!("Like {}:", model.called(item)), near.collect())
    };
    let text = if flags.json {
        serde_json::to_string(&neighbours)? + "\n"
    } else {
        let line = |(rank, of): (usize, &Neighbour)| {
            let Neighbour { id, title, cosine } = of;
            let name = if title.is_empty() { id.clone() } else { format!("{title} [{id}]") };
            format!("{rank:4}. {cosine:6.3}  {name}\n")
        };
        let lines = match neighbours.as_slice() {
            [] => "  none that passes and has factors\n".into(),
            some => (1..).zip(some).map(line).collect::<String>(),
        };
        format!("{head}\n{lines}")
    };
    streams::print(&text).context("cannot write to standard output")?;
    Ok(Exit::Done)
}
