//! Every number against PyTorch's, from the same weights in the same order.
//!
//! The goldens and the script that made them are in `tests/data`.

use ratings::{ItemIndex, Ratings, Split, UserIndex};
use serde::Deserialize;
use trainer::{
    Config, Device, EpochReport, Event, ModelKind, Optimizer, Order, Pace, Parameter, Run, Trained,
    Weights,
};

use crate::support;

/// Of a batch loss and an RMSE. The goldens' own rounding is some 4e-7.
const LOSS_TOLERANCE: f64 = 1e-5; // relative
const WEIGHT_TOLERANCE: f32 = 1e-4; // absolute

const CASES: [&str; 4] = [
    include_str!("data/mf_lab.json"),
    include_str!("data/mf_bold.json"),
    include_str!("data/deepmf_lab.json"),
    include_str!("data/deepmf_bold.json"),
];

/// A neural model, which burn alone trains.
const NEURAL_CASE: &str = include_str!("data/neumf_bold.json");

/// SparseAdam, which burn does not have.
const SPARSE_CASES: [&str; 2] =
    [include_str!("data/mf_sparse.json"), include_str!("data/deepmf_sparse.json")];

#[derive(Deserialize)]
struct Golden {
    name: String,
    config: GoldenConfig,
    train: Columns,
    test: Columns,
    initial: Vec<Named>,
    orders: Vec<Vec<u32>>,
    losses: Vec<Vec<f64>>,
    train_rmse: Vec<f64>,
    test_rmse: Vec<f64>,
    #[serde(rename = "final")]
    last: Vec<Named>,
}

#[derive(Deserialize)]
struct GoldenConfig {
    users: usize,
    items: usize,
    epochs: usize,
    batch_size: usize,
    model: ModelKind,
    hidden: Vec<usize>,
    factors: usize,
    #[serde(default)]
    optimizer: Optimizer,
    learning_rate: f64,
    weight_decay: f64,
    seed: u64,
}

#[derive(Deserialize)]
struct Columns {
    users: Vec<u32>,
    items: Vec<u32>,
    ratings: Vec<f32>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Golden {
    fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    fn settings(&self) -> Config {
        let GoldenConfig {
            users: _,
            items: _,
            epochs,
            batch_size,
            model,
            ref hidden,
            factors,
            optimizer,
            learning_rate,
            weight_decay,
            seed,
        } = self.config;
        let hidden = hidden.clone();
        Config {
            model,
            factors,
            hidden,
            epochs,
            batch_size,
            optimizer,
            learning_rate,
            weight_decay,
            seed,
            ..Config::usual(model)
        }
    }

    fn split(&self) -> Split {
        let ratings = |columns: &Columns| Ratings {
            users: columns.users.iter().map(|&user| UserIndex(user)).collect(),
            items: columns.items.iter().map(|&item| ItemIndex(item)).collect(),
            values: columns.ratings.clone(),
        };
        Split {
            train: ratings(&self.train),
            test: ratings(&self.test),
            users: self.config.users,
            items: self.config.items,
            ..Split::default()
        }
    }
}

fn weights(named: &[Named]) -> Weights {
    let parameters = named
        .iter()
        .map(|Named { name, shape, values }| Parameter {
            name: name.clone(),
            shape: shape.clone(),
            values: values.clone(),
        })
        .collect();
    Weights { parameters }
}

#[derive(Deserialize)]
struct Orders {
    orders: Vec<GoldenOrder>,
}

#[derive(Deserialize)]
struct GoldenOrder {
    n: u32,
    seed: u64,
    epoch: u32,
    order: Vec<u32>,
}

#[test]
fn orders_are_those_of_numpy() {
    let orders: Orders = serde_json::from_str(include_str!("data/order.json")).unwrap();
    assert!(orders.orders.len() > 5);
    for GoldenOrder { n, seed, epoch, order: expected } in orders.orders {
        let order = Order::new(n, seed, epoch);
        let one_by_one: Vec<u32> = (0..n).map(|position| order.at(position)).collect();
        assert_eq!(one_by_one, expected, "n {n}, seed {seed}, epoch {epoch}");
        let mut together = vec![0; expected.len()];
        order.fill(0, &mut together);
        assert_eq!(together, expected, "n {n}, seed {seed}, epoch {epoch}");
    }
}

#[test]
fn orders_are_those_of_the_goldens() {
    for text in CASES.iter().chain([&NEURAL_CASE]) {
        let golden = Golden::read(text);
        let n = u32::try_from(golden.train.users.len()).unwrap();
        for (epoch, expected) in (1..).zip(&golden.orders) {
            let order = Order::new(n, golden.config.seed, epoch);
            let ours: Vec<u32> = (0..n).map(|position| order.at(position)).collect();
            assert_eq!(&ours, expected, "{} epoch {epoch}", golden.name);
        }
    }
}

#[test]
fn burn_on_the_cpu_gives_pytorchs_numbers() {
    for text in CASES.iter().chain([&NEURAL_CASE]) {
        check(&Golden::read(text), &support::reference());
    }
}

#[test]
fn the_fused_engine_gives_pytorchs_numbers() {
    for text in CASES.iter().chain(&SPARSE_CASES) {
        check(&Golden::read(text), &support::fused());
    }
}

#[test]
fn burn_on_the_gpu_gives_pytorchs_numbers() {
    let device = support::burn_on_gpu("burn_on_the_gpu_gives_pytorchs_numbers");
    let Some(device) = device else { return };
    for text in CASES.iter().chain([&NEURAL_CASE]) {
        check(&Golden::read(text), &device);
    }
}

#[test]
fn the_fused_engine_on_the_gpu_gives_pytorchs_numbers() {
    let device = support::gpu("the_fused_engine_on_the_gpu_gives_pytorchs_numbers");
    let Some(device) = device else { return };
    for text in CASES.iter().chain(&SPARSE_CASES) {
        check(&Golden::read(text), &device);
    }
}

fn check(golden: &Golden, device: &Device) {
    let (losses, trained) = run(golden, device);
    let expected: Vec<f64> = golden.losses.concat();
    assert_eq!(losses.len(), expected.len(), "{}: batches", golden.name);
    for (step, (ours, theirs)) in losses.iter().zip(&expected).enumerate() {
        close(*ours, *theirs, &format!("{}: loss of step {step}", golden.name));
    }
    for (epoch, report) in trained.history.iter().enumerate() {
        let at = format!("{}: epoch {}", golden.name, epoch + 1);
        let EpochReport { train_rmse, test_rmse, .. } = *report;
        close(train_rmse.unwrap(), golden.train_rmse[epoch], &format!("{at}, train RMSE"));
        close(test_rmse.unwrap(), golden.test_rmse[epoch], &format!("{at}, test RMSE"));
    }
    assert_eq!(trained.history.len(), golden.config.epochs);
    for (ours, theirs) in trained.weights.parameters.iter().zip(&weights(&golden.last).parameters) {
        assert_eq!((&ours.name, &ours.shape), (&theirs.name, &theirs.shape), "{}", golden.name);
        let worst = ours.values.iter().zip(&theirs.values).map(|(a, b)| (a - b).abs());
        let worst = worst.fold(0.0, f32::max);
        assert!(worst <= WEIGHT_TOLERANCE, "{}: {} is off by {worst}", golden.name, ours.name);
    }
}

/// Every batch loss, one slice a batch, and the model.
fn run(golden: &Golden, device: &Device) -> (Vec<f64>, Trained) {
    pollster::block_on(async {
        let start = weights(&golden.initial);
        let (split, config) = (golden.split(), golden.settings());
        let mut run =
            Run::start_from(&start, &support::shared(&split), &config, device).await.unwrap();
        run.set_pace(Pace::Batches(1));
        let mut losses = Vec::new();
        while let Some(event) = run.advance().await.unwrap() {
            if let Event::Progress(progress) = event {
                losses.extend(progress.loss);
            }
        }
        (losses, run.finish().await.unwrap())
    })
}

fn close(ours: f64, theirs: f64, what: &str) {
    let off = (ours - theirs).abs() / theirs.abs();
    assert!(off <= LOSS_TOLERANCE, "{what}: {ours} is not PyTorch's {theirs} (off by {off:.1e})");
}
