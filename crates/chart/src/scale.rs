//! A number's place on an axis, and the numbers worth a label.

/// How the numbers of an axis are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Evenly.
    Linear,
    /// Evenly, with labels at whole numbers only: epochs, counts.
    Whole,
    /// By their logarithm: equal ratios are equally far apart. Holds positive numbers only.
    Log,
}

/// The stretch of numbers that an axis shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
}

/// A labelled place on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The number.
    pub value: f64,
    /// The number as it is written, with no more digits than the distance to its neighbours asks for.
    pub label: String,
}

/// A log axis that spans less than this ratio is labelled like a linear one.
const LEAST_LOG_RATIO: f64 = 3.0;

impl Kind {
    /// Whether the axis has a place for this number: it is finite, far enough from the largest and the
    /// smallest that the room around it is finite too, and positive on a log axis.
    pub fn holds(self, value: f64) -> bool {
        const MOST: f64 = 1e150;
        let drawn = value.abs() < MOST;
        drawn && (self != Kind::Log || value > 1.0 / MOST)
    }
}

impl Scale {
    /// The scale from the least to the greatest of the values; all must be ones the kind holds.
    /// A single value stands in the middle; no value at all gives 0 to 1 (1 to 10 on a log axis).
    pub fn spanning(kind: Kind, values: impl IntoIterator<Item = f64>) -> Scale {
        let (low, high) = values
            .into_iter()
            .filter(|value| kind.holds(*value))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let (low, high) = match kind {
            Kind::Log if high < low => (1.0, 10.0),
            _ if high < low => (0.0, 1.0),
            Kind::Log if low == high => (low / 1.5, high * 1.5),
            _ if low == high => (low - 0.5, high + 0.5),
            _ => (low, high),
        };
        Scale { kind, low, high }
    }

    /// The same scale with room at both ends, as a share of its length.
    pub fn padded(self, share: f64) -> Scale {
        let (low, high) = (self.place(self.low), self.place(self.high));
        let room = (high - low) * share;
        Scale { low: self.value(low - room), high: self.value(high + room), ..self }
    }

    /// Where a number stands: 0 at the low end, 1 at the high end.
    pub fn position(&self, value: f64) -> f64 {
        let (low, high) = (self.place(self.low), self.place(self.high));
        (self.place(value) - low) / (high - low)
    }

    /// The number that stands at a position: the way back from [`position`](Self::position).
    pub fn number_at(&self, position: f64) -> f64 {
        let (low, high) = (self.place(self.low), self.place(self.high));
        self.value(low + position * (high - low))
    }

    /// Numbers worth a label, low to high; about `at_most` of them and never crowded.
    pub fn ticks(&self, at_most: usize) -> Vec<Tick> {
        let at_most = at_most.max(2);
        if self.kind == Kind::Log && self.high / self.low >= LEAST_LOG_RATIO {
            self.log_ticks(at_most)
        } else {
            self.even_ticks(at_most)
        }
    }

    /// Multiples of the smallest step 1, 2 or 5 times a power of ten that gives at most `at_most` labels.
    fn even_ticks(&self, at_most: usize) -> Vec<Tick> {
        let rough = (self.high - self.low) / at_most as f64;
        let power = 10f64.powf(rough.log10().floor());
        let mut step =
            [1.0, 2.0, 5.0].into_iter().find(|m| m * power >= rough).unwrap_or(10.0) * power;
        if self.kind == Kind::Whole {
            step = step.max(1.0);
        }
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let slack = step * 1e-9; // so that a tick at the very end is not lost to rounding
        let first = ((self.low - slack) / step).ceil();
        (0..=at_most)
            .map(|i| (first + i as f64) * step)
            .take_while(|value| *value <= self.high + slack)
            .map(|value| Tick { value, label: number(value, decimals) })
            .collect()
    }

    /// Round numbers, as many per power of ten as there is room for.
    fn log_ticks(&self, at_most: usize) -> Vec<Tick> {
        const MANTISSAS: [&[f64]; 4] = [
            &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
            &[1.0, 2.0, 3.0, 5.0],
            &[1.0, 3.0],
            &[1.0],
        ];
        let powers = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let least_gap = 0.5 / at_most as f64;
        let mut ticks = Vec::new();
        for mantissas in MANTISSAS {
            ticks = powers
                .clone()
                .flat_map(|power| mantissas.iter().map(move |m| (m * 10f64.powi(power), power)))
                .filter(|(value, _)| (self.low..=self.high).contains(value))
                .map(|(value, power)| Tick {
                    value,
                    label: number(value, usize::try_from(-power).unwrap_or(0)),
                })
                .collect::<Vec<_>>();
            let roomy = ticks.windows(2).all(|pair| {
                self.position(pair[1].value) - self.position(pair[0].value) >= least_gap
            });
            if roomy && ticks.len() <= at_most {
                return ticks;
            }
        }
        let every = ticks.len().div_ceil(at_most).max(1);
        ticks.into_iter().step_by(every).collect()
    }

    fn place(&self, value: f64) -> f64 {
        if self.kind == Kind::Log { value.ln() } else { value }
    }

    fn value(&self, place: f64) -> f64 {
        if self.kind == Kind::Log { place.exp() } else { place }
    }
}

/// A number with this many decimals, or as a power of ten where that would fill the page.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let size = value.abs();
    if size >= 1e7 || (size > 0.0 && decimals > 6) {
        format!("{value:.1e}")
    } else {
        format!("{:.decimals$}", value + 0.0) // + 0.0 takes the sign off a negative zero
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Scale};

    #[track_caller]
    fn labels(kind: Kind, values: &[f64], at_most: usize, expected: &[&str]) {
        let ticks = Scale::spanning(kind, values.iter().copied()).ticks(at_most);
        assert_eq!(ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn ticks_are_round_numbers() {
        labels(Kind::Linear, &[0.0, 1.0], 5, &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        labels(Kind::Linear, &[0.86, 0.93], 4, &["0.86", "0.88", "0.90", "0.92"]);
        labels(Kind::Linear, &[-1.0, 1.0], 4, &["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
        labels(Kind::Linear, &[0.0, 30_000.0], 3, &["0", "10000", "20000", "30000"]);
    }

    #[test]
    fn epochs_are_labelled_at_whole_numbers_only() {
        labels(Kind::Whole, &[1.0, 30.0], 6, &["5", "10", "15", "20", "25", "30"]);
        labels(Kind::Whole, &[1.0, 3.0], 8, &["1", "2", "3"]);
        labels(Kind::Whole, &[1.0], 8, &["1"]);
    }

    #[test]
    fn a_log_axis_is_labelled_where_there_is_room() {
        labels(Kind::Log, &[0.8, 4.5], 6, &["1", "2", "3"]);
        labels(Kind::Log, &[0.8, 4.5], 10, &["0.8", "0.9", "1", "2", "3", "4"]);
        labels(Kind::Log, &[0.001, 100.0], 6, &["0.001", "0.01", "0.1", "1", "10", "100"]);
        labels(Kind::Log, &[1.0, 10.0, 1e308, 1e-308], 2, &["1", "10"]);
        labels(Kind::Log, &[1e-12, 1e12], 5, &["1.0e-12", "1.0e-7", "0.01", "1000", "1.0e8"]);
        labels(Kind::Log, &[0.9, 1.1], 4, &["0.9", "1.0", "1.1"]);
    }

    #[test]
    fn equal_ratios_are_equally_far_apart_on_a_log_axis() {
        let scale = Scale::spanning(Kind::Log, [1.0, 16.0]);
        for (value, expected) in [(1.0, 0.0), (2.0, 0.25), (4.0, 0.5), (16.0, 1.0)] {
            assert!(
                (scale.position(value) - expected).abs() < 1e-12,
                "{value} stands at {}",
                scale.position(value)
            );
        }
    }

    #[test]
    fn one_value_or_none_still_has_a_place() {
        for kind in [Kind::Linear, Kind::Whole, Kind::Log] {
            assert!((Scale::spanning(kind, [3.0]).position(3.0) - 0.5).abs() < 1e-12, "{kind:?}");
            assert!(!Scale::spanning(kind, []).ticks(5).is_empty(), "{kind:?}");
        }
    }
}
