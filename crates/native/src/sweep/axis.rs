//! Which settings are tried: all combinations, or random ones.

use std::collections::BTreeMap;
use std::str::FromStr;

use toml::Value;

use crate::exit::Usage;
use crate::text::rounded;

/// Settings by the names that they have in a configuration file, and their values.
pub(crate) type Values = BTreeMap<String, Value>;

/// A setting and the values to try.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    pub(super) name: String,
    pub(super) values: Vec<Value>,
}

impl Listed {
    /// The setting.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// A setting and between what to draw it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ranged {
    pub(super) name: String,
    low: f64,
    high: f64,
    whole: bool,
}

impl Ranged {
    /// The setting.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// Most combinations of a grid.
const MOST: usize = 10_000;

/// What decides on the data, on the judgement or on the machine: the same for all trials.
const FIXED: [&str; 16] = [
    "data",
    "titles",
    "skip-bad-lines",
    "test-share",
    "test",
    "warm-start",
    "split",
    "validation",
    "patience",
    "preset",
    "model",
    "objective",
    "seed",
    "device",
    "engine",
    "threads",
];

impl FromStr for Listed {
    type Err = Usage;

    fn from_str(text: &str) -> Result<Self, Usage> {
        let (name, values) = named(text, "lr=0.01,0.02")?;
        let values: Vec<Value> =
            values.split(',').map(|value| parsed(&name, value.trim())).collect();
        let twice = values.iter().enumerate().any(|(at, value)| values[..at].contains(value));
        if twice || values.contains(&Value::String(String::new())) {
            return Err(Usage("a value is empty, or stands there twice".into()));
        }
        Ok(Listed { name, values })
    }
}

impl FromStr for Ranged {
    type Err = Usage;

    fn from_str(text: &str) -> Result<Self, Usage> {
        let (name, range) = named(text, "lr=0.001..0.1")?;
        let ends = range.split_once("..").map(|(low, high)| [low.trim(), high.trim()]);
        let wrong = || Usage("expected two numbers, as in lr=0.001..0.1, the smaller first".into());
        let ends = ends.ok_or_else(wrong)?;
        let [low, high] = ends.map(str::parse::<f64>);
        let (low, high) = (low.map_err(|_| wrong())?, high.map_err(|_| wrong())?);
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(wrong());
        }
        let whole = ends.iter().all(|end| end.parse::<i64>().is_ok());
        Ok(Ranged { name, low, high, whole })
    }
}

fn named<'a>(text: &'a str, example: &str) -> Result<(String, &'a str), Usage> {
    let Some((name, rest)) = text.split_once('=') else {
        return Err(Usage(format!("expected a setting and its values, as in {example}")));
    };
    let name = name.trim().trim_start_matches("--").replace('_', "-");
    if FIXED.contains(&name.as_str()) {
        return Err(Usage(format!("{name} is the same in all trials; give it by its own flag")));
    }
    Ok((name, rest))
}

/// A value as a configuration file would have it; `10x5` is a list of widths.
fn parsed(name: &str, text: &str) -> Value {
    if name == "hidden" {
        let widths = text.split('x').map(|width| width.parse().map(Value::Integer));
        if let Ok(widths) = widths.collect() {
            return Value::Array(widths);
        }
    }
    let whole = text.parse().map(Value::Integer);
    whole.or_else(|_| text.parse().map(Value::Float)).unwrap_or_else(|_| Value::String(text.into()))
}

/// All combinations; the last setting changes fastest.
///
/// # Errors
/// None, or too many; a setting that is named twice.
pub(super) fn grid(lists: &[Listed]) -> Result<Vec<Values>, Usage> {
    once_each(lists.iter().map(|list| &list.name))?;
    let count = lists.iter().try_fold(1_usize, |count, list| count.checked_mul(list.values.len()));
    if lists.is_empty() || count.is_none_or(|count| count > MOST) {
        return Err(Usage(format!(
            "give settings to try, as --grid lr=0.01,0.02, with at most {MOST} combinations"
        )));
    }
    let mut all = vec![Values::new()];
    for Listed { name, values } in lists {
        let with = |one: &Values, value: &Value| {
            let mut one = one.clone();
            one.insert(name.clone(), value.clone());
            one
        };
        all = all
            .iter()
            .flat_map(|one| values.iter().map(|value| with(one, value)).collect::<Vec<_>>())
            .collect();
    }
    Ok(all)
}

/// So many different draws, as far as there are.
///
/// # Errors
/// As [`grid`].
pub(super) fn random(
    count: usize,
    lists: &[Listed],
    ranges: &[Ranged],
    seed: u32,
) -> Result<Vec<Values>, Usage> {
    const PATIENCE: usize = 100; // draws for each that is wanted
    once_each(lists.iter().map(|list| &list.name).chain(ranges.iter().map(|range| &range.name)))?;
    if !(1..=MOST).contains(&count) || (lists.is_empty() && ranges.is_empty()) {
        return Err(Usage(format!(
            "give ranges to draw from, as --range lr=0.001..0.1, and draw from 1 to {MOST} times"
        )));
    }
    let mut stream = Stream(u64::from(seed));
    let mut all: Vec<Values> = Vec::new();
    for _ in 0..PATIENCE * count {
        if all.len() == count {
            break;
        }
        let listed = lists.iter().map(|Listed { name, values }| {
            let place = (stream.unit() * values.len() as f64) as usize;
            (name.clone(), values[place.min(values.len() - 1)].clone())
        });
        let mut one: Values = listed.collect();
        one.extend(ranges.iter().map(|range| (range.name.clone(), range.at(stream.unit()))));
        if !all.contains(&one) {
            all.push(one);
        }
    }
    Ok(all)
}

fn once_each<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), Usage> {
    let mut seen = Vec::new();
    for name in names {
        if seen.contains(&name) {
            return Err(Usage(format!("{name} is given twice; put its values into one list")));
        }
        seen.push(name);
    }
    Ok(())
}

impl Ranged {
    /// The value at `unit`, which is from 0 up to but not 1.
    fn at(&self, unit: f64) -> Value {
        let Ranged { low, high, whole, .. } = *self;
        let end = if whole { high + 1.0 } else { high };
        let value = if low > 0.0 && high >= 10.0 * low {
            (low.ln() + unit * (end.ln() - low.ln())).exp()
        } else {
            low + unit * (end - low)
        };
        match whole {
            true => Value::Integer(value.floor().clamp(low, high) as i64),
            false => Value::Float(rounded(value).clamp(low, high)),
        }
    }
}

/// splitmix64, after S. Vigna.
struct Stream(u64);

impl Stream {
    /// From 0 up to but not 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use toml::Value;

    use super::{Listed, Ranged, grid, random};

    fn listed(text: &str) -> Listed {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_grid_is_all_combinations() {
        let lists = ["lr=0.01,1", "hidden=10x5,7", "penalty=root"].map(listed);
        let all = grid(&lists).expect("four");
        let shown: Vec<String> =
            all.iter().map(|one| serde_json::to_string(one).expect("JSON")).collect();
        assert_eq!(
            shown,
            [
                r#"{"hidden":[10,5],"lr":0.01,"penalty":"root"}"#,
                r#"{"hidden":[7],"lr":0.01,"penalty":"root"}"#,
                r#"{"hidden":[10,5],"lr":1,"penalty":"root"}"#,
                r#"{"hidden":[7],"lr":1,"penalty":"root"}"#,
            ]
        );
        assert!(grid(&[]).is_err() && grid(&[listed("lr=1"), listed("lr=2")]).is_err());
        let long =
            "lr=".to_owned() + &(0..101).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert!(grid(&[listed(&long), listed(&long.replace("lr", "factors"))]).is_err());
    }

    #[test]
    fn what_is_no_axis_is_refused() {
        for text in ["lr", "lr=", "lr=1,1", "seed=1,2", "model=mf", "test_share=0.1", "test=a,b"] {
            assert!(text.parse::<Listed>().is_err(), "{text}");
        }
        for text in ["lr", "lr=1", "lr=2..1", "lr=0..inf", "lr=a..b", "seed=1..2"] {
            assert!(text.parse::<Ranged>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn draws_are_different_and_within_their_ranges(count in 1..40_usize, seed in any::<u32>()) {
            let ranges = ["lr=0.001..0.1", "factors=1..200", "weight-decay=0..0.5"];
            let ranges = ranges.map(|range| range.parse::<Ranged>().expect("a range"));
            let lists = [listed("penalty=root,constant")];
            let all = random(count, &lists, &ranges, seed).expect("ranges");
            assert_eq!(all.len(), count);
            for (at, one) in all.iter().enumerate() {
                assert!(!all[..at].contains(one));
                let lr = one["lr"].as_float().expect("a number");
                let factors = one["factors"].as_integer().expect("a whole number");
                assert!((0.001..=0.1).contains(&lr) && (1..=200).contains(&factors));
                assert!(matches!(&one["penalty"], Value::String(_)));
            }
            assert_eq!(random(count, &lists, &ranges, seed).expect("ranges"), all);
        }
    }
}
