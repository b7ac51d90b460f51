//! Made-up ratings, for those who have none.

use std::fs;

use anyhow::{Context as _, bail};
use ratings::sample::{self, SampleConfig};

use crate::args::SampleFlags;
use crate::atomic;
use crate::exit::{Exit, Usage};
use crate::next::{program, quoted};
use crate::streams;
use crate::text::{counted, grouped};

/// The most ratings of a sample: it is made in memory, where this many take some 10 GB.
pub(crate) const MOST: usize = 200_000_000;

/// Writes `ratings.dat` and `movies.dat`.
pub(crate) fn run(flags: &SampleFlags) -> anyhow::Result<Exit> {
    let asked = flags.ratings.unwrap_or(SampleConfig::default().ratings);
    if !(1..=MOST).contains(&asked) {
        let most = grouped(MOST);
        return Err(Usage(format!("ratings is {asked}; it must be from 1 to {most}")).into());
    }
    let folder = &flags.out;
    let paths = ["ratings.dat", "movies.dat"].map(|name| folder.join(name));
    if let Some(taken) = paths.iter().find(|path| path.exists() && !flags.force) {
        bail!(
            "{} is there already and is left as it is; give another --out, or --force to replace it",
            taken.display()
        );
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;

    let seed = flags.seed.unwrap_or(SampleConfig::SEED);
    let sample = sample::generate(&SampleConfig::of_size(asked, seed));
    for (path, bytes) in paths.iter().zip([sample.ratings_dat(), sample.movies_dat()]) {
        atomic::write(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let table = &sample.table;
    streams::print(&format!(
        "{}: {} of {} by {}; the best possible RMSE is {:.4}\n{}: their titles\n",
        paths[0].display(),
        counted(table.ratings.len(), "rating"),
        counted(table.items.len(), "item"),
        counted(table.users.len(), "user"),
        sample.noise_floor,
        paths[1].display(),
    ))?;
    let [ratings, titles] = paths.map(|path| quoted(&path.display().to_string()));
    streams::say(&format!("Next:\n  {} train {ratings} --titles {titles}", program()));
    Ok(Exit::Done)
}
