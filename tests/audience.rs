//! Who would like an item, against the model turned round and against brute force.

use ratings::{ItemIndex, UserIndex};
use trainer::{Audience, Config, EpochReport, ModelFile, ModelKind, Posterior, Predictor};

use crate::support;
use crate::using::{close, file, golden, of_split};

/// A model with users and items in each other's places.
fn mirrored(file: &ModelFile) -> ModelFile {
    let mut file = file.clone();
    std::mem::swap(&mut file.averages.users, &mut file.averages.items);
    let parameters = &mut file.trained.weights.parameters;
    let [users, items] = [0, 1].map(|n| parameters[n].name.clone());
    parameters.swap(0, 1);
    (parameters[0].name, parameters[1].name) = (users, items);
    if file.trained.config.model == ModelKind::Gmf {
        return file; // its one layer reads products
    }
    for layer in parameters.iter_mut().filter(|of| of.name == "layers.0.weight") {
        let inputs = layer.shape[1];
        layer.values.chunks_mut(inputs).for_each(|row| row.rotate_left(inputs / 2));
    }
    file
}

#[test]
fn a_new_item_is_a_new_user_of_the_mirrored_model() {
    for model in ModelKind::LAB.into_iter().chain(ModelKind::NEURAL) {
        let file = file(&golden(), model);
        let (audience, mirror) = (Audience::new(&file), Predictor::new(mirrored(&file)));
        for rated in [&[][..], &[(3, 5.0)], &[(0, 4.0), (7, 1.5), (2, 3.0), (9, 2.0), (5, 5.0)]] {
            let by_users: Vec<_> =
                rated.iter().map(|(n, rating)| (UserIndex(*n), *rating)).collect();
            let by_items: Vec<_> =
                rated.iter().map(|(n, rating)| (ItemIndex(*n), *rating)).collect();
            let (item, user) = (audience.of_new(&by_users), mirror.new_taste(&by_items));
            for n in 0..12 {
                let expected = mirror.rate(&user, ItemIndex(n));
                close(audience.rate(&item, UserIndex(n)), f64::from(expected), &format!("{model}"));
            }
        }
    }
}

#[test]
fn an_items_audience_are_the_users_whose_ratings_are_highest() {
    for model in ModelKind::LAB.into_iter().chain(ModelKind::NEURAL) {
        assert_is_brute_force(&file(&golden(), model));
    }
    let split = support::small_split(40, 30, 600);
    for model in ModelKind::ALL {
        let posterior = Posterior { burn_in: 1, samples: 2 };
        let usual = Config::usual(model);
        let config = Config { epochs: 3, factors: usual.factors.min(3), posterior, ..usual };
        let trained = support::train(&split, &config, &support::usual()).unwrap();
        assert_is_brute_force(&of_split(trained, &split));
    }
}

/// Of every item, the fifth user left out.
fn assert_is_brute_force(file: &ModelFile) {
    let model = file.trained.config.model;
    let (audience, predictor) = (Audience::new(file), Predictor::new(file.clone()));
    for item in (0..file.items.len() as u32).map(ItemIndex) {
        let mut expected: Vec<(f32, u32)> = (0..file.users.len() as u32)
            .filter(|user| *user != 4 && file.averages.users[*user as usize].count > 0)
            .map(|user| (predictor.rate(&predictor.taste_of(UserIndex(user)), item), user))
            .collect();
        expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let found = audience.best(&audience.of(item), 5, &[UserIndex(4)]);
        assert_eq!(found.len(), 5);
        for ((user, rating), (score, place)) in found.iter().zip(&expected) {
            assert_eq!(user.0, *place, "{model}, item {}", item.0);
            close(*rating, f64::from(*score), "a rating");
        }
    }
}

/// The spread of the errors is that of the epoch whose model is delivered, not of the last.
#[test]
fn a_new_user_is_fitted_as_the_chosen_epoch_would_have_it() {
    let golden = golden();
    let report = |epoch, train_rmse, validation_rmse| EpochReport {
        epoch,
        train_rmse: Some(train_rmse),
        validation_rmse,
        ..EpochReport::default()
    };
    let (first, second) = (report(1, 0.9, Some(0.9)), report(2, 0.1, Some(1.0)));
    for model in [ModelKind::Mf, ModelKind::DeepMf] {
        let fitted = |history: Vec<EpochReport>| {
            let mut file = file(&golden, model);
            file.trained.history = history;
            let rated: &[(UserIndex, f32)] = &[(UserIndex(1), 4.0), (UserIndex(5), 1.5)];
            let audience = Audience::new(&file);
            let items: Vec<_> = rated.iter().map(|(n, rating)| (ItemIndex(n.0), *rating)).collect();
            (Predictor::new(file).new_taste(&items), audience.of_new(rated))
        };
        let chosen = fitted(vec![first.clone(), second.clone()]);
        assert_eq!(chosen, fitted(vec![first.clone()]), "{model}");
        assert_ne!(chosen, fitted(vec![second.clone()]), "{model}: the penalty must matter");
    }
}
