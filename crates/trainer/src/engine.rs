//! How a step is computed. One engine so far: burn's automatic differentiation, on any device.

mod autodiff;

pub(crate) use autodiff::Autodiff;
