use super::{Number, Scalar};

/// Reads a number, or what Go's `expvar.Float` writes for those that JSON lacks.
pub(super) fn read(word: &str) -> Option<Scalar> {
    let number = match word.strip_prefix(['+', '-']).unwrap_or(word) {
        "NaN" => Number::F64(f64::NAN),
        "Inf" | "Infinity" if word.starts_with('-') => Number::F64(f64::NEG_INFINITY),
        "Inf" | "Infinity" => Number::F64(f64::INFINITY),
        _ if is_json(word) => exact(word)?,
        _ => return None,
    };
    Some(match number {
        // It was written with digits but exceeds f64: kept as what it is.
        Number::F64(value)
            if value.is_infinite() && word.contains(|c: char| c.is_ascii_digit()) =>
        {
            Scalar::Text(word.into())
        }
        number => Scalar::Number(number),
    })
}

fn exact(word: &str) -> Option<Number> {
    if let Ok(value) = word.parse() {
        return Some(Number::U64(value));
    }
    match word.parse() {
        // "-0" is a float: there is no such whole number.
        Ok(value) if value < 0 => Some(Number::I64(value)),
        _ => word.parse().ok().map(Number::F64),
    }
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
fn is_json(word: &str) -> bool {
    let word = word.strip_prefix('-').unwrap_or(word);
    let (whole, rest) = digits(word);
    let whole_is_fine = whole == "0" || !(whole.is_empty() || whole.starts_with('0'));
    let rest = match rest.strip_prefix('.').map(digits) {
        Some(("", _)) => return false,
        Some((_, rest)) => rest,
        None => rest,
    };
    let exponent = rest
        .strip_prefix(['e', 'E'])
        .map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
    let exponent_is_fine = exponent.map_or(
        rest.is_empty(),
        |rest| matches!(digits(rest), (some, "") if !some.is_empty()),
    );
    whole_is_fine && exponent_is_fine
}

/// Splits off leading digits.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}
