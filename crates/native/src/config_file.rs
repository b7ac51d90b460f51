//! The configuration file: the flags of a run under their own names.

use std::path::{Path, PathBuf};

use anyhow::bail;
use ratings::SplitKind;
use serde::{Deserialize, Serialize};
use trainer::{Link, ModelKind, Objective, Optimizer, Penalty, Schedule};

use crate::args::Preset;
use crate::data::shown;
use crate::exit::Usage;
use crate::input;
use crate::run_files::{self, BadRun};

/// What a file may set. A key that is not here is an error, so that a slip of the pen is not taken for silence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct ConfigFile {
    pub(crate) data: Option<PathBuf>,
    pub(crate) titles: Option<PathBuf>,
    pub(crate) skip_bad_lines: Option<bool>,
    pub(crate) test_share: Option<f64>,
    pub(crate) split: Option<SplitKind>,
    pub(crate) test: Option<PathBuf>,
    pub(crate) warm_start: Option<PathBuf>,
    pub(crate) validation: Option<f64>,
    pub(crate) patience: Option<usize>,
    pub(crate) preset: Option<Preset>,
    pub(crate) model: Option<ModelKind>,
    pub(crate) objective: Option<Objective>,
    pub(crate) factors: Option<usize>,
    pub(crate) hidden: Option<Vec<usize>>,
    pub(crate) epochs: Option<usize>,
    pub(crate) batch_size: Option<usize>,
    pub(crate) optimizer: Option<Optimizer>,
    pub(crate) lr: Option<f64>,
    pub(crate) weight_decay: Option<f64>,
    pub(crate) lr_schedule: Option<Schedule>,
    pub(crate) link: Option<Link>,
    pub(crate) penalty: Option<Penalty>,
    pub(crate) burn_in: Option<usize>,
    pub(crate) samples: Option<usize>,
    pub(crate) unobserved_weight: Option<f64>,
    pub(crate) penalty_exponent: Option<f64>,
    pub(crate) negatives: Option<usize>,
    pub(crate) seed: Option<u32>,
    pub(crate) device: Option<String>,
    pub(crate) engine: Option<String>,
}

/// How every written file begins; a folder is known as a run's by it.
pub(crate) const FIRST_LINE: &str =
    "# Everything that decided this run. To repeat it: native train --config THIS_FILE\n";

const SECOND_LINE: &str =
    "# The keys are the names of the flags of `native train`; flags go before this file.\n";

impl ConfigFile {
    /// Reads a file; paths in it are relative to its folder.
    pub(crate) fn read(path: &Path) -> anyhow::Result<ConfigFile> {
        let name = path.display();
        let text = String::from_utf8(input::read(path, input::CONFIG)?)
            .map_err(|_| Usage(format!("{name}: the file is not UTF-8 text; save it as UTF-8")))?;
        let mut file: ConfigFile = toml::from_str(&text)
            .map_err(|error| Usage(format!("{name}: {}", error.to_string().trim_end())))?;
        for (key, value) in file.paths() {
            if value.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
                let what = "is empty; name a file, or leave the key out";
                return Err(Usage(format!("{name}: {key} {what}")).into());
            }
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let ConfigFile { data, titles, test, warm_start, .. } = &mut file;
        for path in [data, titles, test, warm_start].into_iter().flatten() {
            *path = folder.join(&*path);
        }
        Ok(file)
    }

    /// The settings that a run wrote into its folder.
    ///
    /// # Errors
    /// As [`run_files::has_config`]; settings that are absent, or that no run has.
    pub(crate) fn of_run(folder: &Path) -> anyhow::Result<ConfigFile> {
        if !run_files::has_config(folder)? {
            bail!("{} holds no run: there is no config.toml of one in it", shown(folder));
        }
        ConfigFile::read(&folder.join("config.toml")).map_err(|error| match error.downcast() {
            Ok(Usage(what)) => BadRun(what).into(),
            Err(error) => error,
        })
    }

    /// What names files, with the keys.
    pub(crate) fn paths(&self) -> [(&'static str, &Option<PathBuf>); 4] {
        let ConfigFile { data, titles, test, warm_start, .. } = self;
        [("data", data), ("titles", titles), ("test", test), ("warm-start", warm_start)]
    }

    /// The file's text.
    pub(crate) fn to_text(&self) -> anyhow::Result<String> {
        let sample = if self.data.is_none() {
            "# There is no `data`: it is the built-in sample.\n"
        } else {
            ""
        };
        Ok(format!("{FIRST_LINE}{SECOND_LINE}{sample}\n{}", toml::to_string(self)?))
    }
}
