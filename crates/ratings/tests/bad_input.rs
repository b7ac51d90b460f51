//! Every kind of bad input, and what is said about it.

use ratings::{LineProblem, Problem};

use crate::support::{error, read, rows, skipping, table};

#[track_caller]
fn check(text: &str, message: &str) {
    assert_eq!(error(text.as_bytes()), message);
}

#[test]
fn a_rating_that_is_no_number() {
    check(
        "1::2::3::4\n\n1::33::x::4\n",
        "ratings.dat:3:8: rating \"x\" is not a number; correct the line, or have bad lines skipped",
    );
    check(
        "user,item,rating\n1,2,3\n\"Zoë, the 1st\",2,\"good\"\n",
        "ratings.dat:3:18: rating \"good\" is not a number; correct the line, or have bad lines skipped",
    );
    check(
        "1;2;3.5\n1;2;3,5\n",
        "ratings.dat:2:5: rating \"3,5\" has a decimal comma; write it with a point; correct the line, or have bad lines skipped",
    );
}

#[test]
fn a_column_counts_characters_not_bytes() {
    check(
        "Zoë::2::x\n",
        "ratings.dat:1:9: rating \"x\" is not a number; correct the line, or have bad lines skipped",
    );
    assert_eq!(
        error(b"Zo\xEB::2::x\n"),
        "ratings.dat:1:9: rating \"x\" is not a number; correct the line, or have bad lines skipped",
    );
}

#[test]
fn a_missing_field() {
    check(
        "1::2::3::4\n1::2\n",
        "ratings.dat:2:5: the rating is missing; a line reads user::item::rating::timestamp; correct the line, or have bad lines skipped",
    );
    check(
        "1::2\n",
        "ratings.dat:1:5: the rating is missing; a line reads user::item::rating::timestamp; correct the line, or have bad lines skipped",
    );
    check(
        "1::2::3::4\n1::2::::4\n",
        "ratings.dat:2:7: the rating is missing; a line reads user::item::rating::timestamp; correct the line, or have bad lines skipped",
    );
    check(
        "1\t2\t3\n1\n",
        "ratings.dat:2:2: the item id is missing; a line reads user\titem\trating\ttimestamp; correct the line, or have bad lines skipped",
    );
    check(
        "rating,userId,movieId\n3,1,2\n3,1\n",
        "ratings.dat:3:4: the item id is missing; a line reads rating,userId,movieId; correct the line, or have bad lines skipped",
    );
    check(
        "1::2::3::4\n::2::3::4\n",
        "ratings.dat:2:1: the user id is empty; correct the line, or have bad lines skipped",
    );
}

#[test]
fn a_field_too_many() {
    check(
        "1::2::3::41::2::4::5\n1::3::3::5\n",
        "ratings.dat:1:14: 7 fields where 4 are the most; a line reads user::item::rating::timestamp; correct the line, or have bad lines skipped",
    );
    check(
        "user,item,rating\n1,2,3\n1,2,3,4\n1,2,3\n1,2,3\n",
        "ratings.dat:3:7: 4 fields where 3 are the most; a line reads user,item,rating; correct the line, or have bad lines skipped",
    );
}

#[test]
fn a_rating_that_is_not_finite() {
    for text in ["NaN", "nan", "inf", "-Infinity"] {
        check(
            &format!("1::2::3\n1::2::{text}\n"),
            &format!(
                "ratings.dat:2:7: rating {text:?} is not finite; correct the line, or have bad lines skipped"
            ),
        );
    }
}

#[test]
fn a_rating_that_overflows() {
    check(
        "1::2::1e39\n",
        "ratings.dat:1:7: rating \"1e39\" is too large; at most 3.4e38 can be read; correct the line, or have bad lines skipped",
    );
    check(
        &format!("1::2::{}\n", "9".repeat(100)),
        &format!(
            "ratings.dat:1:7: rating {:?}... is too large; at most 3.4e38 can be read; correct the line, or have bad lines skipped",
            "9".repeat(40)
        ),
    );
}

#[test]
fn a_quote_that_is_never_closed() {
    let text = "user,item,rating\n1,2,3\n1,\"2,3\n4,5,1\n";
    check(
        text,
        "ratings.dat:3:3: the quote that opens here is never closed; correct the line, or have bad lines skipped",
    );
    let table = skipping(text);
    assert_eq!(rows(&table), [("1", "2", 3.0), ("4", "5", 1.0)]);
}

#[test]
fn an_empty_file() {
    let message =
        "ratings.dat: the file is empty; expected lines such as user::item::rating::timestamp";
    check("", message);
    check("\u{FEFF}", message);
    check(" \r\n\t\n", message);
}

#[test]
fn a_header_and_nothing_else() {
    check(
        "userId,movieId,rating,timestamp\n",
        "ratings.dat: there is no rating in this file; expected at least one line after the header",
    );
}

#[test]
fn a_header_that_lacks_a_column() {
    check(
        "userId,movieId,tag\n1,2,funny\n",
        "ratings.dat: the header names no rating column (its columns: userId, movieId, tag); rename one to \"rating\"",
    );
    check(
        "a,b,c\n1,2,3\n",
        "ratings.dat: the header names no user column (its columns: a, b, c); rename one to \"user\"",
    );
}

#[test]
fn a_web_page() {
    let message = "ratings.dat: this is a web page, not a data file; the download probably failed: fetch the file itself and try again";
    check("<!DOCTYPE html>\n<html><body>404</body></html>\n", message);
    check("\n  <HTML>\n", message);
    check("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", message);
}

#[test]
fn other_files() {
    check("[{\"user\": 1}]", "ratings.dat: this is JSON; convert it to CSV with a header");
    check(
        "It is a truth universally acknowledged, that a man\nin possession of a good fortune must want\n",
        "ratings.dat: no known format: the first lines hold neither user::item::rating, nor a CSV header with user, item and rating columns, nor blank-separated columns",
    );
    check(
        "1::Toy Boat (1995)::Comedy\n2::Two Boats (1996)::Drama|War\n",
        "ratings.dat: this file holds titles, not ratings; give the ratings file, and this one as the titles",
    );
    check(
        "movieId,title,genres\n1,Toy Boat (1995),Comedy\n",
        "ratings.dat: this file holds titles, not ratings; give the ratings file, and this one as the titles",
    );
}

#[test]
fn binary_files() {
    let cases: [(&[u8], &str); 7] = [
        (
            b"\x89PNG\r\n\x1a\n\0\0\0",
            "this is a binary file (a PNG image), not text; give a text file, as it is, gzipped, or in a zip",
        ),
        (
            b"1::2::3\n\0\0\0\x01",
            "this is a binary file (it has control characters), not text; give a text file, as it is, gzipped, or in a zip",
        ),
        (
            b"PAR1\x15\x04",
            "this is a binary file (a Parquet table), not text; give a text file, as it is, gzipped, or in a zip",
        ),
        (b"\xFF\xFE1\0:\0", "the text is encoded as UTF-16; save it as UTF-8 and try again"),
        (b"\xFD7zXZ\0\0", "this is an xz file; unpack it and give the file inside"),
        (b"BZh91AY&SY", "this is a bzip2 file; unpack it and give the file inside"),
        (b"Rar!\x1A\x07", "this is a RAR archive; unpack it and give the file inside"),
    ];
    for (bytes, message) in cases {
        assert_eq!(error(bytes), format!("ratings.dat: {message}"));
    }
}

#[test]
fn control_characters_in_an_id_wherever_they_stand() {
    let good = "1::2::3::4\n".repeat(2_000); // 22 kB: binary data may start behind any of it
    let checks = [
        ("\0\0::2::3\n", 1, "0x00 in the user id"),
        ("Zo\u{e9}\0::2::3\n", 4, "0x00 in the user id"),
        ("1::a\u{1}b::3\n", 5, "0x01 in the item id"),
        ("1::2::3::4\r\n\0\0\0\0\0\0\0\0\0\0\0\0", 1, "0x00 in the user id"),
    ];
    for (bad, column, what) in checks {
        let line = 2_001 + bad.trim_end().matches('\n').count();
        check(
            &format!("{good}{bad}"),
            &format!(
                "ratings.dat:{line}:{column}: control character {what}; if the file is damaged, fetch it again; correct the line, or have bad lines skipped"
            ),
        );
        let table = skipping(&format!("{good}{bad}"));
        assert_eq!((table.users.len(), table.items.len(), table.skipped.count), (1, 1, 1));
    }
    let csv = "user,item,rating\n".to_owned() + &"ann,up,3\n".repeat(2_000);
    check(
        &(csv + "ann,\"it\"\"\u{2}\",3\n"),
        "ratings.dat:2002:10: control character 0x02 in the item id; if the file is damaged, fetch it again; correct the line, or have bad lines skipped",
    );
}

#[test]
fn lines_that_end_in_cr_alone() {
    let message = "ratings.dat: the lines end in CR alone, as on old Macs; convert the line ends to LF and try again";
    check("1::2::3\r1::3::4\r", message);
    check("user,item,rating\r1,2,3\r", message);
    assert_eq!(rows(&table("1::2::3\r")), [("1", "2", 3.0)]);
}

#[test]
fn lines_without_a_rating_leave_no_memory_behind() {
    for kept in 1..20 {
        let line = |k: usize| if k % 20 < kept { "1::2::3::4\n" } else { "1::2::x::4\n" };
        let ratings = skipping(&(0..100_000).map(line).collect::<String>()).ratings;
        let most = ratings.len() / 4 * 5;
        assert_eq!(ratings.len(), 5_000 * kept);
        assert!(ratings.users.capacity() <= most, "{} of {kept}", ratings.users.capacity());
        assert!(ratings.items.capacity() <= most, "{} of {kept}", ratings.items.capacity());
        assert!(ratings.values.capacity() <= most, "{} of {kept}", ratings.values.capacity());
    }
}

#[test]
fn skipped_lines_are_counted_and_the_first_are_named() {
    let mut text = String::from("1::2::3\n");
    for line in 0..50 {
        text += &format!("1::{line}::bad\n");
    }
    text += "4::5::1\n";
    let table = skipping(&text);
    assert_eq!(rows(&table), [("1", "2", 3.0), ("4", "5", 1.0)]);
    assert_eq!(table.items.len(), 2, "a skipped line names no item");
    assert_eq!(table.skipped.count, 50);
    assert_eq!(table.skipped.examples.len(), 20);
    let first = &table.skipped.examples[0];
    assert_eq!((first.line, first.column), (2, 7));
    assert_eq!(first.problem, LineProblem::NotANumber("bad".into()));
    assert_eq!(first.to_string(), "2:7: rating \"bad\" is not a number");
}

#[test]
fn a_file_of_bad_lines_only_is_an_error_even_when_they_may_be_skipped() {
    let options = ratings::ReadOptions { skip_bad_lines: true, ..Default::default() };
    let error = ratings::read("r", b"1::2::x\n1::2::y\n", &options).expect_err("no line is good");
    assert_eq!(
        error.to_string(),
        "r: none of the 2 lines holds a rating; the first one: line 1, column 7: rating \"x\" is not a number"
    );
}

#[test]
fn an_error_can_be_taken_apart() {
    let error = read(b"1::2::3\n1::2::x\n").expect_err("a bad line");
    let place = error.position.expect("it is about a place");
    assert_eq!((place.line, place.column), (2, 7));
    assert_eq!(error.problem, Problem::Line(LineProblem::NotANumber("x".into())));
}

#[test]
fn a_long_header_is_not_shown_whole() {
    let header = format!("user,item,rating{}", ",tag".repeat(1_000));
    let said = error(format!("{header}\n1,2\n").as_bytes());
    assert!(said.contains("a line reads user,item,rating,tag,tag") && said.len() < 300, "{said}");
}

#[test]
fn what_is_no_text_is_told_by_its_first_bytes() {
    let refused = |start: &[u8]| ratings::refuse_binary("pairs", start).map_err(|e| e.to_string());
    assert_eq!(refused(b""), Ok(()));
    assert_eq!(refused(b"1,2\n"), Ok(()));
    let said = refused(b"\xFF\xFE1\0,\0").expect_err("UTF-16");
    assert_eq!(said, "pairs: the text is encoded as UTF-16; save it as UTF-8 and try again");
    assert!(refused(b"\x1F\x8B\x08\0").expect_err("gzip").contains("a binary file"));
}
