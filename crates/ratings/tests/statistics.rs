//! A table in a few numbers.

use ratings::{Bar, Spread, Statistics};

use crate::support::table;

#[test]
fn counts_of_a_small_table() {
    let statistics =
        Statistics::of(&table("a::x::1\na::y::3\na::x::3\nb::x::5\nc::x::3\nc::z::3\na::x::4\n"));
    assert_eq!((statistics.users, statistics.items, statistics.ratings), (3, 3, 7));
    assert_eq!(statistics.density, 7.0 / 9.0);
    assert_eq!(statistics.mean, 22.0 / 7.0);
    assert_eq!((statistics.min, statistics.max), (1.0, 5.0));
    let bars = [(1.0, 1), (3.0, 4), (4.0, 1), (5.0, 1)].map(|(value, count)| Bar { value, count });
    assert_eq!(statistics.histogram, bars);
    assert_eq!(statistics.histogram_step, None);
    assert_eq!(statistics.per_user, Spread { min: 1, median: 2.0, max: 4 });
    assert_eq!(statistics.per_item, Spread { min: 1, median: 1.0, max: 5 });
    assert_eq!(statistics.repeated_pairs, 2);
    let variance = 9.0 / 7.0 - (1.0_f64 / 7.0).powi(2); // about 3, moved to the mean
    assert!((statistics.deviation - variance.sqrt()).abs() < 1e-12);
}

#[test]
fn an_even_number_of_counts_has_its_median_in_between() {
    let statistics = Statistics::of(&table("a::x::1\nb::x::1\nb::y::1\n"));
    assert_eq!(statistics.per_user, Spread { min: 1, median: 1.5, max: 2 });
}

#[test]
fn a_histogram_of_negative_ratings_is_in_order() {
    let statistics = Statistics::of(&table("a::x::-1\na::y::2\na::z::-2.5\na::u::0\na::v::-0\n"));
    let values: Vec<(f32, usize)> =
        statistics.histogram.iter().map(|bar| (bar.value, bar.count)).collect();
    assert_eq!(values, [(-2.5, 1), (-1.0, 1), (0.0, 2), (2.0, 1)]);
}

#[test]
fn a_continuous_scale_is_counted_in_intervals() {
    let text: String = (0..=1000).map(|k| format!("a::{k}::{}\n", f64::from(k) / 10.0)).collect();
    let statistics = Statistics::of(&table(&text));
    assert_eq!(statistics.histogram.len(), 20);
    assert_eq!(statistics.histogram_step, Some(5.0));
    assert_eq!(statistics.histogram[0], Bar { value: 0.0, count: 50 });
    assert_eq!(statistics.histogram[19], Bar { value: 95.0, count: 51 });
}

#[test]
fn ratings_at_both_ends_of_the_floats_have_finite_statistics() {
    let text: String =
        (0..200).map(|k| format!("a::{k}::{}3e38\n", if k % 2 == 0 { "-" } else { "" })).collect();
    let more: String = (0..200).map(|k| format!("b::{k}::{k}\n")).collect();
    let statistics = Statistics::of(&table(&(text + &more)));
    assert_eq!(statistics.histogram.iter().map(|bar| bar.count).sum::<usize>(), 400);
    assert!(statistics.deviation.is_finite());
    assert!(statistics.histogram.iter().all(|bar| bar.value.is_finite()));
}
