//! The model file: what is written comes back, and nothing that is read does harm.

use ratings::{Ids, ItemIndex, Split, Title, Titles, UserIndex, sample};
use trainer::{
    Config, Descent, EpochReport, ModelFile, ModelFileError, ModelKind, Objective, Optimizer,
    Posterior, Run, SampledHits, Schedule, Weights,
};

use crate::support;

/// A small trained model with everything that belongs to it.
fn file(model: ModelKind, with_optimizer: bool) -> ModelFile {
    file_of(Config::usual(model), with_optimizer)
}

fn file_of(config: Config, with_optimizer: bool) -> ModelFile {
    let sample = sample::SampleConfig { users: 30, items: 20, ratings: 300, seed: 7 };
    let sample = sample::generate(&sample);
    let split = Split::random(&sample.table, 0.2, 42).unwrap();
    let config = Config { epochs: 2, factors: 3, learning_rate: 0.1 + 0.2, ..config };
    let (trained, optimizer) = pollster::block_on(async {
        let split = support::shared(&split);
        let mut run = Run::start(&split, &config, &support::usual()).await.unwrap();
        while run.advance().await.unwrap().is_some() {}
        run.checkpoint().await.unwrap()
    });
    let optimizer = with_optimizer.then_some(optimizer);
    let titles = Some(&sample.titles);
    ModelFile::new(trained, optimizer, &sample.table, titles, &split, (0.2, 42))
}

#[test]
fn what_is_written_comes_back() {
    for model in ModelKind::LAB.into_iter().chain(ModelKind::NEURAL) {
        for with_optimizer in [false, true] {
            let file = file(model, with_optimizer);
            let bytes = file.to_bytes();
            assert_eq!(ModelFile::from_bytes(&bytes), Ok(file.clone()));
            assert_eq!(file.to_bytes(), bytes, "the same model gives the same bytes");
        }
    }
}

/// Figures of a real run have as many digits as doubles have, and yet they come back from JSON.
#[test]
fn a_history_is_in_the_metadata_and_comes_back_to_the_bit() {
    let mut file = file(ModelKind::BiasedMf, true);
    assert!(file.trained.history.iter().all(|report| report.test_mae.is_some()));
    let metadata = metadata(&file.to_bytes());
    let epochs = metadata["history"].as_array().expect("a list");
    assert_eq!(epochs.len(), 2);
    assert_eq!(epochs[1]["epoch"], 2);
    assert_eq!(epochs[1]["test_rmse"].as_f64(), file.trained.history[1].test_rmse);
    assert!(epochs[1].get("validation_rmse").is_none(), "what there is not is left out");
    // As long as a run can be, with every figure at its longest.
    let config = &mut file.trained.config;
    (config.model, config.objective, config.optimizer) =
        (ModelKind::Ials, Objective::Ranking, Optimizer::Als);
    file.trained.weights = Weights::initial(config, 30, 20);
    file.optimizer = None;
    let hits = Some(SampledHits { hit_rate: 0.123_456_789_012, ndcg: 0.987_654_321_098 });
    file.trained.history = (1..=Config::MAX_EPOCHS)
        .map(|epoch| EpochReport {
            epoch,
            train_loss: Some(0.456_789_012_345),
            test_hits: hits,
            validation_hits: hits,
            seconds: 1_234.567_891,
            eval_seconds: 1_234.567_891,
            ..EpochReport::default()
        })
        .collect();
    let read = ModelFile::from_bytes(&file.to_bytes()).expect("the header has room");
    assert!(read.trained.history == file.trained.history);
}

/// Written by the last version that kept the history in tensors; the figures are those of the runs'
/// `events.jsonl`, to twelve decimals.
#[test]
fn a_file_of_format_1_opens_with_its_history() {
    let file = ModelFile::from_bytes(include_bytes!("data/format_1.safetensors")).unwrap();
    let [_, second, third] = &file.trained.history[..] else { panic!("three epochs") };
    assert_eq!((second.epoch, third.epoch), (2, 3));
    assert_eq!(second.train_rmse, Some(1.000_988_074_850));
    assert_eq!(third.test_rmse, Some(1.479_394_074_223));
    assert_eq!(second.validation_rmse, Some(1.204_363_932_071));
    assert_eq!(second.test_mae, Some(1.209_657_073_021));
    assert_eq!((third.seconds, third.eval_seconds), (0.0042, 8e-6));
    assert!(file.optimizer.is_some(), "training can go on");
    assert_eq!(ModelFile::from_bytes(&file.to_bytes()), Ok(file));
    let bytes = include_bytes!("data/format_1_ranking.safetensors");
    let file = ModelFile::from_bytes(bytes).unwrap();
    let [first, second] = &file.trained.history[..] else { panic!("two epochs") };
    assert_eq!(second.train_loss, Some(0.639_116_973_090));
    let hits = |hit_rate, ndcg| Some(SampledHits { hit_rate, ndcg });
    assert_eq!(first.test_hits, hits(0.333_333_333_333, 0.096_354_942_106));
    assert_eq!(second.validation_hits, hits(0.166_666_666_667, 0.048_177_471_053));
    assert_eq!((second.train_rmse, second.test_mae), (None, None));
    assert_eq!(ModelFile::from_bytes(&file.to_bytes()), Ok(file));
}

#[test]
fn a_history_that_is_no_runs_is_refused() {
    let bytes = file(ModelKind::BiasedMf, true).to_bytes();
    let epoch = |epoch: usize| format!(r#"{{"epoch":{epoch},"seconds":0,"eval_seconds":0}}"#);
    let many = |count: usize| (1..=count).map(epoch).collect::<Vec<_>>().join(",");
    for (history, said) in [
        (r#"[{"epoch":1,"test_rmse":NaN,"seconds":0,"eval_seconds":0}]"#.into(), "expected value"),
        (r#"[{"epoch":1,"test_rmse":1e999,"seconds":0,"eval_seconds":0}]"#.into(), "out of range"),
        (r#"[{"epoch":1,"test_rmse":-1,"seconds":0,"eval_seconds":0}]"#.into(), "out of range"),
        (r#"[{"epoch":1,"test_rmse":"1","seconds":0,"eval_seconds":0}]"#.into(), "invalid type"),
        (r#"[{"epoch":1,"train_loss":1,"seconds":0,"eval_seconds":0}]"#.into(), "objective"),
        (r#"[{"epoch":1,"test_rmse":1}]"#.into(), "missing field `seconds`"),
        (r#"{"epoch":1}"#.into(), "invalid type: map"),
        ("7".into(), "invalid type: integer"),
        (format!("[{}]", epoch(2)), "epoch 2 in place of 1"),
        (format!("[{},{}]", epoch(1), epoch(1)), "epoch 1 in place of 2"),
        (format!("[{}]", many(100_001)), "has 100001 epochs"),
        (format!("[{}]", many(1_000_000)), "its header would take"),
    ] {
        let changed = with_header(&bytes, |header| {
            let start = header.find(r#"\"history\":["#).expect("a history") + 12;
            let end = start + header[start..].find("}]").expect("its end") + 2;
            [&header[..start], &history.replace('"', "\\\""), &header[end..]].concat()
        });
        let error = ModelFile::from_bytes(&changed).expect_err(said).to_string();
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
}

/// Files of before the bold driver was kept open, and their runs go on with the first rate.
#[test]
fn a_file_without_a_bold_driver_opens() {
    let descent = Descent { schedule: Schedule::BoldDriver, ..Descent::default() };
    let config = Config { descent, ..Config::usual(ModelKind::BiasedMf) };
    let file = file_of(config, true);
    let bold = file.optimizer.as_ref().and_then(|optimizer| optimizer.bold);
    assert_ne!(bold.map(|bold| bold.share), Some(1.0));
    let bytes = file.to_bytes();
    assert_eq!(ModelFile::from_bytes(&bytes), Ok(file));
    let older = with_header(&bytes, |header| header.replacen("\"bold\"", "\"b.ld\"", 1));
    let optimizer = ModelFile::from_bytes(&older).unwrap().optimizer.unwrap();
    assert_eq!(optimizer.bold, None);
    let hostile = with_bytes(&bytes, "bold", |bold| bold.fill(0xff)); // NaN
    let error = ModelFile::from_bytes(&hostile).expect_err("NaN").to_string();
    assert!(error.contains("\"bold\" has a number that is out of range"), "{error}");
}

/// The draws of a chain are of its own ratings, and in the order of its own rows.
#[test]
fn a_warm_start_takes_rows_and_no_draws() {
    let posterior = Posterior { burn_in: 0, samples: 3 };
    let file = file_of(Config { posterior, ..Config::usual(ModelKind::BayesMf) }, false);
    let mut ids: Vec<&str> = file.users.iter().chain(["new"]).collect();
    ids.reverse();
    let ids: Ids<UserIndex> = ids.into_iter().collect();
    let config = Config { seed: 5, ..file.trained.config.clone() };
    let warm = file.warm_weights(&config, &ids, &file.items).unwrap();
    let fresh = Weights::initial(&config, 31, 20);
    let [old, warm_rows] = [&file.trained.weights, &warm]
        .map(|of| of.get("user_factors").unwrap().values.chunks(3).map(<[f32]>::to_vec));
    let last_first: Vec<_> = warm_rows.skip(1).collect();
    assert!(old.eq(last_first.into_iter().rev()), "rows go by their ids");
    for name in ["draws.user_factors", "draws.item_bias", "draws.state"] {
        assert_ne!(file.trained.weights.get(name).unwrap().values[0], 0.0, "{name}");
        assert_eq!(warm.get(name), fresh.get(name), "{name}");
    }
}

/// What a row implies goes by its id as the row does; what is known of all goes along.
#[test]
fn a_warm_start_takes_what_rows_imply() {
    let posterior = Posterior { burn_in: 0, samples: 3 };
    let file = file_of(Config { posterior, ..Config::usual(ModelKind::BayesSvdPp) }, false);
    let config = file.trained.config.clone();
    let items = file.items.iter();
    let items: Ids<ItemIndex> = ["new"].into_iter().chain(items).collect();
    let warm = file.warm_weights(&config, &file.users, &items).expect("the same kind");
    let of = |weights: &Weights, name: &str| weights.get(name).expect("a table").values.clone();
    let old = &file.trained.weights;
    assert_eq!(of(&warm, "implied.item_factors")[3..], of(old, "implied.item_factors"));
    assert_eq!(of(&warm, "implied.item_bias")[1..], of(old, "implied.item_bias"));
    for name in ["implied.user_factors", "implied.state"] {
        assert_eq!(of(&warm, name), of(old, name), "{name}");
        assert_ne!(of(&warm, name)[0], 0.0, "{name}");
    }
}

#[test]
fn ids_and_titles_of_any_text_come_back() {
    let text = b"user,item,rating\n\"a,b\",\xc3\xa9,1\n 7,x|y,2\n007,\"q\"\"\",3\n";
    let table = ratings::read("r.csv", text, &ratings::ReadOptions::default()).unwrap().table;
    let split = Split::random(&table, 0.0, 1).unwrap();
    let title = |title: &str, year, genres: &[&str]| Title {
        title: title.into(),
        year,
        genres: genres.iter().map(|genre| (*genre).into()).collect(),
    };
    let titles: Titles = [
        ("é".into(), title("L'été | \n dernier", Some(1999), &["Drama", "Film-Noir"])),
        ("x|y".into(), title("", None, &["Comedy"])),
        ("absent".into(), title("Nobody rated it", None, &[])),
    ]
    .into_iter()
    .collect();
    let config = Config { epochs: 0, ..Config::usual(ModelKind::Mf) };
    let trained = support::train(&split, &config, &support::fused()).unwrap();
    let written = ModelFile::new(trained, None, &table, Some(&titles), &split, (0.0, 1));
    let read = ModelFile::from_bytes(&written.to_bytes()).unwrap();
    assert_eq!(read, written);
    assert_eq!((read.titles.len(), read.titles.get("é")), (2, titles.get("é")));
    assert_eq!(read.users.iter().collect::<Vec<_>>(), ["a,b", "7", "007"]);
    let [average, ..] = read.averages.users[..] else { panic!("three users") };
    assert_eq!((average.count, average.mean, read.averages.mean), (1, 1.0, 2.0));
}

/// A file with its header changed; the data behind it stays.
fn with_header(bytes: &[u8], change: impl Fn(String) -> String) -> Vec<u8> {
    let length = usize::try_from(u64::from_le_bytes(*bytes.first_chunk().unwrap())).unwrap();
    let header = change(String::from_utf8(bytes[8..8 + length].to_vec()).unwrap());
    let length = (header.len() as u64).to_le_bytes();
    [&length, header.as_bytes(), &bytes[8 + header_end(bytes)..]].concat()
}

/// The object in its metadata.
fn metadata(bytes: &[u8]) -> serde_json::Value {
    let header: serde_json::Value =
        serde_json::from_slice(&bytes[8..8 + header_end(bytes)]).unwrap();
    let text = header["__metadata__"]["latent"].as_str().expect("a text");
    serde_json::from_str(text).unwrap()
}

fn header_end(bytes: &[u8]) -> usize {
    usize::try_from(u64::from_le_bytes(*bytes.first_chunk().unwrap())).unwrap()
}

/// A file with the bytes of one tensor changed.
fn with_bytes(bytes: &[u8], name: &str, change: fn(&mut [u8])) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let start = 8 + header_end(&bytes);
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..start]).unwrap();
    let end = |at: usize| {
        let offset = header[name]["data_offsets"][at].as_u64().unwrap();
        start + usize::try_from(offset).unwrap()
    };
    let (from, to) = (end(0), end(1));
    change(&mut bytes[from..to]);
    bytes
}

#[test]
fn hostile_files_are_refused_with_a_reason() {
    let bytes = file(ModelKind::DeepMf, true).to_bytes();
    let changed = |from: &'static str, to: &'static str| {
        with_header(&bytes, move |header| {
            assert!(header.contains(from), "{from} is not in {header}");
            header.replacen(from, to, 1)
        })
    };
    let foreign = {
        let header = br#"{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat()
    };
    let with_bytes = |name: &str, change: fn(&mut [u8])| with_bytes(&bytes, name, change);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "not a model file"),
        (b"user::item::5".to_vec(), "its header would take"),
        (bytes[..bytes.len() - 1].to_vec(), "not a model file"),
        (bytes[..100].to_vec(), "not a model file"),
        ([&bytes[..], b"x"].concat(), "not a model file"),
        ([&u64::MAX.to_le_bytes()[..], &bytes[8..]].concat(), "its header would take"),
        (foreign, "none of Latent's"),
        (changed(r#"\"format\":2"#, r#"\"format\":3"#), "reads up to 2; update it"),
        (changed(r#"\"format\":2"#, r#"\"format\":-1"#), "metadata is damaged"),
        (changed(r#"\"factors\":3"#, r#"\"factors\":4"#), "has the shape [30, 3] instead of"),
        (changed(r#"\"factors\":3"#, r#"\"factors\":0"#), "factors is 0"),
        (changed(r#"\"factors\":3"#, r#"\"factors\":99999999999999"#), "factors is 99999999999999"),
        (
            changed(r#"\"hidden\":[10,5]"#, r#"\"hidden\":[10]"#),
            "tensor \"layers.1.weight\" has the",
        ),
        (changed(r#"\"model\":\"deepmf\""#, r#"\"model\":\"dream\""#), "unknown variant `dream`"),
        (changed("\"user_factors\"", "\"other_factors\""), "no tensor \"user_factors\""),
        (changed("\"second.user_factors\"", "\"third.user_factors\""), "no tensor \"second."),
        (changed("\"shape\":[30,3]", "\"shape\":[4611686018427387904,3]"), "not a model file"),
        (changed("\"shape\":[30,3]", "\"shape\":[31,3]"), "not a model file"),
        (changed("\"data_offsets\":[0,", "\"data_offsets\":[8,"), "invalid offset"),
        (with_bytes("users.ids", |ids| ids[0] = 0xff), "\"users.ids\" is not UTF-8"),
        (with_bytes("users.ends", |ends| ends[8..16].fill(0xff)), "\"users.ends\" does not cut"),
        (with_bytes("users.ends", |ends| ends[..8].fill(0xff)), "\"users.ends\" does not cut"),
        (with_bytes("items.ids", |ids| ids.fill(b'1')), "two ids alike"),
        (with_bytes("numbers", |numbers| numbers[24..32].fill(0xff)), "one that is not finite"),
        (with_bytes("numbers", |numbers| numbers[7] = 0xc1), "learning rate is"),
        (with_bytes("numbers", |numbers| numbers[15] = 0xc1), "weight decay is"),
        (with_bytes("numbers", |numbers| numbers[23] = 0xc1), "a test share of -"),
        (
            changed(r#"\"validation_share\":0.0"#, r#"\"validation_share\":1"#),
            "a validation share of 1",
        ),
        (changed(r#"range\":[1.0,5.0]"#, r#"range\":[5,1]"#), "ratings do not go from 5 to 1"),
        (changed(r#"range\":[1.0,5.0]"#, r#"range\":[1,1e39]"#), "ratings do not go from 1 to inf"),
    ];
    for (bytes, expected) in cases {
        let error = ModelFile::from_bytes(&bytes).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    }
    assert!(matches!(ModelFile::from_bytes(b"{}"), Err(ModelFileError::Unreadable(_))));
}

/// Bytes changed and cut at random places, by a small generator.
#[test]
fn any_damage_is_an_error_or_another_model_and_never_a_panic() {
    let bytes = file(ModelKind::DeepMf, true).to_bytes();
    let mut state = 1u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % n
    };
    let header = header_end(&bytes) + 8;
    for round in 0..4_000 {
        let mut damaged = bytes.clone();
        for _ in 0..=below(3) {
            let at = if round % 4 == 0 { below(damaged.len()) } else { below(header) };
            damaged[at] = below(256) as u8;
        }
        if round % 5 == 0 {
            damaged.truncate(below(damaged.len()));
        }
        if let Ok(read) = ModelFile::from_bytes(&damaged) {
            read.to_bytes();
        }
    }
}

/// As many tensors as fit a header of the largest size, and a text that nests deeply.
#[test]
fn a_header_of_the_largest_size_is_refused_in_bounded_time() {
    let entry = |n: usize| format!(r#""{n}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
    let entries: Vec<String> = (0..550_000).map(entry).collect();
    for header in [format!("{{{}}}", entries.join(",")), "[".repeat(1 << 25)] {
        assert!(header.len() <= 1 << 25);
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
        ModelFile::from_bytes(&bytes).unwrap_err();
    }
}

/// The three lines of the README, with Python's own package.
#[test]
fn python_reads_it() {
    let lines = readmes_lines();
    let folder = tempfile::tempdir().unwrap();
    let file = file(ModelKind::DeepMf, false);
    std::fs::write(folder.path().join("model.safetensors"), file.to_bytes()).unwrap();
    let check = "\
history = json.loads(f.metadata()['latent'])['history']
print(p.shape, q.shape, float(p[0, 0]), config['factors'], config['model'])
print(*(epoch['test_rmse'] for epoch in history))";
    let script = format!("{lines}\n{check}");
    let Some(said) = support::python("python_reads_it", &script, folder.path()) else { return };
    let first = f64::from(file.trained.weights.get("user_factors").unwrap().values[0]);
    let (said, errors) = said.split_once('\n').expect("two lines");
    let errors: Vec<Option<f64>> =
        errors.split_whitespace().map(|rmse| rmse.parse().ok()).collect();
    let reports = &file.trained.history;
    assert_eq!(errors, reports.iter().map(|report| report.test_rmse).collect::<Vec<_>>());
    let words: Vec<&str> = said.split_whitespace().collect();
    let value: f64 = words[4].parse().unwrap();
    assert_eq!(words[..4].join(" ") + " " + &words[5..].join(" "), "(30, 3) (20, 3) 3 deepmf");
    assert_eq!(value, first);
}

/// The lines of the README between its mark for Python and the end of the block.
fn readmes_lines() -> String {
    let readme = std::fs::read_to_string(support::root().join("README.md")).unwrap();
    let (_, block) = readme.split_once("```python\n").expect("the README shows Python");
    block.split_once("```").expect("the block ends").0.to_owned()
}
