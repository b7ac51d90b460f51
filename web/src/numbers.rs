//! Numbers as people read them.

/// A count with its thousands apart: `1,000,209`.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with a noun, which takes an s for any number but one.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// An amount in three digits: `9.41 M`, `312 k`, `87`.
pub(crate) fn short(number: f64) -> String {
    let (scaled, unit) = match number.abs() {
        size if size >= 1e9 => (number / 1e9, " G"),
        size if size >= 1e6 => (number / 1e6, " M"),
        size if size >= 1e4 => (number / 1e3, " k"),
        _ => (number, ""),
    };
    let decimals = match scaled.abs() {
        size if size >= 100.0 || scaled.fract() == 0.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    format!("{scaled:.decimals$}{unit}")
}

/// A size in bytes.
pub(crate) fn bytes(number: u64) -> String {
    format!("{}B", short(number as f64)).replacen("B", if number < 10_000 { " B" } else { "B" }, 1)
}

/// A span of time: `0.42 s`, `8.3 s`, `2 min 05 s`, `1 h 10 min`.
pub(crate) fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match seconds {
        s if s < 1.0 => format!("{s:.2} s"),
        s if s < 59.5 => format!("{s:.1} s"),
        _ if whole < 3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// An RMSE, as it is usually given.
pub(crate) fn rmse(value: f64) -> String {
    format!("{value:.4}")
}

/// An RMSE where there may be none.
pub(crate) fn rmse_or_dash(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), rmse)
}

/// A share in percent with two digits that count.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent >= 10.0 || percent == 0.0 {
        0
    } else if percent >= 1.0 {
        1
    } else {
        2
    };
    format!("{percent:.decimals$} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_apart() {
        assert_eq!([0, 999, 1000, 1_000_209].map(count), ["0", "999", "1,000", "1,000,209"]);
        assert_eq!([counted(1, "user"), counted(2, "user")], ["1 user", "2 users"]);
    }

    #[test]
    fn amounts_have_three_digits() {
        let shown = [0.0, 87.0, 9_410_000.0, 312_400.0, 25e9].map(short);
        assert_eq!(shown, ["0", "87", "9.41 M", "312 k", "25 G"]);
        assert_eq!([512, 24_594_131].map(bytes), ["512 B", "24.6 MB"]);
    }

    #[test]
    fn spans_change_their_unit() {
        let shown = [0.4217, 8.34, 59.7, 125.0, 4210.0].map(span);
        assert_eq!(shown, ["0.42 s", "8.3 s", "1 min 00 s", "2 min 05 s", "1 h 10 min"]);
    }

    #[test]
    fn shares_keep_two_digits() {
        assert_eq!([0.0447, 0.0004, 0.63, 0.0].map(percent), ["4.5 %", "0.04 %", "63 %", "0 %"]);
    }
}
