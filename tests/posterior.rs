//! Models averaged over their posterior.

use ratings::{
    ItemIndex, Ratings, Split, UserIndex,
    sample::{self, SampleConfig},
};
use trainer::{Audience, Config, Histories, ModelKind, Optimizer, Posterior, Predictor};

use crate::behaviour::{quick, small, test_rmse};
use crate::support;
use crate::using::of_split;

/// Every user rates one of two items, and both as 3; who rated which likes the others or does not.
/// Of the users that are tested nothing else is known.
#[test]
fn what_was_rated_at_all_tells_tastes_apart() {
    let (mut train, mut test) = (Ratings::default(), Ratings::default());
    for user in 0..200 {
        let likes = user % 2 == 0;
        let known = user < 150;
        let others =
            (0..6).map(|item| (if known { 0 } else { 1 }, item, if likes { 5.0 } else { 1.0 }));
        for (part, item, value) in others.chain([(0, if likes { 6 } else { 7 }, 3.0)]) {
            let part = if part == 0 { &mut train } else { &mut test };
            part.users.push(UserIndex(user));
            part.items.push(ItemIndex(item));
            part.values.push(value);
        }
    }
    let split = Split { train, test, users: 200, items: 8, ..Split::default() };
    let [blind, seeing] = [ModelKind::BayesMf, ModelKind::BayesSvdPp]
        .map(|model| test_rmse(&split, &small((model, Optimizer::Gibbs))));
    assert!(blind > 1.5 && seeing < 0.7, "{blind} {seeing}");
}

#[test]
fn the_posterior_knows_how_sure_it_is() {
    let sample =
        sample::generate(&SampleConfig { users: 600, items: 300, ratings: 40_000, seed: 2 });
    let split = Split::random(&sample.table, 0.2, 42).unwrap();
    let posterior = Posterior { burn_in: 20, samples: 40 };
    let config = Config { epochs: 60, posterior, ..Config::usual(ModelKind::BayesMf) };
    let trained = support::train(&split, &config, &support::usual()).unwrap();
    let test = &split.test;
    let estimates = trained.estimate(&test.users, &test.items).unwrap();
    let within = |deviations: f32| {
        let near = estimates.iter().zip(&test.values).filter(|(estimate, rating)| {
            (estimate.rating - **rating).abs() <= deviations * estimate.deviation
        });
        near.count() as f64 / test.len() as f64
    };
    // A normal distribution has 68 % and 95 % there; ratings are rounded and end at both ends.
    assert!((within(1.0) - 0.683).abs() < 0.05, "{}", within(1.0));
    assert!((within(2.0) - 0.954).abs() < 0.03, "{}", within(2.0));
    let one =
        support::train(&split, &quick((ModelKind::BiasedMf, Optimizer::Sgd)), &support::usual())
            .unwrap();
    assert_eq!(one.estimate(&test.users, &test.items), None, "one point knows no spread");
}

#[test]
fn within_the_burn_in_the_model_is_its_last_draw() {
    let split = support::small_split(100, 60, 2_000);
    for model in [ModelKind::BayesMf, ModelKind::BayesSvdPp] {
        let posterior = Posterior { burn_in: 4, samples: 4 };
        let config = Config { posterior, epochs: 4, ..quick((model, Optimizer::Gibbs)) };
        let trained = support::train(&split, &config, &support::usual()).unwrap();
        let test = &split.test;
        assert_eq!(trained.estimate(&test.users, &test.items), None, "one draw knows no spread");
        let (low, high) = split.train.range().unwrap();
        let predicted = trained.predict(&test.users, &test.items).into_iter();
        let errors = predicted.zip(&test.values).map(|(p, r)| p.clamp(low, high) - r);
        let squared: f64 = errors.map(|error| f64::from(error).powi(2)).sum();
        let rmse = (squared / test.len() as f64).sqrt();
        let reported = trained.history[3].test_rmse.unwrap();
        assert!((rmse - reported).abs() < 1e-5, "{model}: {rmse} against {reported}");
    }
}

/// Made-up ratings, and the split that trains on those where neither user nor item is among the new
/// ones: one in so many, those whose number leaves 3.
fn without_one_in(every: u32) -> (Ratings, Split) {
    let config = SampleConfig { users: 600, items: 300, ratings: 40_000, seed: 2 };
    let ratings = sample::generate(&config).table.ratings;
    let is_new =
        |row: usize| ratings.users[row].0 % every == 3 || ratings.items[row].0 % every == 3;
    let mut train = Ratings::default();
    for row in (0..ratings.len()).filter(|row| !is_new(*row)) {
        train.users.push(ratings.users[row]);
        train.items.push(ratings.items[row]);
        train.values.push(ratings.values[row]);
    }
    let split = Split { train, users: 600, items: 300, ..Split::default() };
    (ratings, split)
}

/// Users who are left out of training and then give some stars get from a model that averages what
/// one point makes of them, or better; and so do items.
#[test]
fn whoever_is_new_is_served_by_the_draws_as_well_as_by_one_point() {
    let (ratings, split) = without_one_in(10);
    let errors = |model: ModelKind| {
        let posterior = Posterior { burn_in: 20, samples: 40 };
        let usual = Config::usual(model);
        let epochs = usual.epochs.min(60);
        let config = Config { epochs, posterior, ..usual };
        let trained = support::train(&split, &config, &support::usual()).unwrap();
        let file = of_split(trained, &split);
        let (predictor, audience) = (Predictor::new(file.clone()), Audience::new(&file));
        let mut misses = [(0.0, 0.0); 2];
        let mut miss = |side: usize, predicted: f32, rating: f32| {
            misses[side].0 += f64::from(predicted - rating).powi(2);
            misses[side].1 += 1.0;
        };
        let everyone = Histories::of(&ratings, 600);
        for user in (3..600).step_by(10).map(UserIndex) {
            let all: Vec<(ItemIndex, f32)> =
                everyone.of_user(user).filter(|(item, _)| item.0 % 10 != 3).collect();
            let (given, rest) = all.split_at(all.len() / 3);
            let taste = predictor.new_taste(given);
            rest.iter().for_each(|(item, r)| miss(0, predictor.rate(&taste, *item), *r));
        }
        for item in (3..300).step_by(10).map(ItemIndex) {
            let of_item = (0..ratings.len()).filter(|row| ratings.items[*row] == item);
            let all: Vec<(UserIndex, f32)> = of_item
                .map(|row| (ratings.users[row], ratings.values[row]))
                .filter(|(user, _)| user.0 % 10 != 3)
                .collect();
            let (given, rest) = all.split_at(all.len() / 3);
            let taste = audience.of_new(given);
            rest.iter().for_each(|(user, r)| miss(1, audience.rate(&taste, *user), *r));
        }
        misses.map(|(sum, count): (f64, f64)| (sum / count).sqrt())
    };
    let one = errors(ModelKind::BiasedMf);
    for model in [ModelKind::BayesMf, ModelKind::BayesSvdPp] {
        let draws = errors(model);
        for (side, kind) in ["users", "items"].into_iter().enumerate() {
            let (draws, one) = (draws[side], one[side]);
            assert!(draws < one + 0.005, "{model}, {kind}: {draws} against one point's {one}");
        }
    }
}

/// Of users who were not in training, and of items: as many of the ratings that they did not give
/// lie within one and two deviations as of a normal distribution, and the more they gave the surer
/// it is.
#[test]
fn the_deviations_of_whoever_is_new_are_those_of_the_errors() {
    let (ratings, split) = without_one_in(5);
    let everyone = Histories::of(&ratings, 600);
    for model in [ModelKind::BayesMf, ModelKind::BayesSvdPp] {
        let posterior = Posterior { burn_in: 20, samples: 40 };
        let config = Config { epochs: 60, posterior, ..Config::usual(model) };
        let trained = support::train(&split, &config, &support::usual()).unwrap();
        let file = of_split(trained, &split);
        let (predictor, audience) = (Predictor::new(file.clone()), Audience::new(&file));
        // Errors in deviations, and the deviations, of users and of items, by how much was given.
        let (mut errors, mut deviations) = ([Vec::new(), Vec::new()], [[0.0, 0.0]; 2]);
        let mut count = |side: usize, given: usize, rest: &[f32], said: &[f32], sure: &[f32]| {
            for ((rating, said), sure) in rest.iter().zip(said).zip(sure) {
                errors[side].push((predictor.clipped(*said) - rating).abs() / sure);
            }
            let mean = sure.iter().sum::<f32>() / sure.len().max(1) as f32;
            deviations[side][given] += f64::from(mean);
        };
        for user in (3..600).step_by(5).map(UserIndex) {
            let all: Vec<(ItemIndex, f32)> =
                everyone.of_user(user).filter(|(item, _)| item.0 % 5 != 3).collect();
            for (given, part) in [(0, all.len() / 10), (1, all.len() / 2)] {
                let (stars, _) = all.split_at(part);
                let (items, values): (Vec<_>, Vec<_>) =
                    all[all.len() / 2..].iter().copied().unzip();
                let taste = predictor.new_taste(stars);
                let said: Vec<f32> =
                    items.iter().map(|item| predictor.rate(&taste, *item)).collect();
                let sure = predictor.new_deviations(stars, &items).expect("it averages");
                count(0, given, &values, &said, &sure);
            }
        }
        for item in (3..300).step_by(5).map(ItemIndex) {
            let of_item = (0..ratings.len()).filter(|row| ratings.items[*row] == item);
            let all: Vec<(UserIndex, f32)> = of_item
                .map(|row| (ratings.users[row], ratings.values[row]))
                .filter(|(user, _)| user.0 % 5 != 3)
                .collect();
            for (given, part) in [(0, all.len() / 10), (1, all.len() / 2)] {
                let (stars, _) = all.split_at(part);
                let (users, values): (Vec<_>, Vec<_>) =
                    all[all.len() / 2..].iter().copied().unzip();
                let taste = audience.of_new(stars);
                let said: Vec<f32> =
                    users.iter().map(|user| audience.rate(&taste, *user)).collect();
                let sure = audience.new_deviations(stars, &users).expect("it averages");
                count(1, given, &values, &said, &sure);
            }
        }
        for (side, kind) in ["users", "items"].into_iter().enumerate() {
            let within = |most: f32| {
                let near = errors[side].iter().filter(|error| **error <= most);
                near.count() as f64 / errors[side].len() as f64
            };
            let (one, two) = (within(1.0), within(2.0));
            assert!((one - 0.683).abs() < 0.05, "{model}, {kind}: {one} within one");
            assert!((two - 0.954).abs() < 0.03, "{model}, {kind}: {two} within two");
            let [few, many] = deviations[side];
            assert!(many < 0.98 * few, "{model}, {kind}: {many} with many, {few} with few");
        }
    }
    let one =
        support::train(&split, &quick((ModelKind::BiasedMf, Optimizer::Sgd)), &support::usual());
    let one = Predictor::new(of_split(one.unwrap(), &split));
    assert_eq!(one.new_deviations(&[], &[ItemIndex(0)]), None, "one point knows no spread");
}

/// Averaging over the posterior beats the best point, which beats biases, on data whose noise is
/// known. What is left above the noise, 3 %, is what a million ratings do not tell: the model is of
/// the form that made them.
#[test]
fn the_ladder_stands_on_the_built_in_data() {
    let sample = sample::generate(&SampleConfig::default());
    let split = Split::random(&sample.table, 0.2, 42).unwrap();
    let [biases, biased, bayes] =
        [ModelKind::Biases, ModelKind::BiasedMf, ModelKind::BayesMf].map(|model| {
            let posterior = Posterior { burn_in: 10, samples: 30 };
            let epochs = Config::usual(model).epochs.min(40);
            test_rmse(&split, &Config { posterior, epochs, ..Config::usual(model) })
        });
    assert!(bayes < biased && biased < biases, "{bayes} {biased} {biases}");
    assert!(bayes > sample.noise_floor, "{bayes} is below the noise");
    assert!(bayes < 1.035 * sample.noise_floor, "{bayes} against {}", sample.noise_floor);
}

/// With ratings enough for every row the posterior comes within a hundredth of the planted noise.
#[test]
fn many_ratings_bring_the_posterior_to_the_noise() {
    let config =
        SampleConfig { users: 1_000, items: 1_000, ratings: 800_000, ..Default::default() };
    let sample = sample::generate(&config);
    let split = Split::random(&sample.table, 0.2, 42).unwrap();
    let posterior = Posterior { burn_in: 10, samples: 30 };
    let config = Config { posterior, factors: 4, epochs: 40, ..Config::usual(ModelKind::BayesMf) };
    let above = test_rmse(&split, &config) / sample.noise_floor;
    assert!((1.0..1.01).contains(&above), "{above} times the noise");
}
