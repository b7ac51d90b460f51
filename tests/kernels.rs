//! Every shader against its twin, at odd sizes, on whatever GPU there is.

use trainer::{
    Config, DeviceKind, Gpu, Link, ModelKind, Optimizer,
    cases::{self, Grain, Size, Slice},
};

use crate::support;

fn gpu(test: &str) -> Option<Gpu> {
    let device = support::gpu(test)?;
    Some(pollster::block_on(device.connect()).unwrap())
}

/// One user, one item, one factor; odd rows; many samples of one row; the longest rows.
const SIZES: [Size; 8] = [
    Size { users: 1, items: 1, samples: 1, factors: 1 },
    Size { users: 1, items: 40, samples: 512, factors: 10 },
    Size { users: 300, items: 200, samples: 512, factors: 10 },
    Size { users: 300, items: 200, samples: 1_024, factors: 10 },
    Size { users: 9, items: 1, samples: 65, factors: 33 },
    Size { users: 50, items: 60, samples: 63, factors: 2 },
    Size { users: 20, items: 30, samples: 130, factors: 128 },
    Size { users: 4_000, items: 3_000, samples: 65_536, factors: 5 },
];

const GRAINS: [Grain; 2] = [Grain::Fine, Grain::Coarse];

/// Batches of one rating; one user who rates one item again and again; batches that are a workgroup's
/// memory, half of it, and many times as much; an epoch's end; more rows than steps.
fn slices() -> impl Iterator<Item = Slice> {
    let sizes = [
        ((1, 1, 1), 1, 0),
        ((1, 1, 1_300), 512, 200),
        ((7, 5, 900), 1, 100),
        ((300, 200, 30_000), 512, 512),
        ((1_000, 40, 3_000), 33, 33),
        ((1_000, 300, 3_000), 30, 60),
        ((4_000, 3_000, 200), 8, 0),
        ((500, 700, 4_000), 1_024, 0),
        ((500, 700, 9_000), 3_000, 0),
        ((1_000, 2, 200_000), 65_536, 65_536),
        ((500, 700, 530_000), 1_000, 0),
    ];
    sizes.into_iter().flat_map(|((users, items, samples), batch, from)| {
        let size = Size { users, items, samples, factors: 1 };
        let slice = |every_row| Slice { size, batch, from, every_row, grain: Grain::Fine };
        [true, false].map(slice)
    })
}

#[test]
fn shuffle() {
    let Some(gpu) = gpu("kernels::shuffle") else { return };
    for slice in slices() {
        pollster::block_on(cases::shuffle(&gpu, slice)).unwrap();
    }
}

#[test]
fn sort() {
    let Some(gpu) = gpu("kernels::sort") else { return };
    for slice in slices() {
        pollster::block_on(cases::sort(&gpu, slice)).unwrap();
    }
}

#[test]
fn mark() {
    let Some(gpu) = gpu("kernels::mark") else { return };
    for slice in slices() {
        pollster::block_on(cases::mark(&gpu, slice)).unwrap();
    }
}

#[test]
fn schedule() {
    let Some(gpu) = gpu("kernels::schedule") else { return };
    for (slice, grain) in slices().flat_map(|slice| GRAINS.map(|grain| (slice, grain))) {
        pollster::block_on(cases::schedule(&gpu, Slice { grain, ..slice })).unwrap();
    }
}

/// Batches of every kind of length, some longer than what is sorted at once.
#[test]
fn a_gpu_and_its_host_plan_the_same_slices() {
    let Some(gpu) = support::gpu("kernels::a_gpu_and_its_host_plan_the_same_slices") else {
        return;
    };
    let quick = |model| Config { epochs: 3, factors: 5, batch_size: 256, ..Config::usual(model) };
    let split = support::small_split(100, 60, 2_000);
    let sparse =
        Config { optimizer: Optimizer::SparseAdam, weight_decay: 0.0, ..quick(ModelKind::Mf) };
    let batches = [(1, 1), (33, 3), (700, 3), (5_000, 3)];
    let whole =
        batches.map(|(batch_size, epochs)| Config { batch_size, epochs, ..quick(ModelKind::Mf) });
    let configs = [sparse, quick(ModelKind::DeepMf)].into_iter().chain(whole);
    for (config, grain) in configs.flat_map(|config| GRAINS.map(|grain| (config.clone(), grain))) {
        let [ours, hosts] = [DeviceKind::Gpu, DeviceKind::Cpu].map(|planned_by| {
            let gpu = gpu.clone().with_planning(planned_by).with_grain(grain);
            support::train(&split, &config, &gpu).unwrap().weights
        });
        assert_eq!(ours, hosts, "{} by {}, {grain:?}", config.model, config.batch_size);
    }
}

/// A row's steps are the same wherever its jobs end; a network's sums are cut otherwise.
#[test]
fn work_cut_finely_gives_the_same_model() {
    let Some(gpu) = support::gpu("kernels::work_cut_finely_gives_the_same_model") else { return };
    let split = support::small_split(1_000, 400, 9_000);
    let trained = |config: &Config, grain| {
        let gpu = gpu.clone().with_grain(grain).with_planning(DeviceKind::Gpu);
        support::train(&split, config, &gpu).unwrap().weights
    };
    for (model, batch_size) in [
        (ModelKind::Mf, 20),
        (ModelKind::Mf, 500),
        (ModelKind::DeepMf, 512),
        (ModelKind::DeepMf, 1_024),
    ] {
        let config = Config { epochs: 2, batch_size, ..Config::usual(model) };
        let [fine, coarse] = GRAINS.map(|grain| trained(&config, grain));
        match model {
            ModelKind::Mf => assert_eq!(fine, coarse, "by {batch_size}"),
            _ => {
                let pairs = fine.parameters.iter().zip(&coarse.parameters);
                for (a, b) in pairs.flat_map(|(a, b)| a.values.iter().zip(&b.values)) {
                    assert!((a - b).abs() < 1e-4, "by {batch_size}: {a}, {b}");
                }
                assert_ne!(fine, coarse, "by {batch_size}: cut alike");
            }
        }
    }
}

#[test]
fn mf() {
    let Some(gpu) = gpu("kernels::mf") else { return };
    for size in SIZES {
        pollster::block_on(cases::mf(&gpu, size)).unwrap();
    }
}

#[test]
fn deep_mf() {
    let Some(gpu) = gpu("kernels::deep_mf") else { return };
    for (size, grain) in SIZES.into_iter().flat_map(|size| GRAINS.map(|grain| (size, grain))) {
        pollster::block_on(cases::deep_mf(&gpu, size, [10, 5], grain)).unwrap();
    }
    // A software GPU compiles wide layers for many seconds, so they are few.
    let size = Size { factors: 3, ..SIZES[2] };
    let [fine, coarse] = GRAINS;
    for (widths, grain) in
        [([1, 1], coarse), ([64, 64], coarse), ([3, 17], coarse), ([3, 17], fine)]
    {
        pollster::block_on(cases::deep_mf(&gpu, size, widths, grain)).unwrap();
    }
}

#[test]
fn update() {
    let Some(gpu) = gpu("kernels::update") else { return };
    for (rows, factors, longest) in
        [(1, 1, 1), (1, 128, 300), (500, 10, 40), (7, 33, 2), (70, 3, 1_000), (3_000, 2, 1)]
    {
        pollster::block_on(cases::update(&gpu, rows, factors, longest)).unwrap();
    }
}

#[test]
fn squares() {
    let Some(gpu) = gpu("kernels::squares") else { return };
    for (errors, block, first) in
        [(1, 1, 0), (1, 512, 9), (1_000, 512, 1), (513, 512, 0), (70_000, 65_536, 0), (300, 7, 33)]
    {
        pollster::block_on(cases::squares(&gpu, errors, block, first)).unwrap();
    }
}

#[test]
fn best() {
    let Some(gpu) = gpu("kernels::best") else { return };
    for (users, items, factors) in
        [(1, 1, 1), (3, 255, 10), (70, 257, 33), (5, 3_000, 12), (2, 40, 642)]
    {
        let size = Size { users, items, samples: 0, factors };
        pollster::block_on(cases::best(&gpu, size)).unwrap();
    }
}

/// One rating; rows again and again; the longest rows; a cell too long for one dispatch.
#[test]
fn sgd() {
    let Some(gpu) = gpu("kernels::sgd") else { return };
    for (users, items, samples, factors) in [
        (1, 1, 1, 1),
        (1, 40, 512, 10),
        (300, 200, 5_000, 10),
        (9, 1, 65, 33),
        (20, 30, 130, 128),
        (3, 2, 40_000, 6),
    ] {
        let size = Size { users, items, samples, factors };
        for link in Link::ALL {
            pollster::block_on(cases::sgd(&gpu, size, link)).unwrap();
        }
    }
}
