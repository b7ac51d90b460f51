//! What to try next, as commands that work when pasted.

use std::path::Path;

use trainer::ModelKind;

use crate::data::Data;
use crate::summary::Summary;

/// Letters of an id that is still typed or pasted.
const LONGEST: usize = 60;

/// A few commands, each with what it does; `place` is the folder of this run.
pub(crate) fn steps(summary: &Summary, data: &Data, place: &str) -> String {
    let sample = data.noise_floor.is_some();
    let (other, what) = match summary.model {
        ModelKind::Mf => ("--model deepmf", "the lab's other model"),
        ModelKind::DeepMf => ("--model mf", "the lab's other model"),
        ModelKind::Biases | ModelKind::BiasedMf | ModelKind::SvdPp => {
            ("--preset best", "the best model")
        }
        ModelKind::Ials => ("--model svdpp", "a model that predicts ratings"),
        ModelKind::BayesMf | ModelKind::BayesSvdPp => {
            ("--preset fast", "a good model in less time")
        }
        ModelKind::Gmf => ("--model neumf", "the same beside a tower of layers"),
        ModelKind::Mlp => ("--model neumf", "the same beside a product of factors"),
        ModelKind::NeuMf => ("--preset fast", "a better model in less time"),
    };
    let native = program();
    let command =
        if sample { native.clone() } else { format!("{native} train {}", quoted(&data.name)) };
    let mut steps = vec![(format!("{command} {other}"), what)];
    if sample {
        steps.push((
            format!("{native} train ratings.dat"),
            "your own ratings: MovieLens, CSV, gzip or zip",
        ));
    } else {
        steps.push((format!("{native} inspect {}", quoted(&data.name)), "what is in the file"));
    }
    let config = Path::new(place).join("config.toml").display().to_string();
    steps.push((format!("{native} train --config {}", quoted(&config)), "this run again"));
    let first = data.table.users.iter().next().filter(|id| id.chars().count() <= LONGEST);
    if let Some(id) = first {
        let command = format!("{native} recommend {} {}", quoted(place), quoted(id));
        steps.push((command, "what this model recommends to the first user"));
    }
    let width = steps.iter().map(|step| step.0.chars().count()).max().unwrap_or(0);
    let lines = steps.iter().map(|(command, what)| format!("  {command:<width$}  {what}"));
    format!("Next:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// How this program was started, so that what is suggested can be pasted.
pub(crate) fn program() -> String {
    // Set by `cargo run`, which is how most people start it from a clone.
    if std::env::var_os("CARGO_MANIFEST_DIR").is_some() {
        return "cargo run -p native --".into();
    }
    std::env::args().next().map_or("native".into(), |name| quoted(&name))
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/\\:._-+,@%".contains(letter);
    if !path.is_empty() && path.chars().all(plain) {
        path.to_owned()
    } else if cfg!(windows) {
        format!("\"{path}\"")
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_with_blanks_or_quotes_is_quoted() {
        for (path, expected) in [
            ("a/b-1.dat", "a/b-1.dat"),
            ("my data", "'my data'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(path), expected);
        }
    }
}
