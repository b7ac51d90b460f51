//! The text of a rating to its value.

use super::error::LineProblem;
use super::fields::decode;

/// A rating: any finite decimal number, such as `4`, `3.5`, `-2` or `1e1`.
///
/// # Errors
/// Names what is wrong with the text; an empty one is not a number.
pub(super) fn parse(text: &[u8]) -> Result<f32, LineProblem> {
    let text = decode(text);
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value + 0.0), // -0 and 0 are one rating
        Ok(_) if text.bytes().any(|byte| byte.is_ascii_digit()) => {
            Err(LineProblem::TooLarge(text.into_owned()))
        }
        Ok(_) => Err(LineProblem::NotFinite(text.into_owned())),
        Err(_) if text.replacen(',', ".", 1).parse::<f32>().is_ok() => {
            Err(LineProblem::DecimalComma(text.into_owned()))
        }
        Err(_) => Err(LineProblem::NotANumber(text.into_owned())),
    }
}
