//! Ratings of pairs of users and items, as CSV.

use std::io::Write as _;

use anyhow::Context as _;
use trainer::Fallback;

use crate::args_use::PredictFlags;
use crate::exit::{Exit, Usage};
use crate::input;
use crate::model::Model;
use crate::streams;
use crate::text::grouped;

/// Predicts one pair, or those of a file.
pub(crate) fn run(flags: &PredictFlags) -> anyhow::Result<Exit> {
    let model = Model::open(&flags.model)?;
    let pairs = match (&flags.user, &flags.item, &flags.pairs) {
        (Some(user), Some(item), None) => vec![(user.clone(), item.clone())],
        (None, None, Some(path)) => {
            let bytes = input::read(path, input::RATINGS)?;
            pairs(&bytes).with_context(|| path.display().to_string())?
        }
        _ => return Err(Usage("give a USER and an ITEM, or a file with --pairs".into()).into()),
    };
    let unknown = write(&model, &pairs, flags.clip).context("cannot write to standard output")?;
    if unknown > 0 {
        let (of, all) = (grouped(unknown), grouped(pairs.len()));
        streams::warn(&format!(
            "{of} of {all} pairs have a user or an item without a training rating; their ratings are means, as the last column says"
        ));
    }
    Ok(Exit::Done)
}

/// Writes the table; returns how many ratings are not the model's.
fn write(model: &Model, pairs: &[(String, String)], clip: bool) -> std::io::Result<usize> {
    let file = model.file();
    let mut unknown = 0;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut table = csv::Writer::from_writer(&mut out);
    table.write_record(["user", "item", "rating", "deviation", "from"])?;
    for (user, item) in pairs {
        let (who, what) = (file.users.index_of(user), file.items.index_of(item));
        let prediction = model.predictor.predict(who, what, clip);
        unknown += usize::from(prediction.fallback.is_some());
        let from = match prediction.fallback {
            None => "model",
            Some(Fallback::ItemMean) => "item mean",
            Some(Fallback::UserMean) => "user mean",
            Some(Fallback::Mean) => "mean",
        };
        let rating = prediction.rating.to_string();
        let deviation = prediction.deviation.map_or(String::new(), |of| of.to_string());
        table.write_record([user, item, &rating, &deviation, from])?;
    }
    table.flush()?;
    drop(table);
    out.flush()?;
    Ok(unknown)
}

/// The first two fields of every line: with `::`, tabs, semicolons or commas between; a header may name the
/// columns in another order.
fn pairs(bytes: &[u8]) -> anyhow::Result<Vec<(String, String)>> {
    let text = String::from_utf8_lossy(bytes);
    let first = text.lines().next().unwrap_or_default();
    if first.contains("::") {
        let pair = |(number, line): (usize, &str)| {
            let mut fields = line.split("::");
            let pair = fields.next().zip(fields.next());
            let pair = pair.with_context(|| format!("line {number}: expected user::item"))?;
            Ok((pair.0.trim().to_owned(), pair.1.trim().to_owned()))
        };
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        return lines.map(pair).collect();
    }
    let separator =
        [b'\t', b';'].into_iter().find(|separator| first.as_bytes().contains(separator));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(separator.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut records = reader.records().peekable();
    let names = |record: &csv::StringRecord, name: &str| {
        record.iter().position(|field| field.to_lowercase().contains(name))
    };
    let mut columns = (0, 1);
    if let Some(Ok(head)) = records.peek()
        && let Some(user) = names(head, "user")
        && let Some(item) = names(head, "item").or_else(|| names(head, "movie"))
    {
        columns = (user, item);
        records.next();
    }
    let pair = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |column| record.get(column).map(str::to_owned);
        let pair = field(columns.0).zip(field(columns.1));
        pair.with_context(|| format!("line {line}: expected a user and an item"))
    };
    records.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn pairs_come_in_any_of_the_usual_forms() {
        let expected = [("7", "a,b"), ("8", "c")].map(|(u, i)| (u.to_owned(), i.to_owned()));
        for text in [
            "7::a,b::5\n8::c\n\n",
            "7\ta,b\n8\tc\n",
            "7,\"a,b\"\n8, c\n",
            "itemId,userId\n\"a,b\",7\nc,8\n",
            "user;movie;rating\n7;a,b;1\n8;c;2\n",
        ] {
            assert_eq!(pairs(text.as_bytes()).expect("pairs"), expected, "{text}");
        }
        let error = pairs(b"1,2\n3\n").expect_err("one field").to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
