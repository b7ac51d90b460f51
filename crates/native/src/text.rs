//! Numbers as people read them.

/// `1000209` as `1,000,209`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 rating`, `2 ratings`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// A number without a long row of zeros: `0.001`, `1e-30`, `1e29`.
pub(crate) fn short(number: f64) -> String {
    let plain = number == 0.0 || (1e-5..1e9).contains(&number.abs()) || !number.is_finite();
    if plain { number.to_string() } else { format!("{number:e}") }
}

/// A standard deviation behind a rating, ` ± 0.85`; nothing if it is not known.
pub(crate) fn give_or_take(deviation: Option<f32>) -> String {
    deviation.map_or(String::new(), |deviation| format!(" ± {deviation:.2}"))
}

/// To three digits, which takes the noise of binary fractions out of a suggestion.
pub(crate) fn rounded(number: f64) -> f64 {
    format!("{number:.2e}").parse().unwrap_or(number)
}

/// Seconds as `0.3 s`, `42 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..100 => format!("{whole} s"),
        100..6_000 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3_600, whole / 60 % 60),
    }
}

/// Columns as wide as their widest cell.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let width = |column| rows.iter().map(|row| cell(row, column).chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = (0..columns).map(|column| format!("{:<1$}", cell(row, column), widths[column]));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{counted, duration, grouped, rounded, short};

    #[test]
    fn small_and_large_numbers_are_short() {
        for (number, expected) in [
            (0.0, "0"),
            (0.001, "0.001"),
            (1e-5, "0.00001"),
            (1e-30, "1e-30"),
            (-2.5e20, "-2.5e20"),
            (f64::INFINITY, "inf"),
            (rounded(0.07 / 10.0), "0.007"),
        ] {
            assert_eq!(short(number), expected);
        }
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_000_209, "1,000,209")]
        {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!((counted(1, "line"), counted(2, "line")), ("1 line".into(), "2 lines".into()));
    }

    #[test]
    fn durations_have_two_figures() {
        for (seconds, expected) in [
            (0.31, "0.3 s"),
            (42.4, "42 s"),
            (200.0, "3 min 20 s"),
            (7_500.0, "2 h 5 min"),
            (f64::NAN, "NaN s"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }
}
