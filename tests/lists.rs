//! The best items for everybody, against brute force, and those of a GPU against the processor's.

use ratings::{ItemIndex, Split, UserIndex};
use trainer::{Config, Filter, Histories, ModelFile, ModelKind, Predictor, Wanted};

use crate::{support, using::of_split};

/// Factors from few whole numbers, so that many scores are alike.
fn with_ties(model: ModelKind, users: usize, items: usize) -> (ModelFile, Split) {
    let split = support::small_split(users, items, users * 12);
    let config = Config { factors: 2, epochs: 0, ..Config::usual(model) };
    let mut trained = support::train(&split, &config, &support::usual()).unwrap();
    let scale = if model.is_neural() { 150.0 } else { 1.5 }; // factors of usual size start at 0.01 or 1
    for parameter in &mut trained.weights.parameters[..2] {
        parameter.values.iter_mut().for_each(|value| *value = (*value * scale).round());
    }
    (of_split(trained, &split), split)
}

#[test]
fn lists_are_those_of_brute_force() {
    for (model, users, items) in
        [(ModelKind::Mf, 40, 1_300), (ModelKind::DeepMf, 30, 150), (ModelKind::NeuMf, 50, 64)]
    {
        let (file, split) = with_ties(model, users, items);
        let predictor = Predictor::new(file);
        let histories = Histories::of(&split.train, split.users);
        let everyone: Vec<UserIndex> = (0..split.users as u32).map(UserIndex).collect();
        let odd: Vec<bool> = (0..split.items).map(|item| item % 2 == 1).collect();
        let known = predictor.allowed(&Filter::default());
        let mut ties = 0;
        for (n, allowed) in [(0, None), (1, None), (10, None), (10, Some(&odd)), (5_000, None)] {
            let wanted = Wanted { n, allowed: allowed.map(Vec::as_slice) };
            let lists = predictor.recommend_all(&everyone, wanted, Some(&histories), 1);
            for threads in [2, 3, 64] {
                assert_eq!(
                    predictor.recommend_all(&everyone, wanted, Some(&histories), threads),
                    lists
                );
            }
            for (user, list) in everyone.iter().zip(&lists) {
                let scores = predictor.rate_all(&predictor.taste_of(*user));
                let may = |item: &usize| {
                    allowed.unwrap_or(&known)[*item]
                        && !histories.items_of(*user).contains(&ItemIndex(*item as u32))
                };
                let mut expected: Vec<usize> = (0..split.items).filter(may).collect();
                expected
                    .sort_by(|a, b| scores[*b].partial_cmp(&scores[*a]).unwrap().then(a.cmp(b)));
                ties += expected.windows(2).filter(|two| scores[two[0]] == scores[two[1]]).count();
                expected.truncate(n);
                let items: Vec<usize> = list.iter().map(|pick| pick.item.index()).collect();
                assert_eq!(items, expected, "{model} {n}");
                assert!(list.iter().all(|pick| pick.score == scores[pick.item.index()]));
            }
        }
        assert!(ties > 1_000, "{ties} ties prove little");
    }
}

/// With ties, with scores that are no numbers, and where nothing is left to recommend.
#[test]
fn lists_on_a_gpu_are_the_processors() {
    let Some(device) = support::gpu("using::lists_on_a_gpu_are_the_processors") else { return };
    let gpu = pollster::block_on(device.connect()).unwrap();
    let mut proposed = 0;
    for (model, users, items, spoilt) in [
        (ModelKind::Mf, 300, 1_300, false),
        (ModelKind::Mf, 40, 700, true),
        (ModelKind::BiasedMf, 300, 900, false),
        (ModelKind::DeepMf, 20, 60, false), // by the processor
        (ModelKind::Mf, 30, 3, false),
    ] {
        let (mut file, split) = with_ties(model, users, items);
        if spoilt {
            file.trained.weights.parameters[1].values[..40].fill(f32::NAN);
            file.trained.weights.parameters[1].values[40..60].fill(f32::INFINITY);
        }
        let predictor = Predictor::new(file);
        let histories = Histories::of(&split.train, split.users);
        let everyone: Vec<UserIndex> = (0..split.users as u32).map(UserIndex).collect();
        let odd: Vec<bool> = (0..split.items).map(|item| item % 2 == 1).collect();
        for (n, allowed, seen) in [
            (0, None, None),
            (1, None, Some(&histories)),
            (10, None, Some(&histories)),
            (10, Some(&odd), None),
            (32, None, None),
            (33, None, None), // too long for it
        ] {
            let wanted = Wanted { n, allowed: allowed.map(Vec::as_slice) };
            let on_gpu = predictor.recommend_all_on(&gpu, &everyone, wanted, seen, 2);
            let on_gpu = pollster::block_on(on_gpu).unwrap();
            let lists = predictor.recommend_all(&everyone, wanted, seen, 1);
            assert!(on_gpu.lists == lists, "{model}, {items} items, {n}");
            proposed += lists.len() - on_gpu.by_processor;
        }
    }
    assert!(proposed > 1_000, "the GPU decided {proposed} lists: too few to prove anything");
}

#[test]
fn scores_that_are_no_numbers_are_never_recommended() {
    let (mut file, split) = with_ties(ModelKind::Mf, 20, 70);
    file.trained.weights.parameters[1].values[..40].fill(f32::NAN);
    file.trained.weights.parameters[1].values[40..60].fill(f32::INFINITY);
    let predictor = Predictor::new(file);
    let all: Vec<bool> = vec![true; split.items];
    for user in (0..split.users as u32).map(UserIndex) {
        let wanted = Wanted { n: 100, allowed: Some(&all) };
        let list = predictor.recommend(&predictor.taste_of(user), wanted, &[]);
        assert_eq!(list.len(), split.items - 30);
        assert!(list.iter().all(|pick| pick.score.is_finite()));
    }
}
