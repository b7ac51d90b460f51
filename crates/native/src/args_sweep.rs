//! The flags of `sweep`.

use std::path::PathBuf;

use clap::Args;

use crate::args::{TrainFlags, whole};
use crate::sweep::{Listed, Ranged};

/// What can be said about a sweep.
#[derive(Debug, Args)]
pub(crate) struct SweepFlags {
    /// Ratings, as for train
    pub(crate) data: Option<PathBuf>,
    /// Values to try of a setting, as lr=0.01,0.02 or hidden=10x5,20x10; several --grid are combined
    #[arg(long, value_name = "SETTING=A,B")]
    pub(crate) grid: Vec<Listed>,
    /// With --random: where to draw a setting from, as lr=0.001..0.1; evenly in its logarithm if the
    /// end is at least ten times the start
    #[arg(long, value_name = "SETTING=LOW..HIGH", requires = "random")]
    pub(crate) range: Vec<Ranged>,
    /// Draw so many settings, from ranges and lists, instead of trying all combinations
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) random: Option<usize>,
    /// Successive halving: begin with few epochs, and give the better half twice as many until the
    /// last have all
    #[arg(long)]
    pub(crate) halving: bool,
    #[command(flatten)]
    pub(crate) train: TrainFlags,
}

impl SweepFlags {
    /// The settings that are tried.
    pub(crate) fn varied(&self) -> impl Iterator<Item = &str> {
        self.grid.iter().map(Listed::name).chain(self.range.iter().map(Ranged::name))
    }
}
