//! Choices that have names in files, flags and addresses.

/// Gives an enum the list of its values and their names, and lets it be shown and read by them.
macro_rules! named {
    ($choice:ident, $what:literal, $($value:ident => $name:literal),+ $(,)?) => {
        impl $choice {
            /// All of them, in the order in which menus show them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$value),+];
            /// Their names, in the same order.
            pub const NAMES: [&str; [$($name),+].len()] = [$($name),+];

            /// The name in files, flags and addresses.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name),+
                }
            }
        }

        impl std::fmt::Display for $choice {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $choice {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let known = Self::ALL.into_iter().find(|choice| choice.name() == text);
                known.ok_or_else(|| $crate::named::unknown($what, text, &Self::NAMES))
            }
        }
    };
}

pub(crate) use named;

/// That a name is not known, and which ones are.
pub(crate) fn unknown(what: &str, text: &str, names: &[&str]) -> String {
    let (last, others) = names.split_last().expect("a choice has values");
    let others = others.join(", ");
    format!("unknown {what} {text:?}; choose {others} or {last}")
}
