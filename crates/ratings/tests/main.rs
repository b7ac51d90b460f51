//! The crate from outside: every format, every kind of bad input, the split against numpy.

mod bad_input;
mod containers;
mod cuts;
mod formats;
mod real;
mod robust;
mod sample;
mod split;
mod statistics;
mod support;
mod times;
mod titles;
