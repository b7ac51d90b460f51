//! What is wrong, said plainly, with the exit code for it.

use super::{Place, Ran, quick, tiny_ratings};

/// Runs what must fail, and checks its code, what it says, and that it printed nothing as if it were a result.
#[track_caller]
fn fails(place: &Place, arguments: &str, code: i32, says: &[&str]) {
    failed(&place.run(arguments), arguments, code, says);
}

#[track_caller]
fn failed(ran: &Ran, what: &str, code: i32, says: &[&str]) {
    assert_eq!(ran.code, Some(code), "native {what}\n{}", ran.stderr);
    assert!(ran.stderr.contains("error: "), "native {what}\n{}", ran.stderr);
    for said in says {
        assert!(ran.stderr.contains(said), "native {what}: {said:?} is not in:\n{}", ran.stderr);
    }
    assert_eq!(ran.stdout, "", "native {what}");
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let place = Place::new();
    for (flags, says) in [
        ("--epoch 3", "--epochs"),
        ("--model svd", "mf, deepmf"),
        ("--device tpu", "auto, gpu, cpu"),
        ("--factors 0", "factors is 0; it must be from 1 to"),
        ("--lr -1", "it must be from 1e-30 to 1e6"),
        ("--test-share 1", "a test share of 1 is not between 0 and 1; choose"),
        ("--test-share nan", "a test share of NaN is not"),
        ("--validation 1", "a validation share of 1 is not"),
        ("--model bayes-mf --samples 0", "samples is 0; it must be from 1 to"),
        ("--seed 4294967296", "4294967296"),
        ("--hidden 10", "hidden layers is [10]; it must be none for this model; choose deepmf"),
        (
            "--model mf --negatives 5",
            "--negatives is for gmf, mlp and neumf that rank, and the model",
        ),
        ("--model svdpp --samples 9", "--samples is for bayes-mf and bayes-svdpp, and the model"),
        (
            "--model ials --link logistic",
            "--link is for biased-mf and svdpp, and the model is ials",
        ),
        ("--force", "--out"),
        ("--epochs -1", "--epochs <N>': expected a whole number from 0 to 18446744073709551615"),
        ("--factors -1", "--factors <K>': expected a whole number from 0 to"),
        ("--batch-size -1", "--batch-size <N>': expected a whole number from 0 to"),
        ("--threads -1", "--threads <N>': expected a whole number from 0 to"),
        ("--seed -1", "--seed <N>': expected a whole number from 0 to 4294967295"),
        ("--epochs ten", "--epochs <N>': expected a whole number from 0 to"),
        ("--hidden -1", "--hidden <N,N>': expected whole numbers with commas"),
    ] {
        fails(&place, &format!("train ratings.dat {flags}"), 2, &[says]);
    }
    for (ratings, says) in [
        ("0", "ratings is 0; it must be from 1 to 200,000,000"),
        ("200000001", "ratings is 200000001; it must be from 1 to 200,000,000"),
        ("4000000000", "it must be from 1 to 200,000,000"),
        ("-5", "expected a whole number"),
    ] {
        fails(&place, &format!("sample --out s --ratings {ratings}"), 2, &[says]);
    }
    fails(&place, "sample --out s --ratings 0", 2, &["hint: see native sample --help"]);
    fails(&place, "train --factors 0", 2, &["hint: see native train --help"]);
    fails(&place, "ratings.dat", 2, &["native train ratings.dat"]);
    assert_eq!(place.list("."), ["ratings.dat"], "nothing is left behind");
}

#[test]
fn a_slip_in_the_configuration_file_is_named() {
    let place = Place::new();
    for (file, says) in [
        ("epoch = 3", "unknown field `epoch`"),
        ("epochs = 'three'", "invalid type: string \"three\""),
        ("epochs = ", "run.toml"),
        ("device = 'tpu'", "unknown device \"tpu\""),
        ("engine = 'steam'", "steam"),
        ("data = ''", "data is empty; name a file"),
        ("titles = ''", "titles is empty; name a file"),
    ] {
        place.write("run.toml", file);
        fails(&place, "train --config run.toml", 2, &[says, "run.toml"]);
    }
    fails(&place, "train --config absent.toml", 1, &["absent.toml"]);
    place.write("run.toml", b"data = 'caf\xe9'");
    fails(&place, "train --config run.toml", 2, &["run.toml: the file is not UTF-8 text; save"]);
    place.write("run.toml", "device = 'tpu'\nengine = 'auto'");
    fails(&place, "train --config run.toml --device cpu", 2, &["unknown device \"tpu\""]);
    place.write("run.toml", "engine = 'steam'");
    fails(&place, "train --config run.toml --engine auto", 2, &["run.toml", "steam"]);
}

#[test]
fn bad_data_is_named_with_file_line_and_column() {
    let place = Place::new();
    let good = tiny_ratings();
    for (content, says) in [
        (good.clone() + "u1::2::x::0\n", "bad.dat:801:8: rating \"x\" is not a number"),
        (good + "u1::2::nan::0\n", "bad.dat:801:8: rating \"nan\" is not finite"),
        (String::new(), "bad.dat: the file is empty"),
        ("<!DOCTYPE html><html><body>404</body></html>".into(), "bad.dat: this is a web page"),
        ("\0\0\0\0ELF\0".into(), "bad.dat: this is a binary file"),
        (
            "1::Up (2009)::Drama\n2::Brazil (1985)::Drama\n".into(),
            "bad.dat: this file holds titles",
        ),
    ] {
        place.write("bad.dat", content);
        for command in ["train", "inspect"] {
            fails(&place, &format!("{command} bad.dat"), 3, &[says]);
        }
    }
    assert_eq!(place.list("."), ["bad.dat", "ratings.dat"], "nothing is left behind");
}

#[test]
fn a_bad_line_comes_with_the_flag_that_skips_it() {
    let place = Place::new();
    place.write("bad.dat", tiny_ratings() + "u1::2::x::0\n");
    fails(&place, "train bad.dat", 3, &["hint: --skip-bad-lines"]);
}

#[test]
fn ratings_that_leave_nothing_to_train_on_are_bad_data() {
    let place = Place::new();
    place.write("one.dat", "a::1::5\n");
    fails(&place, "train one.dat", 3, &["leaves none to train on"]);
}

#[test]
fn a_file_that_cannot_be_opened_is_a_failure() {
    let place = Place::new();
    fails(&place, "train absent.dat", 1, &["cannot read absent.dat"]);
    fails(&place, "inspect absent.dat", 1, &["cannot read absent.dat"]);
    fails(&place, "train ratings.dat --titles absent.dat", 1, &["cannot read absent.dat"]);
    std::fs::create_dir(place.path("ml-1m")).expect("the folder is ours");
    std::fs::copy(place.path("ratings.dat"), place.path("ml-1m/ratings.dat"))
        .expect("the folder is ours");
    fails(&place, "train ml-1m", 1, &["ml-1m is a folder", "ratings.dat"]);
}

#[test]
fn a_gpu_that_is_demanded_must_be_there() {
    let place = Place::new();
    let gpu = |arguments: &str| {
        // Training runs on Vulkan, Metal or DX12; leaving only OpenGL leaves none.
        let output = place.command(arguments).env("WGPU_BACKEND", "gl").output();
        Ran::of(output.expect("the program starts"))
    };
    let demanded = "train ratings.dat --device gpu";
    failed(&gpu(demanded), demanded, 4, &["no GPU was found", "hint: --device cpu"]);
    let auto = gpu(&quick("--device auto"));
    assert_eq!(auto.code, Some(0), "auto takes the CPU\n{}", auto.stderr);
    assert!(auto.stderr.contains("CPU: no GPU was found"), "{}", auto.stderr);
}

#[test]
fn a_loss_beyond_numbers_keeps_the_last_good_model() {
    let place = Place::new();
    place.write("ratings.dat", tiny_ratings().replace("::4::", "::3e38::"));
    let ran = place.run(&quick("--out run"));
    failed(&ran, "train", 5, &["in epoch 1", "hint: divide the ratings", "saved in run"]);
    assert!(!ran.stderr.contains("--lr"), "{}", ran.stderr);
    assert!(place.list("run").contains(&"model.safetensors".to_owned()));
    assert!(place.read("run/events.jsonl").contains(r#""status":"diverged""#));
}

#[test]
fn a_folder_that_cannot_be_written_is_found_out_before_training() {
    let place = Place::new();
    let under_a_file = quick("--out ratings.dat/run");
    fails(&place, &under_a_file, 1, &["ratings.dat/run", "--out"]);
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read() {
    let place = Place::new();
    for (command, says) in [
        ("inspect /dev/zero", "cannot read /dev/zero: it is not a file"),
        ("train /dev/zero", "cannot read /dev/zero: it is not a file"),
        ("inspect ratings.dat --titles /dev/zero", "cannot read /dev/zero: it is not a file"),
        ("train --config /dev/zero", "cannot read /dev/zero: it is not a file"),
    ] {
        fails(&place, command, 1, &[says]);
    }
    place.write("big.toml", vec![b'#'; (1 << 20) + 1]);
    fails(&place, "train --config big.toml", 1, &["big.toml: the file holds more than 1 MiB"]);
    // Sparse: it takes no room.
    let huge = std::fs::File::create(place.path("huge.dat")).expect("the folder is ours");
    huge.set_len((16 << 30) + 1).expect("a sparse file");
    fails(&place, "inspect huge.dat", 1, &["huge.dat: the file holds more than 16 GiB"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_like_a_file() {
    let place = Place::new();
    let native = env!("CARGO_BIN_EXE_native");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("cat ratings.dat | {native} inspect /dev/stdin")]);
    let ran = Ran::of(shell.current_dir(place.path("")).output().expect("a shell"));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("800"), "{}", ran.stdout);
}

#[test]
fn a_model_at_work_refuses_what_makes_no_sense() {
    let place = Place::new();
    place.succeed(&quick("--out run"));
    for command in ["recommend run u1 -n 0", "similar run 1 -n 0", "evaluate run -n 0"] {
        let ran = place.run(command);
        assert_eq!(ran.code, Some(2), "{command}: {}", ran.stderr);
        assert!(ran.stderr.contains("expected a whole number from 1 on"), "{}", ran.stderr);
    }
    let ran = place.run("evaluate run --relevant nan");
    assert!(ran.code == Some(2) && ran.stderr.contains("expected a number"), "{}", ran.stderr);
    for (command, form) in
        [("recommend run --rate =5", "ITEM=RATING"), ("audience run --rated-by =5", "USER=RATING")]
    {
        let says = ["\"=5\": nothing is named before the rating; expected ", form];
        fails(&place, command, 2, &says);
    }
    let alone = "evaluate run/model.safetensors";
    fails(&place, alone, 2, &["a model's file holds no ratings; give a file of held-out ratings"]);
    place.write("pairs.gz", b"\x1F\x8B\x08\0\0\0\0\0\0,\x03");
    place.write(
        "pairs16.csv",
        "u1,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
    );
    place.write("open.csv", "u1,1\nu1,\"2\nu2,3\nu3,4\n");
    for (pairs, code, says) in [
        ("pairs.gz", 1, "pairs.gz: incomplete deflate stream"),
        ("pairs16.csv", 3, "pairs16.csv: this is a binary file"),
    ] {
        fails(&place, &format!("predict run --pairs {pairs}"), code, &[says]);
    }
    let ran = place.run("predict run --pairs open.csv");
    let says = "open.csv: line 2: a quote that opens here is not closed on the line";
    assert!(ran.code == Some(3) && ran.stderr.contains(says), "{}", ran.stderr);
}

#[test]
fn a_damaged_run_hides_no_other() {
    let place = Place::new();
    place.succeed(&quick("--out runs/a"));
    place.succeed(&quick("--out runs/b"));
    place.write("runs/a/config.toml", place.read("runs/a/config.toml") + "[[[");
    place.write("runs/b/metrics.csv", "");
    let ran = place.succeed("runs list");
    assert!(ran.stdout.contains(" 0.0 s"), "no epoch takes no time: {}", ran.stdout);
    assert!(ran.stdout.contains("runs/b") && !ran.stdout.contains("runs/a"), "{}", ran.stdout);
    assert!(ran.stderr.contains("warning: runs/a/config.toml"), "{}", ran.stderr);
}
