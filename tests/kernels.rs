//! Every shader against its twin, at odd sizes, on whatever GPU there is.

use trainer::{
    Gpu, Link,
    cases::{self, Size},
};

use crate::support;

fn gpu(test: &str) -> Option<Gpu> {
    let device = support::gpu(test)?;
    Some(pollster::block_on(device.connect()).unwrap())
}

/// One user, one item, one factor; odd rows; many samples of one row; the longest rows.
const SIZES: [Size; 7] = [
    Size { users: 1, items: 1, samples: 1, factors: 1 },
    Size { users: 1, items: 40, samples: 512, factors: 10 },
    Size { users: 300, items: 200, samples: 512, factors: 10 },
    Size { users: 9, items: 1, samples: 65, factors: 33 },
    Size { users: 50, items: 60, samples: 63, factors: 2 },
    Size { users: 20, items: 30, samples: 130, factors: 128 },
    Size { users: 4_000, items: 3_000, samples: 65_536, factors: 5 },
];

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
    for size in SIZES {
        pollster::block_on(cases::deep_mf(&gpu, size, [10, 5])).unwrap();
    }
    // A software GPU compiles wide layers for many seconds, so they are few.
    let size = Size { factors: 3, ..SIZES[2] };
    for widths in [[1, 1], [64, 64], [3, 17]] {
        pollster::block_on(cases::deep_mf(&gpu, size, widths)).unwrap();
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
