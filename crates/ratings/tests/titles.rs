//! Every way to write titles, and what is said about bad ones.

use ratings::{Problem, ReadOptions, Title, Titles};

use crate::support::{gzip, zip};

fn parse(bytes: &[u8]) -> Titles {
    Titles::parse("movies.dat", bytes).expect("good titles")
}

fn error(bytes: &[u8]) -> String {
    Titles::parse("movies.dat", bytes).expect_err("bad titles").to_string()
}

fn title(title: &str, year: Option<u16>, genres: &[&str]) -> Title {
    let genres = genres.iter().map(|genre| (*genre).to_owned()).collect();
    Title { title: title.to_owned(), year, genres }
}

#[test]
fn movies_dat_is_latin_1() {
    let titles =
        parse(b"1::Toy Boat (1995)::Animation|Comedy\r\n73::Mis\xE9rables, Les (1995)::Drama\r\n");
    assert_eq!(titles.len(), 2);
    assert_eq!(titles.get("1"), Some(&title("Toy Boat", Some(1995), &["Animation", "Comedy"])));
    assert_eq!(titles.get("73"), Some(&title("Misérables, Les", Some(1995), &["Drama"])));
    assert_eq!(titles.get("2"), None);
}

#[test]
fn u_item_has_a_flag_per_genre() {
    let titles = parse(
        b"1|Toy Boat (1995)|01-Jan-1995||http://example.org/?a=1|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n\
          2|Caf\xE9|14-Feb-1994|||0|1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|1\n\
          267|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n",
    );
    assert_eq!(
        titles.get("1"),
        Some(&title("Toy Boat", Some(1995), &["Animation", "Children's", "Comedy"]))
    );
    assert_eq!(titles.get("2"), Some(&title("Café", Some(1994), &["Action", "Western"])));
    assert_eq!(titles.get("267"), Some(&title("unknown", None, &["unknown"])));
}

#[test]
fn movies_csv_is_quoted_utf_8() {
    let titles = parse(
        "\u{FEFF}movieId,title,genres\r\n1,Toy Boat (1995),Adventure|Comedy\r\n\
         11,\"Président, The \"\"Best\"\" (2006–2007)\",(no genres listed)\r\n12,Nameless,\r\n"
            .as_bytes(),
    );
    assert_eq!(titles.get("1"), Some(&title("Toy Boat", Some(1995), &["Adventure", "Comedy"])));
    assert_eq!(titles.get("11"), Some(&title("Président, The \"Best\"", Some(2006), &[])));
    assert_eq!(titles.get("12"), Some(&title("Nameless", None, &[])));
}

#[test]
fn other_tables_of_titles() {
    let bars = parse(b"1|Toy Boat (1995)|Comedy|Drama\n2|Plain\n");
    assert_eq!(bars.get("1"), Some(&title("Toy Boat", Some(1995), &["Comedy", "Drama"])));
    assert_eq!(bars.get("2"), Some(&title("Plain", None, &[])));
    let csv = parse(b"name;asin\nA lamp;b08x\n");
    assert_eq!(csv.get("b08x"), Some(&title("A lamp", None, &[])));
    let year = parse(b"id,title,year\n5,Toy Boat,1995\n");
    assert_eq!(year.get("5"), Some(&title("Toy Boat", Some(1995), &[])));
}

#[test]
fn titles_may_be_packed() {
    let text = b"1::Toy Boat (1995)::Comedy\n";
    assert_eq!(parse(&gzip(text)), parse(text));
    assert_eq!(
        parse(&zip(&[("ml/ratings.dat", b"1::1::5\n"), ("ml/movies.dat", text)])),
        parse(text)
    );
}

#[test]
fn parentheses_that_hold_no_year_belong_to_the_title() {
    for name in ["Seven (a.k.a. Se7en)", "Brackets (12345)", "(1984", "Odd (19x4)"] {
        assert_eq!(
            parse(format!("1::{name}::Drama\n").as_bytes()).get("1"),
            Some(&title(name, None, &["Drama"]))
        );
    }
}

#[test]
fn of_two_titles_the_first_counts() {
    let titles = parse(b"1::One::\n1::Two::\n");
    assert_eq!(titles.len(), 1);
    assert_eq!(titles.get("1").map(|title| &*title.title), Some("One"));
}

#[test]
fn ratings_with_a_bad_line_are_not_titles() {
    for text in [
        "A1::B001::4\nA2::B002::5\nA1::B003::good\n",
        "user,item,title,rating\na1,b1,Up,4\na1,b2,Brazil,x\na2,b1,Up,5\n",
    ] {
        let error = ratings::read("r.dat", text.as_bytes(), &ReadOptions::default());
        let problem = error.expect_err("one line is bad").problem;
        assert!(matches!(problem, Problem::Line(_)), "{problem:?}");
    }
    for text in [
        "1::Toy Boat (1995)::Comedy\n2::Ship (1996)::Drama\n",
        "movieId,title,genres\n1,Toy Boat (1995),Comedy\n",
    ] {
        for packed in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
            let error = ratings::read("r.dat", &packed, &ReadOptions::default());
            let problem = error.expect_err("titles are not ratings").problem;
            assert_eq!(problem, Problem::TitlesNotRatings);
        }
    }
}

#[test]
fn wrong_files_are_refused() {
    let ratings = "movies.dat: this file holds ratings, not titles; give a file such as movies.dat, u.item or movies.csv";
    assert_eq!(error(b"1::1193::5::978300760\n1::661::3::978302109\n"), ratings);
    assert_eq!(error(b"196\t242\t3\t881250949\n"), ratings);
    assert_eq!(error(b"userId,movieId,rating,timestamp\n1,2,3.5,4\n1,3,3.5,4\n"), ratings);
    assert_eq!(
        error(b""),
        "movies.dat: the file is empty; expected lines such as id::title::genres"
    );
    assert_eq!(
        error(b"just some words\nand more\n"),
        "movies.dat: no known format of titles: expected id::title::genres, id|title|..., or a CSV header with id and title columns"
    );
    assert_eq!(
        error(b"movieId,genres\n1,Drama\n"),
        "movies.dat: the header names no title column (its columns: movieId, genres); rename one to \"title\""
    );
    assert_eq!(
        error(b"movieId,title\n"),
        "movies.dat: there is no title in this file; expected at least one line after the header"
    );
    assert_eq!(
        error(b"<html></html>"),
        "movies.dat: this is a web page, not a data file; the download probably failed: fetch the file itself and try again"
    );
}

#[test]
fn a_bad_line_is_named() {
    assert_eq!(
        error(b"1::One::Drama\n2\n3::Three::\n"),
        "movies.dat:2:2: the title is missing; a line reads id::title::genres; correct the line"
    );
    assert_eq!(
        error(b"1::One::Drama\n::Two::\n3::Three::\n"),
        "movies.dat:2:1: the item id is empty; correct the line"
    );
    assert_eq!(
        error(b"movieId,title\n1,One\n2,\"Two\n"),
        "movies.dat:3:3: the quote that opens here is never closed; correct the line"
    );
}
