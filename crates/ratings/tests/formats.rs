//! Every way to write ratings.

use ratings::{Container, Format};

use crate::support::{rows, table};

const ROWS: [(&str, &str, f32); 3] = [("1", "1193", 5.0), ("1", "661", 3.0), ("2", "1193", 4.5)];

#[track_caller]
fn check(text: &str, format: Format) {
    let table = table(text);
    assert_eq!(rows(&table), ROWS, "{text:?}");
    assert_eq!(table.format, format, "{text:?}");
    assert_eq!(table.container, Container::Plain);
    assert_eq!((table.users.len(), table.items.len(), table.skipped.count), (2, 2, 0));
}

#[test]
fn double_colons_with_and_without_timestamps() {
    check(
        "1::1193::5::978300760\n1::661::3::978302109\n2::1193::4.5::978301968\n",
        Format::DoubleColon,
    );
    check("1::1193::5\n1::661::3\n2::1193::4.5\n", Format::DoubleColon);
    check("1::1193::5::978300760\n1::661::3\n2::1193::4.5::\n", Format::DoubleColon);
    check(
        "UserID::MovieID::Rating::Timestamp\n1::1193::5::1\n1::661::3::1\n2::1193::4.5::1\n",
        Format::DoubleColon,
    );
}

#[test]
fn csv_with_columns_in_any_order_under_common_names() {
    check(
        "userId,movieId,rating,timestamp\n1,1193,5.0,1\n1,661,3.0,2\n2,1193,4.5,3\n",
        Format::Csv,
    );
    check("rating,ts,item,user\n5,1,1193,1\n3,1,661,1\n4.5,1,1193,2\n", Format::Csv);
    check("item_id;user_id;stars;review\n1193;1;5;fine\n661;1;3;so so\n1193;2;4.5;\n", Format::Csv);
    check(
        "user_id:token\titem_id:token\trating:float\n1\t1193\t5\n1\t661\t3\n2\t1193\t4.5\n",
        Format::Csv,
    );
    check(
        "\"User-ID\",\"ISBN\",\"Book-Rating\"\n\"1\",\"1193\",\"5\"\n1,661,3\n2,\"1193\",4.5\n",
        Format::Csv,
    );
    check("user|item|rating\n1|1193|5\n1|661|3\n2|1193|4.5\n", Format::Csv);
    check("uid,productId,score\n1,1193,5\n1,661,3\n2,1193,4.5\n", Format::Csv);
}

#[test]
fn of_two_columns_that_could_be_meant_the_likelier_one_is_taken() {
    check(
        "username,userId,movie,movieId,stars,rating\nann,1,Up,1193,0,5\nann,1,It,661,0,3\nbo,2,Up,1193,0,4.5\n",
        Format::Csv,
    );
    check("ratings,item,user,rating\n5,1193,1,5\n0,661,1,3\n0,1193,2,4.5\n", Format::Csv);
    assert_eq!(rows(&table("username,item,rating\nann,7,2\n")), [("ann", "7", 2.0)]);
}

#[test]
fn csv_without_a_header_is_user_item_rating() {
    check("1,1193,5.0,1\n1,661,3.0,2\n2,1193,4.5,3\n", Format::Csv);
    check("1;1193;5\n1;661;3\n2;1193;4.5\n", Format::Csv);
}

#[test]
fn tabs_and_blanks_as_in_u_data() {
    check("1\t1193\t5\t881250949\n1\t661\t3\t891717742\n2\t1193\t4.5\t878887116\n", Format::Blank);
    check("1 1193 5 1\n1 661 3 2\n2 1193 4.5 3\n", Format::Blank);
    check("  1   1193 \t 5\n1 661 3  \n2 1193\t4.5\n", Format::Blank);
    check("user item rating\n1 1193 5\n1 661 3\n2 1193 4.5\n", Format::Blank);
}

#[test]
fn quoted_fields_may_hold_anything() {
    let table = table(
        "user,item,text,rating\nann,\"up, the film\",\"two\nlines, one field\",5\n\"bob \"\"b\"\"\",alien,\"\",2\n",
    );
    assert_eq!(rows(&table), [("ann", "up, the film", 5.0), ("bob \"b\"", "alien", 2.0)]);
}

#[test]
fn byte_order_marks_crlf_blank_lines_and_a_missing_last_newline_are_fine() {
    check("\u{FEFF}1::1193::5::1\r\n\r\n1::661::3::2\r\n   \n2::1193::4.5::3", Format::DoubleColon);
    check("\u{FEFF}user,item,rating\r\n1,1193,5\r\n\r\n1,661,3\r\n2,1193,4.5", Format::Csv);
    check("\n\n1\t1193\t5\r\n1\t661\t3\r\n\r\n2\t1193\t4.5\r\n", Format::Blank);
    check("\n\nuser,item,rating\n\n1,1193,5\n1,661,3\n\n2,1193,4.5\n\n", Format::Csv);
}

#[test]
fn ids_are_kept_as_given() {
    let table = table(
        "7::007::1\n07::+7::2\nAnn Lee::Été::3\n 7::7 ::4\n123456789012345678901234567890::7.0::5\n",
    );
    let users: Vec<&str> = table.users.iter().collect();
    let items: Vec<&str> = table.items.iter().collect();
    assert_eq!(users, ["7", "07", "Ann Lee", "123456789012345678901234567890"]);
    assert_eq!(items, ["007", "+7", "Été", "7", "7.0"]);
}

#[test]
fn an_id_that_could_name_a_column_makes_no_header() {
    assert_eq!(
        rows(&table("user,star,5\nann,item,4\n")),
        [("user", "star", 5.0), ("ann", "item", 4.0)]
    );
}

#[test]
fn ids_in_latin_1_become_text() {
    let loaded = crate::support::read(b"Ren\xE9::1::5\nRen\xC3\xA9::2::4\n").expect("good lines");
    assert_eq!(rows(&loaded.table), [("René", "1", 5.0), ("René", "2", 4.0)]);
    assert_eq!(loaded.table.users.len(), 1);
}

#[test]
fn large_ids_and_text_ids_mix_with_small_ones() {
    let table = table(
        "76561197970982479::4294967296::1\n1048575::1048576::2\n99999999::b08x::3\n1048576::1::4\n",
    );
    assert_eq!(
        rows(&table),
        [
            ("76561197970982479", "4294967296", 1.0),
            ("1048575", "1048576", 2.0),
            ("99999999", "b08x", 3.0),
            ("1048576", "1", 4.0),
        ]
    );
}

#[test]
fn any_finite_number_is_a_rating() {
    let table = table(
        "1::1::-9.75\n1::2::0\n1::3::1e2\n1::4::.5\n1::5::100\n1::6::+3\n1::7:: 4 ::1\n1::8::-0\n",
    );
    assert_eq!(table.ratings.values, [-9.75, 0.0, 100.0, 0.5, 100.0, 3.0, 4.0, 0.0]);
    assert_eq!(table.ratings.range(), Some((-9.75, 100.0)));
    assert_eq!(table.ratings.values[7].to_bits(), 0, "-0 is read as 0");
}

#[test]
fn repeated_pairs_are_kept() {
    assert_eq!(table("1::2::3\n1::2::4\n").ratings.values, [3.0, 4.0]);
}
