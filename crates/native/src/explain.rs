//! Why an item is predicted so for a user.

use anyhow::Context as _;
use ratings::ItemIndex;
use serde::Serialize;
use trainer::{Average, Explanation, FactorShare, Objective, Reason};

use crate::args_use::ExplainFlags;
use crate::exit::{Exit, Usage};
use crate::model::Model;
use crate::streams;
use crate::text::{counted, give_or_take};

#[derive(Serialize)]
struct Told {
    item: String,
    title: String,
    predicted: f32,
    deviation: Option<f32>,
    mean_user: Option<f32>,
    reasons: Vec<ToldReason>,
    factors: Vec<(usize, f32)>,
    item_ratings: u32,
    item_mean: f32,
    item_deviation: Option<f32>,
    user_ratings: u32,
    user_mean: f32,
    user_deviation: Option<f32>,
}

#[derive(Serialize)]
struct ToldReason {
    item: String,
    title: String,
    rating: f32,
    share: f32,
}

/// Prints the reasons.
pub(crate) fn run(flags: &ExplainFlags) -> anyhow::Result<Exit> {
    let model = Model::open(&flags.model)?;
    let (user, name) = match (&flags.names[..], flags.rate.is_empty()) {
        ([item], false) => (None, item),
        ([user, item], true) => (Some(model.user(user)?), item),
        _ => {
            return Err(
                Usage("give a USER and an ITEM, or an ITEM and --rate ITEM=RATING".into()).into()
            );
        }
    };
    let item = model.item(name)?;
    let (taste, rated): (_, Vec<(ItemIndex, f32)>) = match user {
        Some(user) => {
            let data = model.data(flags.ratings.as_deref())?;
            let learnt = data.map(|data| model.learnt(&data)).transpose()?;
            let rated = learnt.map_or(Vec::new(), |learnt| learnt.of_user(user).collect());
            (model.predictor.taste_of(user), rated)
        }
        None => {
            let rated = model.ratings(&flags.rate)?;
            (model.predictor.new_taste(&rated), rated)
        }
    };
    let why = model.predictor.explain(&taste, &rated, item);
    let deviation = match user {
        Some(user) => model.predictor.deviation(user, item),
        None => model.predictor.new_deviations(&rated, &[item]).map(|of| of[0]),
    };
    let text = match flags.json {
        true => serde_json::to_string(&told(&model, item, deviation, &why, flags.n))? + "\n",
        false => page(&model, item, deviation, &why, flags.n),
    };
    streams::print(&text).context("cannot write to standard output")?;
    Ok(Exit::Done)
}

fn told(
    model: &Model,
    item: ItemIndex,
    deviation: Option<f32>,
    why: &Explanation,
    n: usize,
) -> Told {
    let reason = |Reason { item, rating, share }: &Reason| ToldReason {
        item: model.id(*item).to_owned(),
        title: model.title(*item),
        rating: *rating,
        share: *share,
    };
    Told {
        item: model.id(item).to_owned(),
        title: model.title(item),
        predicted: why.predicted,
        deviation,
        mean_user: why.mean_user,
        reasons: why.reasons.iter().take(n).map(reason).collect(),
        factors: why
            .factors
            .iter()
            .map(|FactorShare { factor, product }| (*factor, *product))
            .collect(),
        item_ratings: why.item.count,
        item_mean: why.item.mean,
        item_deviation: why.item.deviation,
        user_ratings: why.user.count,
        user_mean: why.user.mean,
        user_deviation: why.user.deviation,
    }
}

fn page(
    model: &Model,
    item: ItemIndex,
    deviation: Option<f32>,
    why: &Explanation,
    n: usize,
) -> String {
    let rates = model.predictor.objective() == Objective::Rating;
    let predicted = model.digits(why.predicted);
    let mut lines = vec![
        format!("{}: {predicted}{}", model.called(item), give_or_take(deviation)),
        format!(
            "  it rests on {} of the item and {} of the user",
            known(why.item),
            known(why.user)
        ),
    ];
    if let Some(mean_user) = why.mean_user.filter(|_| rates) {
        lines.push(format!("  the mean user would give {mean_user:.2}"));
    }
    if !why.reasons.is_empty() {
        lines.push(match why.mean_user {
            Some(_) => "  what the user rated, and what it adds:".into(),
            None => "  what the user rated, and how alike it is:".into(),
        });
    }
    for Reason { item, rating, share } in why.reasons.iter().take(n) {
        lines.push(format!("    {share:+6.3}  {rating} for {}", model.called(*item)));
    }
    if !why.factors.is_empty() {
        let factors = why.factors.iter().take(n);
        let factors: Vec<String> = factors
            .map(|share| format!("{:+.2} (factor {})", share.product, share.factor))
            .collect();
        lines.push(format!("  factors that carry it: {}", factors.join(", ")));
    } else if model.file().trained.config.model.is_bayesian() {
        let why = "the model is the mean of draws, and each of them turns its factors another way";
        lines.push(format!("  no factors carry it: {why}"));
    }
    lines.join("\n") + "\n"
}

/// How many ratings there are, and how they lie.
fn known(Average { count, mean, deviation }: Average) -> String {
    let ratings = counted(count as usize, "rating");
    let spread = deviation.map_or(String::new(), |of| format!(", deviation {of:.2}"));
    if count == 0 { ratings } else { format!("{ratings} (mean {mean:.2}{spread})") }
}
