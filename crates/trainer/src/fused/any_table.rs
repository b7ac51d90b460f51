//! On any table, with any settings: the bits of plain dense steps.

use proptest::{
    prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest},
    sample::select,
};
use ratings::{ItemIndex, Ratings, Split, UserIndex};

use super::plain::{bits, fused, plain};
use crate::{Config, ModelKind, Weights};

/// Up to 60 users, 60 items and 300 ratings.
fn tables() -> impl Strategy<Value = Split> {
    (1..60_u32, 1..60_u32).prop_flat_map(|(users, items)| {
        let rating = (0..users, 0..items, -5.0..5.0_f32);
        prop::collection::vec(rating, 1..300).prop_map(move |ratings| Split {
            train: Ratings {
                users: ratings.iter().map(|rating| UserIndex(rating.0)).collect(),
                items: ratings.iter().map(|rating| ItemIndex(rating.1)).collect(),
                values: ratings.iter().map(|rating| rating.2).collect(),
            },
            test: Ratings::default(),
            users: users as usize,
            items: items as usize,
            ..Split::default()
        })
    })
}

fn configs() -> impl Strategy<Value = Config> {
    let kinds = (select(&ModelKind::LAB), select(ModelKind::Mf.optimizers()));
    let sizes = (1..40_usize, prop_oneof![1..8_usize, 1..600_usize], 1..4_usize);
    let rates = (select(&[1e-3, 0.1]), prop_oneof![Just(0.0), Just(1e-5), 0.0..0.1]);
    (kinds, sizes, rates, any::<u64>()).prop_map(
        |((model, optimizer), (factors, batch_size, epochs), (learning_rate, decay), seed)| {
            Config {
                optimizer,
                factors,
                batch_size,
                epochs,
                learning_rate,
                weight_decay: decay,
                seed,
                ..Config::usual(model)
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_table_gets_the_bits_of_dense_steps(
        split in tables(),
        config in configs(),
        threads in 1..5_usize,
        pace in 1..20_usize,
        look in any::<bool>(),
    ) {
        let start = Weights::initial(&config, split.users, split.items);
        let ours = fused(&split, &config, &start, threads, pace, look);
        assert!(bits(&ours) == bits(&plain(&split, &config, &start)));
    }
}
