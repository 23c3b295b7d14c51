//! What values of flags there may be.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A share: a number from 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, &'static str> {
    let share = text.parse().ok();
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    share.ok_or("must be a number from 0 to 1")
}

/// How long to wait for somebody: more than no time, and not for ever.
pub(crate) fn patience(text: &str) -> Result<Duration, String> {
    let bounds = Duration::from_millis(1)..=Duration::from_hours(1);
    within(text, &bounds, "must be from 1ms to 1h")
}

/// A time within these bounds, or what is wrong with it.
pub(crate) fn within(
    text: &str,
    bounds: &RangeInclusive<Duration>,
    wrong: &str,
) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if bounds.contains(&time) {
        Ok(time)
    } else {
        Err(wrong.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_from_none_to_all() {
        for (text, expected) in [
            ("0", Some(0.0)),
            ("0.25", Some(0.25)),
            ("1", Some(1.0)),
            ("1.1", None),
            ("-1", None),
            ("NaN", None),
            ("half", None),
        ] {
            assert_eq!(share(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn times_have_bounds() {
        for text in ["1ms", "5s", "1h"] {
            assert!(patience(text).is_ok(), "{text}");
        }
        for text in ["0s", "61m", "1000000000years", "soon"] {
            assert!(patience(text).is_err(), "{text}");
        }
    }
}
