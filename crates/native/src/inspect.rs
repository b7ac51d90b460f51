//! What is in a ratings file.

use std::path::Path;

use ratings::{Spread, Statistics};
use serde::Serialize;

use crate::args::ReadFlags;
use crate::data::{Data, Facts, skipping};
use crate::exit::Exit;
use crate::streams;
use crate::text::grouped;

/// The object of `inspect --json`: keys as in a run's summary.
#[derive(Serialize)]
struct Inspection {
    data: Facts,
    parse_seconds: f64,
}

/// Reads a file and prints its statistics.
pub(crate) fn run(path: &Path, reading: &ReadFlags, json: bool) -> anyhow::Result<Exit> {
    let data = Data::read(path, reading.titles.as_deref(), &skipping(reading.skip_bad_lines))?;
    for warning in data.warnings() {
        streams::warn(&warning);
    }
    let facts = data.facts();
    if json {
        let inspection = Inspection { data: facts, parse_seconds: data.parse_seconds };
        streams::print(&(serde_json::to_string_pretty(&inspection)? + "\n"))?;
    } else {
        streams::print(&page(&data, &facts))?;
    }
    Ok(Exit::Done)
}

fn page(data: &Data, facts: &Facts) -> String {
    let statistics = &facts.statistics;
    let mut lines = vec![
        format!(
            "{} ({}), read in {:.2} s",
            data.name,
            data.format().unwrap_or_default(),
            data.parse_seconds
        ),
        row("ratings", &grouped(statistics.ratings), &repeated(statistics.repeated_pairs)),
        row("users", &grouped(statistics.users), &spread(&statistics.per_user)),
        row("items", &grouped(statistics.items), &spread(&statistics.per_item)),
        row(
            "density",
            &format!("{:.4} %", 100.0 * statistics.density),
            "of all pairs of a user and an item",
        ),
        row(
            "mean",
            &format!("{:.4}", statistics.mean),
            &format!("standard deviation {:.4}", statistics.deviation),
        ),
    ];
    if let Some(titled) = facts.titled_items {
        lines.push(row(
            "titles",
            &grouped(titled),
            &format!("of {} items", grouped(statistics.items)),
        ));
    }
    lines.extend(histogram(statistics));
    lines.join("\n") + "\n"
}

fn row(what: &str, value: &str, more: &str) -> String {
    format!("  {what:<8} {value:>13}  {more}").trim_end().to_owned()
}

fn repeated(pairs: usize) -> String {
    if pairs == 0 {
        String::new()
    } else {
        format!("{} of them repeat a pair of user and item", grouped(pairs))
    }
}

fn spread(spread: &Spread) -> String {
    let Spread { min, median, max } = spread;
    format!("with {} to {} ratings, median {median}", grouped(*min), grouped(*max))
}

/// One line per rating or interval of ratings, with a bar as long as its share.
fn histogram(statistics: &Statistics) -> Vec<String> {
    const LONGEST: f64 = 40.0;
    let most = statistics.histogram.iter().map(|bar| bar.count).max().unwrap_or(0).max(1) as f64;
    let line = |bar: &ratings::Bar| {
        let share = 100.0 * bar.count as f64 / statistics.ratings.max(1) as f64;
        let length = (LONGEST * bar.count as f64 / most).round() as usize;
        let from = if statistics.histogram_step.is_some() { "from " } else { "" };
        let value = format!("{from}{}", bar.value);
        format!("  {value:<8} {:>13}  {share:4.1} % {}", grouped(bar.count), "█".repeat(length))
            .trim_end()
            .to_owned()
    };
    statistics.histogram.iter().map(line).collect()
}
