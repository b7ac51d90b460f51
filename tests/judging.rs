//! A model judged, against numpy.

use serde_json::Value;
use trainer::{
    Candidates, Config, Errors, HeldOut, Histories, Hits, ModelKind, Predictor, Ranking, Relevant,
};

use crate::support;
use crate::using::{file, golden, item, numbers, table, user};

#[test]
fn a_judgement_is_numpys() {
    let golden = golden();
    let predictor = Predictor::new(file(&golden, ModelKind::Mf));
    let rows: Vec<Vec<f64>> = golden["ratings"].as_array().unwrap().iter().map(numbers).collect();
    let table = table(rows.iter().map(|row| (row[0] as usize, row[1] as usize, row[2])));
    let train = Histories::of(&table.ratings, table.users.len());
    let held_out: Vec<HeldOut> = golden["held_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .map(|row| {
            let (user, item) =
                (user(&predictor, row[0] as usize), item(&predictor, row[1] as usize));
            (Some(user), Some(item), row[2] as f32)
        })
        .collect();
    let judged = &golden["judged"];
    let errors = Errors::of(&predictor, &held_out, true).unwrap();
    let near = |ours: f64, theirs: f64, what: &str| {
        assert!((ours - theirs).abs() < 1e-6, "{what}: {ours} instead of {theirs}");
    };
    for (ours, theirs) in
        [errors.rmse, errors.mae, errors.r2].iter().zip(numbers(&judged["errors"]))
    {
        near(*ours, theirs, "rmse, mae, r2");
    }
    assert_eq!((errors.ratings, errors.coverage), (held_out.len(), 1.0));
    for (groups, name) in [
        (&errors.by_user_activity, "by_user_activity"),
        (&errors.by_item_popularity, "by_item_popularity"),
    ] {
        let theirs = judged[name].as_array().unwrap();
        let ours: Vec<_> = groups.iter().filter(|group| group.most > 0).collect();
        assert!(groups.is_sorted_by(|a, b| a.most <= b.fewest), "{groups:?}");
        assert_eq!(ours.iter().map(|group| group.ratings).sum::<usize>(), held_out.len());
        let filled = theirs.iter().filter_map(Value::as_f64);
        let rmse: Vec<f64> = ours.iter().filter_map(|group| group.rmse).collect();
        assert_eq!(rmse.len(), filled.clone().count());
        rmse.iter().zip(filled).for_each(|(ours, theirs)| near(*ours, theirs, name));
    }
    let bins: Vec<f64> =
        errors.calibration.iter().flat_map(|bin| [bin.predicted, bin.actual]).collect();
    for (ours, theirs) in bins.iter().zip(numbers(&judged["calibration"])) {
        near(*ours, theirs, "calibration");
    }
    let theirs = numbers(&judged["ranking_at_3"]);
    for threads in [1, 4] {
        let relevant = Relevant { from: 4.0, n: 3 };
        let ranking = Ranking::of(&predictor, &held_out, Some(&train), relevant, threads);
        let Ranking { users, precision, recall, ndcg, map, hit_rate } = ranking;
        let ours = [users as f64, precision, recall, ndcg, map, hit_rate];
        ours.iter().zip(&theirs).for_each(|(ours, theirs)| near(*ours, *theirs, "ranking"));
    }
}

#[test]
fn unknown_users_and_items_count_as_not_covered() {
    let golden = golden();
    let predictor = Predictor::new(file(&golden, ModelKind::Mf));
    let (user, item) = (user(&predictor, 3), item(&predictor, 2));
    let held_out = [(Some(user), Some(item), 4.0), (None, Some(item), 4.0), (None, None, 1.0)];
    let errors = Errors::of(&predictor, &held_out, true).unwrap();
    assert_eq!((errors.ratings, errors.coverage), (3, 1.0 / 3.0));
    assert_eq!(Errors::of(&predictor, &[], true), None);
    let relevant = Relevant { from: 3.0, n: 5 };
    let ranking = Ranking::of(&predictor, &held_out, None, relevant, 1);
    assert_eq!(ranking.users, 1, "nobody knows what an unknown user likes");
    assert_eq!(Ranking::of(&predictor, &[], None, relevant, 1), Ranking::default());
}

/// Every held-out item's place among all others, by sorting; and the sampled ones as a part of them.
#[test]
fn held_out_items_have_the_places_that_sorting_gives() {
    let golden = golden();
    let predictor = Predictor::new(file(&golden, ModelKind::Mf));
    let rows: Vec<Vec<f64>> = golden["ratings"].as_array().unwrap().iter().map(numbers).collect();
    let table = table(rows.iter().map(|row| (row[0] as usize, row[1] as usize, row[2])));
    let train = Histories::of(&table.ratings, table.users.len());
    let users = || (0..predictor.file().users.len() as u32).map(ratings::UserIndex);
    let (train, predictor) = (&train, &predictor);
    let unrated = |user| {
        let known = move |item: &ratings::ItemIndex| {
            let seen = train.items_of(user).binary_search(item).is_ok();
            !seen && predictor.file().averages.items[item.index()].count > 0
        };
        (0..predictor.file().items.len() as u32).map(ratings::ItemIndex).filter(known)
    };
    let knows = |user: &ratings::UserIndex| predictor.file().averages.users[user.index()].count > 0;
    let held_out: Vec<HeldOut> = users()
        .filter(knows)
        .filter_map(|user| {
            Some((Some(user), unrated(user).next(), 5.0)).filter(|of| of.1.is_some())
        })
        .collect();
    assert!(held_out.len() > 1, "the golden table has users with something left to rate");
    const N: usize = 2;
    let (mut hits, mut gain) = (0.0, 0.0);
    for (user, item, _) in &held_out {
        let taste = predictor.taste_of(user.unwrap());
        let mut scores: Vec<f32> =
            unrated(user.unwrap()).map(|item| predictor.rate(&taste, item)).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        let own = predictor.rate(&taste, item.unwrap());
        let place = scores.iter().rposition(|score| *score == own).unwrap() + 1;
        if place <= N {
            hits += 1.0;
            gain += 1.0 / (place as f64 + 1.0).log2();
        }
    }
    let n = held_out.len() as f64;
    let judge = |among, threads| Hits::of(predictor, &held_out, Some(train), among, N, threads);
    let full = judge(Candidates::Full, 1);
    assert_eq!(full.cases, held_out.len());
    assert!((full.hit_rate - hits / n).abs() < 1e-12 && (full.ndcg - gain / n).abs() < 1e-12);
    assert_eq!(judge(Candidates::Full, 4), full, "threads change nothing");
    let sampled = |negatives| judge(Candidates::Sampled { negatives, seed: 7 }, 2);
    assert_eq!((sampled(0).hit_rate, sampled(0).ndcg), (1.0, 1.0), "alone it is the first");
    assert_eq!(sampled(3), sampled(3), "the seed says which");
    assert!(sampled(3).hit_rate >= full.hit_rate, "a part of the others leaves it before more");
    let all = sampled(10_000);
    assert_eq!((all.hit_rate, all.ndcg), (full.hit_rate, full.ndcg), "so many that it is all");
    let nobody = Hits::of(predictor, &[], None, Candidates::Full, N, 1);
    assert_eq!((nobody.cases, nobody.hit_rate), (0, 0.0));
}

/// Where nothing moves, the errors before each step are those after the epoch.
#[test]
fn errors_in_training_are_those_of_the_same_ratings_held_out() {
    let mut split = support::small_split(100, 60, 2_000);
    split.test = split.train.clone();
    let still = |model| Config {
        learning_rate: 1e-12,
        weight_decay: 0.0,
        batch_size: 400, // all batches are full
        epochs: 1,
        ..Config::usual(model)
    };
    const NAME: &str = "errors_in_training_are_those_of_the_same_ratings_held_out";
    let devices = support::engines().into_iter().chain(support::gpu(NAME));
    let lab = devices.flat_map(|device| ModelKind::LAB.map(|model| (model, device.clone())));
    let neural = ModelKind::NEURAL.map(|model| (model, support::reference()));
    let descents = support::gpu(NAME).map(|gpu| (ModelKind::BiasedMf, gpu)).into_iter();
    let learners = [ModelKind::BiasedMf, ModelKind::SvdPp].map(|model| (model, support::fused()));
    for (model, device) in lab.chain(neural).chain(learners).chain(descents) {
        let trained = support::train(&split, &still(model), &device).unwrap();
        let report = &trained.history[0];
        let pairs = [(report.train_rmse, report.test_rmse), (report.train_mae, report.test_mae)];
        for (in_training, held_out) in pairs {
            let off = (in_training.unwrap() - held_out.unwrap()).abs();
            assert!(off < 1e-5, "{model} on {}: {pairs:?}", device.name());
        }
    }
}
