//! The same training without threads, vectors or waiting rows: every row makes every step at once.
//! The engine must give its bits.

use std::collections::BTreeSet;

use ratings::{ItemIndex, Ratings, Split, UserIndex};

use super::{
    adam::{Moving, Schedule, step},
    engine::Fused,
    lanes::{LANES, add, total},
    layers::{BLOCK, Column, Layers},
};
use crate::{Config, ModelKind, Optimizer, Order, Weights, checkpoint::Checkpoint, weights};

/// Trains and gives all numbers in the order of [`Weights`], then their first and second moments.
pub(super) fn plain(split: &Split, config: &Config, start: &Weights) -> Vec<f32> {
    let (width, users) = (config.factors.next_multiple_of(LANES), split.users);
    let tables = start.parameters[..2].iter().flat_map(|table| table.values.chunks(config.factors));
    let mut values: Vec<f32> = tables.flat_map(|row| padded(row, width)).collect();
    let zeros = vec![0.0; values.len()];
    let (mut first, mut second) = (zeros.clone(), zeros.clone());
    let mut layers = (config.model == ModelKind::DeepMf).then(|| {
        let mut layers = Layers::new(weights::layers(config));
        let from = start.parameters[2..].iter().flat_map(|parameter| &parameter.values);
        layers.values.iter_mut().zip(from).for_each(|(to, value)| *to = *value);
        layers
    });
    let mut schedule = Schedule::new();
    let n = u32::try_from(split.train.len()).expect("small");
    for epoch in 1..=u32::try_from(config.epochs).expect("few") {
        let order = Order::new(n, config.seed, epoch);
        let visited: Vec<usize> = (0..n).map(|position| order.at(position) as usize).collect();
        for batch in visited.chunks(config.batch_size) {
            let now = schedule.next(config);
            let rows: Vec<[usize; 2]> = batch
                .iter()
                .map(|&i| [split.train.users[i].index(), users + split.train.items[i].index()])
                .collect();
            let ratings: Vec<f32> = batch.iter().map(|&i| split.train.values[i]).collect();
            let mut gradients = zeros.clone();
            match &mut layers {
                None => by_product(&rows, &ratings, width, &values, &mut gradients),
                Some(layers) => {
                    let mut sum =
                        by_layers(&rows, &ratings, config.factors, layers, &values, &mut gradients);
                    layers.move_by(pulp::Scalar, &mut sum, &now.layers);
                }
            }
            let moved: BTreeSet<usize> = match config.optimizer {
                Optimizer::Adam => (0..values.len() / width).collect(),
                _ => rows.iter().flatten().copied().collect(),
            };
            for row in moved {
                let row = row * width..(row + 1) * width;
                let numbers = Moving {
                    values: &mut values[row.clone()],
                    first: &mut first[row.clone()],
                    second: &mut second[row.clone()],
                };
                step(pulp::Scalar, numbers, &mut gradients[row], &now.rows);
            }
        }
    }
    let len: usize = start.parameters.iter().map(|parameter| parameter.values.len()).sum();
    let all = |part: usize| {
        let rows = [&values, &first, &second][part].chunks(width);
        let rows = rows.flat_map(|row| &row[..config.factors]);
        let layers = layers.iter().flat_map(move |layers| layers.get(part));
        rows.chain(layers).take(len).copied().collect::<Vec<f32>>()
    };
    [0, 1, 2].map(all).concat()
}

fn padded(row: &[f32], width: usize) -> Vec<f32> {
    let mut padded = row.to_vec();
    padded.resize(width, 0.0);
    padded
}

fn by_product(
    rows: &[[usize; 2]],
    ratings: &[f32],
    width: usize,
    values: &[f32],
    gradients: &mut [f32],
) {
    let scale = 2.0 / ratings.len() as f32;
    for (&[user, item], rating) in rows.iter().zip(ratings) {
        let (p, q) = (&values[user * width..][..width], &values[item * width..][..width]);
        let mut products = [0.0; LANES];
        for (column, (p, q)) in p.iter().zip(q).enumerate() {
            products[column % LANES] += p * q;
        }
        let error = total(&mut products) - rating;
        for (row, other) in [(user, q), (item, p)] {
            let other: Vec<f32> = other.iter().map(|number| scale * error * number).collect();
            add(&mut gradients[row * width..], &other);
        }
    }
}

/// Gradients of the rows; returns those of the layers.
fn by_layers(
    rows: &[[usize; 2]],
    ratings: &[f32],
    factors: usize,
    layers: &Layers,
    values: &[f32],
    gradients: &mut [f32],
) -> Vec<f32> {
    let width = factors.next_multiple_of(LANES);
    let scale = 2.0 / ratings.len() as f32;
    let mut room = layers.activations();
    let mut lanes = [(); LANES].map(|()| vec![0.0; layers.values.len()]);
    let blocks = rows.chunks(BLOCK).zip(ratings.chunks(BLOCK));
    for (number, (rows, ratings)) in blocks.enumerate() {
        for (s, &[user, item]) in rows.iter().enumerate() {
            for (first, row) in [(0, user), (factors, item)] {
                for (column, number) in values[row * width..][..factors].iter().enumerate() {
                    room.columns[first + column][s] = *number;
                }
            }
        }
        for column in &mut room.columns[..2 * factors] {
            column[rows.len()..].fill(0.0);
        }
        let predictions = *layers.forward(pulp::Scalar, &mut room);
        let mut derivative: Column = [0.0; BLOCK];
        for (s, rating) in ratings.iter().enumerate() {
            derivative[s] = scale * (predictions[s] - rating);
        }
        layers.backward(pulp::Scalar, &mut room, &derivative, &mut lanes[number % LANES]);
        for (s, rows) in rows.iter().enumerate() {
            let by_inputs: Vec<f32> = (0..2 * factors).map(|input| room.deltas[input][s]).collect();
            for (row, by_row) in rows.iter().zip(by_inputs.chunks(factors)) {
                add(&mut gradients[row * width..], by_row);
            }
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    (0..a.len())
        .map(|i| ((a[i] + e[i]) + (c[i] + g[i])) + ((b[i] + f[i]) + (d[i] + h[i])))
        .collect()
}

/// Ratings from a small generator, with a few rows far more popular than the others.
fn split(users: u32, items: u32, ratings: u32) -> Split {
    let mut state = 1u32;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let uniform = (state >> 8) as f32 / (1 << 24) as f32;
        (uniform * uniform * below as f32) as u32
    };
    let mut make = |n: u32| Ratings {
        users: (0..n).map(|_| UserIndex(draw(users))).collect(),
        items: (0..n).map(|_| ItemIndex(draw(items))).collect(),
        values: (0..n).map(|_| 1.0 + draw(9) as f32 / 2.0).collect(),
    };
    Split {
        train: make(ratings),
        test: make(ratings / 5),
        users: users as usize,
        items: items as usize,
        ..Split::default()
    }
}

/// Trains on `threads` threads, `pace` batches at a time, looking at the weights after each slice
/// if `look`.
pub(super) fn fused(
    split: &Split,
    config: &Config,
    start: &Weights,
    threads: usize,
    pace: usize,
    look: bool,
) -> Vec<f32> {
    let mut engine = Fused::new(split, config, &Checkpoint::fresh(start, config), threads);
    for epoch in 1..=u32::try_from(config.epochs).expect("few") {
        engine.begin_epoch(epoch);
        while !engine.train(pace).is_empty() {
            if look {
                engine.weights();
            }
        }
    }
    let Checkpoint { weights, first, second, .. } = engine.checkpoint();
    let parts = [weights, first, second].into_iter().flat_map(|part| part.parameters);
    parts.flat_map(|parameter| parameter.values).collect()
}

pub(super) fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn cases() -> impl Iterator<Item = (ModelKind, Optimizer)> {
    ModelKind::LAB
        .into_iter()
        .flat_map(|model| model.optimizers().iter().map(move |optimizer| (model, *optimizer)))
}

#[test]
fn waiting_rows_give_the_bits_of_dense_steps() {
    for (users, items, ratings, factors, batch_size, weight_decay) in [
        (200, 90, 3_000, 10, 64, 1e-2),
        (200, 90, 3_000, 10, 64, 0.0), // momentum alone
        (1, 1, 40, 1, 7, 1e-5),        // one row, repeated in every batch
        (1, 50, 1_300, 33, 512, 1e-5),
        (30, 20, 50, 8, 512, 1e-5), // a batch larger than the data
        (40, 600, 700, 3, 1, 1e-3), // long gaps
        (20, 20, 300, 128, 32, 1e-5),
        (200, 90, 20_000, 10, 260, 1e-2), // two threads, and rows that are rounded up
        (300, 300, 90_000, 5, 300, 1e-3), // two, of unequal shares
        (90, 70, 20_000, 19, 1_100, 1e-3), // eight, of unequal shares
        (50, 40, 20_000, 11, 500, 1e-5),  // four
        (60, 50, 12_000, 10, 5_000, 1e-3), // more blocks than lanes of errors
        (30, 20, 2_000, 64, 300, 1e-5),
        (90, 70, 8_000, 17, 300, 1e-3), // two: a second chunk with one column, and with none
        (60, 50, 9_000, 65, 1_100, 1e-5), // eight, likewise
    ] {
        for (model, optimizer) in cases() {
            let split = split(users, items, ratings);
            let config = Config {
                optimizer,
                factors,
                batch_size,
                weight_decay,
                epochs: 2,
                learning_rate: 0.01,
                ..Config::usual(model)
            };
            let start = Weights::initial(&config, split.users, split.items);
            let expected = bits(&plain(&split, &config, &start));
            let case = format!(
                "{model}, {optimizer}, {users} users, {items} items, K {factors}, batch {batch_size}"
            );
            for (threads, pace, look) in [
                (1, 1000, false),
                (1, 3, true),
                (2, 5, false),
                (2, 1, true),
                (4, 2, true),
                (64, 50, false),
            ] {
                let ours = bits(&fused(&split, &config, &start, threads, pace, look));
                assert!(ours == expected, "{case}: {threads} threads, {pace} batches a slice");
            }
        }
    }
}

#[test]
fn losses_and_errors_do_not_depend_on_the_threads() {
    for model in ModelKind::LAB {
        let split = split(200, 90, 3_000);
        let config = Config { batch_size: 900, factors: 20, ..Config::usual(model) };
        let start = Weights::initial(&config, split.users, split.items);
        let run = |threads| {
            let mut engine =
                Fused::new(&split, &config, &Checkpoint::fresh(&start, &config), threads);
            engine.begin_epoch(1);
            (engine.train(usize::MAX), engine.evaluate())
        };
        let (losses, error) = run(1);
        assert_eq!(losses.len(), 4);
        assert_eq!(error.map(|misses| misses.ratings), Some(600));
        for threads in [2, 4, 8] {
            assert_eq!(run(threads), (losses.clone(), error), "{model}, {threads} threads");
        }
    }
}

#[test]
fn every_vector_width_gives_the_same_bits() {
    let split = split(100, 60, 2_000);
    for model in ModelKind::LAB {
        let config = Config { epochs: 2, batch_size: 256, ..Config::usual(model) };
        let start = Weights::initial(&config, split.users, split.items);
        let run = |arch| {
            let mut engine = Fused::new(&split, &config, &Checkpoint::fresh(&start, &config), 2);
            engine.arch = arch;
            engine.begin_epoch(1);
            engine.train(usize::MAX);
            let misses: Vec<_> = std::iter::from_fn(|| engine.evaluate()).collect();
            (engine.weights(), misses)
        };
        assert_eq!(run(pulp::Arch::new()), run(pulp::Arch::Scalar), "{model}");
    }
}
