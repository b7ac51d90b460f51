//! A saved model, judged.

use anyhow::Context as _;
use chart::{Axis, Chart, Kind, Series, Size};
use ratings::{Ratings, Table};
use serde::Serialize;
use trainer::{Candidates, Deviations, Errors, Group, HeldOut, Histories, Hits, Ranking, Relevant};

use crate::args_use::{EvaluateFlags, RankingChoice};
use crate::atomic;
use crate::data::{Data, shown, skipping};
use crate::exit::{Exit, Usage};
use crate::model::Model;
use crate::streams;
use crate::text::grouped;

/// Everything, as `--json` gives it.
#[derive(Serialize)]
struct Judgement {
    on: String,
    clipped: bool,
    #[serde(flatten)]
    errors: Errors,
    relevant_from: f32,
    n: usize,
    ranking: Ranking,
    /// Null unless asked for.
    hits: Option<Hits>,
}

/// What He et al. draw for each held-out item; the seed is the split's.
const NEGATIVES: usize = 99;

/// Part of the scale from which a rating is liked, if nothing else is said: 4 of 5 stars.
const LIKED: f32 = 0.75;

/// Judges a model on the part of its ratings that was kept for testing, or on a file.
pub(crate) fn run(flags: &EvaluateFlags) -> anyhow::Result<Exit> {
    let model = Model::open(&flags.model)?;
    // What users rated in training is known only to the run.
    let (own, why_not) = model.own_data()?;
    let source = &model.file().source;
    let split = own.as_ref().map(|data| source.cut().of(&data.table)).transpose()?;
    let train = own.as_ref().zip(split.as_ref()).map(|(data, split)| {
        let mut ratings = split.train.clone();
        ratings.append(&split.validation);
        let table = Table { ratings, ..data.table.clone() };
        model.histories_of(&table)
    });
    let given = match &flags.data {
        None if own.is_some() => model.test_file()?,
        given => given.clone(),
    };
    let (on, held_out) = match (&given, own, split) {
        (Some(path), _, _) => {
            let data = Data::read(path, None, &skipping(flags.skip_bad_lines))?;
            (data.name.clone(), held_out(&model, &data.table, &data.table.ratings))
        }
        (None, Some(data), Some(split)) => {
            (format!("the test part of {}", data.name), held_out(&model, &data.table, &split.test))
        }
        _ => {
            let why = why_not.unwrap_or_default();
            return Err(Usage(format!("{why}; give a ratings file to judge it on")).into());
        }
    };
    let judgement = judge(&model, on, &held_out, train.as_ref(), flags)?;
    if let Some(path) = &flags.plot {
        let picture = chart::svg(&picture(&judgement), Size::default());
        atomic::write(path, picture.as_bytes())
            .with_context(|| format!("cannot write {}", shown(path)))?;
    }
    let text = match flags.json {
        true => serde_json::to_string_pretty(&judgement)? + "\n",
        false => page(&judgement),
    };
    streams::print(&text).context("cannot write to standard output")?;
    Ok(Exit::Done)
}

/// The ratings in the model's own indices.
fn held_out(model: &Model, table: &Table, ratings: &Ratings) -> Vec<HeldOut> {
    let file = model.file();
    let users: Vec<_> = table.users.iter().map(|id| file.users.index_of(id)).collect();
    let items: Vec<_> = table.items.iter().map(|id| file.items.index_of(id)).collect();
    let pairs = ratings.users.iter().zip(&ratings.items).zip(&ratings.values);
    pairs.map(|((user, item), value)| (users[user.index()], items[item.index()], *value)).collect()
}

fn judge(
    model: &Model,
    on: String,
    held_out: &[HeldOut],
    train: Option<&Histories>,
    flags: &EvaluateFlags,
) -> anyhow::Result<Judgement> {
    let errors = Errors::of(&model.predictor, held_out, flags.clip);
    let errors = errors.ok_or_else(|| {
        Usage(format!("{on} holds no rating; give a ratings file, or train with a test share"))
    })?;
    let (low, high) = model.file().source.range;
    let from = flags.relevant.unwrap_or(low + LIKED * (high - low));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let relevant = Relevant { from, n: flags.n };
    let ranking = Ranking::of(&model.predictor, held_out, train, relevant, threads);
    let hits = flags.ranking.map(|among| {
        let candidates = match among {
            RankingChoice::Full => Candidates::Full,
            RankingChoice::Sampled => Candidates::Sampled {
                negatives: NEGATIVES,
                seed: u64::from(model.file().source.split_seed),
            },
        };
        Hits::of(&model.predictor, held_out, train, candidates, flags.n, threads)
    });
    let (clipped, n) = (flags.clip, flags.n);
    Ok(Judgement { on, clipped, errors, relevant_from: from, n, ranking, hits })
}

/// For people.
fn page(judgement: &Judgement) -> String {
    let Judgement { on, clipped, errors, relevant_from, n, ranking, hits } = judgement;
    let clipped = if *clipped { ", clipped to the scale" } else { "" };
    let mut lines = vec![
        format!("On {on}: {} ratings{clipped}", grouped(errors.ratings)),
        format!("  RMSE {:.4}   MAE {:.4}   R2 {:.4}", errors.rmse, errors.mae, errors.r2),
        format!("  predicted by the model itself: {:.2} %", 100.0 * errors.coverage),
    ];
    for (what, groups) in
        [("user's", &errors.by_user_activity), ("item's", &errors.by_item_popularity)]
    {
        lines.push(format!("RMSE by the {what} number of training ratings, by tenths:"));
        lines.extend(groups.iter().map(group));
    }
    lines.push("Calibration, by tenths of the scale: predicted, actual, ratings".into());
    for bin in errors.calibration.iter().filter(|bin| bin.ratings > 0) {
        let ratings = grouped(bin.ratings);
        lines.push(format!("  {:8.3} {:8.3} {ratings:>12}", bin.predicted, bin.actual));
    }
    if let Some(Deviations { ratings, mean, within_one, within_two }) = errors.deviations {
        lines.push(format!(
            "Standard deviations given with {} ratings, {mean:.3} in the mean: {:.1} % of the errors are within one, {:.1} % within two (normal: 68.3 %, 95.4 %)",
            grouped(ratings),
            100.0 * within_one,
            100.0 * within_two
        ));
    }
    let users = grouped(ranking.users);
    lines.push(format!(
        "Lists of {n}, for {users} users who like something ({relevant_from} or more):"
    ));
    lines.push(format!(
        "  precision {:.4}   recall {:.4}   NDCG {:.4}   MAP {:.4}   hit rate {:.4}",
        ranking.precision, ranking.recall, ranking.ndcg, ranking.map, ranking.hit_rate
    ));
    if let Some(Hits { candidates, cases, n, hit_rate, ndcg }) = hits {
        let among = match candidates {
            Candidates::Full => "all items (full)".to_owned(),
            Candidates::Sampled { negatives, .. } => format!("{negatives} items (sampled)"),
        };
        let cases = grouped(*cases);
        lines.push(format!(
            "{cases} held-out items, each among {among} that its user has not rated:"
        ));
        lines.push(format!("  HR@{n} {hit_rate:.4}   NDCG@{n} {ndcg:.4}"));
    }
    lines.join("\n") + "\n"
}

fn group(group: &Group) -> String {
    let rmse = group.rmse.map_or("     -".into(), |rmse| format!("{rmse:.4}"));
    let range = format!("{} to {}", grouped(group.fewest as usize), grouped(group.most as usize));
    format!("  {range:>20}  {rmse}  {:>12}", grouped(group.ratings))
}

/// RMSE by tenths of users and of items.
fn picture(judgement: &Judgement) -> Chart {
    let series = |name: &str, groups: &[Group]| Series {
        name: name.into(),
        points: (1..)
            .zip(groups)
            .filter_map(|(tenth, group)| Some((f64::from(tenth), group.rmse?)))
            .collect(),
    };
    Chart {
        title: format!("RMSE on {} by tenths, the fewest training ratings first", judgement.on),
        x: Axis { label: "tenth".into(), kind: Kind::Whole },
        y: Axis { label: "RMSE".into(), kind: Kind::Linear },
        series: vec![
            series("users", &judgement.errors.by_user_activity),
            series("items", &judgement.errors.by_item_popularity),
        ],
        rules: vec![chart::Rule { name: "all".into(), y: judgement.errors.rmse }],
    }
}
