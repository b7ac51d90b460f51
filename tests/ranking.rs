//! What a model that ranks does, and what it leaves alone.

use ratings::{ItemIndex, Ratings, Split, UserIndex};
use trainer::{
    Audience, Config, Errors, Fallback, HeldOut, Histories, Hits, Implicit, ModelKind, Objective,
    Predictor, SampledHits, Trained, Wanted,
};

use crate::support;
use crate::using::of_split;

/// Users choose the items of their own parity alone; a fifth of that is held out.
fn two_tastes() -> Split {
    let (mut train, mut test) = (Ratings::default(), Ratings::default());
    for user in 0..40 {
        for item in (0..60).filter(|item| (user + item) % 2 == 0) {
            let part = if (user * 7 + item * 3) % 5 == 0 { &mut test } else { &mut train };
            part.users.push(UserIndex(user));
            part.items.push(ItemIndex(item));
            part.values.push(1.0 + (item % 5) as f32);
        }
    }
    Split { train, test, users: 40, items: 60, ..Split::default() }
}

fn small() -> Config {
    let implicit = Implicit { unobserved: 0.1, exponent: 1.0 };
    let usual = Config::usual(ModelKind::Ials);
    Config { factors: 4, epochs: 16, weight_decay: 0.01, implicit, seed: 3, ..usual }
}

/// Neural models, with settings with which they learn a small table.
fn neural() -> [Config; 3] {
    ModelKind::NEURAL.map(|model| {
        let usual = Config::usual_for(model, Objective::Ranking);
        let hidden = usual.hidden.iter().map(|width| width / 2).collect();
        let batches = Config { factors: 4, batch_size: 64, hidden, ..usual };
        // With more epochs they learn by heart what was held out, which is drawn as not chosen.
        Config { epochs: 10, learning_rate: 0.02, seed: 3, ..batches }
    })
}

fn trained(split: &Split) -> Trained {
    support::train(split, &small(), &support::fused()).unwrap()
}

fn held_out(ratings: &Ratings) -> Vec<HeldOut> {
    let pairs = ratings.users.iter().zip(&ratings.items).zip(&ratings.values);
    pairs.map(|((user, item), value)| (Some(*user), Some(*item), *value)).collect()
}

#[test]
fn two_tastes_are_ranked_right() {
    let split = two_tastes();
    let model = trained(&split);
    let hits = model.history.last().unwrap().test_hits.unwrap();
    assert_eq!((hits.hit_rate, hits.ndcg), (1.0, 1.0), "every held-out item is before all others");
    let popular = SampledHits::of_popularity(&split, 3, 2).unwrap();
    assert!(popular.ndcg < 0.7, "what is rated most says nothing here: {popular:?}");
    let predictor = Predictor::new(of_split(model, &split));
    let train = Histories::of(&split.train, split.users);
    for user in (0..40).map(UserIndex) {
        let wanted = Wanted { n: 5, allowed: None };
        let list = predictor.recommend(&predictor.taste_of(user), wanted, train.items_of(user));
        let own = list.iter().filter(|pick| (pick.item.0 + user.0) % 2 == 0);
        assert_eq!(own.count(), 5, "user {}: {list:?}", user.0);
        let near = predictor.similar_items(list[0].item, Wanted { n: 9, allowed: None });
        assert!(near.iter().all(|pick| (pick.item.0 + user.0) % 2 == 0), "{near:?}");
    }
}

#[test]
fn neural_models_find_two_tastes_and_know_whoever_is_new() {
    let split = two_tastes();
    for config in neural() {
        let model = support::train(&split, &config, &support::usual()).unwrap();
        let name = config.model;
        let hits = model.history.last().unwrap().test_hits.unwrap();
        assert!(hits.ndcg > 0.95, "{name}: {hits:?}");
        let losses: Vec<f64> = model.history.iter().filter_map(|of| of.train_loss).collect();
        assert!(losses[9] < losses[0] / 2.0, "{name}: {losses:?}");
        let file = of_split(model, &split);
        let (predictor, audience) = (Predictor::new(file.clone()), Audience::new(&file));
        for parity in [0, 1] {
            let chosen: Vec<u32> = (0..8).map(|n| 4 * n + parity).collect();
            let by_items: Vec<_> = chosen.iter().map(|n| (ItemIndex(*n), 3.0)).collect();
            let by_users: Vec<_> = chosen.iter().map(|n| (UserIndex(*n), 3.0)).collect();
            let wanted = Wanted { n: 10, allowed: None };
            let taste = predictor.new_taste(&by_items);
            let list = predictor.recommend(&taste, wanted, &[]);
            assert!(list.iter().all(|pick| pick.item.0 % 2 == parity), "{name}: {list:?}");
            let list = audience.best(&audience.of_new(&by_users), 10, &[]);
            assert!(list.iter().all(|(user, _)| user.0 % 2 == parity), "{name}: {list:?}");
        }
    }
}

/// How highly something was rated has no bearing on a neural model that ranks, the seed has.
#[test]
fn neural_models_that_rank_know_no_ratings() {
    let split = support::small_split(100, 60, 2_000);
    let mut others = split.clone();
    others.train.values.iter_mut().for_each(|rating| *rating = 6.0 - *rating);
    for config in neural() {
        let config = Config { epochs: 2, ..config };
        let weights = |split: &Split, config: &Config| {
            support::train(split, config, &support::usual()).unwrap().weights
        };
        let one = weights(&split, &config);
        assert!(one == weights(&others, &config), "{}", config.model);
        let more = Config { negatives: 5, ..config.clone() };
        assert!(one != weights(&split, &more), "{}: negatives matter", config.model);
    }
}

/// The loss by its definition, over all pairs.
#[test]
fn the_loss_is_that_of_the_definition() {
    let split = support::small_split(60, 40, 900);
    let config = Config { epochs: 60, ..small() };
    let model = support::train(&split, &config, &support::fused()).unwrap();
    let [p, q] = tables(&model);
    let Implicit { unobserved, .. } = config.implicit;
    let mut sum = 0.0;
    for p in p.chunks(config.factors) {
        for q in q.chunks(config.factors) {
            sum += unobserved * dot(p, q).powi(2);
        }
    }
    for (user, item) in split.train.users.iter().zip(&split.train.items) {
        sum += (1.0 - dot(row(&p, user.index()), row(&q, item.index()))).powi(2);
    }
    let expected = sum / split.train.len() as f64;
    // A turn's loss is the mean of both sides'; after many turns neither moves any more.
    let reported = model.history.last().unwrap().train_loss.unwrap();
    assert!((reported - expected).abs() < 1e-3 * expected, "{reported} instead of {expected}");
    let losses: Vec<f64> = model.history.iter().filter_map(|report| report.train_loss).collect();
    assert!(losses[0] > losses[1] && losses[1] > losses[59], "{losses:?}");
}

/// The slope of the loss and its penalty by every item's factors, in parts of what a rating adds to it.
#[test]
fn the_closed_form_leaves_no_slope() {
    let split = support::small_split(100, 60, 2_000);
    for exponent in [0.0, 0.5, 1.0] {
        let implicit = Implicit { exponent, ..small().implicit };
        let config = Config { implicit, ..small() };
        let [p, q] = tables(&support::train(&split, &config, &support::fused()).unwrap());
        for item in 0..split.items {
            let own = |row: &usize| split.train.items[*row].index() == item;
            let own: Vec<usize> = (0..split.train.len()).filter(own).collect();
            let weight = own.len() as f64 + implicit.unobserved * split.users as f64;
            let q = row(&q, item);
            let pull = config.weight_decay * weight.powf(exponent);
            let mut slope: Vec<f64> = q.iter().map(|q| pull * f64::from(*q)).collect();
            let mut add = |p: &[f32], by: f64| {
                slope.iter_mut().zip(p).for_each(|(slope, p)| *slope += by * f64::from(*p));
            };
            for p in p.chunks(4) {
                add(p, implicit.unobserved * dot(p, q));
            }
            for &rating in &own {
                let p = row(&p, split.train.users[rating].index());
                add(p, dot(p, q) - 1.0);
            }
            let steepest = slope.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
            assert!(steepest < 1e-4 * own.len().max(1) as f64, "item {item}: {slope:?}");
        }
    }
}

/// Somebody new, and a new item, are what training would make of them: told by their scores alone,
/// `Σ_S (1 - s_j) q_j·q_k = a Σ s_i q_i·q_k + λ s_k` for every `k`.
#[test]
fn whoever_is_new_is_the_closed_form() {
    let split = support::small_split(100, 60, 2_000);
    let (config, file) = (small(), of_split(trained(&split), &split));
    let [p, q] = tables(&file.trained);
    let (predictor, audience) = (Predictor::new(file.clone()), Audience::new(&file));
    for chosen in [&[][..], &[3], &[0, 7, 2, 11, 5, 30, 31]] {
        // How highly makes no difference.
        let by_items: Vec<_> = [1.0, 5.0, 3.0]
            .into_iter()
            .cycle()
            .zip(chosen)
            .map(|(r, n)| (ItemIndex(*n), r))
            .collect();
        let by_users: Vec<_> = by_items.iter().map(|(n, r)| (UserIndex(n.0), *r)).collect();
        let (user, item) = (predictor.new_taste(&by_items), audience.of_new(&by_users));
        let of_user = (0..60).map(|n| predictor.rate(&user, ItemIndex(n))).collect::<Vec<_>>();
        let of_item = (0..100).map(|n| audience.rate(&item, UserIndex(n))).collect::<Vec<_>>();
        for (scores, rows) in [(of_user, &q), (of_item, &p)] {
            let Implicit { unobserved, exponent } = config.implicit;
            let weight = chosen.len() as f64 + unobserved * scores.len() as f64;
            let penalty = config.weight_decay * weight.powf(exponent);
            for k in 0..scores.len() {
                let by = |n: usize| dot(row(rows, n), row(rows, k));
                let wanted: f64 = chosen
                    .iter()
                    .map(|n| *n as usize)
                    .map(|n| (1.0 - f64::from(scores[n])) * by(n))
                    .sum();
                let all: f64 = (0..scores.len()).map(|n| f64::from(scores[n]) * by(n)).sum();
                let left = wanted - unobserved * all - penalty * f64::from(scores[k]);
                assert!(left.abs() < 1e-5, "{chosen:?}, {k}: {left}");
            }
        }
    }
}

/// Reasons add up to a score.
#[test]
fn reasons_add_up_to_a_score() {
    let split = support::small_split(100, 60, 2_000);
    let predictor = Predictor::new(of_split(trained(&split), &split));
    let rated = [(ItemIndex(3), 5.0), (ItemIndex(8), 1.0), (ItemIndex(20), 3.0)];
    let taste = predictor.new_taste(&rated);
    for item in (0..60).map(ItemIndex) {
        let why = predictor.explain(&taste, &rated, item);
        let sum: f32 = why.reasons.iter().map(|reason| reason.share).sum();
        assert!((sum - why.predicted).abs() < 1e-5, "{sum} instead of {}", why.predicted);
    }
}

#[test]
fn reported_places_are_those_that_a_judgement_gives() {
    let split = support::small_split(300, 250, 9_000).with_validation(0.2, 1).unwrap();
    let config = Config { epochs: 3, ..small() };
    let model = support::train(&split, &config, &support::fused()).unwrap();
    let reported = model.history[2].clone();
    let last = Trained { history: Vec::new(), ..after_all(&split, &config) };
    let predictor = Predictor::new(of_split(last, &split));
    let candidates = SampledHits::candidates(config.seed);
    let judge = |held: &Ratings, seen: Ratings| {
        let seen = Histories::of(&seen, split.users);
        let hits = Hits::of(&predictor, &held_out(held), Some(&seen), candidates, 10, 2);
        [hits.hit_rate, hits.ndcg]
    };
    let near = |reported: Option<SampledHits>, judged: [f64; 2]| {
        let SampledHits { hit_rate, ndcg } = reported.expect("places were held out");
        let off = [hit_rate - judged[0], ndcg - judged[1]];
        assert!(off.iter().all(|off| off.abs() <= 1e-12), "{off:?}: more than a report rounds");
    };
    let mut both = split.train.clone();
    both.append(&split.validation);
    near(reported.test_hits, judge(&split.test, both));
    near(reported.validation_hits, judge(&split.validation, split.train.clone()));
}

/// The model of the last epoch, whichever the validation part would choose.
fn after_all(split: &Split, config: &Config) -> Trained {
    let split = Split { validation: Ratings::default(), ..split.clone() };
    support::train(&split, config, &support::fused()).unwrap()
}

/// How highly something was rated has no bearing, and no rating is predicted.
#[test]
fn a_model_that_ranks_knows_no_ratings() {
    let split = support::small_split(100, 60, 2_000);
    let mut others = split.clone();
    others.train.values.iter_mut().for_each(|rating| *rating = 6.0 - *rating);
    let model = trained(&split);
    assert!(model.weights == trained(&others).weights);
    for report in &model.history {
        let errors = [report.train_rmse, report.test_rmse, report.test_mae, report.validation_rmse];
        assert_eq!(errors, [None; 4]);
        assert!(report.train_loss.is_some() && report.test_hits.is_some());
    }
    assert_eq!(model.estimate(&[UserIndex(0)], &[ItemIndex(0)]), None);
    let mut file = of_split(model, &split);
    file.averages.items[1].count = 0;
    let predictor = Predictor::new(file);
    assert_eq!(Errors::of(&predictor, &held_out(&split.test), true), None);
    assert_eq!(predictor.clipped(0.25), 0.25, "a score has no scale");
    let unknown = [
        (None, Some(ItemIndex(0))),
        (Some(UserIndex(0)), None),
        (Some(UserIndex(0)), Some(ItemIndex(1))),
    ];
    for (user, item) in unknown {
        let prediction = predictor.predict(user, item, false);
        assert_eq!((prediction.rating, prediction.fallback), (None, Some(Fallback::NoScore)));
    }
}

fn tables(model: &Trained) -> [Vec<f32>; 2] {
    ["user_factors", "item_factors"].map(|name| model.weights.get(name).unwrap().values.clone())
}

/// A row of four factors.
fn row(table: &[f32], row: usize) -> &[f32] {
    &table[row * 4..][..4]
}

fn dot(p: &[f32], q: &[f32]) -> f64 {
    p.iter().zip(q).map(|(p, q)| f64::from(*p) * f64::from(*q)).sum()
}
