//! Runs that were stopped or killed, taken up again.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::stopping::{ENDLESS, ended, signal, started};
use super::{Place, quick};

/// Epoch, train and test RMSE of every line: all but the seconds.
fn curve(place: &Place, run: &str) -> Vec<String> {
    let metrics = place.read(&format!("{run}/metrics.csv"));
    let three = |line: &str| line.split(',').take(3).collect::<Vec<_>>().join(",");
    metrics.lines().map(three).collect()
}

/// The numbers of a model's file, without the seconds that its epochs took.
fn weights(place: &Place, run: &str) -> trainer::Weights {
    let bytes = fs::read(place.path(run).join("model.safetensors")).expect("the model");
    trainer::ModelFile::from_bytes(&bytes).expect("a model").trained.weights
}

#[test]
fn a_run_resumed_with_more_epochs_is_the_run_with_all_of_them() {
    for settings in [
        "mf",
        "mf --optimizer sparse-adam",
        "deepmf",
        "biased-mf",
        "biased-mf --validation 0.2",
        "biased-mf --lr-schedule constant",
        "biased-mf --lr-schedule bold-driver",
        "biased-mf --optimizer als",
        "svdpp",
        "svdpp --lr-schedule bold-driver",
        "bayes-mf --burn-in 1 --samples 3",
        "bayes-svdpp --burn-in 1 --samples 3 --validation 0.2",
        "ials",
        "gmf",
        "mlp",
        "neumf",
        "neumf --objective ranking",
    ] {
        let place = Place::new();
        place.succeed(&quick(&format!("--out whole --model {settings} --epochs 6")));
        place.succeed(&quick(&format!("--out parts --model {settings} --epochs 3")));
        let ran = place.succeed("train --resume parts --epochs 6");
        assert!(ran.stderr.contains("parts goes on after epoch 3"), "{}", ran.stderr);
        assert_eq!(ran.stdout.lines().count(), 3, "three epochs are left: {}", ran.stdout);
        assert_eq!(curve(&place, "parts"), curve(&place, "whole"), "{settings}");
        assert_eq!(weights(&place, "parts"), weights(&place, "whole"), "{settings}");
        assert!(place.read("parts/config.toml").contains("epochs = 6"));
        let events = place.read("parts/events.jsonl");
        assert!(events.contains(r#""event":"resume""#) && events.contains(r#""epochs":3"#));
        assert_eq!(place.list("parts"), place.list("whole"));
    }
}

#[test]
fn fewer_epochs_than_were_made_are_refused() {
    let place = Place::new();
    place.succeed(&quick("--out run"));
    place.succeed("train --resume run --epochs 5");
    let before = place.read("run/config.toml");
    let ran = place.run("train --resume run --epochs 4");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("4 epochs are fewer than the 5"), "{}", ran.stderr);
    assert_eq!(place.read("run/config.toml"), before);
}

#[test]
fn a_run_that_is_interrupted_goes_on_in_the_middle_of_its_epoch() {
    let place = Place::new();
    place.succeed("sample --out big --ratings 100000");
    let flags = "train big/ratings.dat --device cpu --factors 16 --batch-size 16 --progress none";
    place.succeed(&format!("{flags} --epochs 3 --out whole"));
    let (child, lines) = started(&mut place.command(&format!("{flags} --epochs 3 --out parts")));
    // The three epochs may be over by now; then there is less to see, and it still holds.
    let _ = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    ended(child, lines);
    place.succeed("train --resume parts");
    assert_eq!(curve(&place, "parts"), curve(&place, "whole"));
    assert_eq!(weights(&place, "parts"), weights(&place, "whole"));
}

#[test]
fn checkpoints_may_be_made_by_epochs() {
    let place = Place::new();
    let flags = quick("--checkpoint-every 4 --epochs 100000 --out run");
    let (child, lines) = started(&mut place.command(&flags));
    let model = place.path("run/model.safetensors");
    for _ in 0..2_000 {
        if model.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "KILL");
    ended(child, lines);
    let bytes = fs::read(model).expect("the model");
    let file = trainer::ModelFile::from_bytes(&bytes).expect("a model");
    let epochs = file.trained.history.len();
    assert!(epochs > 0 && epochs.is_multiple_of(4), "{epochs}");
}

/// Kills a run at many moments, from its very start on; each time the folder goes on.
#[test]
fn a_run_killed_at_any_moment_resumes() {
    let place = Place::new();
    place.succeed("sample --out big --ratings 20000");
    let flags = "train big/ratings.dat --device cpu --factors 8 --batch-size 32 --progress none";
    place.succeed(&format!("{flags} --epochs 12 --out whole"));
    let mut begun = 0;
    for moment in 0..12u64 {
        let run = format!("run{moment}");
        let mut command = place.command(&format!("{flags} --epochs 12 --out {run}"));
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(moment * moment * 7));
        let _ = child.kill(); // it may be over
        child.wait().expect("it ends");
        if !place.path(&run).join("config.toml").exists() {
            continue; // killed before the folder was made
        }
        begun += 1;
        place.succeed(&format!("train --resume {run} --progress none"));
        assert_eq!(curve(&place, &run), curve(&place, "whole"), "killed at {moment}");
        assert_eq!(weights(&place, &run), weights(&place, "whole"), "killed at {moment}");
    }
    assert!(begun > 3, "only {begun} runs had begun");
}

#[test]
fn a_checkpoint_is_there_after_the_first_epoch() {
    let place = Place::new();
    let (child, lines) = started(&mut place.command(&quick(&format!("{ENDLESS} --out run"))));
    let since = Instant::now();
    while !place.path("run/model.safetensors").exists() {
        assert!(since.elapsed() < Duration::from_secs(20), "no checkpoint");
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "KILL");
    ended(child, lines);
    assert!(!weights(&place, "run").parameters.is_empty());
}

#[test]
fn a_folder_in_which_another_program_trains_is_refused() {
    let place = Place::new();
    let (child, lines) = started(&mut place.command(&quick(&format!("{ENDLESS} --out run"))));
    for arguments in ["train --resume run", &quick("--out run --force")] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(1), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains("another program is training in"), "{}", ran.stderr);
    }
    signal(&child, "KILL");
    ended(child, lines);
    place.succeed(&quick("--out run --force")); // the lock went with the program
}

#[test]
fn what_cannot_be_resumed_is_named() {
    let place = Place::new();
    place.succeed(&quick("--out run"));
    fs::create_dir(place.path("empty")).expect("the folder is ours");
    for (arguments, code, said) in [
        ("train --resume absent", 1, "absent holds no run"),
        ("train --resume empty", 1, "empty holds no run"),
        ("train --resume run --lr 0.1", 2, "--lr cannot go with --resume"),
        ("train ratings.dat --resume run", 2, "a ratings file cannot go with --resume"),
        ("train --resume run --out other", 2, "--out cannot go with --resume"),
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{said:?} is not in {}", ran.stderr);
    }
    let config = place.read("run/config.toml");
    place.write("run/config.toml", config.replace("lr = 0.01", "lr = 0.02"));
    let ran = place.run("train --resume run --epochs 5");
    assert!(ran.stderr.contains("other settings than config.toml names"), "{}", ran.stderr);
    place.write("run/config.toml", config);
    let text = place.read("ratings.dat");
    place.write("ratings.dat", text.replacen("::1::", "::2::", 1));
    let ran = place.run("train --resume run --epochs 5");
    assert!(ran.stderr.contains("was trained on other ratings"), "{}", ran.stderr);
    let model = fs::read(place.path("run/model.safetensors")).expect("the model");
    place.write("run/model.safetensors", &model[..model.len() / 2]);
    let ran = place.run("train --resume run --epochs 5");
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("run/model.safetensors: this is not a model file"),
        "{}",
        ran.stderr
    );
}
