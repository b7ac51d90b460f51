//! Models with biases at work: biases are numbers of their rows, and no factors.

use ratings::{ItemIndex, Split, UserIndex};
use trainer::{Config, Descent, Link, ModelKind, Posterior, Predictor, Wanted};

use crate::support;
use crate::using::{close, of_split};

/// A model of a small split, over in no time.
fn predictor(split: &Split, model: ModelKind, link: Link) -> Predictor {
    let descent = Descent { link, ..Config::usual(model).descent };
    let posterior = Posterior { burn_in: 2, samples: 4 };
    let usual = Config { epochs: 8, descent, posterior, ..Config::usual(model) };
    let config = Config { factors: usual.factors.min(3), ..usual };
    Predictor::new(of_split(support::train(split, &config, &support::usual()).unwrap(), split))
}

#[test]
fn neighbours_go_by_the_factors_alone() {
    let split = support::small_split(60, 40, 900);
    let predictor = predictor(&split, ModelKind::BiasedMf, Link::Linear);
    let cosine = |name: &str, a: usize, b: usize| {
        let table = predictor.file().trained.weights.get(name).unwrap();
        let row = |row: usize| table.values[row * 3..][..3].iter().map(|x| f64::from(*x));
        let dot = |a: usize, b: usize| row(a).zip(row(b)).map(|(a, b)| a * b).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let near = predictor.similar_items(ItemIndex(2), Wanted { n: 100, allowed: None });
    assert!(near.len() > 30, "{near:?}");
    for pick in &near {
        close(pick.score, cosine("item_factors", 2, pick.item.index()), "items");
    }
    for (user, score) in predictor.similar_users(UserIndex(3), 100) {
        close(score, cosine("user_factors", 3, user.index()), "users");
    }
    let taste = predictor.taste_of(UserIndex(3));
    assert_eq!(predictor.explain(&taste, &[], ItemIndex(2)).factors.len(), 3);
}

#[test]
fn reasons_are_in_ratings_whatever_the_link() {
    let split = support::small_split(60, 40, 900);
    let (low, high) = split.train.range().unwrap();
    let rated = [(3, 5.0), (7, 1.0), (11, 4.0)].map(|(item, rating)| (ItemIndex(item), rating));
    for link in [Link::Linear, Link::Logistic] {
        let predictor = predictor(&split, ModelKind::BiasedMf, link);
        let taste = predictor.new_taste(&rated);
        for item in (0..40).map(ItemIndex) {
            let why = predictor.explain(&taste, &rated, item);
            let mean_user = why.mean_user.unwrap();
            assert!(link == Link::Linear || (low..=high).contains(&mean_user), "{mean_user}");
            assert!(why.reasons.iter().all(|of| rated.contains(&(of.item, of.rating))), "{why:?}");
            let sum = mean_user + why.reasons.iter().map(|reason| reason.share).sum::<f32>();
            let off = (sum - why.predicted).abs();
            // A logistic curve is its slope for a short way only.
            assert!(off < if link == Link::Linear { 1e-4 } else { 0.2 }, "{link}: {why:?}");
        }
    }
}

#[test]
fn shares_add_up_in_the_draws_and_no_factors_are_named() {
    let split = support::small_split(60, 40, 900);
    let rated = [(3, 5.0), (7, 1.0), (11, 4.0)].map(|(item, rating)| (ItemIndex(item), rating));
    for model in [ModelKind::BayesMf, ModelKind::BayesSvdPp] {
        let predictor = predictor(&split, model, Link::Linear);
        let taste = predictor.new_taste(&rated);
        for item in (0..40).map(ItemIndex) {
            let why = predictor.explain(&taste, &rated, item);
            let shares = why.reasons.iter().map(|reason| reason.share).sum::<f32>();
            close(why.mean_user.unwrap() + shares, f64::from(why.predicted), "a sum");
            assert!(why.factors.is_empty(), "draws turn: {why:?}");
            assert_eq!((why.user.count, why.user.mean), (3, 10.0 / 3.0));
        }
    }
}

#[test]
fn a_user_without_a_training_rating_is_somebody_new() {
    let known = support::small_split(60, 40, 900);
    let split = Split { users: known.users + 1, ..known };
    let stranger = UserIndex(u32::try_from(split.users).unwrap() - 1);
    for model in ModelKind::ALL {
        let predictor = predictor(&split, model, Link::Linear);
        assert_eq!(predictor.taste_of(stranger), predictor.new_taste(&[]), "{model}");
        assert_ne!(predictor.taste_of(UserIndex(0)), predictor.new_taste(&[]), "{model}");
    }
}
