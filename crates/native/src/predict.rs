//! Ratings of pairs of users and items, as CSV.

use std::io::{BufRead as _, Write as _};

use anyhow::Context as _;
use trainer::{Fallback, ModelFile, Objective};

use crate::args_use::PredictFlags;
use crate::data::shown;
use crate::exit::{Exit, Usage};
use crate::input;
use crate::model::Model;
use crate::pairs::{Pair, pairs};
use crate::streams;
use crate::text::grouped;

/// Predicts one pair, or those of a file.
pub(crate) fn run(flags: &PredictFlags) -> anyhow::Result<Exit> {
    let model = Model::open(&flags.model)?;
    model.check_clip(flags.clip)?;
    let [unknown, all] = match (&flags.user, &flags.item, &flags.pairs) {
        (Some(user), Some(item), None) => {
            write(&model, std::iter::once(Ok((user.clone(), item.clone()))), flags.clip)?
        }
        (None, None, Some(path)) => {
            let name = || shown(path);
            let ModelFile { users, items, .. } = model.file();
            let known = |user: &str, item: &str| {
                users.index_of(user).is_some() || items.index_of(item).is_some()
            };
            let mut source = input::open_text(path)?;
            ratings::refuse_binary(&name(), source.fill_buf().with_context(name)?)?;
            let pairs = pairs(source, known).with_context(name)?;
            write(&model, pairs.map(|pair| pair.with_context(name)), flags.clip)?
        }
        _ => return Err(Usage("give a USER and an ITEM, or a file with --pairs".into()).into()),
    };
    if unknown > 0 {
        let (of, all) = (grouped(unknown), grouped(all));
        let what = match model.predictor.objective() {
            Objective::Rating => "their ratings are means, as the last column says",
            Objective::Ranking => "they have no score",
        };
        streams::warn(&format!(
            "{of} of {all} pairs have a user or an item without a training rating; {what}"
        ));
    }
    Ok(Exit::Done)
}

const CANNOT_WRITE: &str = "cannot write to standard output";

/// Writes the table, line by line; returns how many ratings are not the model's, and how many there are.
fn write(
    model: &Model,
    pairs: impl Iterator<Item = anyhow::Result<Pair>>,
    clip: bool,
) -> anyhow::Result<[usize; 2]> {
    let file = model.file();
    let [mut unknown, mut all] = [0; 2];
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut table = csv::Writer::from_writer(&mut out);
    table
        .write_record(["user", "item", model.score_name(), "deviation", "from"])
        .context(CANNOT_WRITE)?;
    for pair in pairs {
        let (user, item) = pair?;
        let (who, what) = (file.users.index_of(&user), file.items.index_of(&item));
        let prediction = model.predictor.predict(who, what, clip);
        all += 1;
        unknown += usize::from(prediction.fallback.is_some());
        let from = match prediction.fallback {
            None => "model",
            Some(Fallback::ItemMean) => "item mean",
            Some(Fallback::UserMean) => "user mean",
            Some(Fallback::Mean) => "mean",
            Some(Fallback::NoScore) => "unknown",
        };
        let rating = prediction.rating.map_or(String::new(), |of| of.to_string());
        let deviation = prediction.deviation.map_or(String::new(), |of| of.to_string());
        table.write_record([&user, &item, &rating, &deviation, from]).context(CANNOT_WRITE)?;
    }
    table.flush().context(CANNOT_WRITE)?;
    drop(table);
    out.flush().context(CANNOT_WRITE)?;
    Ok([unknown, all])
}
