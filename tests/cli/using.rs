//! Commands that put a model to work.

use std::io::Write as _;

use super::{ITEMS, Place, USERS, quick};

fn trained(rest: &str) -> Place {
    let place = Place::new();
    let titles: String = (0..ITEMS)
        .map(|item| {
            format!("{item}::Film {item} ({})::{}\n", 1980 + item, ["Drama", "War"][item % 2])
        })
        .collect();
    place.write("movies.dat", titles);
    place.succeed(&quick(&format!("--out run --titles movies.dat {rest}")));
    place
}

#[test]
fn a_pair_is_predicted_and_what_is_unknown_is_said() {
    let place = trained("");
    let ran = place.succeed("predict run u3 4");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "user,item,rating,deviation,from");
    assert!(lines[1].starts_with("u3,4,") && lines[1].ends_with(",,model"), "{}", lines[1]);
    let rating: f64 =
        lines[1].split(',').nth(2).and_then(|text| text.parse().ok()).expect("number");
    place.write("pairs.csv", "item,user\n4,u3\nabsent,u3\n4,nobody\nabsent,nobody\n");
    let ran = place.succeed("predict run --pairs pairs.csv --clip");
    let lines: Vec<&str> = ran.stdout.lines().skip(1).collect();
    assert_eq!(lines.len(), 4);
    let clipped = rating.clamp(1.0, 4.0);
    assert!(lines[0].starts_with(&format!("u3,4,{clipped}")), "{} {rating}", lines[0]);
    for (line, from) in lines[1..].iter().zip(["user mean", "item mean", "mean"]) {
        assert!(line.ends_with(from), "{line}");
    }
    assert!(ran.stderr.contains("3 of 4 pairs"), "{}", ran.stderr);
    place.write("pairs.csv", "u3,4\n");
    let plain = place.succeed("predict run --pairs pairs.csv").stdout;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(b"u3,4\n").expect("memory");
    place.write("pairs.gz", packed.finish().expect("memory"));
    assert_eq!(place.succeed("predict run --pairs pairs.gz").stdout, plain);
    place.write("pairs.zip", b"PK\x03\x04");
    let ran = place.run("predict run --pairs pairs.zip");
    assert!(ran.stderr.contains("it is a zip; give the file inside it"), "{}", ran.stderr);
    let alone = place.succeed("predict run/model.safetensors u3 4").stdout;
    assert_eq!(alone, place.succeed("predict run u3 4").stdout, "the file alone is enough");
    assert_eq!(place.run("predict run u3").code, Some(2));
    // A first row is no header for looking like one.
    place.write("ids.dat", "user1::item1::3\nuser2::item1::4\nuser2::item2::1\nuser1::item2::2\n");
    place.succeed("train ids.dat --test-share 0 --epochs 1 --device cpu --progress none --out ids");
    place.write("pairs.csv", "user1,item1\nuser2,item2\n");
    let pairs = place.succeed("predict ids --pairs pairs.csv").stdout;
    let ids: Vec<&str> = pairs.lines().skip(1).filter_map(|line| line.get(..11)).collect();
    assert_eq!(ids, ["user1,item1", "user2,item2"]);
}

#[test]
fn lists_leave_out_what_was_rated_and_keep_to_the_filter() {
    let place = trained("");
    let rated: Vec<String> = place
        .read("ratings.dat")
        .lines()
        .filter_map(|line| {
            line.strip_prefix("u7::").map(|rest| rest.split(':').next().unwrap().into())
        })
        .collect();
    let list = |arguments: &str| -> Vec<String> {
        let ran = place.succeed(arguments).json();
        let items = ran["items"].as_array().unwrap().clone();
        items.iter().map(|entry| entry["item"].as_str().unwrap().to_owned()).collect()
    };
    let all = list("recommend run u7 -n 100 --json");
    assert_eq!(all.len(), ITEMS - rated.len());
    assert!(all.iter().all(|item| !rated.contains(item)), "{all:?} {rated:?}");
    assert_eq!(list("recommend run u7 -n 100 --json --seen").len(), ITEMS);
    let war = list("recommend run u7 -n 100 --json --seen --genre war --from-year 1990");
    let expected: Vec<usize> = (0..ITEMS).filter(|item| item % 2 == 1 && *item >= 10).collect();
    assert_eq!(war.len(), expected.len());
    assert!(war.iter().all(|item| expected.contains(&item.parse().unwrap())), "{war:?}");
    let page = place.succeed("recommend run u7 u8 -n 3").stdout;
    assert!(page.contains("For user u7:\n   1. ") && page.contains("For user u8:"), "{page}");
    assert!(page.contains("Film "), "{page}");

    let ran = place.succeed("recommend run --all -n 2");
    assert_eq!(ran.stdout.lines().count(), 1 + 2 * USERS);
    assert!(
        ran.stdout.starts_with("user,rank,item,rating,deviation,title\nu0,1,"),
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.contains("40 lists in") && ran.stderr.contains("Gini"), "{}", ran.stderr);
    // From the file alone it is not known what was rated.
    let ran = place.succeed("recommend run/model.safetensors u7 -n 100 --json");
    assert!(ran.stderr.contains("--ratings"), "{}", ran.stderr);
    assert_eq!(list("recommend run/model.safetensors u7 -n 100 --json --ratings ratings.dat"), all);
}

#[test]
fn somebody_new_rates_items_and_gets_a_list() {
    for model in ["mf", "deepmf", "neumf"] {
        let place = trained(&format!("--model {model} --epochs 30"));
        let ran = place.succeed("recommend run --rate 2=4 --rate 5=1 -n 100 --json").json();
        let items = ran["items"].as_array().unwrap();
        assert!(ran["user"].is_null());
        assert_eq!(items.len(), ITEMS - 2, "what was rated is left out");
        let page = place.succeed("recommend run --rate 2=4 -n 3").stdout;
        assert!(page.starts_with("For you:\n"), "{page}");
        let why = place.succeed("explain run 9 --rate 2=4 --json").json();
        assert_eq!(why["reasons"][0]["item"], "2");
        assert_eq!(why["user_ratings"], 1);
    }
}

#[test]
fn items_and_users_alike_and_reasons_are_listed() {
    let place = trained("");
    let near = place.succeed("similar run 4 --json -n 3").json();
    assert_eq!(near.as_array().unwrap().len(), 3);
    assert!(near[0]["cosine"].as_f64() >= near[1]["cosine"].as_f64());
    assert!(near.as_array().unwrap().iter().all(|of| of["id"] != "4"));
    assert!(
        place.succeed("similar run u3 --users -n 2").stdout.starts_with("Users like u3:\n   1. ")
    );
    // What was kept for testing is no reason, and opinions have a spread.
    let told = place.succeed("explain run u3 4 -n 100 --json").json();
    let learnt = told["user_ratings"].as_u64().unwrap();
    assert!(learnt > 10 && learnt < 20, "u3 rated 20, of which some test: {told}");
    assert_eq!(told["reasons"].as_array().unwrap().len() as u64, learnt);
    for deviation in ["item_deviation", "user_deviation"] {
        assert!(told[deviation].as_f64().unwrap() > 0.5, "{told}");
    }
    let why = place.succeed("explain run u3 4 -n 2").stdout;
    for said in
        ["Film 4 (1984) [4]: ", "it rests on", "the mean user would give", "factors that carry it"]
    {
        assert!(why.contains(said), "{said} is not in {why}");
    }
}

#[test]
fn the_users_for_an_item_are_listed_and_a_new_item_needs_no_training() {
    for model in ["mf", "deepmf", "biased-mf", "gmf"] {
        let place = trained(&format!("--model {model} --epochs 30"));
        let found = place.succeed("audience run 4 -n 100 --json").json();
        let found = found.as_array().unwrap();
        // Only u4, u9, ... have not rated item 4.
        assert_eq!(found.len(), USERS / 5, "{model}");
        for of in found {
            let number: usize = of["user"].as_str().unwrap()[1..].parse().unwrap();
            assert_eq!(number % 5, 4, "{of}");
        }
        let new = "audience run --rated-by u1=4 --rated-by u2=1";
        let page = place.succeed(&format!("{new} -n 3")).stdout;
        assert!(page.starts_with("Users for a new item:\n   1. "), "{page}");
        let all = place.succeed(&format!("{new} -n 100 --clip --json")).json();
        assert_eq!(all.as_array().unwrap().len(), USERS - 2, "{model}");
    }
}

#[test]
fn names_that_are_unknown_or_unclear_are_errors_of_use() {
    let place = trained("");
    for (arguments, said) in [
        ("recommend run nobody", "the model knows no user \"nobody\""),
        ("recommend run", "name users, or give --all"),
        ("recommend run --rate 4", "expected ITEM=RATING"),
        ("recommend run --rate 4=9", "ratings go from 1 to"),
        ("recommend run --rate 4=2 u3", "--rate makes a new user"),
        ("recommend run --all u3", "--all makes a list for every user"),
        ("recommend run --all --genre Nope", "no item has the genre \"Nope\"; "),
        ("similar run 4 --genre Nope", "no item has the genre \"Nope\"; "),
        ("similar run absent", "the model knows no item \"absent\""),
        ("similar run film", "may be 1 (Film 1 (1981))"),
        ("explain run u3", "give a USER and an ITEM"),
        ("audience run", "give an ITEM, or a new one's ratings"),
        ("audience run 4 --rated-by u1=2", "give one of them"),
        ("audience run --rated-by u1", "expected USER=RATING"),
        ("audience run --rated-by nobody=2", "the model knows no user \"nobody\""),
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
    }
    let ran = place.run("recommend absent u3");
    assert!(ran.code == Some(1) && ran.stderr.contains("cannot read absent"), "{}", ran.stderr);
    let ran = place.run("recommend ratings.dat u3");
    assert!(ran.code == Some(3) && ran.stderr.contains("not a model file"), "{}", ran.stderr);
}

#[test]
fn svdpp_and_als_do_what_the_others_do() {
    for kind in ["--model svdpp", "--model biased-mf --optimizer als"] {
        let place = trained(&format!("{kind} --epochs 4"));
        assert!(place.succeed("predict run u3 4").stdout.contains("u3,4,"), "{kind}");
        for command in ["recommend run u7 -n 2", "recommend run --rate 2=4 --rate 5=1 -n 2"] {
            assert!(place.succeed(command).stdout.contains("   2. "), "{kind}: {command}");
        }
        assert!(place.succeed("similar run 4").stdout.contains("Film "), "{kind}");
        let why = place.succeed("explain run u3 4 --json").json();
        let reasons = why["reasons"].as_array().unwrap();
        assert!(!reasons.is_empty() && why["mean_user"].is_number(), "{kind}: {why}");
        for format in ["npz", "csv", "projector"] {
            place.succeed(&format!("export run --format {format} --out {format}.out"));
        }
        let before = place.succeed("evaluate run --json").json();
        place.succeed("train --resume run --epochs 8");
        let after = place.succeed("evaluate run --json").json();
        assert_ne!(before["rmse"], after["rmse"], "{kind}: four more epochs");
    }
}

#[test]
fn a_model_that_averages_says_how_sure_it_is() {
    let place = trained("--model bayes-mf --epochs 40 --burn-in 10");
    let ran = place.succeed("predict run u3 4");
    let line = ran.stdout.lines().nth(1).expect("a rating");
    let deviation: f64 = line.split(',').nth(3).and_then(|text| text.parse().ok()).expect(line);
    assert!(deviation > 0.0 && deviation < 3.0, "{line}");
    let list = place.succeed("recommend run u3 -n 100 --seen --json").json();
    let entries = list["items"].as_array().unwrap();
    let same = entries.iter().find(|entry| entry["item"] == "4").expect("every item is listed");
    assert!((same["deviation"].as_f64().unwrap() - deviation).abs() < 1e-6, "{same}");
    let why = place.succeed("explain run u3 4 --json").json();
    assert_eq!(why["deviation"], same["deviation"]);
    let sign = format!(" ± {deviation:.2}");
    assert_eq!(why["factors"], serde_json::json!([]), "draws turn their factors");
    assert!(place.succeed("explain run u3 4").stdout.contains("no factors carry it: the model is"));
    for command in ["recommend run u3 -n 100 --seen", "explain run u3 4"] {
        assert!(place.succeed(command).stdout.contains(&sign), "{command}");
    }
    let judged = place.succeed("evaluate run --json").json();
    let [one, two] =
        ["within_one", "within_two"].map(|name| judged["deviations"][name].as_f64().unwrap());
    assert!(one > 0.4 && one <= two && two <= 1.0, "{}", judged["deviations"]);
    assert!(place.succeed("evaluate run").stdout.contains("Standard deviations given with"));
}

#[test]
fn whoever_is_new_is_told_how_sure_it_is() {
    let place = trained("--model bayes-mf --epochs 40 --burn-in 10");
    let new = place.succeed("recommend run --rate 2=4 --rate 3=1 -n 100 --json").json();
    let entries = new["items"].as_array().unwrap();
    let same = entries.iter().find(|entry| entry["item"] == "4").expect("every other is listed");
    let deviation = same["deviation"].as_f64().expect("it averages");
    assert!(deviation > 0.0 && deviation < 3.0, "{same}");
    let why = place.succeed("explain run 4 --rate 2=4 --rate 3=1 --json").json();
    assert_eq!(why["deviation"], same["deviation"]);
    let page = place.succeed("recommend run --rate 2=4 --rate 3=1 -n 100").stdout;
    assert!(page.contains(&format!(" ± {deviation:.2}")), "{page}");
    for item in ["4", "--rated-by u1=4 --rated-by u2=1"] {
        let members = place.succeed(&format!("audience run {item} -n 3 --json")).json();
        let deviation = members[1]["deviation"].as_f64().expect("it averages");
        let page = place.succeed(&format!("audience run {item} -n 3")).stdout;
        assert!(page.contains(&format!(" ± {deviation:.2}  u")), "{item}: {page}");
    }
    let one = trained("--model biased-mf");
    let new = one.succeed("recommend run --rate 2=4 -n 1 --json").json();
    assert!(new["items"][0]["deviation"].is_null(), "{new}");
    let members = one.succeed("audience run --rated-by u1=4 -n 1 --json").json();
    assert!(members[0]["deviation"].is_null(), "{members}");
}

/// Told twice, the last word counts.
#[test]
fn of_two_ratings_of_one_thing_the_last_holds() {
    let place = trained("--model biased-mf");
    place.write("twice.csv", "2,1\n5,3\n2,4\n");
    let once = "recommend run --rate 2=4 --rate 5=3 -n 5";
    for twice in ["--rate 2=1 --rate 5=3 --rate 2=4", "--rate @twice.csv", "--rate 5=3 --rate 2=4"]
    {
        let same = place.succeed(&format!("recommend run {twice} -n 5")).stdout;
        assert_eq!(same, place.succeed(once).stdout, "{twice}");
    }
    let theirs = "audience run --rated-by u1=4";
    let twice = "audience run --rated-by u1=1 --rated-by u1=4";
    assert_eq!(place.succeed(twice).stdout, place.succeed(theirs).stdout);
}

/// A file that cannot be used is bad data, told with its line; the same on the command line is a
/// slip of the hand.
#[test]
fn ratings_in_a_file_that_cannot_be_used_are_bad_data() {
    let place = trained("--model biased-mf");
    for (content, said) in [
        ("2,4\n3\n", "mine.csv: line 2: expected a name and a rating"),
        ("item,rating\n2,9\n", "mine.csv: line 2: --rate \"2=9\": ratings go from 1 to"),
        ("2,4\nnothing,3\n", "mine.csv: line 2: the model knows no item \"nothing\""),
        ("", "mine.csv: it holds no rating"),
    ] {
        place.write("mine.csv", content);
        let ran = place.run("recommend run --rate @mine.csv");
        assert_eq!(ran.code, Some(3), "{content:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
    }
    assert_eq!(place.run("recommend run --rate 2=9").code, Some(2));
}

/// As training measures them: without `--clip` too.
#[test]
fn ratings_of_models_with_biases_stay_within_the_scale() {
    let place = Place::new();
    place.write("ratings.dat", super::judged::noise());
    place.succeed(&quick("--out run --model biased-mf --lr 0.05 --epochs 60"));
    let pairs = (0..40).flat_map(|user| (0..20).map(move |item| format!("u{user},{item}\n")));
    place.write("pairs.csv", pairs.collect::<String>());
    let table = place.succeed("predict run --pairs pairs.csv").stdout;
    let rating = |line: &str| line.split(',').nth(2).and_then(|text| text.parse::<f64>().ok());
    let ratings: Vec<f64> = table.lines().filter_map(rating).collect();
    assert_eq!(ratings.len(), 800);
    assert!(ratings.iter().all(|rating| (1.0..=5.0).contains(rating)), "{ratings:?}");
    let summary: serde_json::Value =
        serde_json::from_str(&place.read("run/summary.json")).expect("JSON");
    let judged = place.succeed("evaluate run --json").json();
    let apart = judged["rmse"].as_f64().unwrap() - summary["final"]["test_rmse"].as_f64().unwrap();
    assert!(apart.abs() < 1e-6, "{} against {}", judged["rmse"], summary["final"]);
}

#[test]
fn a_model_is_judged_on_its_test_part_or_on_a_file() {
    let place = trained("--epochs 5");
    let judged = place.succeed("evaluate run --json --plot deciles.svg").json();
    let summary: serde_json::Value =
        serde_json::from_str(&place.read("run/summary.json")).expect("JSON");
    let (ours, theirs) = (&judged["rmse"], &summary["final"]["test_rmse"]);
    let apart = ours.as_f64().unwrap() - theirs.as_f64().unwrap();
    assert!(apart.abs() < 1e-6, "{ours} against the run's own {theirs}");
    assert_eq!(judged["ratings"], summary["data"]["test_ratings"]);
    assert_eq!(judged["coverage"], 1.0);
    assert_eq!(judged["by_user_activity"].as_array().unwrap().len(), 10);
    assert!(judged["ranking"]["users"].as_u64() > Some(0));
    assert!(judged["deviations"].is_null(), "one point knows no spread");
    assert!(place.read("deciles.svg").starts_with("<svg"));
    let page = place.succeed("evaluate run --clip").stdout;
    for (among, said) in [("sampled", "99 items (sampled)"), ("full", "all items (full)")] {
        let page = place.succeed(&format!("evaluate run --ranking {among}")).stdout;
        assert!(page.contains(said) && page.contains("HR@10"), "{page}");
    }
    assert!(judged["hits"].is_null(), "only on demand: {judged}");
    assert_eq!(judged["rated_left_out"], true);
    for said in ["On the test part of ratings.dat", "RMSE", "Calibration", "NDCG", "hit rate"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    place.write("other.csv", "user,item,rating\nu1,3,4\nnobody,3,2\n");
    let judged = place.succeed("evaluate run/model.safetensors other.csv --json").json();
    assert_eq!((&judged["ratings"], &judged["coverage"]), (&2.into(), &0.5.into()));
    // A model's file does not know what was rated, and a run's folder does.
    assert_eq!(judged["rated_left_out"], false);
    for (model, rated) in [("run", true), ("run/model.safetensors", false)] {
        let page = place.succeed(&format!("evaluate {model} other.csv --ranking full")).stdout;
        assert_eq!(page.contains("that its user has not rated"), rated, "{page}");
        assert_eq!(page.contains("is not known and is not left out"), !rated, "{page}");
    }
    assert_eq!(place.run("evaluate run/model.safetensors").code, Some(2));
    place.write("other.csv", "user,item,rating\nu1,3,4\nnobody,3\n");
    let ran = place.succeed("evaluate run other.csv --skip-bad-lines");
    assert!(ran.stderr.contains("other.csv: 1 bad line skipped"), "{}", ran.stderr);
    // Of other ratings another part would be drawn, with some that were trained on.
    place.write("ratings.dat", place.read("ratings.dat") + "new::3::4\n");
    let ran = place.run("evaluate run");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
    let said = "is not what the model was trained on any more; give a file of held-out ratings";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    place.write("other.csv", "user,item,rating\nu1,3,4\n");
    assert_eq!(place.succeed("evaluate run other.csv --json").json()["rated_left_out"], false);
}
