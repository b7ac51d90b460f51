//! A model at work: predictions, lists, neighbours, new users and reasons, against numpy's and
//! against brute force.

use ratings::{ItemIndex, ReadOptions, Split, Table, UserIndex};
use serde_json::Value;
use trainer::{
    Catalogue, Config, EpochReport, Fallback, Filter, Histories, ItemMap, ModelFile, ModelKind,
    Parameter, Pick, Predictor, Trained, Wanted, Weights,
};

use crate::support;

/// Made by `tests/data/make_use.py`.
pub(crate) fn golden() -> Value {
    let path = support::root().join("tests/data/use.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(parts) => parts.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn parameter(name: &str, shape: Vec<usize>, values: &[f64]) -> Parameter {
    Parameter {
        name: name.into(),
        shape,
        values: values.iter().map(|value| *value as f32).collect(),
    }
}

/// Users and items are numbered as the factors are.
pub(crate) fn table(ratings: impl Iterator<Item = (usize, usize, f64)>) -> Table {
    let text: String = ratings.map(|(u, i, r)| format!("{u}::{i}::{r}\n")).collect();
    ratings::read("r.dat", text.as_bytes(), &ReadOptions::default()).unwrap().table
}

/// A model with given numbers; every row is renumbered to the order in which the ratings name it.
pub(crate) fn file(golden: &Value, model: ModelKind) -> ModelFile {
    let rows = golden["ratings"].as_array().unwrap().iter().map(numbers);
    let table = table(rows.map(|row| (row[0] as usize, row[1] as usize, row[2])));
    let split = Split::random(&table, 0.0, 1).unwrap();
    let rows =
        |name: &str| golden[name].as_array().unwrap().iter().map(numbers).collect::<Vec<_>>();
    let by = |ids: Vec<String>, rows: Vec<Vec<f64>>| -> Vec<f64> {
        ids.iter().flat_map(|id| rows[id.parse::<usize>().unwrap()].clone()).collect()
    };
    let factors = |kind: &str| -> Vec<Vec<f64>> {
        let own = rows(&format!("{kind}_factors"));
        let more = rows(&format!("more_{kind}_factors"));
        let with_more = |(own, more): (&Vec<f64>, Vec<f64>)| [own.clone(), more].concat();
        if model == ModelKind::NeuMf { own.iter().zip(more).map(with_more).collect() } else { own }
    };
    let users = by(table.users.iter().map(str::to_owned).collect(), factors("user"));
    let items = by(table.items.iter().map(str::to_owned).collect(), factors("item"));
    let mut parameters = vec![
        parameter("user_factors", vec![12, users.len() / 12], &users),
        parameter("item_factors", vec![9, items.len() / 9], &items),
    ];
    let hidden = if model.has_layers() { vec![4, 2] } else { Vec::new() };
    let mut layers = golden["layers"].as_array().unwrap().clone();
    let place = ModelKind::NEURAL.iter().position(|neural| *neural == model);
    if let Some(place) = place {
        *layers.last_mut().unwrap() = golden["last_layers"][place].clone();
    }
    let known = if model == ModelKind::Mf { layers.len() } else { layers.len() - 1 - hidden.len() };
    for (n, layer) in layers[known..].iter().enumerate() {
        let (weight, bias) = (numbers(&layer[0]), numbers(&layer[1]));
        let shape = vec![bias.len(), weight.len() / bias.len()];
        parameters.push(parameter(&format!("layers.{n}.weight"), shape, &weight));
        parameters.push(parameter(&format!("layers.{n}.bias"), vec![bias.len()], &bias));
    }
    let trained = Trained {
        config: Config { factors: 3, hidden, ..Config::usual(model) },
        history: vec![EpochReport {
            epoch: 1,
            train_rmse: golden["train_rmse"].as_f64(),
            ..EpochReport::default()
        }],
        weights: Weights { parameters },
    };
    ModelFile::new(trained, None, &table, None, &split, (0.0, 1))
}

pub(crate) fn close(ours: f32, theirs: f64, what: &str) {
    assert!((f64::from(ours) - theirs).abs() < 1e-5, "{what}: {ours} instead of {theirs}");
}

pub(crate) fn user(predictor: &Predictor, id: usize) -> UserIndex {
    predictor.file().users.index_of(&id.to_string()).unwrap()
}

pub(crate) fn item(predictor: &Predictor, id: usize) -> ItemIndex {
    predictor.file().items.index_of(&id.to_string()).unwrap()
}

fn id(predictor: &Predictor, item: ItemIndex) -> usize {
    predictor.file().items.name_of(item).parse().unwrap()
}

#[test]
fn predictions_are_numpys() {
    let golden = golden();
    for model in ModelKind::LAB.into_iter().chain(ModelKind::NEURAL) {
        let predictor = Predictor::new(file(&golden, model));
        let expected = numbers(&golden[model.name()]);
        for u in 0..12 {
            let taste = predictor.taste_of(user(&predictor, u));
            let all = predictor.rate_all(&taste);
            for i in 0..9 {
                let item = item(&predictor, i);
                let rating = predictor.rate(&taste, item);
                close(rating, expected[u * 9 + i], &format!("{model}: {u} {i}"));
                assert_eq!(all[item.index()].to_bits(), rating.to_bits(), "one alone has the bits");
                let whole = predictor.predict(Some(user(&predictor, u)), Some(item), false);
                assert_eq!((whole.rating, whole.fallback), (Some(rating), None));
                let clipped = predictor.predict(Some(user(&predictor, u)), Some(item), true).rating;
                assert_eq!(clipped, Some(rating.clamp(1.0, 5.0)));
            }
        }
    }
}

#[test]
fn lists_and_neighbours_are_numpys() {
    let golden = golden();
    let predictor = Predictor::new(file(&golden, ModelKind::Mf));
    let file = predictor.file();
    let rows: Vec<Vec<f64>> = golden["ratings"].as_array().unwrap().iter().map(numbers).collect();
    let table = table(rows.iter().map(|row| (row[0] as usize, row[1] as usize, row[2])));
    let histories = Histories::of(&table.ratings, file.users.len());
    for u in 0..12 {
        let user = user(&predictor, u);
        let wanted = Wanted { n: 3, allowed: None };
        let list = predictor.recommend(&predictor.taste_of(user), wanted, histories.items_of(user));
        let ids: Vec<f64> = list.iter().map(|pick| id(&predictor, pick.item) as f64).collect();
        assert_eq!(ids, numbers(&golden["top_3_unseen"][u]), "user {u}");
    }
    let cosines = numbers(&golden["cosine_of_item_2"]);
    let near = predictor.similar_items(item(&predictor, 2), Wanted { n: 100, allowed: None });
    assert_eq!(near.len(), 8, "all but itself");
    for pick in &near {
        close(pick.score, cosines[id(&predictor, pick.item)], "item");
    }
    assert!(near.is_sorted_by(|a, b| a.score >= b.score));
    let cosines = numbers(&golden["cosine_of_user_5"]);
    let near = predictor.similar_users(user(&predictor, 5), 4);
    assert_eq!(near.len(), 4);
    for (near, score) in near {
        close(score, cosines[file.users.name_of(near).parse::<usize>().unwrap()], "user");
    }
}

#[test]
fn new_users_are_the_closed_form() {
    let golden = golden();
    let predictor = Predictor::new(file(&golden, ModelKind::Mf));
    for new in golden["new_users"].as_array().unwrap() {
        let rated: Vec<(ItemIndex, f32)> = new["rated"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| {
                let pair = numbers(pair);
                (item(&predictor, pair[0] as usize), pair[1] as f32)
            })
            .collect();
        let taste = predictor.new_taste(&rated);
        let scores = numbers(&new["scores"]);
        for (i, score) in scores.iter().enumerate() {
            close(predictor.rate(&taste, item(&predictor, i)), *score, &format!("item {i}"));
        }
        let explanation = predictor.explain(&taste, &rated, item(&predictor, 4));
        let shares = numbers(&new["shares_of_item_4"]);
        for reason in &explanation.reasons {
            let place = rated.iter().position(|(item, _)| *item == reason.item).unwrap();
            close(reason.share, shares[place], "share");
        }
        let sum: f32 = explanation.reasons.iter().map(|reason| reason.share).sum();
        let whole = explanation.mean_user.unwrap() + sum;
        close(whole, f64::from(explanation.predicted), "the shares add up to the prediction");
        let products: f32 = explanation.factors.iter().map(|share| share.product).sum();
        close(products, f64::from(explanation.predicted), "and so do the factors' products");
        assert!(explanation.reasons.is_sorted_by(|a, b| a.share.abs() >= b.share.abs()));
    }
    let nobody = predictor.new_taste(&[]);
    let everybody: f64 = (0..12).map(|u| numbers(&golden["mf"])[u * 9 + 4]).sum::<f64>() / 12.0;
    close(predictor.rate(&nobody, item(&predictor, 4)), everybody, "without stars: the mean user");
}

#[test]
fn new_users_of_a_network_and_of_svdpp_come_close_to_the_ratings() {
    for (model, learning_rate) in [(ModelKind::DeepMf, 0.005), (ModelKind::SvdPp, 0.06)] {
        let usual = Config::usual(model);
        come_close(&Config { epochs: 20, factors: 6, learning_rate, ..usual });
    }
    for model in ModelKind::NEURAL {
        let batches = Config { batch_size: 256, learning_rate: 0.01, ..Config::usual(model) };
        come_close(&Config { epochs: 20, factors: 6, ..batches });
    }
}

/// Refits every user from the ratings alone.
fn come_close(config: &Config) {
    let split = support::small_split(300, 100, 12_000);
    let trained = support::train(&split, config, &support::usual()).unwrap();
    let predictor = Predictor::new(of_split(trained, &split));
    let histories = Histories::of(&split.train, split.users);
    let (mut fitted, mut mean, mut own, mut n) = (0.0, 0.0, 0.0, 0);
    let nobody = predictor.new_taste(&[]);
    for user in (0..split.users as u32).map(UserIndex) {
        let rated: Vec<(ItemIndex, f32)> = histories.of_user(user).collect();
        let (new, old) = (predictor.new_taste(&rated), predictor.taste_of(user));
        assert_eq!(new, predictor.new_taste(&rated), "the same each time");
        for (item, rating) in rated {
            let squared = |taste| f64::from(predictor.rate(taste, item) - rating).powi(2);
            (fitted, mean, own) =
                (fitted + squared(&new), mean + squared(&nobody), own + squared(&old));
            n += 1;
        }
    }
    let [fitted, mean, own] = [fitted, mean, own].map(|sum| (sum / f64::from(n)).sqrt());
    let model = config.model;
    assert!(fitted < mean - 0.1, "{model}: {fitted} against the mean user's {mean}");
    assert!(fitted < own + 0.05, "{model}: {fitted} against {own} of the users as trained");
}

/// A file around a model of a split; ids are the rows' numbers.
pub(crate) fn of_split(trained: Trained, split: &Split) -> ModelFile {
    let rows = |columns: (usize, usize)| {
        let users = (0..columns.0).map(|user| (user, 0, 1.0));
        users.chain((0..columns.1).map(|item| (0, item, 5.0)))
    };
    let table = table(rows((split.users, split.items)));
    ModelFile::new(trained, None, &table, None, split, (0.2, 42))
}

#[test]
fn what_the_model_does_not_know_falls_back_and_says_so() {
    let golden = golden();
    let mut file = file(&golden, ModelKind::Mf);
    let unrated = file.items.index_of("8").unwrap();
    file.averages.items[unrated.index()].count = 0; // in the table, but only in the test part
    let predictor = Predictor::new(file);
    let (user, known) = (user(&predictor, 3), item(&predictor, 2));
    let mean = predictor.file().averages.mean;
    for (who, what, fallback, expected) in [
        (None, Some(known), Fallback::ItemMean, numbers(&golden["item_means"])[2]),
        (Some(user), None, Fallback::UserMean, numbers(&golden["user_means"])[3]),
        (Some(user), Some(unrated), Fallback::UserMean, numbers(&golden["user_means"])[3]),
        (None, None, Fallback::Mean, mean),
    ] {
        let prediction = predictor.predict(who, what, true);
        assert_eq!(prediction.fallback, Some(fallback));
        close(prediction.rating.unwrap(), expected, "fall-back");
    }
    let list = predictor.recommend(&predictor.taste_of(user), Wanted { n: 9, allowed: None }, &[]);
    assert!(list.iter().all(|pick| pick.item != unrated), "its factors are those of the start");
}

#[test]
fn a_filter_asks_for_genre_year_and_number_of_ratings() {
    let text = "0::a::1\n0::b::2\n1::b::3\n0::c::4\n0::d::5\n";
    let table = ratings::read("r.dat", text.as_bytes(), &ReadOptions::default()).unwrap().table;
    let titles = b"a::Alien (1979)::Horror|Sci-Fi\nb::Brazil (1985)::Sci-Fi\nc::Clue::Comedy\n";
    let titles = ratings::Titles::parse("movies.dat", titles).unwrap();
    let split = Split::random(&table, 0.0, 1).unwrap();
    let config = Config { epochs: 0, ..Config::usual(ModelKind::Mf) };
    let trained = support::train(&split, &config, &support::fused()).unwrap();
    let file = ModelFile::new(trained, None, &table, Some(&titles), &split, (0.0, 1));
    let predictor = Predictor::new(file);
    let filter = Filter::default;
    for (filter, expected) in [
        (filter(), [true, true, true, true]),
        (Filter { genres: vec!["sci-fi".into()], ..filter() }, [true, true, false, false]),
        (
            Filter { genres: vec!["Horror".into(), "Comedy".into()], ..filter() },
            [true, false, true, false],
        ),
        (Filter { from_year: Some(1980), ..filter() }, [false, true, false, false]),
        (Filter { to_year: Some(1979), ..filter() }, [true, false, false, false]),
        (Filter { min_ratings: 2, ..filter() }, [false, true, false, false]),
    ] {
        assert_eq!(predictor.allowed(&filter), expected, "{filter:?}");
    }
}

#[test]
fn a_catalogue_counts_what_is_recommended() {
    let golden = golden();
    let file = file(&golden, ModelKind::Mf);
    let pick = |item: u32| Pick { item: ItemIndex(item), score: 1.0 };
    let names = golden["top_3_unseen"].as_array().unwrap().iter();
    let lists = names.map(|list| {
        let item = |name: &f64| file.items.index_of(&name.to_string()).expect("an item").0;
        numbers(list).iter().map(|name| pick(item(name))).collect::<Vec<_>>()
    });
    let lists: Vec<_> = lists.collect();
    let catalogue = Catalogue::of(lists.iter().map(Vec::as_slice), &file.averages);
    let numpys = numbers(&golden["catalogue"]);
    assert_eq!(catalogue.recommended as f64, numpys[0]);
    assert!((catalogue.gini - numpys[1]).abs() < 1e-12, "{catalogue:?}");
    assert!((catalogue.novelty - numpys[2]).abs() < 1e-12, "{catalogue:?}");
    let lists = [vec![pick(0), pick(1)], vec![pick(0)], Vec::new()];
    let catalogue = Catalogue::of(lists.iter().map(Vec::as_slice), &file.averages);
    assert_eq!((catalogue.items, catalogue.recommended), (9, 2));
    let bits = |item: usize| -(f64::from(file.averages.items[item].count) / 12.0).log2();
    assert!((catalogue.novelty - (2.0 * bits(0) + bits(1)) / 3.0).abs() < 1e-12);
    // Sorted counts 0 (seven times), 1, 2: (2*8-10)*1 + (2*9-10)*2 over 9*3.
    assert!((catalogue.gini - 22.0 / 27.0).abs() < 1e-12);
}

#[test]
fn a_map_takes_no_more_factors_than_it_says() {
    let split = support::small_split(12, 8, 60);
    let most = *ItemMap::FACTORS.end();
    for (factors, there) in [(1, false), (2, true), (most + 1, false), (4096, false)] {
        let config = Config { factors, epochs: 0, ..Config::usual(ModelKind::Mf) };
        let trained = support::train(&split, &config, &support::fused()).unwrap();
        let map = Predictor::new(of_split(trained, &split)).item_map();
        assert_eq!(map.is_some(), there, "{factors} factors");
    }
}
