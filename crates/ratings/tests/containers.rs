//! Gzip and zip, good and bad.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use ratings::{Container, Format, Problem, Titles};

use crate::support::{error, gzip, read, rows, zip};

const RATINGS: &[u8] = b"1::2::3::4\n2::3::4.5::5\n";
const MOVIES: &[u8] = b"2::Toy Boat (1995)::Comedy\n3::Caf\xE9 (1996)::Drama|War\n";

#[test]
fn a_gzipped_file_is_read_as_the_file_itself() {
    let loaded = read(&gzip(RATINGS)).expect("a good file");
    assert_eq!(loaded.table.container, Container::Gzip);
    assert_eq!(rows(&loaded.table), [("1", "2", 3.0), ("2", "3", 4.5)]);
}

#[test]
fn gzip_in_several_parts_is_one_file() {
    let parts = [gzip(b"1::2::3\n"), gzip(b"2::3::4\n")].concat();
    assert_eq!(read(&parts).expect("a good file").table.ratings.len(), 2);
}

#[test]
fn a_zip_like_ml_1m_gives_ratings_and_titles() {
    let bytes = zip(&[
        ("ml-1m/README", b"ratings are in ratings.dat\n"),
        ("ml-1m/users.dat", b"1::F::1::10::48067\n"),
        ("ml-1m/movies.dat", MOVIES),
        ("ml-1m/ratings.dat", RATINGS),
    ]);
    let loaded = read(&bytes).expect("a good zip");
    assert_eq!(loaded.table.container, Container::Zip { member: "ml-1m/ratings.dat".into() });
    assert_eq!(loaded.table.format, Format::DoubleColon);
    let titles = loaded.titles.expect("movies.dat has them");
    assert_eq!(titles.get("3").map(|title| &*title.title), Some("Café"));
    assert_eq!(loaded.titles_error, None);
}

#[test]
fn a_zip_like_ml_100k_gives_u_data_and_u_item() {
    let item =
        format!("242|Kolya (1996)|24-Jan-1997||http://example.org/|{}\n", ["0"; 19].join("|"));
    let bytes = zip(&[
        ("ml-100k/u.item", item.as_bytes()),
        ("ml-100k/u1.base", b"9\t9\t1\t1\n9\t8\t1\t1\n9\t7\t1\t1\n"),
        ("ml-100k/u.data", b"196\t242\t3\t881250949\n"),
    ]);
    let loaded = read(&bytes).expect("a good zip");
    assert_eq!(rows(&loaded.table), [("196", "242", 3.0)]);
    assert_eq!(loaded.titles.expect("u.item has them").get("242").and_then(|t| t.year), Some(1996));
}

#[test]
fn a_zip_like_ml_25m_gives_ratings_csv_and_movies_csv() {
    let bytes = zip(&[
        ("ml-25m/tags.csv", b"userId,movieId,tag,timestamp\n3,260,classic,1\n"),
        (
            "ml-25m/movies.csv",
            b"movieId,title,genres\n296,\"Pulp, Friction (1994)\",Comedy|Crime\n",
        ),
        ("ml-25m/genome-scores.csv", b"movieId,tagId,relevance\n1,1,0.02\n1,2,0.1\n1,3,0.1\n"),
        ("ml-25m/ratings.csv", b"userId,movieId,rating,timestamp\n1,296,5.0,1147880044\n"),
    ]);
    let loaded = read(&bytes).expect("a good zip");
    assert_eq!(rows(&loaded.table), [("1", "296", 5.0)]);
    let titles = loaded.titles.expect("movies.csv has them");
    assert_eq!(titles.get("296").map(|title| &*title.title), Some("Pulp, Friction"));
}

#[test]
fn ratings_in_a_zip_are_found_by_content() {
    let bytes = zip(&[
        ("__MACOSX/._opinions.txt", RATINGS),
        (
            "notes.txt",
            b"some words about the data, more than it has lines, and a few more of them\n",
        ),
        ("opinions.txt.gz", &gzip(RATINGS)),
    ]);
    let loaded = read(&bytes).expect("a good zip");
    assert_eq!(loaded.table.container, Container::Zip { member: "opinions.txt.gz".into() });
    assert_eq!(loaded.table.ratings.len(), 2);
}

#[test]
fn an_error_in_a_zip_names_the_member() {
    let bytes = zip(&[("ml/ratings.dat", b"1::2::3\n1::2::x\n")]);
    assert_eq!(
        error(&bytes),
        "ratings.dat/ml/ratings.dat:2:7: rating \"x\" is not a number; correct the line, or have bad lines skipped"
    );
}

#[test]
fn bad_titles_in_a_zip_are_reported_and_the_ratings_kept() {
    let loaded =
        read(&zip(&[("ratings.dat", RATINGS), ("movies.dat", b"")])).expect("good ratings");
    assert_eq!(loaded.table.ratings.len(), 2);
    assert!(loaded.titles.is_none());
    let error = loaded.titles_error.expect("the titles are empty");
    assert_eq!(
        error.to_string(),
        "ratings.dat/movies.dat: the file is empty; expected lines such as id::title::genres"
    );
}

#[test]
fn a_zip_without_ratings() {
    assert_eq!(
        error(&zip(&[("a/readme.txt", b"hello"), ("b.png", b"\x89PNG\0")])),
        "ratings.dat: no member of this zip holds ratings (it has: a/readme.txt, b.png); unpack it and give the ratings file"
    );
    assert_eq!(
        error(&zip(&[])),
        "ratings.dat: no member of this zip holds ratings (it has: nothing); unpack it and give the ratings file"
    );
}

#[test]
fn an_encrypted_zip() {
    let mut bytes = zip(&[("ratings.dat", RATINGS)]);
    let central = bytes.windows(4).position(|four| four == b"PK\x01\x02").expect("a directory");
    bytes[6] |= 1; // the flag of the member itself
    bytes[central + 8] |= 1; // and of its entry in the directory
    assert_eq!(
        error(&bytes),
        "ratings.dat: ratings.dat is encrypted; unpack the zip and give the ratings file inside"
    );
}

#[test]
fn titles_that_cannot_be_unpacked_do_not_cost_the_ratings() {
    let bytes = zip(&[("ratings.dat", RATINGS), ("movies.dat", &vec![b'\n'; 64 << 20])]);
    let loaded = read(&bytes).expect("good ratings");
    assert_eq!(loaded.table.ratings.len(), 2);
    assert!(loaded.titles_error.is_some_and(|error| error.name == "ratings.dat/movies.dat"));
}

#[test]
fn a_workbook_is_a_zip_too() {
    let bytes = zip(&[("[Content_Types].xml", b"<?xml?>"), ("xl/workbook.xml", b"<?xml?>")]);
    assert_eq!(
        error(&bytes),
        "ratings.dat: this is an Excel workbook; save the sheet as CSV and give that"
    );
}

#[test]
fn a_tar_archive_behind_gzip() {
    let mut tar = vec![0; 1024];
    tar[..7].copy_from_slice(b"ratings");
    tar[257..262].copy_from_slice(b"ustar");
    assert_eq!(
        error(&gzip(&tar)),
        "ratings.dat: this is a tar archive; unpack it and give the file inside"
    );
}

#[test]
fn a_gzip_cut_short() {
    let bytes = gzip(&RATINGS.repeat(1000));
    for end in [2, 10, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(
            error(&bytes[..end]),
            "ratings.dat: the gzip data ends early; the file is probably cut short: fetch it again",
            "after {end} bytes"
        );
    }
}

#[test]
fn a_damaged_gzip() {
    let mut bytes = gzip(&RATINGS.repeat(1000));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    let message = error(&bytes);
    assert!(message.starts_with("ratings.dat: the gzip data "), "{message}");
    assert!(
        message.ends_with("etch the file again") || message.ends_with("fetch it again"),
        "{message}"
    );
}

#[test]
fn a_zip_cut_short() {
    let bytes = zip(&[("ratings.dat", RATINGS)]);
    let message = error(&bytes[..bytes.len() - 30]);
    assert!(message.starts_with("ratings.dat: the zip data is damaged ("), "{message}");
    assert!(message.ends_with("); fetch the file again"), "{message}");
}

/// 256 MiB of line ends in about a quarter of a megabyte of gzip.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let lines = vec![b'\n'; 1 << 20];
    for _ in 0..256 {
        encoder.write_all(&lines).expect("memory takes it");
    }
    encoder.finish().expect("memory takes it")
}

#[test]
fn bombs_are_not_unpacked() {
    let gzip_bomb = bomb();
    let limit = 100 * gzip_bomb.len();
    assert_eq!(
        error(&gzip_bomb),
        format!(
            "ratings.dat: the data unpacks to more than {limit} bytes, over 100 times its packed size, as no ratings file does; if it is one all the same, unpack it and give the plain file"
        )
    );
    let zip_bomb = zip(&[("ratings.dat", &vec![b'\n'; 64 << 20])]);
    let message = "ratings.dat: the data unpacks to more than 16777216 bytes, over 100 times its packed size, as no ratings file does; if it is one all the same, unpack it and give the plain file";
    assert_eq!(error(&zip_bomb), message);
    // The gzip packs well once more: what counts is what the zip holds of it.
    let nested = zip(&[("ratings.dat", &gzip_bomb)]);
    assert!(nested.len() * 100 < 16 << 20, "{}", nested.len());
    assert_eq!(error(&nested), message);
    let loaded = read(&zip(&[("ratings.dat", RATINGS), ("movies.dat", &gzip_bomb)]));
    let error = loaded.expect("good ratings").titles_error.expect("a bomb");
    assert!(matches!(error.problem, Problem::Bomb { limit: 16_777_216, .. }), "{error}");
}

#[test]
fn gzipped_members_of_a_zip_are_read_as_the_files_themselves() {
    let bytes = zip(&[("ratings.dat", &gzip(RATINGS)), ("movies.dat", &gzip(MOVIES))]);
    let loaded = read(&bytes).expect("a good zip");
    assert_eq!(loaded.table.ratings.len(), 2);
    assert_eq!(loaded.titles.map(|titles| titles.len()), Some(2));
    assert_eq!(Titles::parse("titles.zip", &bytes).map(|titles| titles.len()), Ok(2));
}
