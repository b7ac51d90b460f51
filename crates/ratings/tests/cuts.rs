//! Splits by time, one rating of each user, validation parts and folds.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, proptest};
use ratings::{Cut, Folds, ItemIndex, ReadOptions, Split, SplitError, SplitKind, Table};

/// Row k rates item k, so that rows can be told apart; users and times as given.
fn table(rows: &[(u8, i8)]) -> Table {
    let line = |(row, (user, time)): (usize, &(u8, i8))| format!("{user}::{row}::3::{time}\n");
    let text: String = rows.iter().enumerate().map(line).collect();
    let options = ReadOptions { times: true, ..ReadOptions::default() };
    ratings::read("r", text.as_bytes(), &options).expect("good ratings").table
}

fn untimed(rows: &[(u8, i8)]) -> Table {
    Table { times: None, ..table(rows) }
}

fn rows(items: &[ItemIndex]) -> Vec<usize> {
    items.iter().map(|item| item.index()).collect()
}

fn sorted(mut rows: Vec<usize>) -> Vec<usize> {
    rows.sort_unstable();
    rows
}

fn tables() -> impl Strategy<Value = Vec<(u8, i8)>> {
    prop::collection::vec((0..6_u8, -3..3_i8), 2..60)
}

const ROWS: [(u8, i8); 7] = [(0, 5), (1, 9), (0, 5), (1, 2), (0, 1), (2, 9), (0, 5)];

#[test]
fn the_last_ratings_test_and_of_ties_the_later_in_the_file() {
    let split = Split::by_time(&table(&ROWS), 0.5).expect("a good share");
    assert_eq!(rows(&split.test.items), [1, 2, 5, 6]);
    assert_eq!(rows(&split.train.items), [0, 3, 4]);
    let split = Split::by_time_per_user(&table(&ROWS), 0.5).expect("a good share");
    assert_eq!(rows(&split.test.items), [1, 2, 6]);
    let split = Split::leave_one_out(&table(&ROWS), 1).expect("ratings");
    assert_eq!(rows(&split.test.items), [1, 6], "user 2 has one rating, which trains");
}

#[test]
fn a_cut_by_time_needs_times() {
    let table = untimed(&ROWS);
    assert_eq!(Split::by_time(&table, 0.5), Err(SplitError::NoTimes));
    assert_eq!(Split::by_time_per_user(&table, 0.5), Err(SplitError::NoTimes));
    assert!(Split::leave_one_out(&table, 1).is_ok());
}

#[test]
fn kinds_have_names() {
    for (kind, name) in SplitKind::ALL.into_iter().zip(SplitKind::NAMES) {
        assert_eq!((name.parse(), kind.to_string()), (Ok(kind), name.to_owned()));
    }
    assert_eq!(
        "late".parse::<SplitKind>(),
        Err("unknown split \"late\"; choose random, time, time-per-user or leave-one-out".into())
    );
}

/// `KFold(3, shuffle=True, random_state=42).split(range(10))` of scikit-learn, as sets.
#[test]
fn folds_are_those_of_scikit_learn() {
    let table = untimed(&[(0, 0); 10]);
    let folds = Folds::new(&table, 3, 42).expect("ten ratings");
    let tests = [0, 1, 2].map(|fold| sorted(rows(&folds.at(fold).test.items)));
    assert_eq!(tests, [vec![0, 1, 5, 8], vec![2, 7, 9], vec![3, 4, 6]]);
    assert_eq!(
        Folds::new(&table, 11, 42).expect_err("too many").to_string(),
        "11 folds of 10 ratings; choose from 2 to 10"
    );
}

#[test]
fn a_validation_part_that_leaves_nothing_is_an_error() {
    let split =
        |share| Split::random(&table(&ROWS), 0.5, 1).expect("good").with_validation(share, 1);
    assert_eq!(split(0.9), Err(SplitError::NoTrainBesideValidation { share: 0.9, ratings: 3 }));
    assert_eq!(split(1.0), Err(SplitError::BadValidation { share: 1.0 }));
    assert!(split(f64::NAN).is_err());
}

#[test]
fn another_files_ratings_test_as_far_as_they_are_known() {
    let own = table(&[(0, 1), (1, 1), (2, 1)]); // user k rates item k
    let read = |text: &str| ratings::read("t", text.as_bytes(), &ReadOptions::default());
    let test = read("1::0::5\n9::0::4\n0::9::3\n2::2::2\n9::9::1\n0::1::1\n").expect("good").table;
    let split = Split::random(&own, 0.0, 1).expect("ratings");
    let (split, strangers) = split.tested_on(&own, &test);
    assert_eq!(split.train.len(), 3);
    assert_eq!(split.test.values, [5.0, 2.0, 1.0]);
    assert_eq!(rows(&split.test.items), [0, 2, 1]);
    let zero = (Some(ratings::UserIndex(0)), Some(ItemIndex(0)));
    assert_eq!(strangers, [(None, zero.1, 4.0), (zero.0, None, 3.0), (None, None, 1.0)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the cut, every rating is in one part, and the parts are those of the same cut made
    /// again.
    #[test]
    fn every_rating_is_in_one_part(of in tables(), kind in 0..4_usize, seed in any::<u32>(), share in 0.0..0.4, validation in 0.0..0.4) {
        let kind = SplitKind::ALL[kind];
        let cut = Cut { kind, test_share: share, validation_share: validation, seed };
        let table = table(&of);
        let Ok(split) = cut.of(&table) else { return Ok(()) };
        let all = [&split.train, &split.validation, &split.test].map(|part| rows(&part.items)).concat();
        assert_eq!(sorted(all), (0..of.len()).collect::<Vec<_>>());
        let held_out = rows(&split.held_out().items);
        assert_eq!(held_out, [rows(&split.validation.items), rows(&split.test.items)].concat());
        let without = Cut { validation_share: 0.0, ..cut }.of(&table).expect("less is asked for");
        assert_eq!(without.test, split.test, "a validation part takes nothing from the test part");
        assert_eq!(cut.of(&table), Ok(split));
    }

    /// No training rating is later than a test rating: of all, or of the same user.
    #[test]
    fn the_future_is_not_trained_on(of in tables(), share in 0.0..0.9) {
        let table = table(&of);
        let when = |row: usize| (of[row].1, row);
        if let Ok(split) = Split::by_time(&table, share) {
            let last = rows(&split.train.items).into_iter().map(when).max();
            let first = rows(&split.test.items).into_iter().map(when).min();
            assert!(first.is_none() || last < first);
        }
        let split = Split::by_time_per_user(&table, share).expect("a good share");
        for user in 0..6 {
            let of_user = |items| rows(items).into_iter().filter(|row| of[*row].0 == user).map(when);
            let (train, test) = (of_user(&split.train.items), of_user(&split.test.items));
            let count = train.clone().count() + test.clone().count();
            assert_eq!(test.clone().count(), (share * count as f64).floor() as usize);
            let first = test.min();
            assert!(first.is_none() || train.max() < first);
        }
    }

    /// Everybody with two ratings has one in the test part: the latest, or another for another seed.
    #[test]
    fn one_rating_of_each_is_left_out(of in tables(), seed in any::<u32>()) {
        for table in [table(&of), untimed(&of)] {
            let split = Split::leave_one_out(&table, seed).expect("ratings");
            for user in 0..6 {
                let all: Vec<_> = (0..of.len()).filter(|row| of[*row].0 == user).collect();
                let left: Vec<_> = rows(&split.test.items).into_iter().filter(|row| of[*row].0 == user).collect();
                assert_eq!(left.len(), usize::from(all.len() > 1));
                let tell = of.iter().any(|row| row.1 != of[0].1);
                if table.times.is_some() && tell && all.len() > 1 {
                    assert_eq!(left.first(), all.iter().max_by_key(|row| (of[**row].1, **row)));
                }
            }
        }
    }

    /// Times that are all alike say as little as none.
    #[test]
    fn one_time_for_all_leaves_out_by_chance(of in tables(), seed in any::<u32>()) {
        let of: Vec<(u8, i8)> = of.into_iter().map(|(user, _)| (user, 0)).collect();
        assert_eq!(Split::leave_one_out(&table(&of), seed), Split::leave_one_out(&untimed(&of), seed));
    }

    /// Every rating tests in one fold and trains in the others.
    #[test]
    fn every_rating_tests_once(of in tables(), folds in 2..6_usize, seed in any::<u32>()) {
        let table = table(&of);
        let Ok(all) = Folds::new(&table, folds, seed) else { return Ok(()) };
        let splits: Vec<Split> = (0..folds).map(|fold| all.at(fold)).collect();
        let tests = splits.iter().flat_map(|split| rows(&split.test.items)).collect();
        assert_eq!(sorted(tests), (0..of.len()).collect::<Vec<_>>());
        for split in &splits {
            let all = [rows(&split.train.items), rows(&split.test.items)].concat();
            assert_eq!(sorted(all), (0..of.len()).collect::<Vec<_>>());
            assert!((of.len() / folds..=of.len().div_ceil(folds)).contains(&split.test.len()));
        }
    }
}
