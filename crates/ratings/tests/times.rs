//! When ratings were given, where somebody asks.

use ratings::{ReadOptions, Table};

fn table(text: &str, skip_bad_lines: bool) -> Result<Table, String> {
    let options = ReadOptions { skip_bad_lines, times: true };
    ratings::read("r", text.as_bytes(), &options)
        .map(|loaded| loaded.table)
        .map_err(|error| error.to_string())
}

#[track_caller]
fn check(text: &str, expected: Option<&[f64]>) {
    assert_eq!(table(text, true).expect("good ratings").times.as_deref(), expected, "{text:?}");
}

#[test]
fn every_format_says_when() {
    check("1::2::3::978300760\n1::3::4::978300761\r\n", Some(&[978_300_760.0, 978_300_761.0]));
    check("1\t2\t3\t881250949\n\n1\t3\t3\t-5\n", Some(&[881_250_949.0, -5.0]));
    check("1 2 3 5\n2 2 3 4", Some(&[5.0, 4.0]));
    check("time,user,item,rating\n2.5,a,b,3\n\"7\",\"a,\na\",c,3\n", Some(&[2.5, 7.0]));
    check("user,item,rating,Timestamp\na,b,3,17\na,b,x,18\na,c,3,19\n", Some(&[17.0, 19.0]));
}

#[test]
fn a_file_that_does_not_say_has_no_times() {
    check("1::2::3\n1::3::4\n", None);
    check("user,item,rating\na,b,3\n", None);
}

#[test]
fn times_are_read_only_where_somebody_asks() {
    let text = "1::2::3::5\n1::3::4::yesterday\n";
    let loaded = ratings::read("r", text.as_bytes(), &ReadOptions::default());
    assert_eq!(loaded.expect("good ratings").table.times, None);
}

#[test]
fn a_time_that_is_none_is_named_with_its_place() {
    for (text, expected) in [
        (
            "1::2::3::5\n\n1::3::4::yesterday\n",
            "r:3:10: time \"yesterday\" is not a number, such as seconds since 1970; correct the \
             line, or split the ratings at random",
        ),
        (
            "user,item,rating,time\na,b,3,inf\n",
            "r:2:7: time \"inf\" is not a number, such as seconds since 1970; correct the line, \
             or split the ratings at random",
        ),
        (
            "1::2::3::5\n1::3::4\n",
            "r:2:8: the timestamp is missing; a line reads user::item::rating::timestamp; correct \
             the line, or split the ratings at random",
        ),
    ] {
        assert_eq!(table(text, false).expect_err("a bad time"), expected);
    }
}
