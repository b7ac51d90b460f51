//! The split, index for index as numpy and scikit-learn make it.

use ratings::{
    Container, Format, ItemIndex, Ratings, Skipped, Split, SplitError, Table, UserIndex,
};

/// A table in which the rating of row k is k.
fn numbered(n: u32) -> Table {
    Table {
        users: (0..n.min(2)).map(|user| user.to_string()).collect(),
        items: (0..n).map(|item| item.to_string()).collect(),
        ratings: Ratings {
            users: (0..n).map(|row| UserIndex(row % 2)).collect(),
            items: (0..n).map(ItemIndex).collect(),
            values: (0..n).map(|row| row as f32).collect(), // exact below 2^24
        },
        times: None,
        format: Format::Csv,
        container: Container::Plain,
        skipped: Skipped::default(),
    }
}

/// The rows of a part, each of which must have kept its columns together.
fn rows(part: &Ratings) -> Vec<u64> {
    let row = |row: usize| {
        let item = part.items[row].0;
        assert_eq!(part.values[row], item as f32);
        assert_eq!(part.users[row].0, item % 2);
        u64::from(item)
    };
    (0..part.len()).map(row).collect()
}

/// Goldens made by `data/permutations.py`, which says how.
#[test]
fn the_order_is_numpys() {
    let goldens = include_str!("data/permutations.txt");
    let mut checked = 0;
    for line in goldens.lines().filter(|line| !line.starts_with('#')) {
        let mut numbers = line.split(' ').map(|number| number.parse::<u64>().expect("a number"));
        let mut next = || numbers.next().expect("three numbers and the first entries");
        let (n, seed, checksum) = (next(), next(), next());
        let split = Split::random(&numbered(n as u32), 0.0, seed as u32).expect("a good share");
        let order = rows(&split.train);
        let sum = order.iter().zip(1_u64..).fold(0, |sum: u64, (row, k)| sum.wrapping_add(k * row));
        assert_eq!(order.len() as u64, n);
        assert_eq!(sum, checksum, "n = {n}, seed = {seed}");
        let first: Vec<u64> = numbers.collect();
        assert_eq!(order[..first.len()], first, "n = {n}, seed = {seed}");
        checked += 1;
    }
    assert_eq!(checked, 23);
}

/// `train_test_split(range(10), test_size=0.25, random_state=42)` of scikit-learn.
#[test]
fn the_first_of_the_order_are_the_test_part() {
    let split = Split::random(&numbered(10), 0.25, 42).expect("a good share");
    assert_eq!(rows(&split.test), [8, 1, 5]);
    assert_eq!(rows(&split.train), [0, 7, 2, 9, 4, 3, 6]);
    assert_eq!((split.users, split.items), (2, 10));
}

#[test]
fn the_test_part_is_rounded_up() {
    let split = Split::random(&numbered(1_000_209), 0.2, 42).expect("a good share");
    assert_eq!((split.train.len(), split.test.len()), (800_167, 200_042));
    for (n, share, tests) in
        [(10, 0.1, 1), (10, 0.11, 2), (3, 0.5, 2), (2, 0.5, 1), (10, 0.7, 7), (7, 1e-9, 1)]
    {
        let split = Split::random(&numbered(n), share, 1).expect("a good share");
        assert_eq!(split.test.len(), tests, "{share} of {n}");
    }
}

#[test]
fn a_share_of_zero_tests_on_nothing() {
    let split = Split::random(&numbered(5), 0.0, 42).expect("a good share");
    assert_eq!((split.train.len(), split.test.len()), (5, 0));
}

#[test]
fn shares_that_leave_nothing_to_train_on_are_errors() {
    assert_eq!(
        Split::random(&numbered(10), 0.95, 42).expect_err("no train part").to_string(),
        "a test share of 0.95 takes all 10 ratings and leaves none to train on; choose a smaller share or give more ratings"
    );
    for share in [1.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
        assert_eq!(
            Split::random(&numbered(10), share, 42).expect_err("a bad share").to_string(),
            format!(
                "a test share of {share} is not between 0 and 1; choose the part of the ratings to test on, such as 0.2"
            )
        );
    }
    assert_eq!(Split::random(&numbered(0), 0.2, 42), Err(SplitError::NoRatings));
}
