//! What every model does, whichever it is.

use ratings::{
    ItemIndex, Ratings, Split, UserIndex,
    sample::{self, SampleConfig},
};
use trainer::{
    Config, Descent, Event, ModelFile, ModelKind, Objective, Optimizer, Pace, Posterior, Run,
    Schedule, TrainError, Trained,
};

use crate::support;

/// A model, and what trains it.
type Kind = (ModelKind, Optimizer);

/// All models with all that trains them; the lab's are compared with PyTorch elsewhere.
fn kinds() -> Vec<Kind> {
    let optimizers = |model: ModelKind| match model.optimizers() {
        [first, ..] if model.is_lab() => std::slice::from_ref(first),
        all => all,
    };
    let kinds = |model| optimizers(model).iter().map(move |optimizer| (model, *optimizer));
    ModelKind::ALL.into_iter().flat_map(kinds).collect()
}

/// Those that predict ratings; what the others do stands in `ranking.rs`.
fn raters() -> Vec<Kind> {
    let rates = |kind: &Kind| Config::usual(kind.0).objective == Objective::Rating;
    kinds().into_iter().filter(rates).collect()
}

/// Settings with which the model learns a small table.
pub(crate) fn small((model, optimizer): Kind) -> Config {
    let usual = Config { seed: 3, optimizer, ..Config::usual(model) };
    match model {
        ModelKind::Mf | ModelKind::DeepMf => {
            Config { epochs: 250, factors: 4, batch_size: 32, learning_rate: 0.01, ..usual }
        }
        ModelKind::Gmf | ModelKind::Mlp | ModelKind::NeuMf => {
            let hidden = usual.hidden.iter().map(|width| width / 2).collect();
            let batches = Config { factors: 4, batch_size: 32, hidden, ..usual };
            Config { epochs: 100, learning_rate: 0.01, weight_decay: 1e-5, ..batches }
        }
        ModelKind::Biases => Config { weight_decay: 0.1, ..usual },
        ModelKind::BiasedMf => {
            Config { epochs: 150, factors: 4, weight_decay: 0.01, learning_rate: 0.1, ..usual }
        }
        ModelKind::SvdPp => {
            Config { epochs: 150, factors: 4, weight_decay: 0.01, learning_rate: 0.05, ..usual }
        }
        ModelKind::BayesMf | ModelKind::BayesSvdPp => {
            let posterior = Posterior { burn_in: 30, samples: 30 };
            Config { epochs: 90, factors: 4, posterior, ..usual }
        }
        ModelKind::Ials => Config { factors: 4, weight_decay: 0.01, ..usual },
    }
}

/// The same, but over in no time.
pub(crate) fn quick(kind: Kind) -> Config {
    let posterior = Posterior { burn_in: 2, samples: 4 };
    let epochs = if kind.0.in_batches() { 3 } else { 6 };
    Config { epochs, posterior, ..small(kind) }
}

/// A full table of `users` by `items`, every fifth rating kept for testing.
fn full(users: u32, items: u32, rating: impl Fn(u32, u32) -> f32) -> Split {
    let (mut train, mut test) = (Ratings::default(), Ratings::default());
    for user in 0..users {
        for item in 0..items {
            let part = if (user * 7 + item * 3) % 5 == 0 { &mut test } else { &mut train };
            part.users.push(UserIndex(user));
            part.items.push(ItemIndex(item));
            part.values.push(rating(user, item));
        }
    }
    Split { train, test, users: users as usize, items: items as usize, ..Split::default() }
}

pub(crate) fn test_rmse(split: &Split, config: &Config) -> f64 {
    let trained = support::train(split, config, &support::usual()).unwrap();
    trained.history.last().unwrap().test_rmse.unwrap()
}

#[test]
fn two_tastes_are_found_by_every_model_with_factors() {
    let split = full(30, 20, |user, item| if (user + item) % 2 == 0 { 5.0 } else { 1.0 });
    for kind in raters() {
        let rmse = test_rmse(&split, &small(kind));
        if kind.0 == ModelKind::Biases {
            assert!(rmse > 1.9, "biases cannot tell who likes what: {rmse}");
        } else {
            assert!(rmse < 0.3, "{kind:?}: {rmse}");
        }
    }
}

#[test]
fn kind_users_and_good_items_are_found_by_every_model() {
    let split = full(30, 20, |user, item| 1.0 + (user % 3) as f32 + (item % 4) as f32 / 2.0);
    for kind in raters() {
        let rmse = test_rmse(&split, &small(kind));
        assert!(rmse < 0.25, "{kind:?}: {rmse}");
    }
}

#[test]
fn the_reported_rmse_is_that_of_the_predictions() {
    let split = support::small_split(100, 60, 2_000);
    for kind in raters() {
        let trained = support::train(&split, &quick(kind), &support::usual()).unwrap();
        let predicted = trained.predict(&split.test.users, &split.test.items);
        let squared: f64 = predicted
            .iter()
            .zip(&split.test.values)
            .map(|(predicted, rating)| f64::from(predicted - rating).powi(2))
            .sum();
        let rmse = (squared / split.test.len() as f64).sqrt();
        let reported = trained.history.last().unwrap().test_rmse.unwrap();
        assert!((rmse - reported).abs() < 1e-5, "{kind:?}: {rmse} {reported}");
    }
}

#[test]
fn threads_and_slices_change_no_bit_and_the_seed_does() {
    let split = support::small_split(300, 150, 9_000);
    for kind in kinds() {
        let train = |threads: usize, pace: Pace, seed: u64| {
            let device = support::usual().with_threads(threads);
            let mut config = Config { seed, ..quick(kind) };
            if kind.0.in_batches() {
                (config.batch_size, config.factors) = (600, 10); // enough for each of four threads
            }
            pollster::block_on(async {
                let mut run = Run::start(&support::shared(&split), &config, &device).await.unwrap();
                run.set_pace(pace);
                while run.advance().await.unwrap().is_some() {}
                outcome(run.finish().await.unwrap())
            })
        };
        let one = train(1, Pace::default(), 1);
        for threads in [2, 3, 5] {
            assert!(train(threads, Pace::default(), 1) == one, "{kind:?}: {threads} threads");
        }
        assert!(train(2, Pace::Batches(1), 1) == one, "{kind:?}: slices");
        assert!(train(2, Pace::Batches(1_000), 1) == one, "{kind:?}: slices");
        if kind.0 != ModelKind::Biases {
            assert!(train(1, Pace::default(), 2) != one, "{kind:?}: the seed must matter");
        }
    }
}

/// Parts of an epoch without a rating, of which small tables have many, are passed over by slices of any
/// length.
#[test]
fn slices_change_no_bit_of_the_smallest_tables() {
    let split = full(5, 5, |user, item| ((user * item) % 5) as f32);
    for kind in kinds() {
        let train = |pace: Pace| {
            pollster::block_on(async {
                let (split, device) = (support::shared(&split), support::usual());
                let mut run = Run::start(&split, &quick(kind), &device).await.unwrap();
                run.set_pace(pace);
                while run.advance().await.unwrap().is_some() {}
                outcome(run.finish().await.unwrap())
            })
        };
        assert!(train(Pace::Batches(1)) == train(Pace::Batches(1_000)), "{kind:?}");
    }
}

/// A model has seen ratings if it is another than before, and only then.
#[test]
fn a_checkpoint_says_whether_its_model_has_seen_more() {
    let split = support::small_split(100, 60, 2_000);
    for kind in kinds() {
        pollster::block_on(async {
            let (split, device) = (support::shared(&split), support::usual());
            let mut run = Run::start(&split, &quick(kind), &device).await.unwrap();
            run.set_pace(Pace::Batches(1));
            let before = run.checkpoint().await.unwrap().0.weights;
            run.advance().await.unwrap();
            let seen = run.seen_since();
            let after = run.checkpoint().await.unwrap().0.weights;
            assert_eq!(seen > 0, before != after, "{kind:?}: {seen}");
        });
    }
}

/// Weights and errors, on which no clock has a bearing.
fn outcome(trained: Trained) -> (trainer::Weights, Vec<[Option<f64>; 2]>) {
    let figures = trained.history.iter().map(|report| [report.train(), report.test()]);
    (trained.weights, figures.collect())
}

#[test]
fn a_run_that_is_left_goes_on_with_the_same_bits() {
    let sample = sample::generate(&SampleConfig { users: 100, items: 60, ratings: 2_000, seed: 7 });
    let split = Split::random(&sample.table, 0.2, 42).unwrap();
    let schedules = |kind: Kind| match kind.1 {
        Optimizer::Sgd => &Schedule::ALL[..],
        _ => &[Schedule::Constant],
    };
    let all =
        kinds().into_iter().flat_map(|kind| schedules(kind).iter().map(move |of| (kind, *of)));
    for (kind, schedule) in all {
        let descent = Descent { schedule, ..Descent::default() };
        let config = Config { descent, ..quick(kind) };
        let whole = outcome(support::train(&split, &config, &support::usual()).unwrap());
        for slices in [0, 1, 7, 14, 25, 40] {
            let again = pollster::block_on(async {
                let (split, device) = (support::shared(&split), support::usual());
                let mut run = Run::start(&split, &config, &device).await.unwrap();
                run.set_pace(Pace::Batches(2));
                for _ in 0..slices {
                    run.advance().await.unwrap();
                }
                let (trained, optimizer) = run.checkpoint().await.unwrap();
                drop(run);
                let cut = (0.2, 42);
                let left =
                    ModelFile::new(trained, Some(optimizer), &sample.table, None, &split, cut);
                let ModelFile { trained, optimizer, .. } =
                    ModelFile::from_bytes(&left.to_bytes()).unwrap();
                let optimizer = optimizer.unwrap();
                let mut run = Run::resume(trained, optimizer, &split, &device).await.unwrap();
                while run.advance().await.unwrap().is_some() {}
                outcome(run.finish().await.unwrap())
            });
            assert!(again == whole, "{kind:?}, {schedule}, left after {slices} slices");
        }
    }
}

#[test]
fn whoever_has_no_training_ratings_gets_a_number_all_the_same() {
    let known = support::small_split(100, 60, 2_000);
    let split = Split { users: known.users + 2, items: known.items + 2, ..known };
    let (low, high) = split.train.range().unwrap();
    let users = [0, split.users - 1, split.users - 1].map(|user| UserIndex(user as u32));
    let items = [split.items - 1, 0, split.items - 1].map(|item| ItemIndex(item as u32));
    for kind in kinds() {
        let trained = support::train(&split, &quick(kind), &support::usual()).unwrap();
        for rating in trained.predict(&users, &items) {
            assert!(rating.is_finite(), "{kind:?}: {rating}");
            let any = kind.0.in_batches() || Config::usual(kind.0).objective == Objective::Ranking;
            assert!(any || (low..=high).contains(&rating), "{kind:?}: {rating}");
        }
    }
}

#[test]
fn the_smallest_tables_train() {
    let one = full(1, 1, |_, _| 3.0);
    let one = Split { train: one.test.clone(), ..one }; // its only rating is the first
    let one_user = full(1, 20, |_, item| (item % 5) as f32);
    let one_item = full(20, 1, |user, _| (user % 5) as f32);
    let alike = full(10, 10, |_, _| 4.0);
    for split in [one, one_user, one_item, alike] {
        for kind in kinds() {
            let trained = support::train(&split, &quick(kind), &support::usual()).unwrap();
            let figure = trained.history.last().unwrap().test();
            // Where every item was rated there is none to rank a held-out one among.
            let may_lack = Config::usual(kind.0).objective == Objective::Ranking;
            assert!(figure.map_or(may_lack, f64::is_finite), "{kind:?}: {figure:?}");
        }
    }
}

/// Ratings whose squares are beyond f32 end in an error that keeps a model, or do no harm.
#[test]
fn huge_ratings_do_no_harm() {
    let mut split = support::small_split(100, 60, 2_000);
    split.train.values.iter_mut().for_each(|rating| *rating *= 1e20);
    for kind in kinds() {
        let (error, trained) = pollster::block_on(async {
            let (split, device) = (support::shared(&split), support::usual());
            let mut run = Run::start(&split, &quick(kind), &device).await.unwrap();
            let error = loop {
                match run.advance().await {
                    Ok(Some(Event::Progress(_) | Event::Epoch(_) | Event::Recovered(_))) => {}
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            (error, run.finish().await.unwrap())
        });
        assert!(matches!(error, None | Some(TrainError::Diverged { .. })), "{kind:?}: {error:?}");
        let values = trained.weights.parameters.iter().flat_map(|of| &of.values);
        assert!(values.into_iter().all(|value| value.is_finite()), "{kind:?}");
    }
}

/// The slope of the penalised squared error by every item's factors and bias, in parts of what a
/// rating adds to it.
#[test]
fn closed_forms_leave_no_slope() {
    let split = support::small_split(100, 60, 2_000);
    let config = quick((ModelKind::BiasedMf, Optimizer::Als));
    let weights = support::train(&split, &config, &support::usual()).unwrap().weights;
    let values = |name: &str| weights.get(name).unwrap().values.as_slice();
    let ([p, q], k) = (["user_factors", "item_factors"].map(values), config.factors);
    let [b, c] = ["user_bias", "item_bias"].map(values);
    for item in 0..split.items {
        let own: Vec<usize> =
            (0..split.train.len()).filter(|&row| split.train.items[row].index() == item).collect();
        let q = &q[item * k..][..k];
        let pull = config.weight_decay * own.len() as f64;
        let mut slope: Vec<f64> =
            q.iter().chain([&c[item]]).map(|x| pull * f64::from(*x)).collect();
        for &row in &own {
            let user = split.train.users[row].index();
            let p = &p[user * k..][..k];
            let dot: f32 = p.iter().zip(q).map(|(p, q)| p * q).sum();
            let predicted = values("rating_scale")[1] + b[user] + c[item] + dot;
            let error = f64::from(split.train.values[row] - predicted);
            for (slope, x) in slope.iter_mut().zip(p.iter().chain([&1.0])) {
                *slope -= error * f64::from(*x);
            }
        }
        let steepest = slope.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
        assert!(steepest < 1e-4 * own.len().max(1) as f64, "item {item}: {slope:?}");
    }
}

/// Koren's sum, taken from the weights and the training ratings.
#[test]
fn svdpp_predicts_by_its_equation() {
    let split = support::small_split(100, 60, 2_000);
    let config = quick((ModelKind::SvdPp, Optimizer::Sgd));
    let trained = support::train(&split, &config, &support::usual()).unwrap();
    let values = |name: &str| trained.weights.get(name).unwrap().values.as_slice();
    let k = config.factors;
    let row = |name: &str, row: usize| values(name)[row * k..][..k].to_vec();
    let [low, mean, high] = values("rating_scale")[..] else { panic!("a scale has three parts") };
    let predicted = trained.predict(&split.test.users, &split.test.items);
    let pairs = split.test.users.iter().zip(&split.test.items);
    for ((user, item), predicted) in pairs.zip(predicted) {
        let rated: Vec<usize> = split
            .train
            .users
            .iter()
            .zip(&split.train.items)
            .filter(|(of, _)| *of == user)
            .map(|(_, item)| item.index())
            .collect();
        let mut taste = vec![0.0; k];
        for other in &rated {
            let implicit = row("item_implicit", *other);
            taste.iter_mut().zip(implicit).for_each(|(sum, y)| *sum += f64::from(y));
        }
        let root = (rated.len().max(1) as f64).sqrt();
        let (p, q) = (row("user_factors", user.index()), row("item_factors", item.index()));
        let mut sum = f64::from(mean + values("user_bias")[user.index()]);
        sum += f64::from(values("item_bias")[item.index()]);
        for ((p, implied), q) in p.iter().zip(&taste).zip(q) {
            sum += (f64::from(*p) + implied / root) * f64::from(q);
        }
        let expected = sum.clamp(f64::from(low), f64::from(high));
        assert!((f64::from(predicted) - expected).abs() < 1e-5, "{predicted} {expected}");
        assert!(taste.iter().any(|sum| *sum != 0.0) || rated.is_empty(), "nothing was learnt");
    }
}
