//! Small known cases for the kernels, and the comparison of a shader's answer with its twin's.

mod plan; // slices

pub use super::grain::Grain;
pub use plan::{Slice, mark, schedule, shuffle, sort};

use super::{
    Job, Sample,
    best::{self, NONE},
    deep_mf,
    mf::{self, Found},
    pairs, sgd, squares, update,
};
use crate::{
    Link, Scale,
    gpu::{Fault, Gpu, LANES},
    sgd::{
        Linked, RUN,
        lanes::{Chunk, Lanes, Side},
    },
};

/// Largest difference of a number, relative to the largest of its kind: a GPU may fuse a product
/// with a sum, and its divisions and roots are off by a few last places.
const TOLERANCE: f32 = 2e-5;

/// A batch of `samples` ratings of `users` times `items`.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Users.
    pub users: u32,
    /// Items.
    pub items: u32,
    /// Ratings.
    pub samples: u32,
    /// Length of a row.
    pub factors: usize,
}

/// Compares `shaders/mf.wgsl` with its twin.
///
/// # Errors
/// How far apart they are.
pub async fn mf(gpu: &Gpu, size: Size) -> Result<(), Fault> {
    let mut draw = Draw(size.samples);
    let batch = mf::Batch {
        factors: size.factors,
        values: draw.rows((size.users + size.items) as usize, size.factors),
        samples: draw.samples(size),
    };
    let (ours, twins) = (mf::on_gpu(gpu, &batch).await?, mf::twin(&batch));
    compare_found("mf", size, &ours, &twins)
}

/// Compares `shaders/deep_mf.wgsl` with its twin.
///
/// # Errors
/// How far apart they are.
pub async fn deep_mf(gpu: &Gpu, size: Size, widths: [usize; 2], grain: Grain) -> Result<(), Fault> {
    let mut draw = Draw(size.samples);
    let most = grain.tile(size.samples as usize);
    let network = deep_mf::Network { factors: size.factors, widths, most };
    let values = draw.rows((size.users + size.items) as usize, size.factors);
    let scale = 1.0 / (size.factors as f32).sqrt();
    let layers = network.order().iter().map(|_| scale * draw.number()).collect();
    let batch = deep_mf::Batch { network, values, layers, samples: draw.samples(size) };
    let (ours, twins) = (deep_mf::on_gpu(gpu, &batch).await?, deep_mf::twin(&batch));
    compare_found("deep_mf", size, &ours.rows, &twins.rows)?;
    compare(&format!("deep_mf, layers {widths:?}, {size:?}"), &ours.layers, &twins.layers)
}

/// Compares `shaders/update.wgsl` with its twin, on rows that all have other gradients and gaps, empty
/// jobs and some rows of layers.
///
/// # Errors
/// How far apart they are.
pub async fn update(gpu: &Gpu, rows: u32, factors: usize, longest: u32) -> Result<(), Fault> {
    let mut draw = Draw(rows);
    let slots = |row: u32| 1 + row % 11;
    let layers = update::Layers { rows: 3, stride: 7, sums: 6 };
    let first_slot = layers.rows * layers.stride;
    let mut end = first_slot;
    let jobs = (0..rows).map(|row| {
        let first = end;
        end += slots(row);
        Job { row, steps: (longest - row * longest / rows).max(1), first, end }
    });
    let jobs: Vec<Job> = jobs.chain([Job::default(); 2]).collect();
    let all = (rows + layers.rows) as usize;
    let moment = |draw: &mut Draw| {
        let [a, b, c, d] = [(); 4].map(|()| draw.number());
        [a, b, c * c, d * d]
    };
    let before = update::Rows {
        factors,
        values: draw.rows(all, factors),
        moments: (0..all * pairs(factors)).flat_map(|_| moment(&mut draw)).collect(),
        gradients: draw.rows(end as usize, factors),
        jobs,
        layers,
    };
    let adam = update::Adam { learning_rate: 0.01, weight_decay: 1e-3, made: 3 };
    let (ours, twins) = (update::on_gpu(gpu, &before, &adam).await?, update::twin(&before, &adam));
    if twins.values == before.values {
        return Err(Fault("update: the case moves nothing".into()));
    }
    let what = format!("update, {rows} rows of {factors}");
    compare(&what, &ours.values, &twins.values)?;
    compare(&what, &ours.moments, &twins.moments)
}

/// Compares `shaders/squares.wgsl` with its twin.
///
/// # Errors
/// How far apart they are.
pub async fn squares(gpu: &Gpu, errors: usize, block: usize, first: usize) -> Result<(), Fault> {
    let mut draw = Draw(1);
    let errors: Vec<f32> = (0..errors).map(|_| draw.number()).collect();
    let ours = squares::on_gpu(gpu, &errors, block, first).await?;
    compare(&format!("squares of {}", errors.len()), &ours, &squares::twin(&errors, block))
}

/// Compares `shaders/best.wgsl` with its twin, where every seventh item is hidden.
///
/// # Errors
/// What is not the same.
pub async fn best(gpu: &Gpu, size: Size) -> Result<(), Fault> {
    let Size { users, items, factors, .. } = size;
    let mut draw = Draw(items);
    let mut numbers =
        |rows: u32| -> Vec<f32> { (0..rows as usize * factors).map(|_| draw.number()).collect() };
    let (user_rows, item_rows) = (numbers(users), numbers(items));
    let words = (items as usize).div_ceil(best::BLOCK) * best::WORDS;
    let mut hidden = vec![0u32; users as usize * words];
    for (user, hidden) in hidden.chunks_mut(words).enumerate() {
        for item in 0..words * 32 {
            let hide = item >= items as usize || (item + user) % 7 == 6;
            hidden[item / 32] |= u32::from(hide) << (item % 32);
        }
    }
    let case = best::Case { users: user_rows, items: item_rows, width: factors, hidden };
    let (ours, twins) = (best::on_gpu(gpu, &case).await?, best::twin(&case));
    let scores = |of: &[best::Found]| of.iter().flat_map(|lane| lane.scores).collect::<Vec<_>>();
    let kept = |of: &[best::Found]| -> Vec<bool> {
        of.iter().flat_map(|lane| lane.items.map(|item| item != NONE)).collect()
    };
    let what = format!("best, {size:?}");
    if kept(&ours) != kept(&twins) {
        return Err(Fault(format!("{what}: lanes keep other numbers of items")));
    }
    let some = |scores: Vec<f32>, kept: Vec<bool>| -> Vec<f32> {
        scores.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(score, _)| score).collect()
    };
    let of_ours = some(scores(&ours), kept(&ours));
    compare(&what, &of_ours, &some(scores(&twins), kept(&twins)))?;
    // Items that score alike may have changed places, but each has the score that stands beside it.
    let items = ours.iter().enumerate().flat_map(|(lane, found)| {
        found.items.map(|item| (lane / LANES, item)).into_iter().filter(|(_, item)| *item != NONE)
    });
    let again: Vec<f32> = items.map(|(user, item)| case.score(user, item as usize)).collect();
    compare(&format!("{what}, items"), &again, &of_ours)
}

/// Compares `shaders/sgd.wgsl` with its twin, on three cells of which one is empty and one half as
/// long as the first; each has rows of its own, as many as the size says, and its last run first.
///
/// # Errors
/// How far apart they are.
pub async fn sgd(gpu: &Gpu, size: Size, link: Link) -> Result<(), Fault> {
    let Size { users, items, factors, .. } = size;
    let (mut draw, lanes) = (Draw(size.samples), Lanes { factors });
    let (mut cells, mut runs, mut samples) = (Vec::new(), Vec::new(), Vec::new());
    for (cell, count) in (0..).zip([size.samples, 0, size.samples / 2]) {
        let [first_sample, first_run] = [samples.len(), runs.len()].map(|at| at as u32);
        cells.push(sgd::Cell { first_sample, samples: count, first_run });
        runs.extend((0..count.div_ceil(RUN as u32)).rev());
        samples.extend((0..count).map(|_| sgd::Sample {
            user: cell * users + draw.next() % users,
            item: cell * items + draw.next() % items,
            rating: 3.0 + 2.0 * draw.number(),
        }));
    }
    let mut numbers = |rows: u32, spread: f32| -> Vec<f32> {
        (0..3 * rows).map(|_| spread * draw.number()).collect()
    };
    let spread = 1.0 / (factors as f32).sqrt();
    let mut rows = |side, rows: u32| -> Vec<Chunk> {
        let biases = numbers(rows, 0.1);
        let factors = numbers(rows * factors as u32, spread);
        let pairs = factors.chunks(lanes.factors).zip(biases);
        pairs.flat_map(|(factors, bias)| lanes.row(side, factors, bias)).collect()
    };
    let rows = [rows(Side::Users, users), rows(Side::Items, items)];
    let shrink = [users, items].map(|rows| (0..3 * rows).map(|row| 0.1 / (1 + row % 3) as f32));
    let case = sgd::Case {
        lanes,
        rows,
        shrink: shrink.map(Iterator::collect),
        cells,
        runs,
        samples,
        link: Linked::new(link, Scale { low: 1.0, mean: 3.2, high: 5.0 }),
        rate: 0.02,
    };
    let (ours, twins) = (sgd::on_gpu(gpu, &case).await?, sgd::twin(&case));
    let what = format!("sgd, {link}, {size:?}");
    for (ours, twins) in ours.rows.iter().zip(&twins.rows) {
        compare(&what, ours.as_flattened(), twins.as_flattened())?;
    }
    compare(&format!("{what}, errors"), ours.sums.as_flattened(), twins.sums.as_flattened())
}

fn compare_found(kernel: &str, size: Size, ours: &Found, twins: &Found) -> Result<(), Fault> {
    let what = format!("{kernel}, {size:?}");
    compare(&what, &ours.errors, &twins.errors)?;
    compare(&format!("{what}, evaluated"), &ours.evaluated, &twins.evaluated)?;
    compare(&what, &ours.gradients, &twins.gradients)
}

fn compare(what: &str, ours: &[f32], twins: &[f32]) -> Result<(), Fault> {
    if ours.len() != twins.len() {
        return Err(Fault(format!("{what}: {} numbers, not {}", ours.len(), twins.len())));
    }
    let largest = twins.iter().fold(f32::MIN_POSITIVE, |most, number| number.abs().max(most));
    for (at, (ours, twin)) in ours.iter().zip(twins).enumerate() {
        let off = (ours - twin).abs() / largest;
        if off.is_nan() || off > TOLERANCE {
            return Err(Fault(format!("{what}: number {at} is {ours}, not {twin}")));
        }
    }
    Ok(())
}

/// Numbers from a small generator.
struct Draw(u32);

impl Draw {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    /// Between -1 and 1.
    fn number(&mut self) -> f32 {
        self.next() as f32 / (1 << 23) as f32 - 1.0
    }

    /// Rows with a zero after an odd last number.
    fn rows(&mut self, rows: usize, factors: usize) -> Vec<f32> {
        let row = 2 * pairs(factors);
        (0..rows * row).map(|n| if n % row < factors { self.number() } else { 0.0 }).collect()
    }

    /// Ratings in slots that are shuffled.
    fn samples(&mut self, size: Size) -> Vec<Sample> {
        let Size { users, items, samples, .. } = size;
        let slot = |n: u32| (samples - 1 - n) | n << 16;
        (0..samples)
            .map(|n| Sample {
                user: self.next() % users,
                item: users + self.next() % items,
                rating: 3.0 + self.number(),
                slots: slot(n),
            })
            .collect()
    }
}
