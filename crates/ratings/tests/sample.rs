//! The made-up data set: its shape, its floor, and that it is the same everywhere.

use std::collections::HashSet;

use ratings::sample::{Sample, SampleConfig, generate};
use ratings::{Statistics, Titles};

use crate::support::read;

fn small() -> Sample {
    generate(&SampleConfig::of_size(20_000, 3))
}

/// The sum of (k + 1) * star over all ratings, weighted by the pair: any change changes it.
fn checksum(sample: &Sample) -> u64 {
    let ratings = &sample.table.ratings;
    (0..ratings.len()).fold(0, |sum: u64, k| {
        let pair = u64::from(ratings.users[k].0) << 32 | u64::from(ratings.items[k].0);
        sum.rotate_left(5) ^ (pair * 8 + ratings.values[k] as u64)
    })
}

#[test]
fn the_default_has_the_shape_of_movielens_1m() {
    let sample = generate(&SampleConfig::default());
    let statistics = Statistics::of(&sample.table);
    assert_eq!((statistics.users, statistics.items, statistics.ratings), (6_040, 3_706, 1_000_000));
    assert_eq!(statistics.repeated_pairs, 0);
    assert_eq!((statistics.min, statistics.max, statistics.histogram.len()), (1.0, 5.0, 5));
    assert!((3.5..3.7).contains(&statistics.mean), "mean {}", statistics.mean);
    assert!((1.08..1.16).contains(&statistics.deviation), "deviation {}", statistics.deviation);
    assert!(statistics.per_user.min >= 20);
    assert!((80.0..110.0).contains(&statistics.per_user.median), "{:?}", statistics.per_user);
    assert!((90.0..150.0).contains(&statistics.per_item.median), "{:?}", statistics.per_item);
    assert!(statistics.per_user.max > 1_500 && statistics.per_item.max > 2_000);
    assert!((0.78..0.82).contains(&sample.noise_floor), "floor {}", sample.noise_floor);
    assert_eq!(sample.titles.len(), 3_706);
}

/// Remade by printing it. It may change only together with the changelog: people compare runs on it.
#[test]
fn the_default_is_the_same_on_every_platform() {
    let sample = generate(&SampleConfig::default());
    assert_eq!(checksum(&sample), 0xE247_705C_6A8F_1941);
    assert_eq!(sample.noise_floor.to_bits(), 0x3FE9_9004_2652_3D29);
}

#[test]
fn a_seed_makes_one_sample_and_another_seed_another() {
    assert_eq!(small(), small());
    assert_ne!(checksum(&small()), checksum(&generate(&SampleConfig::of_size(20_000, 4))));
}

#[test]
fn sizes_follow_the_movielens_sets() {
    let shape = |ratings| {
        let config = SampleConfig::of_size(ratings, 0);
        (config.users, config.items)
    };
    assert_eq!(shape(100_000), (943, 1_682));
    assert_eq!(shape(1_000_000), (6_040, 3_706));
    assert_eq!(shape(25_000_000), (162_000, 59_000));
    assert_eq!(SampleConfig::of_size(1_000_000, SampleConfig::SEED), SampleConfig::default());
}

#[test]
fn every_size_has_what_was_asked_for() {
    for ratings in [1, 2, 10, 100, 999, 5_000, 30_000] {
        let config = SampleConfig::of_size(ratings, 9);
        let statistics = Statistics::of(&generate(&config).table);
        assert_eq!(
            (statistics.users, statistics.items, statistics.ratings, statistics.repeated_pairs),
            (config.users, config.items, ratings, 0)
        );
    }
}

#[test]
fn a_dense_sample_can_be_made_and_an_impossible_one_is_cut_down() {
    let full = SampleConfig { users: 30, items: 20, ratings: 600, seed: 1 };
    assert_eq!(Statistics::of(&generate(&full).table).density, 1.0);
    let beyond = SampleConfig { ratings: 10_000, ..full };
    assert_eq!(generate(&beyond).table.ratings.len(), 600);
    let nothing = SampleConfig { users: 0, items: 0, ratings: 0, seed: 1 };
    assert_eq!(generate(&nothing).table.ratings.len(), 1);
}

#[test]
fn its_files_read_back_as_itself() {
    let sample = small();
    let loaded = read(&sample.ratings_dat()).expect("a good file");
    assert_eq!(loaded.table, sample.table);
    let titles = Titles::parse("movies.dat", &sample.movies_dat()).expect("good titles");
    assert_eq!(titles, sample.titles);
}

#[test]
fn titles_are_unique_latin_1_and_have_genres() {
    let sample = generate(&SampleConfig::default());
    let mut seen = HashSet::new();
    let mut beyond_ascii = 0;
    for (id, title) in sample.titles.iter() {
        assert!(seen.insert(&title.title), "{id} {} again", title.title);
        assert!(title.title.chars().all(|c| u32::from(c) < 256), "{}", title.title);
        assert!((1..=3).contains(&title.genres.len()));
        assert!(title.year.is_some_and(|year| (1920..=2000).contains(&year)));
        beyond_ascii += usize::from(!title.title.is_ascii());
    }
    assert!(beyond_ascii > 100, "{beyond_ascii}");
}

/// With only the noise left to explain, the floor is what remains: it is below what biases reach and
/// far below always saying the mean.
#[test]
fn the_floor_lies_below_the_mean_of_each_item() {
    let sample = generate(&SampleConfig::of_size(100_000, 5));
    let ratings = &sample.table.ratings;
    let mut sums = vec![(0.0, 0.0); sample.table.items.len()];
    for (item, &value) in ratings.items.iter().zip(&ratings.values) {
        sums[item.index()].0 += f64::from(value);
        sums[item.index()].1 += 1.0;
    }
    let miss = |(item, &value): (&ratings::ItemIndex, &f32)| {
        let (sum, count) = sums[item.index()];
        (f64::from(value) - sum / count).powi(2)
    };
    let error = ratings.items.iter().zip(&ratings.values).map(miss).sum::<f64>();
    let rmse = (error / ratings.len() as f64).sqrt();
    assert!(sample.noise_floor + 0.1 < rmse, "{} {rmse}", sample.noise_floor);
    assert!(rmse < ratings.rmse_of_always(ratings.mean()));
}
