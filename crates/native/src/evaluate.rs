//! A saved model, judged.

use anyhow::Context as _;
use chart::{Axis, Chart, Kind, Series, Size};
use ratings::{Fingerprint, Ratings, Table};
use serde::Serialize;
use trainer::{
    Candidates, Deviations, Errors, Group, HeldOut, Histories, Hits, Objective, Ranking, Relevant,
    SampledHits,
};

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
    objective: Objective,
    /// Absent of a model that ranks.
    #[serde(flatten)]
    errors: Option<Errors>,
    relevant_from: f32,
    n: usize,
    /// Whether lists and candidates leave out what users rated in training; without the run's ratings it is not known.
    rated_left_out: bool,
    ranking: Ranking,
    /// Null unless asked for.
    hits: Option<Hits>,
}

/// Part of the scale from which a rating is liked, if nothing else is said: 4 of 5 stars.
const LIKED: f32 = 0.75;

/// Judges a model on the part of its ratings that was kept for testing, or on a file.
pub(crate) fn run(flags: &EvaluateFlags) -> anyhow::Result<Exit> {
    let model = Model::open(&flags.model)?;
    model.check_clip(flags.clip)?;
    if flags.plot.is_some() && model.predictor.objective() == Objective::Ranking {
        return Err(Usage("--plot draws errors of ratings, and this model ranks".into()).into());
    }
    // What users rated in training is known only to the run.
    let (own, why_not) = model.own_data()?;
    // Of other ratings another part would be drawn for testing, with some that were trained on.
    let own = own.filter(|_| why_not.is_none());
    let source = &model.file().source;
    let split = own.as_ref().map(|data| source.cut().of(&data.table)).transpose()?;
    let train = own.as_ref().zip(split.as_ref()).map(|(data, split)| {
        let mut ratings = split.train.clone();
        ratings.append(&split.validation);
        let table = Table { ratings, ..data.table.clone() };
        model.histories_of(&table)
    });
    let given = match &flags.data {
        None => model.test_file()?,
        given => given.clone(),
    };
    let tested = flags.data.is_some() && split.as_ref().is_some_and(|split| !split.test.is_empty());
    let (on, held_out) = match (&given, own, split) {
        (Some(path), _, _) => {
            let data = Data::read(path, None, &skipping(flags.skip_bad_lines))?;
            data.skipped_note().iter().for_each(|note| streams::warn(note));
            if source.fingerprint == Fingerprint::of(&data.table) {
                streams::warn(&trained_on(&data.name, tested));
            }
            (data.name.clone(), held_out(&model, &data.table, &data.table.ratings))
        }
        (None, Some(data), Some(split)) => {
            (format!("the test part of {}", data.name), held_out(&model, &data.table, &split.test))
        }
        _ => {
            let why = why_not.unwrap_or_default();
            return Err(
                Usage(format!("{why}; give a file of held-out ratings to judge it on")).into()
            );
        }
    };
    let judgement = judge(&model, on, &held_out, train.as_ref(), flags)?;
    if let Some((path, errors)) = flags.plot.as_ref().zip(judgement.errors.as_ref()) {
        let picture = chart::svg(&picture(&judgement.on, errors), Size::default());
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

/// A warning that these are no figures of a test, and where those are, if there are any.
fn trained_on(name: &str, tested: bool) -> String {
    let instead = "; without a file, evaluate takes the part that was kept for testing";
    let instead = if tested { instead } else { "" };
    format!("the model was trained on {name}, or on most of it{instead}")
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
    if held_out.is_empty() {
        let what = "holds no rating; give a ratings file, or train with a test share";
        return Err(Usage(format!("{on} {what}")).into());
    }
    let objective = model.predictor.objective();
    let errors = Errors::of(&model.predictor, held_out, flags.clip);
    let (low, high) = model.file().source.range;
    let from = flags.relevant.unwrap_or(match objective {
        Objective::Rating => low + LIKED * (high - low),
        Objective::Ranking => low,
    });
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let relevant = Relevant { from, n: flags.n };
    let ranking = Ranking::of(&model.predictor, held_out, train, relevant, threads);
    let sampled = (objective == Objective::Ranking).then_some(RankingChoice::Sampled);
    let hits = flags.ranking.or(sampled).map(|among| {
        let candidates = match among {
            RankingChoice::Full => Candidates::Full,
            RankingChoice::Sampled => {
                SampledHits::candidates(u64::from(model.file().source.split_seed))
            }
        };
        Hits::of(&model.predictor, held_out, train, candidates, flags.n, threads)
    });
    let (clipped, n) = (flags.clip, flags.n);
    let rated_left_out = train.is_some();
    Ok(Judgement {
        on,
        clipped,
        objective,
        errors,
        relevant_from: from,
        n,
        rated_left_out,
        ranking,
        hits,
    })
}

/// For people.
fn page(judgement: &Judgement) -> String {
    let Judgement {
        on,
        clipped,
        objective: _,
        errors,
        relevant_from,
        n,
        rated_left_out,
        ranking,
        hits,
    } = judgement;
    let mut lines = match errors {
        Some(errors) => of_errors(on, *clipped, errors),
        None => vec![format!("On {on}, whatever its ratings: the model ranks, and predicts none")],
    };
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
        let which = if *rated_left_out { "its user has not rated" } else { "are not held out" };
        lines.push(format!("{cases} held-out items, each among {among} that {which}:"));
        lines.push(format!("  HR@{n} {hit_rate:.4}   NDCG@{n} {ndcg:.4}"));
    }
    if !rated_left_out {
        lines.push("What users rated in training is not known and is not left out; it is with the run's folder and its ratings.".into());
    }
    lines.join("\n") + "\n"
}

/// What is said of errors.
fn of_errors(on: &str, clipped: bool, errors: &Errors) -> Vec<String> {
    let clipped = if clipped { ", clipped to the scale" } else { "" };
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
    lines
}

fn group(group: &Group) -> String {
    let rmse = group.rmse.map_or("     -".into(), |rmse| format!("{rmse:.4}"));
    let range = format!("{} to {}", grouped(group.fewest as usize), grouped(group.most as usize));
    format!("  {range:>20}  {rmse}  {:>12}", grouped(group.ratings))
}

/// RMSE by tenths of users and of items.
fn picture(on: &str, errors: &Errors) -> Chart {
    let series = |name: &str, groups: &[Group]| Series {
        name: name.into(),
        points: (1..)
            .zip(groups)
            .filter_map(|(tenth, group)| Some((f64::from(tenth), group.rmse?)))
            .collect(),
    };
    Chart {
        title: format!("RMSE on {on} by tenths, the fewest training ratings first"),
        x: Axis { label: "tenth".into(), kind: Kind::Whole },
        y: Axis { label: "RMSE".into(), kind: Kind::Linear },
        series: vec![
            series("users", &errors.by_user_activity),
            series("items", &errors.by_item_popularity),
        ],
        rules: vec![chart::Rule { name: "all".into(), y: errors.rmse }],
    }
}
