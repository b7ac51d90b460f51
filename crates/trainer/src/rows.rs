//! The rows of one side given those of the other, in closed form: what Gibbs sampling and both
//! alternating least squares have in common.

mod by_row; // the ratings of each row
mod gramian; // the products of a side's columns
mod sides; // the rows of both sides
mod system; // one row's linear system
mod sweep; // all rows of a side, in shares

pub(crate) use by_row::ByRow;
pub(crate) use gramian::gramian;
pub(crate) use sides::{Sides, Standard};
pub(crate) use sweep::Sweep;
pub(crate) use system::{LANES, System, stride};
