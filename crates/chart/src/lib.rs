//! From points to a picture: an SVG for a file or a page, or a plot made of characters for a terminal.
//!
//! The crate is pure: it reads nothing, prints nothing and depends on nothing. Both pictures are drawn from
//! the same scales and ticks, and a page can place the parts itself from [`Layout`].
//!
//! ```
//! use chart::{Axis, Chart, Kind, Series};
//!
//! let chart = Chart {
//!     title: "RMSE by epoch".into(),
//!     x: Axis { label: "epoch".into(), kind: Kind::Whole },
//!     y: Axis { label: "RMSE".into(), kind: Kind::Linear },
//!     series: vec![Series { name: "test".into(), points: vec![(1.0, 1.2), (2.0, 0.9)] }],
//!     rules: vec![],
//! };
//! assert!(chart::svg(&chart, chart::Size::default()).starts_with("<svg"));
//! ```

mod data; // what is drawn
mod scale; // a number's place on an axis, and the numbers worth a label
mod layout; // where everything goes on a page
mod svg; // the page as text
mod canvas; // a sheet of dots
mod terminal; // the same curves in characters

pub use data::{Axis, Chart, Rule, Series};
pub use layout::{Curve, Layout, Mark, Rect, Size};
pub use scale::{Kind, Scale, Tick};
pub use svg::svg;
pub use terminal::{Terminal, terminal};
